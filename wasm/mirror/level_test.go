package mirror

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// build makes a document by the slow walk from a short notation: one node a line, depth by
// tabs; "tag name=value …" is an element, "'text" a text, "#shadow" and "#frame" inner roots.
// Ids are given from 2 in order.
func build(b *batch, doc string) {
	type open struct{ id, last int }
	stack := []open{{id: 1}}
	id := 2
	for line := range strings.Lines(doc) {
		line = strings.TrimRight(line, "\n")
		depth := len(line) - len(strings.TrimLeft(line, "\t"))
		line = line[depth:]
		if line == "" {
			continue
		}
		stack = stack[:depth+1]
		p := &stack[depth]
		switch {
		case line == "#shadow":
			b.op(opShadow, p.id, id, 0)
		case line == "#frame":
			b.op(opFrame, p.id, id)
		case line[0] == '\'':
			b.op(opTextNode, p.id, p.last, id, line[1:])
			p.last = id
		default:
			f := strings.Fields(line)
			args := []any{p.id, p.last, id, 0, f[0], len(f) - 1}
			for _, a := range f[1:] {
				n, v, _ := strings.Cut(a, "=")
				args = append(args, n, v)
			}
			b.op(opElement, args...)
			p.last = id
		}
		stack = append(stack, open{id: id})
		id++
	}
}

func show(t testing.TB, level int, doc string, then func(b *batch)) (*Core, string) {
	t.Helper()
	c := start(t, level)
	b := new(batch)
	build(b, doc)
	must(t, c, b)
	if then != nil {
		b = new(batch)
		then(b)
		must(t, c, b)
	}
	check(t, c)
	p := newPage()
	p.read(t, c, 0)
	return c, p.String()
}

func TestMarkersAndLevels(t *testing.T) {
	for _, c := range []struct {
		name, doc        string
		strict, balanced string
	}{
		{"without markers", "p\n\t'Hello", "<p>xxxx</p>", "<p>Hello</p>"},
		{"mask is inherited", "div data-afterimage=mask\n\tp\n\t\t'Hello",
			`<div data-afterimage="mask"><p>xxxx</p></div>`, `<div data-afterimage="mask"><p>xxxx</p></div>`},
		{"the nearest marker wins", "div data-afterimage=mask\n\tp data-afterimage=allow\n\t\t'Hello",
			`<div data-afterimage="mask"><p data-afterimage="allow">Hello</p></div>`, `<div data-afterimage="mask"><p data-afterimage="allow">Hello</p></div>`},
		{"block beats all below", "div data-afterimage=block title=Jane\n\tp data-afterimage=allow\n\t\t'Hello",
			`<div></div>`, `<div></div>`},
		{"of two markers the tighter counts, in both orders", "p data-afterimage=mask data-afterimage=allow\n\t'Hello\np data-afterimage=allow data-afterimage=mask\n\t'Hello",
			`<p data-afterimage="allow">xxxx</p><p data-afterimage="mask">xxxx</p>`, `<p data-afterimage="allow">xxxx</p><p data-afterimage="mask">xxxx</p>`},
		{"an unknown marker masks", "p data-afterimage=none\n\t'Hello", `<p>xxxx</p>`, `<p>xxxx</p>`},
		{"markers reach into shadow roots and frames", "div data-afterimage=mask\n\t#shadow\n\t\tp\n\t\t\t'Hello\n\tiframe\n\t\t#frame\n\t\t\tp\n\t\t\t\t'Hello",
			`<div data-afterimage="mask">#(<p>xxxx</p>)<iframe>#(<p>xxxx</p>)</iframe></div>`, `<div data-afterimage="mask">#(<p>xxxx</p>)<iframe>#(<p>xxxx</p>)</iframe></div>`},
		{"allow does not open personal data", "p data-afterimage=allow\n\t'mail jane@example.com", `<p data-afterimage="allow">mail xxxxxxxxxxxxxxxx</p>`, `<p data-afterimage="allow">mail xxxxxxxxxxxxxxxx</p>`},
		{"options, output and editable text are fields", "select\n\toption\n\t\t'Germany\noutput\n\t'42\ndiv contenteditable=true\n\tb\n\t\t'typed",
			`<select><option>xxxxxxx</option></select><output>xx</output><div contenteditable="true"><b>••••••</b></div>`,
			`<select><option>xxxxxxx</option></select><output>xx</output><div contenteditable="true"><b>••••••</b></div>`},
		{"roles that are typed into", "div role=textbox\n\t'typed", `<div role="textbox">••••••</div>`, `<div role="textbox">••••••</div>`},
		{"textarea", "textarea\n\t'typed", `<textarea>{••••••}</textarea>`, `<textarea>{••••••}</textarea>`},
		{"allowed textarea", "textarea data-afterimage=allow\n\t'typed", `<textarea data-afterimage="allow">typed</textarea>`, `<textarea data-afterimage="allow">typed</textarea>`},
		{"a secret textarea stays one though allowed", "textarea data-afterimage=allow name=password\n\t'typed", `<textarea data-afterimage="allow" name="password">{••••••}</textarea>`, `<textarea data-afterimage="allow" name="password">{••••••}</textarea>`},
		{"text of scripts is never sent", "script\n\t'secret()\nnoscript\n\t'<p>hi\ntemplate\n\t'x", `<script></script><noscript></noscript><template></template>`, `<script></script><noscript></noscript><template></template>`},
		{"style text is CSS", "style\n\t'a::after{content:\"Jane\"}", `<style>a::after{content:"xxxx"}</style>`, `<style>a::after{content:"Jane"}</style>`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for level, want := range []string{c.strict, c.balanced} {
				if _, got := show(t, level, c.doc, nil); got != want {
					t.Errorf("level %d:\ngot  %s\nwant %s", level, got, want)
				}
			}
		})
	}
}

