package view

import (
	"strings"

	"afterimage/wasm/wire"
)

// event is one entry of the timeline. Times are ms of the page view.
type event struct {
	at, to uint32 // to: end of what lasts (typing, scrolling), else at
	kind   string
	x, y   int32
	placed bool // x and y are known
	count  int32
	tag    string // of the element it happened on
	label  string // what that element says, as recorded (masked)
}

const (
	mergeTypingMs = 2000
	mergeScrollMs = 1000
	mergeBusyMs   = 1000
	labelRunes    = 60
)

// enter notes what the timeline shows of an op; e.tail is the state before it.
func (v *pageView) enter(e *epoch, o *op) {
	st := e.tail
	switch o.kind {
	case wire.KindPointer:
		nums := o.d().nums
		for ; len(nums) >= 3; nums = nums[3:] {
			at := uint32(max(int64(o.at)-max(nums[0], 0), 0))
			v.addSample(at, nums[1], nums[2])
			v.touch(at)
		}
	case wire.KindMouse:
		v.enterMouse(st, o)
	case wire.KindTouch:
		v.touch(o.at)
		v.front(o.at)
		if o.num(0) == touchStart && len(st.cur.touches) == 1 {
			v.add(event{at: o.at, kind: "pinch"})
		}
	case wire.KindKey, wire.KindActivity:
		count := int32(1)
		if o.kind == wire.KindActivity {
			count = max(clampCoordinate(o.num(1)), 1)
		}
		v.touch(o.at)
		v.front(o.at)
		v.typing(st, o, count)
	case wire.KindValue:
		if e.ready > 0 && !e.bornNow(o) && st.said(o.id) != o.d().text {
			v.typing(st, o, 0)
		}
	case wire.KindChecked, wire.KindSelected:
		if e.ready > 0 && !e.bornNow(o) {
			ev := event{at: o.at, kind: "input"}
			ev.tag, ev.label = st.describe(o.id)
			v.add(ev)
		}
	case wire.KindScroll:
		if e.ready == 0 {
			return
		}
		v.touch(o.at)
		if i := v.lastScroll; i >= 0 && o.at-v.events[i].to <= mergeScrollMs {
			v.events[i].to = o.at
			return
		}
		v.lastScroll = v.add(event{at: o.at, kind: "scroll"})
	case wire.KindFocus:
		if o.id != 0 {
			ev := event{at: o.at, kind: "focus"}
			ev.tag, ev.label = st.describe(o.id)
			v.add(ev)
			v.touch(o.at)
		}
	case wire.KindNavigate:
		v.touch(o.at)
		v.add(event{at: o.at, kind: "navigate", label: short(o.d().text, 200)})
	case wire.KindResize:
		v.touch(o.at)
		v.add(event{at: o.at, kind: "resize", x: clampCoordinate(o.num(0)), y: clampCoordinate(o.num(1))})
	case wire.KindVisibility:
		kind := "hide"
		if o.num(0) != 0 {
			kind = "show"
			v.front(o.at)
		}
		v.add(event{at: o.at, kind: kind})
	case wire.KindTrack:
		kind := "track"
		switch o.d().name {
		case "error", "exception", "afterimage:error":
			kind = "error"
		}
		v.add(event{at: o.at, kind: kind, label: short(o.d().name+" "+o.d().text, 200)})
	case wire.KindIdentify:
		v.add(event{at: o.at, kind: "identify", label: short(o.d().name, 200)})
	case wire.KindDegraded:
		v.add(event{at: o.at, kind: "degraded", count: clampCoordinate(o.num(0))})
	case wire.KindClockJump:
		v.add(event{at: o.at, kind: "sleep"})
	case wire.KindLeave:
		v.add(event{at: o.at, kind: "leave"})
	}
}

// said is the value that field id had so far: as first seen, it is that of its attribute.
// A recorder tells the value of a field again when it sees it first, and a script may set
// what stands there already: neither is an act of the visitor.
func (s *state) said(id uint32) string {
	n := s.get(id)
	switch {
	case n == nil:
		return ""
	case n.ext != nil && n.ext.hasValue:
		return n.ext.value
	}
	return n.attr("value")
}

// bornNow tells that o is the first state of a node that came with it: nobody typed or chose.
func (e *epoch) bornNow(o *op) bool {
	n := e.tail.get(o.id)
	return n != nil && n.born > 0 && int(n.born) <= len(e.ops) && e.ops[n.born-1].at == o.at
}

var mouseKinds = [...]string{2: "click", 3: "dblclick", 4: "contextmenu"}

