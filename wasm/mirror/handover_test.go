package mirror

import (
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// strictForm makes the program the strict form for one test, which must not run in parallel.
func strictForm(t *testing.T) {
	mask.WithoutDetection()
	t.Cleanup(mask.WithDetection)
}

func drain(t *testing.T, c *Core, p *page) {
	t.Helper()
	p.read(t, c, 0)
}

// handOver is what the worker does before the next snapshot.
func handOver(t *testing.T, from *Core) *Core {
	t.Helper()
	memory := from.Export()
	if len(memory) == 0 {
		t.Fatal("nothing was exported")
	}
	to := New()
	copy(to.In(0, len(memory)), memory)
	if code := to.Import(len(memory)); code != OK {
		t.Fatalf("import: code %d", code)
	}
	return to
}

// What was typed while the strict form was at work is masked where the full form shows text.
func TestStrictHandsOverToFull(t *testing.T) {
	strictForm(t)
	core := start(t, 0)
	p := newPage()
	must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "body", 0).op(opElement, 2, 0, 3, 0, "input", 0).op(opSnapshotEnd).
		op(opValue, 3, "Zanthorpe").op(opEcho, 3, "hunter2!"))
	if got := core.Needs(); got != 0 {
		t.Fatalf("needs before a marker: %d", got)
	}
	must(t, core, new(batch).op(opElement, 2, 3, 4, 0, "p", 1, "data-afterimage", "allow").op(opTextNode, 4, 0, 5, "Dear Zanthorpe"))
	if got := core.Needs(); got != NeedFull {
		t.Errorf("needs after a marker: %d, want %d", got, NeedFull)
	}
	drain(t, core, p)
	if got := p.String(); strings.Contains(got, "Dear") || strings.Contains(got, "Zan") {
		t.Errorf("the strict form shows text: %s", got)
	}

	memory := append([]byte(nil), core.Export()...)
	mask.WithDetection()
	full := New()
	copy(full.In(0, len(memory)), memory)
	if code := full.Import(len(memory)); code != OK {
		t.Fatalf("import: code %d", code)
	}
	must(t, full, new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0).op(opElement, 1, 0, 2, 0, "p", 1, "data-afterimage", "allow").
		op(opTextNode, 2, 0, 3, "Dear Zanthorpe, it is hunter2! still").op(opSnapshotEnd))
	q := newPage()
	q.read(t, full, 0)
	if want := `Dear xxxxxxxxxx it is xxxxxxx still`; !strings.Contains(q.String(), "Dear ") || strings.Contains(q.String(), "Zan") || strings.Contains(q.String(), "hunter") {
		t.Errorf("got %s, want something like %s", q.String(), want)
	}
	if full.Epoch() != core.Epoch()+1 {
		t.Errorf("epoch %d follows %d", full.Epoch(), core.Epoch())
	}
	if got := full.Needs(); got != 0 {
		t.Errorf("the full form needs %d", got)
	}
}

// An instance that took over nothing records nothing; neither does one that took over
// something else, or took over too late.
func TestWithoutHandOverNothingStarts(t *testing.T) {
	old := start(t, 1)
	must(t, old, new(batch).op(opElement, 1, 0, 2, 0, "input", 0).op(opSnapshotEnd).op(opValue, 2, "Zanthorpe"))
	if len(old.Export()) != 0 {
		t.Error("exported before all segments were given out")
	}
	drain(t, old, newPage())
	memory := append([]byte(nil), old.Export()...)
	if !strings.Contains(string(memory), "zanthorpe") {
		t.Fatalf("the memory is without what was typed: %q", memory)
	}
	snapshot := func() *batch { return new(batch).op(opSnapshotBegin, 800, 600, 1000, 0, 0) }
	if code := put(New(), snapshot()); code != ErrOrder {
		t.Errorf("a snapshot without memory: code %d, want %d", code, ErrOrder)
	}
	version := append([]byte{9}, memory[1:]...)
	for name, bad := range map[string][]byte{"cut": memory[:len(memory)-1], "a head alone that is cut": memory[:5], "another version": version, "more than it says": append(memory[:len(memory):len(memory)], 50)} {
		c := New()
		copy(c.In(0, len(bad)), bad)
		if code := c.Import(len(bad)); code == OK {
			t.Errorf("%s: taken", name)
		}
		if code := put(c, snapshot()); code == OK {
			t.Errorf("%s: it goes on", name)
		}
	}
	copy(old.In(0, len(memory)), memory)
	if code := old.Import(len(memory)); code != ErrOrder {
		t.Errorf("a second memory: code %d, want %d", code, ErrOrder)
	}
}

