package view_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"unicode/utf16"

	"afterimage/wasm/view"
)

// model is a reconciler in Go: what replay/ui/player/reconcile.ts does to the DOM, it does
// to a tree of its own, and it is stricter: a patch that does not fit is an error.
type model struct {
	nodes    map[int32]*modelNode
	surround map[int32]string // last patch of each kind from 32 on
	errs     []string
	css      []string
}

type modelNode struct {
	id       int32
	name     string // element name, "#text", "#comment", "#document", "#shadow"
	text     string
	attrs    map[string]string
	state    map[string]string
	parent   *modelNode
	children []*modelNode
	shadow   *modelNode
	frame    *modelNode
}

func newModel() *model { return &model{surround: map[int32]string{}} }

func (m *model) errorf(format string, args ...any) {
	m.errs = append(m.errs, fmt.Sprintf(format, args...))
}

func (m *model) apply(p *view.Patches) {
	text := utf16.Encode([]rune(string(p.Text)))
	at := 0
	str := func(n int32) string {
		if n < 0 || at+int(n) > len(text) {
			m.errorf("string of %d units at %d: text has %d", n, at, len(text))
			return ""
		}
		s := string(utf16.Decode(text[at : at+int(n)]))
		at += int(n)
		return s
	}
	for i := 0; i < len(p.Ints); {
		size := int(p.Ints[i] >> 8)
		if size < 1 || i+size > len(p.Ints) {
			m.errorf("patch at %d has size %d of %d", i, size, len(p.Ints))
			return
		}
		m.one(p.Ints[i]&0xff, p.Ints[i+1:i+size], str)
		i += size
	}
	if at != len(text) {
		m.errorf("%d units of text left over", len(text)-at)
	}
}

func (m *model) node(id int32) *modelNode {
	n := m.nodes[id]
	if n == nil {
		m.errorf("unknown node %d", id)
		return &modelNode{attrs: map[string]string{}, state: map[string]string{}}
	}
	return n
}

func (m *model) add(n *modelNode, parent int32) {
	n.attrs, n.state = map[string]string{}, map[string]string{}
	m.nodes[n.id] = n
	if parent != 0 {
		n.parent = m.node(parent)
		n.parent.children = append(n.parent.children, n)
	}
}

func (m *model) detach(n *modelNode) {
	if n.parent == nil {
		return
	}
	if i := slices.Index(n.parent.children, n); i >= 0 {
		n.parent.children = slices.Delete(n.parent.children, i, i+1)
	}
	if n.parent.shadow == n {
		n.parent.shadow = nil
	}
	if n.parent.frame == n {
		n.parent.frame = nil
	}
	n.parent = nil
}