func TestLevelChanges(t *testing.T) {
	const doc = "div id=a\n\tp\n\t\t'Hello\ndiv data-afterimage=mask\ndiv data-afterimage=block\ndiv contenteditable=true"
	// ids: 2 div a, 3 p, 4 text, 5 mask, 6 block, 7 editable
	const rest = `<div data-afterimage="mask"></div><div></div><div contenteditable="true"></div>`
	for _, c := range []struct {
		name   string
		then   func(b *batch)
		want   string
		resend []int32
	}{
		{"a move into a masked region leaves the wire and is asked for", func(b *batch) { b.op(opMove, 3, 5, 0) },
			`<div id="a"></div>` + rest, []int32{3, 0}},
		{"a move into a blocked region is not asked for", func(b *batch) { b.op(opMove, 3, 6, 0) },
			`<div id="a"></div>` + rest, nil},
		{"a move out of a blocked region is asked for", func(b *batch) { b.op(opMove, 3, 6, 0).op(opMove, 3, 2, 0) },
			`<div id="a"></div>` + rest, []int32{3, 0}},
		{"a move into editable text is asked for", func(b *batch) { b.op(opMove, 4, 7, 0) },
			`<div id="a"><p></p></div>` + rest, []int32{4, 0}},
		{"a move between equal levels is a move", func(b *batch) { b.op(opMove, 3, 1, 2) },
			`<div id="a"></div><p>Hello</p>` + rest, nil},
		{"a marker that comes", func(b *batch) { b.op(opAttr, 2, "data-afterimage", "mask") },
			rest, []int32{2, 0}},
		{"a mark by selector that comes", func(b *batch) { b.op(opMark, 3, 1) },
			`<div id="a"></div>` + rest, []int32{3, 0}},
		{"a slot in a masked part of the shadow tree holds for light children", func(b *batch) { b.op(opMark, 2, 8) },
			`<div id="a"></div>` + rest, []int32{3, 0}},
		{"a slot in a blocked part hides light children that come later", func(b *batch) {
			b.op(opMark, 2, 16).op(opElement, 2, 3, 20, 0, "b", 0).op(opTextNode, 20, 0, 21, "secret")
		}, `<div id="a"></div>` + rest, []int32{3, 0}},
		{"a child's own marker is nearer than the slot's", func(b *batch) {
			b.op(opMark, 2, 8).op(opElement, 2, 0, 20, 0, "b", 1, "data-afterimage", "allow").op(opTextNode, 20, 0, 21, "shown")
		}, `<div id="a"><b data-afterimage="allow">shown</b></div>` + rest, []int32{3, 0}},
		{"where the visitor types although no attribute says so", func(b *batch) { b.op(opMark, 3, 32) },
			`<div id="a"></div>` + rest, []int32{3, 0}},
		{"a block that comes", func(b *batch) { b.op(opMark, 2, 2) }, rest, []int32{2, 0}},
		{"a change below what was asked for says nothing", func(b *batch) {
			b.op(opMark, 2, 1).op(opText, 4, "secret").op(opAttr, 3, "title", "secret").op(opValue, 3, "x")
		},
			rest, []int32{2, 0}},
		{"ops on what was asked for and removed are skipped", func(b *batch) {
			b.op(opMark, 2, 1).op(opRemove, 2).op(opText, 4, "x").op(opTextNode, 3, 4, 20, "x").op(opText, 20, "y")
		},
			rest, []int32{2, 0}},
		{"a shadow root on what was given up is given up", func(b *batch) {
			b.op(opMark, 2, 1).op(opRemove, 2).op(opShadow, 3, 20, 0).op(opTextNode, 20, 0, 21, "x")
		},
			rest, []int32{2, 0}},
		{"what was given up and moves to a recorded parent is asked for with it", func(b *batch) { b.op(opRemove, 2).op(opMove, 3, 7, 0) },
			rest, []int32{7, 0}},
		{"what was given up and moves to the document", func(b *batch) { b.op(opRemove, 2).op(opMove, 3, 1, 0) },
			rest, []int32{1, 1}},
		{"a move behind what was given up leaves the last child where it is", func(b *batch) {
			b.op(opRemove, 2).op(opMove, 7, 1, 2)
		}, rest, nil},
		{"clear ends the children", func(b *batch) { b.op(opClear, 2) }, `<div id="a"></div>` + rest, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			core, got := show(t, 1, doc, c.then)
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if len(core.Resend()) != len(c.resend) || len(c.resend) > 0 && (core.Resend()[0] != c.resend[0] || core.Resend()[1] != c.resend[1]) {
				t.Errorf("resend: got %v, want %v", core.Resend(), c.resend)
			}
		})
	}
}

