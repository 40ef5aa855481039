package open_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"afterimage/replay/open"
)

// many is a source with sessions of given ids, all of one millisecond if still.
type many struct {
	open.Source
	ids   []string
	still bool
}

func (m many) Sessions(_ context.Context, f open.Filter) ([]open.Session, error) {
	var out []open.Session
	for i, id := range m.ids {
		at := int64(len(m.ids) - i)
		if m.still {
			at = 1
		}
		if (f.BeforeMs == 0 || at < f.BeforeMs) && len(out) < f.Limit {
			out = append(out, open.Session{ID: id, LastAtMs: at})
		}
	}
	return out, nil
}

func (m many) Session(_ context.Context, id string) (open.Session, error) {
	for _, own := range m.ids {
		if own == id {
			return open.Session{ID: id}, nil
		}
	}
	return open.Session{}, open.ErrNotFound
}

func TestResolve(t *testing.T) {
	a, b := "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdee"
	src := many{ids: []string{a, b, "ff23456789abcdef0123456789abcdef"}}
	tests := []struct {
		name, prefix, want string
		err                error
	}{
		{"whole id", a, a, nil},
		{"whole id of nobody", "0123456789abcdef0123456789abcde0", "", open.ErrNotFound},
		{"prefix of one", "ff", "ff23456789abcdef0123456789abcdef", nil},
		{"one digit", "f", "ff23456789abcdef0123456789abcdef", nil},
		{"in capitals, as pasted", " FF2 ", "ff23456789abcdef0123456789abcdef", nil},
		{"prefix of two", "01", "", open.ErrAmbiguous},
		{"31 digits of two", a[:31], "", open.ErrAmbiguous},
		{"prefix of nobody", "e", "", open.ErrNotFound},
		{"nothing", "", "", open.ErrNotFound},
		{"no digits", "xyz", "", open.ErrNotFound},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := open.Resolve(t.Context(), src, test.prefix)
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %q, %v; want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}

func TestAllSessionsPages(t *testing.T) {
	for _, n := range []int{0, 1, open.MaxLimit - 1, open.MaxLimit, open.MaxLimit + 1, 2*open.MaxLimit + 5} {
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("%032x", i))
		}
		count := 0
		for s, err := range open.AllSessions(t.Context(), many{ids: ids}, open.Filter{}) {
			if err != nil {
				t.Fatal(err)
			}
			if s.ID != ids[count] {
				t.Fatalf("session %d of %d: got %s", count, n, s.ID)
			}
			count++
		}
		if count != n {
			t.Errorf("got %d sessions, want %d", count, n)
		}
	}
}

func TestAllSessionsEndsWhereOneMillisecondHoldsMoreThanAPage(t *testing.T) {
	var ids []string
	for i := range open.MaxLimit + 1 {
		ids = append(ids, fmt.Sprintf("%032x", i))
	}
	count := 0
	for _, err := range open.AllSessions(t.Context(), many{ids: ids, still: true}, open.Filter{}) {
		if err != nil {
			t.Fatal(err)
		}
		count++
	}
	if count != open.MaxLimit {
		t.Errorf("got %d sessions, want the %d of one page", count, open.MaxLimit)
	}
}