func (m *model) one(op int32, a []int32, str func(int32) string) {
	switch op {
	case 1:
		m.nodes = map[int32]*modelNode{}
		m.add(&modelNode{id: 1, name: "#document"}, 0)
		m.nodes[0] = &modelNode{name: "#sheets", attrs: map[string]string{}, state: map[string]string{}}
	case 2:
		n := &modelNode{id: a[0], name: str(a[3])}
		m.add(n, a[1])
		for i := range int(a[4]) {
			name := str(a[5+2*i])
			n.attrs[name] = str(a[6+2*i])
		}
	case 3:
		m.add(&modelNode{id: a[0], name: "#text", text: str(a[2])}, a[1])
	case 4:
		m.add(&modelNode{id: a[0], name: "#comment"}, a[1])
	case 5:
		host := m.node(a[0])
		n := &modelNode{id: a[1], name: "#shadow"}
		m.add(n, 0)
		n.parent, host.shadow = host, n
	case 6:
		host := m.node(a[0])
		n := &modelNode{id: a[1], name: "#document"}
		m.add(n, 0)
		n.parent, host.frame = host, n
	case 7:
		if n := m.nodes[a[0]]; n != nil {
			if a[1] == 1 || n.name == "#shadow" || n.name == "#document" {
				m.detach(n)
			}
			delete(m.nodes, a[0])
		}
	case 8:
		m.detach(m.node(a[0]))
	case 9:
		n := m.nodes[a[0]]
		parent := m.nodes[a[1]]
		if n == nil {
			m.errorf("insert of unknown node %d", a[0])
			return
		}
		m.detach(n)
		if parent == nil {
			return // went below something that is not shown
		}
		for up := parent; up != nil; up = up.parent {
			if up == n {
				m.errorf("node %d inserted into itself", a[0])
				return
			}
		}
		at := len(parent.children)
		if a[2] != 0 {
			next := m.nodes[a[2]]
			if at = slices.Index(parent.children, next); at < 0 {
				m.errorf("insert of %d before %d, which is no child of %d", a[0], a[2], a[1])
				at = len(parent.children)
			}
		}
		parent.children = slices.Insert(parent.children, at, n)
		n.parent = parent
	case 10:
		name := str(a[1])
		value := str(a[2])
		if n := m.nodes[a[0]]; n != nil {
			n.attrs[name] = value
		}
	case 11:
		name := str(a[1])
		if n := m.nodes[a[0]]; n != nil {
			delete(n.attrs, name)
		}
	case 12:
		s := str(a[1])
		if n := m.nodes[a[0]]; n != nil {
			n.text = s
		}
	case 13:
		m.set(a[0], "box", fmt.Sprint(a[1:]), a[3] < 0)
	case 14:
		s := str(a[2])
		m.set(a[0], "value", s, a[1] == 0)
	case 15:
		m.set(a[0], "checked", fmt.Sprint(a[1]), a[1] < 0)
	case 16:
		m.set(a[0], "selected", fmt.Sprint(a[2:]), a[1] == 0)
	case 17:
		m.set(a[0], "scroll", fmt.Sprint(a[1:]), a[1] == 0 && a[2] == 0)
	case 18:
		s := str(a[2])
		m.css = append(m.css, s)
		m.set(a[0], fmt.Sprintf("sheet %d", a[1]), s, s == "")
		m.set(a[0], fmt.Sprintf("rules %d", a[1]), "", true)
	case 19:
		s := str(a[4])
		m.css = append(m.css, s)
		if n := m.nodes[a[0]]; n != nil {
			n.state[fmt.Sprintf("rules %d", a[1])] += fmt.Sprint(a[2:4], s)
		}
	case 20:
		m.set(a[0], "adopted", fmt.Sprint(a[1:]), len(a) == 1)
	case 21:
		m.set(a[0], "dialog", fmt.Sprint(a[1]), a[1] == 0)
	case 33:
		m.surround[op] = str(a[0])
	case 41:
		m.nodes = nil
	default:
		if op < 32 || op > 41 {
			m.errorf("patch kind %d", op)
		}
		m.surround[op] = fmt.Sprint(a)
	}
}

func (m *model) set(id int32, name, value string, gone bool) {
	n := m.nodes[id]
	if n == nil {
		return // not shown
	}
	if gone {
		delete(n.state, name)
	} else {
		n.state[name] = value
	}
}

// String writes the tree with everything that is known of it.
func (m *model) String() string {
	var b strings.Builder
	for k := int32(32); k < 42; k++ {
		if k != 36 {
			fmt.Fprintf(&b, "%d:%s ", k, m.surround[k])
		}
	}
	b.WriteByte('\n')
	if m.nodes[1] != nil {
		m.nodes[0].write(&b, 0)
		m.nodes[1].write(&b, 0)
	}
	return b.String()
}

func (n *modelNode) write(b *strings.Builder, depth int) {
	fmt.Fprintf(b, "%s%d %s %q%s%s\n", strings.Repeat(" ", depth), n.id, n.name, n.text, sorted(n.attrs), sorted(n.state))
	for _, c := range []*modelNode{n.shadow, n.frame} {
		if c != nil {
			c.write(b, depth+1)
		}
	}
	for _, c := range n.children {
		c.write(b, depth+1)
	}
}

func sorted(m map[string]string) string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	out := ""
	for _, k := range keys {
		out += fmt.Sprintf(" %s=%q", k, m[k])
	}
	return out
}

// check compares what a series of seeks has shown with what a fresh one shows.
func check(t testing.TB, s *view.Session, m *model, atMs int64, note string) {
	t.Helper()
	m.apply(s.SeekTo(atMs))
	if len(m.errs) > 0 {
		t.Fatalf("%s, seek to %d: %s", note, atMs, strings.Join(m.errs, "\n"))
	}
}
