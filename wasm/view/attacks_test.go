package view_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/view/oplist"
	"afterimage/wasm/wire"
)

// The page that every attack grows in: html 3, head 4, body 5.
const attackPreamble = `snapshotBegin 800 600 1000 0 0
other 2 1 0 "html" 10
element 3 1 2 "html" 0
element 4 3 0 "head" 0
element 5 3 4 "body" 0
`

// session decodes ops, each at its own millisecond, from one segment.
func session(t testing.TB, ops []wire.Op) *view.Session {
	t.Helper()
	var enc wire.Encoder
	enc.BeginEpoch(1)
	for i := range ops {
		ops[i].AtMs = max(ops[i].AtMs, int64(i))
		enc.Append(&ops[i])
	}
	s := view.NewSession()
	if err := s.AddSegment("0123456789abcdef0123456789abcdef", 0, enc.AppendSegment(nil)); err != nil {
		t.Fatal(err)
	}
	return s
}

func attacks(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/attacks/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("corpus of attacks: %d files, %v", len(files), err)
	}
	return files
}

func TestAttacksEndInert(t *testing.T) {
	for _, file := range attacks(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			ops, err := oplist.Parse(attackPreamble + string(text))
			if err != nil {
				t.Fatal(err)
			}
			s := session(t, ops)
			m := newModel()
			end := int64(len(ops))
			for at := range end {
				check(t, s, m, at, "forward")
				inert(t, m)
				inertHTML(t, s.HTML(at))
			}
			for at := end; at >= 0; at -= 3 {
				check(t, s, m, at, "backward")
				inert(t, m)
			}
		})
	}
}

// Attributes that may stand in what is put out although browsers act on them, and what
// they may hold.
var actingAllowed = map[string]*regexp.Regexp{
	"href":       regexp.MustCompile(`^#`),
	"xlink:href": regexp.MustCompile(`^#|^data:image/`),
	"src":        regexp.MustCompile(`^data:image/`),
	"poster":     regexp.MustCompile(`^data:image/`),
	"background": regexp.MustCompile(`^data:image/`),
	"type":       regexp.MustCompile(`^(?i)(afterimage/inert|text|image|text/css|checkbox|submit|button|text/html|application/pdf)?$`),
}

var actingNames = regexp.MustCompile(`^(?i)(on.*|href|xlink:href|src|srcset|imagesrcset|srcdoc|action|formaction|data|poster|background|ping|http-equiv|target|codebase|archive|code|manifest|autofocus|autoplay|loading|name|is|lowsrc|dynsrc|sandbox|csp|rel|popovertarget|command|commandfor|shadowrootmode|ev:event)$`)

// inert fails when the model holds anything that a browser would act on.
func inert(t *testing.T, m *model) {
	t.Helper()
	for _, n := range m.nodes {
		name := strings.ToLower(n.name[strings.LastIndexByte(n.name, ':')+1:])
		switch name {
		case "object", "embed", "applet", "frame", "portal", "fencedframe", "plaintext", "xmp", "frameset":
			t.Errorf("node %d: element %s is put out", n.id, name)
		case "script":
			if n.attrs["type"] != "afterimage/inert" || len(n.children) > 0 {
				t.Errorf("node %d: script with type %q and %d children", n.id, n.attrs["type"], len(n.children))
			}
		case "style", "iframe", "noscript", "template", "link", "base", "meta":
			if len(n.children) > 0 {
				t.Errorf("node %d: %s has children", n.id, name)
			}
		}
		for a, v := range n.attrs {
			lower := strings.ToLower(a)
			if strings.ContainsAny(a, " <>\"'=/\x00") {
				t.Errorf("node %d: attribute name %q", n.id, a)
			}
			if actingNames.MatchString(a) {
				allowed := actingAllowed[lower]
				switch {
				case lower == "name" && name != "iframe" && name != "object" && name != "base":
				case lower == "name" && name == "meta" && v == "color-scheme":
				case allowed == nil || !allowed.MatchString(v):
					t.Errorf("node %d: %s has %s=%q", n.id, name, a, v)
				}
			}
			if lower == "attributename" && regexp.MustCompile(`(?i)href|^\s*on|src`).MatchString(v) {
				t.Errorf("node %d: animation of %q", n.id, v)
			}
			if lower == "style" || strings.Contains(v, "(") && !strings.HasPrefix(lower, "data-") && lower != "title" {
				inertCSS(t, v)
			}
		}
		for k, v := range n.state {
			if strings.HasPrefix(k, "sheet") || strings.HasPrefix(k, "rules") {
				inertCSS(t, v)
			}
		}
	}
	for _, css := range m.css {
		inertCSS(t, css)
	}
	m.css = nil
}

var (
	cssURL    = regexp.MustCompile(`(?i)url\(\s*["']?([^"')]*)`)
	cssActive = regexp.MustCompile(`(?i)@import([^\w-]|$)|image-set\(|[^\w-]src\(`)
)

