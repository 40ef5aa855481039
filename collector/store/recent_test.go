package store

import (
	"context"
	"encoding/binary"
	"slices"
	"testing"
)

// A repeat of what came last is judged without a look at journal or blob; an older one by
// reading back. The answer is the same.
func TestRepeatsAreJudgedByTheBytes(t *testing.T) {
	s, err := Open(t.Context(), Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	const session, view = "01000000000000000000000000000001", "02000000000000000000000000000002"
	segment := func(number uint32, fill byte) Segment {
		b := make([]byte, 100)
		copy(b, "AS\x01\x00")
		pv, _ := idBytes(view)
		copy(b[4:], pv[:])
		binary.LittleEndian.PutUint32(b[20:], number)
		b[99] = fill
		return Segment{PageView: view, Number: number, Sealed: b}
	}
	got, err := s.Admit(t.Context(), Admission{Site: "testsite1", Session: session, Tab: view, PageViews: []NewPageView{{ID: view, Envelope: make([]byte, 106)}}})
	if err != nil || got[0].Err != nil {
		t.Fatal(err, got)
	}
	for n := range uint32(maxRecent + 2) {
		if _, _, err := s.Append(t.Context(), session, view, []Segment{segment(n, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	x := s.session(session)
	done, cancel := context.WithCancel(t.Context())
	cancel() // nobody reads the journal with it
	cases := []struct {
		name   string
		ctx    context.Context
		g      Segment
		kept   bool
		acked  []uint32
		failed bool
	}{
		{"the latest", done, segment(maxRecent+1, 1), true, []uint32{maxRecent + 1}, false},
		{"the oldest that is kept", done, segment(2, 1), true, []uint32{2}, false},
		{"other bytes under a kept number", done, segment(2, 9), true, nil, false},
		{"one that is kept no longer, and nothing can be read", done, segment(1, 1), false, nil, true},
		{"one that is kept no longer", t.Context(), segment(1, 1), false, []uint32{1}, false},
		{"the same again", done, segment(1, 1), true, []uint32{1}, false},
		{"other bytes under an older number", t.Context(), segment(0, 9), false, nil, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			x.mu.Lock()
			defer x.mu.Unlock()
			if _, kept := x.recent.find(view, c.g.Number); kept != c.kept {
				t.Errorf("kept: got %v, want %v", kept, c.kept)
			}
			p := plan{repeats: []Segment{c.g}}
			err := s.compareRepeats(c.ctx, x, view, &p)
			if (err != nil) != c.failed || !slices.Equal(p.acked, c.acked) || !c.failed && len(p.acked)+len(p.refused) != 1 {
				t.Errorf("got acked %v, refused %v, %v; want acked %v", p.acked, p.refused, err, c.acked)
			}
		})
	}
}