// All that the table holds arrives, the oldest first, so that the same goes first again.
func TestMemoryKeepsTheWholeTable(t *testing.T) {
	old := start(t, 1)
	must(t, old, new(batch).op(opElement, 1, 0, 2, 0, "input", 0).op(opSnapshotEnd))
	word := func(i int) string {
		return "value" + string(rune('a'+i/26/26)) + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) + "q"
	}
	for i := range 4168 {
		must(t, old, new(batch).op(opEcho, 2, word(i)))
	}
	drain(t, old, newPage())
	first := append([]byte(nil), old.Export()...)
	second := handOver(t, handOver(t, old)).Export()
	if got, want := string(second[14:]), string(first[14:]); got != want {
		t.Errorf("got %d bytes, want %d, or others", len(got), len(want))
	}
	if !strings.Contains(string(first), word(4167)) || !strings.Contains(string(first), word(72)) || strings.Contains(string(first), word(71)) {
		t.Errorf("not the last 4096 values: %d bytes", len(first))
	}
}

func TestAnotherInstanceIsWantedWhenMemoryGrows(t *testing.T) {
	for _, c := range []struct {
		name          string
		fresh, now, n int
	}{
		{"a small page may grow", 1 << 20, 8 << 20, 0},
		{"a small page past the small mark", 1 << 20, 8<<20 + 1, NeedRoom},
		{"three times", 10 << 20, 30 << 20, 0},
		{"past three times", 10 << 20, 30<<20 + 1, NeedRoom},
		{"past the mark", 30 << 20, 64<<20 + 1, NeedRoom},
		{"a page of that size is not moved for ever", 62 << 20, 70 << 20, 0},
		{"but before the ceiling", 62 << 20, 94 << 20, NeedRoom},
	} {
		core := start(t, 1)
		memory := c.fresh
		core.Memory = func() int { return memory }
		must(t, core, new(batch).op(opSnapshotEnd))
		if got := core.Needs(); got != 0 {
			t.Errorf("%s: needs %d after the snapshot", c.name, got)
		}
		memory = c.now
		if got := core.Needs(); got != c.n {
			t.Errorf("%s: needs %d, want %d", c.name, got, c.n)
		}
	}
}

// In the strict form nothing is shown, whatever level or marker says.
func TestStrictFormShowsNothing(t *testing.T) {
	strictForm(t)
	for level := range 3 {
		core := start(t, level)
		must(t, core, new(batch).op(opElement, 1, 0, 2, 0, "div", 1, "data-afterimage", "allow").op(opTextNode, 2, 0, 3, "Secret words").
			op(opElement, 2, 3, 4, 0, "input", 1, "value", "Secret").op(opValue, 4, "Secret").op(opMark, 5, 4).op(opElement, 2, 4, 5, 0, "p", 1, "title", "Secret").
			op(opSnapshotEnd).op(opAttr, 5, "title", "Secret2").op(opText, 3, "Secret3"))
		p := newPage()
		drain(t, core, p)
		if all := p.String() + strings.Join(p.log, "") + strings.Join(p.ops, ""); strings.Contains(all, "Secret") {
			t.Errorf("level %d: %s", level, all)
		}
	}
}
