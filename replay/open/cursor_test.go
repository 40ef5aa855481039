package open_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

func TestCursorHoldsWhatWasAdded(t *testing.T) {
	a, b := opentest.ID("a"), opentest.ID("b")
	const last = 1<<32 - 1
	tests := []struct {
		name string
		add  []uint32
		has  []uint32
		not  []uint32
	}{
		{"empty", nil, nil, []uint32{0, 1, last}},
		{"first number", []uint32{0}, []uint32{0}, []uint32{1, last}},
		{"last number", []uint32{last}, []uint32{last}, []uint32{0, last - 1}},
		{"both ends", []uint32{last, 0}, []uint32{0, last}, []uint32{1, last - 1}},
		{"ascending run", []uint32{3, 4, 5}, []uint32{3, 4, 5}, []uint32{2, 6}},
		{"descending run", []uint32{5, 4, 3}, []uint32{3, 4, 5}, []uint32{2, 6}},
		{"hole that is filled", []uint32{3, 5, 4}, []uint32{3, 4, 5}, []uint32{2, 6}},
		{"hole that stays", []uint32{3, 6, 4}, []uint32{3, 4, 6}, []uint32{2, 5, 7}},
		{"in front", []uint32{9, 2}, []uint32{2, 9}, []uint32{1, 3, 8, 10}},
		{"repeat", []uint32{7, 7}, []uint32{7}, []uint32{6, 8}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var c open.Cursor
			for _, n := range test.add {
				c.Add(a, n)
			}
			back, err := open.ParseCursor(c.String())
			if err != nil {
				t.Fatal(err)
			}
			for _, cursor := range []*open.Cursor{&c, back} {
				for _, n := range test.has {
					if !cursor.Has(a, n) {
						t.Errorf("%d is not in it", n)
					}
					if cursor.Has(b, n) {
						t.Errorf("%d is in it for another page view", n)
					}
				}
				for _, n := range test.not {
					if cursor.Has(a, n) {
						t.Errorf("%d is in it", n)
					}
				}
			}
		})
	}
}

func TestCursorIsTheSetOfARandomOrder(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	id := opentest.ID("random")
	for range 200 {
		want := map[uint32]bool{}
		var c open.Cursor
		for range r.IntN(40) {
			n := uint32(r.IntN(50))
			want[n] = true
			c.Add(id, n)
		}
		back, err := open.ParseCursor(c.String())
		if err != nil {
			t.Fatal(err)
		}
		for n := range uint32(52) {
			if c.Has(id, n) != want[n] || back.Has(id, n) != want[n] {
				t.Fatalf("number %d: got %v and %v, want %v", n, c.Has(id, n), back.Has(id, n), want[n])
			}
		}
	}
}

func TestCursorStaysShort(t *testing.T) {
	var c open.Cursor
	id := opentest.ID("holes")
	for n := range uint32(10_000) {
		c.Add(id, 2*n)
	}
	if n := len(c.String()); n > 1000 {
		t.Errorf("a page view full of holes: %d bytes, want at most 1000", n)
	}
	for n := range uint32(10_000) {
		if !c.Has(id, 2*n) {
			t.Fatalf("%d was sent, but is not in it", 2*n)
		}
	}
}

func TestParseCursorRefuses(t *testing.T) {
	var c open.Cursor
	c.Add(opentest.ID("a"), 300)
	whole := c.String()
	for n := 1; n < len(whole); n++ {
		if _, err := open.ParseCursor(whole[:n]); !errors.Is(err, open.ErrCursor) {
			t.Errorf("cut at %d: got %v, want ErrCursor", n, err)
		}
	}
	for _, s := range []string{"!", "AAAA", fmt.Sprintf("%s!", whole), "AAAAAAAAAAAA", "AAAAAAAAAAAB_____________________w"} {
		if _, err := open.ParseCursor(s); !errors.Is(err, open.ErrCursor) {
			t.Errorf("%q: got %v, want ErrCursor", s, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	var c open.Cursor
	c.Add(opentest.ID("a"), 3)
	c.Add(opentest.ID("a"), 9)
	c.Add(opentest.ID("b"), 0)
	f.Add(c.String())
	f.Add("0")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := open.ParseCursor(s)
		if err != nil {
			return
		}
		if _, err := open.ParseCursor(c.String()); err != nil {
			t.Fatalf("what String makes of %q is refused: %v", s, err)
		}
	})
}