// inertCSS looks at the text as a browser would after escapes: none may be left in names.
func inertCSS(t *testing.T, css string) {
	t.Helper()
	for _, u := range cssURL.FindAllStringSubmatch(css, -1) {
		if v := strings.ToLower(u[1]); v != "" && v[0] != '#' && !strings.HasPrefix(v, "data:,") && !strings.HasPrefix(v, "data:image/") && !strings.HasPrefix(v, "data:font/") {
			t.Errorf("CSS loads %q in %q", u[1], css)
		}
	}
	// Strings hold text; what counts is what stands outside of them.
	outside := regexp.MustCompile(`"(\\.|[^"\\])*"|'(\\.|[^'\\])*'`).ReplaceAllString(css, `""`)
	if found := cssActive.FindString(outside); found != "" {
		t.Errorf("CSS has %q outside of strings: %q", found, css)
	}
	if regexp.MustCompile(`\\[0-9a-fA-F]+\s?(rl|import)|u\\72`).MatchString(outside) {
		t.Errorf("CSS keeps an escaped name: %q", css)
	}
}

var (
	htmlTag  = regexp.MustCompile(`<(/?)([a-zA-Z][^\s>/]*)((?:\s+[^\s=>]+(?:="[^"]*")?)*)\s*>`)
	htmlAttr = regexp.MustCompile(`\s+([^\s=>]+)(?:="([^"]*)")?`)
)

// inertHTML reads the text as this package writes HTML: attribute values in double quotes,
// "<" only where a tag or comment begins.
func inertHTML(t *testing.T, text string) {
	t.Helper()
	styles := regexp.MustCompile(`(?s)<style[^>]*>(.*?)</style>`)
	for _, s := range styles.FindAllStringSubmatch(text, -1) {
		inertCSS(t, s[1])
	}
	text = styles.ReplaceAllString(text, "")
	rest := htmlTag.ReplaceAllStringFunc(text, func(tag string) string {
		parts := htmlTag.FindStringSubmatch(tag)
		name := strings.ToLower(parts[2])
		if name == "script" && parts[1] == "" && !strings.Contains(tag, `type="afterimage/inert"`) {
			t.Errorf("HTML has %s", tag)
		}
		for _, a := range htmlAttr.FindAllStringSubmatch(parts[3], -1) {
			lower := strings.ToLower(a[1])
			if lower == "shadowrootmode" || lower == "name" {
				continue
			}
			if allowed := actingAllowed[lower]; actingNames.MatchString(lower) && (allowed == nil || !allowed.MatchString(a[2])) {
				t.Errorf("HTML has %s=%q in %s", a[1], a[2], name)
			}
		}
		return ""
	})
	rest = strings.NewReplacer("<!---->", "", "<!DOCTYPE html>", "").Replace(rest)
	if i := strings.IndexByte(rest, '<'); i >= 0 {
		t.Errorf("HTML has markup that is no tag of ours: %.80q", rest[i:])
	}
	if regexp.MustCompile(`(?s)<script[^>]*>[^<]`).MatchString(text) {
		t.Errorf("HTML has a script with content")
	}
}

// A recording made of every attack at once, three times over, stays within its bounds.
func TestAttacksTogether(t *testing.T) {
	var list strings.Builder
	list.WriteString(attackPreamble)
	for range 3 {
		for _, file := range attacks(t) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			list.Write(text)
			list.WriteByte('\n')
		}
	}
	ops, err := oplist.Parse(list.String())
	if err != nil {
		t.Fatal(err)
	}
	s := session(t, ops)
	m := newModel()
	for at := int64(0); at < int64(len(ops)); at += 7 {
		check(t, s, m, at, "together")
		inert(t, m)
	}
	if len(s.Problems()) == 0 {
		t.Error("problems: got none, want those of loops and numbers")
	}
	for _, p := range s.Problems() {
		if strings.Contains(p.Message, "evil") || strings.Contains(p.Message, "alert") {
			t.Errorf("a problem tells content: %q", p.Message)
		}
	}
	if line := s.AppendTimeline(nil); !json.Valid(line) {
		t.Errorf("timeline is not JSON: %s", line)
	}
}

func TestDepthIsBounded(t *testing.T) {
	ops, err := oplist.Parse(attackPreamble)
	if err != nil {
		t.Fatal(err)
	}
	parent := uint32(5)
	for i := range uint32(3000) {
		ops = append(ops, wire.Op{Kind: wire.KindElement, ID: 10 + i, Parent: parent, Name: []byte("div"), Nums: []int64{0}})
		parent = 10 + i
	}
	// Two chains that fit one by one are hung below one another.
	for i := range uint32(800) {
		p := uint32(5)
		if i > 0 {
			p = 5000 + i - 1
		}
		ops = append(ops, wire.Op{Kind: wire.KindElement, ID: 5000 + i, Parent: p, Name: []byte("div"), Nums: []int64{0}})
	}
	ops = append(ops, wire.Op{Kind: wire.KindMove, ID: 5000, Parent: 700})
	s := session(t, ops)
	m := newModel()
	check(t, s, m, int64(len(ops)), "deep")
	for _, n := range m.nodes {
		depth := 0
		for up := n; up != nil; up = up.parent {
			depth++
		}
		if depth > 1030 {
			t.Fatalf("node %d has depth %d, want at most 1030", n.id, depth)
		}
	}
}