func TestFieldsAndKeys(t *testing.T) {
	// ids: 2 input, 3 allowed input, 4 password, 5 checkbox, 6 allowed checkbox
	const doc = "input\ninput data-afterimage=allow\ninput data-afterimage=allow type=password\ninput type=checkbox\ninput data-afterimage=allow type=checkbox"
	c := start(t, 1)
	b := new(batch)
	build(b, doc)
	b.op(opTime, 100).op(opValue, 2, "a").op(opValue, 2, "ab").op(opValue, 3, "open").op(opSecret, 4, 1).op(opValue, 4, "hunter2").
		op(opChecked, 5, 1).op(opChecked, 6, 1).op(opSelected, 5, 1, 2).op(opScroll, 2, 9, 0).op(opScroll, 3, 9, 0)
	for i := range 7 {
		b.op(opTime, 100+i).op(opKey, 2, 0).op(opKey, 3, 0).op(opKey, 4, 0)
	}
	b.op(opTime, 1500).op(opKey, 2, 1)
	// a shown password stays one
	b.op(opAttr, 4, "type", "text").op(opValue, 4, "hunter2")
	must(t, c, b)
	p := newPage()
	p.read(t, c, 5000)
	all := strings.Join(p.ops, "\n")
	for what, want := range map[string]int{
		"14 id=2 ": 1, "14 id=3 ": 1, "14 id=4 ": 1, // one mask however much is typed
		"15 id=5 ": 0, "15 id=6 ": 1, "16 id=5 ": 0,
		"17 id=2 ": 0, "17 id=3 ": 1,
		"35 id=2 ": 0, "35 id=3 ": 7, "35 id=4 ": 0,
		"48 id=2 ": 2, "48 id=4 ": 0,
		"hunter2": 0, "open": 1,
	} {
		if got := strings.Count("\n"+all, "\n"+what) + strings.Count(all, "\""+what+"\""); got != want {
			t.Errorf("ops %q: got %d, want %d", what, got, want)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
}

// Keys in a masked field are told at the end of their second, or of the epoch if that comes first.
func TestKeysBeforeANewEpochAreTold(t *testing.T) {
	c := start(t, 1)
	b := new(batch)
	build(b, "input")
	b.op(opTime, 100).op(opKey, 2, 0).op(opTime, 200).op(opSnapshotBegin, 800, 600, 1000, 0, 0).op(opElement, 1, 0, 2, 0, "p", 0).op(opSnapshotEnd)
	must(t, c, b)
	p := newPage()
	p.read(t, c, 300)
	if all := strings.Join(p.ops, "\n"); strings.Count("\n"+all, "\n48 id=2 ") != 1 {
		t.Errorf("the keys of the first epoch are not told:\n%s", all)
	}
}

func TestCodes(t *testing.T) {
	for _, c := range []struct {
		name string
		b    *batch
		want Code
	}{
		{"unknown op", new(batch).op(99), ErrOp},
		{"op 0", &batch{ints: []int32{0}}, ErrOp},
		{"size beyond the batch", &batch{ints: []int32{opTime | 9<<8, 1}}, ErrSize},
		{"size of another op", &batch{ints: []int32{opTime | 3<<8, 1, 2}}, ErrSize},
		{"count beyond the op", &batch{ints: []int32{opAdopted | 4<<8, 0, 9, 1}}, ErrSize},
		{"string longer than the text", &batch{ints: []int32{opNavigate | 3<<8, 0, 5}, text: []byte("abc\x00")}, ErrText},
		{"string shorter than the text", &batch{ints: []int32{opNavigate | 3<<8, 0, 2}, text: []byte("abc\x00")}, ErrText},
		{"text left over", &batch{ints: []int32{opTime | 2<<8, 0}, text: []byte("a\x00")}, ErrText},
		{"half a surrogate pair", &batch{ints: []int32{opNavigate | 3<<8, 0, 1}, text: []byte("😀\x00")}, ErrText},
		{"id never used", new(batch).op(opRemove, 77), ErrID},
		{"id used twice", new(batch).op(opTextNode, 1, 0, 2, "a").op(opTextNode, 1, 0, 2, "a"), ErrID},
		{"parent never used", new(batch).op(opTextNode, 9, 0, 2, "a"), ErrID},
		{"previous sibling elsewhere", new(batch).op(opElement, 1, 0, 2, 0, "p", 0).op(opElement, 2, 0, 3, 0, "p", 0).op(opTextNode, 1, 3, 4, "a"), ErrID},
		{"move into itself", new(batch).op(opElement, 1, 0, 2, 0, "p", 0).op(opMove, 2, 2, 0), ErrID},
		{"removal of the document", new(batch).op(opRemove, 1), ErrID},
		{"child of a text", new(batch).op(opTextNode, 1, 0, 2, "a").op(opTextNode, 2, 0, 3, "a"), ErrID},
		{"hello twice", new(batch).op(opHello, 1, 0, 0, 0), ErrOrder},
	} {
		t.Run(c.name, func(t *testing.T) {
			core := start(t, 0)
			must(t, core, new(batch).op(opNavigate, 0, "https://h.example/"))
			if got := put(core, c.b); got != c.want {
				t.Fatalf("got code %d, want %d", got, c.want)
			}
			if got := core.Apply(0, 0); got != c.want {
				t.Errorf("after it: got code %d, want %d", got, c.want)
			}
			if len(core.Segment(0)) != 0 || core.Pending() != 0 || core.Needs() != 0 {
				t.Error("a dead core gives something out")
			}
		})
	}
	c := New()
	if got := put(c, new(batch).op(opHello, 2, 0, 0, 0)); got != ErrVersion {
		t.Errorf("other version: got code %d, want %d", got, ErrVersion)
	}
	c = New()
	if got := put(c, new(batch).op(opVisibility, 1)); got != ErrOrder {
		t.Errorf("no hello: got code %d, want %d", got, ErrOrder)
	}
	c = New()
	if got := put(c, new(batch).op(opHello, 1, 0, 0, 0).op(opTextNode, 1, 0, 2, "a")); got != ErrOrder {
		t.Errorf("no snapshot: got code %d, want %d", got, ErrOrder)
	}
	c = start(t, 0)
	if c.In(1, MemoryCeiling) != nil || c.Apply(0, 0) != ErrMemory {
		t.Error("a batch over the ceiling is not refused")
	}
}

func TestEpochs(t *testing.T) {
	c := New()
	snap := func() *batch {
		return new(batch).op(opSnapshotBegin, 1, 1, 1000, 0, 0).op(opTextNode, 1, 0, 2, "a").op(opSnapshotEnd)
	}
	must(t, c, new(batch).op(opHello, 1, 0, 0, 0).op(opMeta, 23, "").op(opAnchor, "1700000000000", "1700000000005"))
	must(t, c, snap())
	must(t, c, new(batch).op(opText, 2, "b"))
	must(t, c, snap())
	var epochs []uint32
	p := newPage()
	for {
		seg := c.Segment(0)
		if len(seg) == 0 {
			break
		}
		epochs = append(epochs, c.Epoch())
		info, err := p.dec.ReadSegment(append([]byte(nil), seg...), p.apply)
		if err != nil || info.Epoch != c.Epoch() {
			t.Fatalf("segment: epoch %d, error %v; core says epoch %d", info.Epoch, err, c.Epoch())
		}
	}
	if len(epochs) != 2 || epochs[0] != 1 || epochs[1] != 2 {
		t.Errorf("got epochs %v, want [1 2]", epochs)
	}
	if c.Needs() != 0 {
		t.Error("a fresh epoch wants a snapshot")
	}
	c.DropEpoch()
	if c.Needs() != NeedSnapshot {
		t.Error("an epoch with a lost segment wants no snapshot")
	}
}

// FuzzOps: ops of the right form with wrong ids, kinds and order. Whatever happens, the
// mirror is whole and what goes out can be read.
func FuzzOps(f *testing.F) {
	for seed := range uint64(200) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 3))
		c := start(t, int(seed&1))
		b := new(batch)
		build(b, "div\n\tp\n\t\t'Hello\n\tinput\n\t#shadow\n\t\tslot\niframe\n\t#frame\n\t\tp\nstyle\n\t'a{b:c}")
		must(t, c, b)
		p := newPage()
		words := []string{"p", "title", "class", "data-afterimage", "mask", "block", "allow", "x y", "type", "password", "{}", "a{b:c}"}
		for range 60 {
			op := 3 + r.IntN(opLast-2)
			if op == opTree || op == opElement || op == opSnapshotBegin && r.IntN(9) > 0 {
				continue
			}
			var args []any
			spec := opSpecs[op][1:]
			for k := 0; k < len(spec); k++ {
				switch spec[k] {
				case 's':
					args = append(args, words[r.IntN(len(words))])
				case 'c':
					n := r.IntN(3)
					args = append(args, n)
					for range n * (len(spec) - k - 1) {
						args = append(args, r.IntN(20))
					}
					k = len(spec)
				default:
					v := 1 + r.IntN(12)
					if k == 2 && (op == opTextNode || op == opOtherNode) || k == 1 && (op == opShadow || op == opFrame) {
						v = int(c.maxID) + 1
					}
					args = append(args, v)
				}
			}
			code := put(c, new(batch).op(op, args...))
			if code != OK {
				// the core is dead, and stays so; the program ends here
				if len(c.Segment(0)) != 0 {
					t.Fatal("a dead core gives something out")
				}
				return
			}
			check(t, c)
			if r.IntN(3) == 0 {
				p.read(t, c, 0)
			}
		}
		p.read(t, c, 0)
	})
}