func (v *pageView) enterMouse(st *state, o *op) {
	v.touch(o.at)
	v.addSample(o.at, o.num(1), o.num(2))
	kind := o.num(0)
	if kind < 2 || kind >= int64(len(mouseKinds)) {
		return
	}
	v.front(o.at)
	ev := event{at: o.at, kind: mouseKinds[kind], placed: true, x: clampCoordinate(o.num(1)), y: clampCoordinate(o.num(2))}
	if o.num(4) == 1 {
		ev.kind = "tap"
	}
	ev.tag, ev.label = st.describe(o.id)
	v.add(ev)
}

// typing joins keys and values on one field into one entry.
func (v *pageView) typing(st *state, o *op, count int32) {
	tag, label := st.describe(o.id)
	if i := v.lastKey; i >= 0 {
		if ev := &v.events[i]; o.at-ev.to <= mergeTypingMs && ev.tag == tag && ev.label == label {
			ev.to = o.at
			ev.count += count
			return
		}
	}
	v.lastKey = v.add(event{at: o.at, kind: "type", tag: tag, label: label, count: count})
}

// add answers the index of the entry, -1 when there are too many.
func (v *pageView) add(e event) int {
	if len(v.events) >= maxEvents {
		return -1
	}
	e.to = max(e.to, e.at)
	v.events = append(v.events, e)
	return len(v.events) - 1
}

// front notes that this tab was in front for certain. Times close together become a span;
// when there are too many spans, the last one grows.
func (v *pageView) front(at uint32) {
	if n := len(v.active); n > 0 && (at <= v.active[n-1].to+mergeBusyMs || n >= maxFront) {
		v.active[n-1].to = max(v.active[n-1].to, at)
		return
	}
	v.active = append(v.active, span32{at, at})
}

// touch notes that the visitor did something.
func (v *pageView) touch(at uint32) {
	if n := len(v.busy); n > 0 && at <= v.busy[n-1].to+mergeBusyMs {
		v.busy[n-1].to = max(v.busy[n-1].to, at)
		return
	}
	if len(v.busy) < maxEvents {
		v.busy = append(v.busy, span32{at, at})
	}
}

// describe names what a person would say that id is: the nearest control above it, and
// what stands on it.
func (s *state) describe(id uint32) (tag, label string) {
	n := s.get(id)
	if n == nil {
		return "", ""
	}
	for c, i := n, 0; c != nil && i < 8; c, i = s.get(c.parent), i+1 {
		if c.kind != kindElement {
			continue
		}
		switch strings.ToLower(c.name) {
		case "a", "button", "input", "select", "textarea", "label", "summary", "option":
			return strings.ToLower(c.name), s.label(c)
		}
		if c.attr("role") != "" {
			return strings.ToLower(c.name), s.label(c)
		}
	}
	if n.kind != kindElement {
		if p := s.get(n.parent); p != nil && p.kind == kindElement {
			n = p
		}
	}
	return strings.ToLower(n.name), s.label(n)
}

func (n *node) attr(name string) string {
	for i := range n.attrs {
		if n.attrs[i].name == name {
			return n.attrs[i].value
		}
	}
	return ""
}

func (s *state) label(n *node) string {
	switch strings.ToLower(n.name) {
	case "input", "select", "textarea":
		if t := s.fieldLabel(n); t != "" {
			return t
		}
	}
	for _, a := range [...]string{"aria-label", "placeholder", "alt", "title"} {
		if t := n.attr(a); t != "" {
			return short(t, labelRunes)
		}
	}
	if t := s.textOf(n.id); t != "" {
		return t
	}
	for _, a := range [...]string{"name", "id", "type"} {
		if t := n.attr(a); t != "" {
			return short(t, labelRunes)
		}
	}
	return ""
}

// textOf is the beginning of the text below id.
func (s *state) textOf(id uint32) string {
	return s.textBelow(id, func(n *node) bool { return opaque(localName(n)) })
}

// textBelow is textOf but for what stands in elements that are left out.
func (s *state) textBelow(id uint32, isOut func(*node) bool) string {
	var b strings.Builder
	visited := 0
	s.walk(id, func(n *node, _ int) bool {
		visited++
		if visited > 64 || b.Len() > 4*labelRunes {
			return false
		}
		if n.kind == kindText {
			b.WriteString(n.text[:min(len(n.text), 4*labelRunes)])
			b.WriteByte(' ')
		}
		return n.kind != kindElement || !isOut(n)
	})
	return short(b.String(), labelRunes)
}

// short is s with white space folded, cut to so many runes.
func short(s string, runes int) string {
	s = strings.Join(strings.Fields(s[:min(len(s), 8*runes)]), " ")
	n := 0
	for i := range s {
		if n++; n > runes {
			return s[:i] + "…"
		}
	}
	return s
}
