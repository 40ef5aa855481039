package store_test

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"afterimage/collector/store"
)

// clock is a clock that only moves when told to.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)} }

func open(t *testing.T, c store.Config) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), settings(t, c))
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() { st.Close() })
	return st
}

const site = "testsite1"

func id(n byte) string {
	var b [16]byte
	b[0], b[15] = n, n
	return hex.EncodeToString(b[:])
}

// sealed makes bytes that look like a sealed segment: the store never opens one.
func sealed(pageView string, number, epoch uint32, seed uint64, size int) store.Segment {
	b := make([]byte, 60+16+size)
	r := rand.New(rand.NewPCG(seed, uint64(number)))
	for i := 60; i < len(b); i++ {
		b[i] = byte(r.Uint32())
	}
	copy(b, "AS\x01\x00")
	pv, _ := hex.DecodeString(pageView)
	copy(b[4:], pv)
	binary.LittleEndian.PutUint32(b[20:], number)
	binary.LittleEndian.PutUint32(b[24:], epoch)
	return store.Segment{PageView: pageView, Number: number, Epoch: epoch, Sealed: b}
}

func admit(t *testing.T, st *store.Store, session string, views ...string) {
	t.Helper()
	a := store.Admission{Site: site, Session: session, Tab: id(200)}
	for _, v := range views {
		a.PageViews = append(a.PageViews, store.NewPageView{ID: v, Envelope: make([]byte, 106)})
	}
	got, err := st.Admit(t.Context(), a)
	if err != nil {
		t.Fatalf("admit: %v", err)
	}
	for _, g := range got {
		if g.Err != nil {
			t.Fatalf("admit page view %s: %v", g.PageView, g.Err)
		}
	}
}

func appendAll(t *testing.T, st *store.Store, session, view string, segs ...store.Segment) {
	t.Helper()
	acked, refused, err := st.Append(t.Context(), session, view, segs)
	if err != nil || len(refused) > 0 || len(acked) != len(segs) {
		t.Fatalf("append: acked %v, refused %v, err %v; want %d acked", acked, refused, err, len(segs))
	}
}

func numbers(t *testing.T, st *store.Store, session string) (out []uint32) {
	t.Helper()
	for g, err := range st.Segments(t.Context(), session) {
		if err != nil {
			t.Fatalf("segments: %v", err)
		}
		out = append(out, g.Number)
	}
	return out
}

func TestSegmentsSurviveEveryStepOfTheirLife(t *testing.T) {
	dir, clk := t.TempDir(), newClock()
	cfg := store.Config{Dir: dir, Now: clk.now}
	st := open(t, cfg)
	s, a, b := id(1), id(2), id(3)
	admit(t, st, s, a, b)
	appendAll(t, st, s, a, sealed(a, 0, 1, 1, 100), sealed(a, 1, 1, 1, 50))
	appendAll(t, st, s, b, sealed(b, 2, 1, 1, 10))
	appendAll(t, st, s, b, sealed(b, 0, 1, 1, 10)) // out of order
	want := []uint32{0, 1, 0, 2}
	if got := numbers(t, st, s); !slices.Equal(got, want) {
		t.Errorf("live: got %v, want %v", got, want)
	}
	st.Close()

	st = open(t, cfg)
	if got := numbers(t, st, s); !slices.Equal(got, want) {
		t.Errorf("after restart: got %v, want %v", got, want)
	}
	info, err := st.Session(t.Context(), s)
	if err != nil || info.Segments != 4 || !info.Continuable || info.PageViews[1].Gaps != 1 {
		t.Errorf("after restart: got %+v, %v, want 4 segments, that it may go on, one gap in the second page view", info, err)
	}
	if n, err := st.Finalise(t.Context()); n != 0 || err != nil {
		t.Errorf("finalise of a live session: got %d, %v, want 0", n, err)
	}
	clk.t = clk.t.Add(store.SessionIdle)
	if n, err := st.Finalise(t.Context()); n != 1 || err != nil {
		t.Fatalf("finalise: got %d, %v, want 1", n, err)
	}
	if got := numbers(t, st, s); !slices.Equal(got, want) {
		t.Errorf("finished: got %v, want %v", got, want)
	}
	if info, _ := st.Session(t.Context(), s); !info.Finished || info.Segments != 4 {
		t.Errorf("finished: got %+v", info)
	}
	appendAll(t, st, s, b, sealed(b, 1, 1, 1, 10)) // late, and the others repeated
	appendAll(t, st, s, b, sealed(b, 0, 1, 1, 10), sealed(b, 2, 1, 1, 10))
	want = []uint32{0, 1, 0, 1, 2}
	if got := numbers(t, st, s); !slices.Equal(got, want) {
		t.Errorf("late: got %v, want %v", got, want)
	}
	if err := st.FinaliseSession(t.Context(), s); err != nil {
		t.Fatalf("second generation: %v", err)
	}
	if got := numbers(t, st, s); !slices.Equal(got, want) {
		t.Errorf("second generation: got %v, want %v", got, want)
	}
	if blobs := objects(t, dir); len(blobs) != 1 {
		t.Errorf("blobs: got %v, want the second generation alone", blobs)
	}
	if info, _ := st.Session(t.Context(), s); !info.Finished || info.PageViews[1].Gaps != 0 {
		t.Errorf("second generation: got %+v", info)
	}
}

func files(t *testing.T, dir string) (out []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAppendRefuses(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	s, v := id(1), id(2)
	admit(t, st, s, v)
	first := sealed(v, 0, 1, 1, 100)
	appendAll(t, st, s, v, first)
	cases := []struct {
		name string
		view string
		segs []store.Segment
		want string
	}{
		{"other bytes under a durable number", v, []store.Segment{sealed(v, 0, 1, 2, 100)}, store.RefusedConflict},
		{"a durable number cut short", v, []store.Segment{sealed(v, 0, 1, 1, 99)}, store.RefusedConflict},
		{"two contents of one number in one call", v, []store.Segment{sealed(v, 5, 1, 1, 9), sealed(v, 5, 1, 2, 9)}, store.RefusedConflict},
		{"a header that names another page view", v, []store.Segment{sealed(id(9), 1, 1, 1, 9)}, store.RefusedMalformed},
		{"a header that names another number", v, []store.Segment{func() store.Segment { g := sealed(v, 7, 1, 1, 9); g.Number = 8; return g }()}, store.RefusedMalformed},
		{"a header that names another epoch", v, []store.Segment{func() store.Segment { g := sealed(v, 7, 1, 1, 9); g.Epoch = 2; return g }()}, store.RefusedMalformed},
		{"shorter than header and tag", v, []store.Segment{{Number: 9, Sealed: make([]byte, 75)}}, store.RefusedMalformed},
		{"a number beyond the limit", v, []store.Segment{sealed(v, store.MaxSegmentNumber+1, 1, 1, 9)}, store.RefusedLimit},
		{"a segment beyond the limit", v, []store.Segment{sealed(v, 10, 1, 1, store.MaxSegmentBytes-75)}, store.RefusedLimit},
		{"a page view that was never admitted", id(77), []store.Segment{sealed(id(77), 0, 1, 1, 9)}, store.RefusedUnknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, refused, err := st.Append(t.Context(), s, c.view, c.segs)
			if err != nil || len(refused) != 1 || refused[0].Code != c.want {
				t.Errorf("got %v, %v, want one %s", refused, err, c.want)
			}
		})
	}
	t.Run("the largest segment is taken", func(t *testing.T) {
		appendAll(t, st, s, v, sealed(v, 10, 1, 1, store.MaxSegmentBytes-76))
	})
	t.Run("a session that nobody admitted", func(t *testing.T) {
		_, refused, err := st.Append(t.Context(), id(99), v, []store.Segment{first})
		if err != nil || len(refused) != 1 || refused[0].Code != store.RefusedUnknown {
			t.Errorf("got %v, %v, want one unknown", refused, err)
		}
	})
	t.Run("segments more than a week late", func(t *testing.T) {
		clk.t = clk.t.Add(store.LateFor + time.Second)
		_, refused, err := st.Append(t.Context(), s, v, []store.Segment{sealed(v, 11, 1, 1, 9)})
		if err != nil || len(refused) != 1 || refused[0].Code != store.RefusedLate {
			t.Errorf("got %v, %v, want one late", refused, err)
		}
	})
}

func TestAdmitRefuses(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	s, v := id(1), id(2)
	admit(t, st, s, v)
	env := make([]byte, 106)
	cases := []struct {
		name string
		a    store.Admission
		want error
	}{
		{"another write secret", store.Admission{Site: site, Session: s, PageViews: []store.NewPageView{{ID: v, SecretHash: [32]byte{1}, Envelope: env}}}, store.ErrOtherWriter},
		{"the page view of another session", store.Admission{Site: site, Session: id(7), PageViews: []store.NewPageView{{ID: v, Envelope: env}}}, store.ErrOtherWriter},
		{"the session of another site", store.Admission{Site: "othersite", Session: s, PageViews: []store.NewPageView{{ID: id(3), Envelope: env}}}, store.ErrOtherWriter},
		{"no envelope", store.Admission{Site: site, Session: s, PageViews: []store.NewPageView{{ID: id(3)}}}, store.ErrNoEnvelope},
		{"an envelope one byte short", store.Admission{Site: site, Session: s, PageViews: []store.NewPageView{{ID: id(3), Envelope: env[:105]}}}, store.ErrNoEnvelope},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.a.Tab = id(200)
			got, err := st.Admit(t.Context(), c.a)
			if err != nil || !errors.Is(got[0].Err, c.want) {
				t.Errorf("got %v, %v, want %v", got, err, c.want)
			}
		})
	}
}

func TestDeletedSessionStaysDeleted(t *testing.T) {
	dir, clk := t.TempDir(), newClock()
	st := open(t, store.Config{Dir: dir, Now: clk.now})
	s, v := id(1), id(2)
	admit(t, st, s, v)
	appendAll(t, st, s, v, sealed(v, 0, 1, 1, 100))
	if err := st.FinaliseSession(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	appendAll(t, st, s, v, sealed(v, 1, 1, 1, 100)) // one in the blob, one in the journal
	if _, err := st.EraseSession(t.Context(), s, "test"); err != nil {
		t.Fatal(err)
	}
	_, refused, err := st.Append(t.Context(), s, v, []store.Segment{sealed(v, 2, 1, 1, 9)})
	if err != nil || len(refused) != 1 || refused[0].Code != store.RefusedDeleted {
		t.Errorf("late segment: got %v, %v, want one deleted", refused, err)
	}
	got, err := st.Admit(t.Context(), store.Admission{Site: site, Session: s, Tab: id(9), PageViews: []store.NewPageView{{ID: v, Envelope: make([]byte, 106)}}})
	if err != nil || !errors.Is(got[0].Err, store.ErrDeleted) {
		t.Errorf("admit: got %v, %v, want ErrDeleted", got, err)
	}
	if env, _ := st.Envelopes(t.Context(), s); len(env) != 0 {
		t.Errorf("envelopes: got %d, want none", len(env))
	}
	if list, _ := st.Sessions(t.Context(), store.SessionFilter{}); len(list) != 0 {
		t.Errorf("list: got %v, want none", list)
	}
	for _, err := range st.Segments(t.Context(), s) {
		if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("segments: got %v, want ErrNotFound", err)
		}
	}
	if blobs := objects(t, dir); len(blobs) != 0 {
		t.Errorf("blobs: got %v, want none", blobs)
	}
}

func TestFullStorageLosesNothing(t *testing.T) {
	cases := []struct {
		name string
		cfg  store.Config
	}{
		{"the journal is at its limit", store.Config{JournalMaxBytes: 64 << 10}},
		{"the file system is below what is kept free", store.Config{MinFreeBytes: 1 << 62}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			c.cfg.Dir = t.TempDir()
			ok := c.cfg
			ok.MinFreeBytes = 0
			st := open(t, ok)
			s, v := id(1), id(2)
			admit(t, st, s, v)
			appendAll(t, st, s, v, sealed(v, 0, 1, 1, 100))
			st.Close()
			st = open(t, c.cfg)
			acked := []uint32{0}
			var err error
			for n := uint32(1); n < 100 && err == nil; n++ {
				var a []uint32
				a, _, err = st.Append(t.Context(), s, v, []store.Segment{sealed(v, n, 1, 1, 4000)})
				acked = append(acked, a...)
			}
			if !errors.Is(err, store.ErrFull) {
				t.Fatalf("got %v, want ErrFull", err)
			}
			if got := numbers(t, st, s); !slices.Equal(got, acked) {
				t.Errorf("got %v, want what was acknowledged: %v", got, acked)
			}
			st.Close()
			st = open(t, ok) // space came back
			if c.cfg.JournalMaxBytes > 0 {
				if err := st.FinaliseSession(t.Context(), s); err != nil {
					t.Fatal(err)
				}
			}
			next := uint32(len(acked))
			appendAll(t, st, s, v, sealed(v, next, 1, 1, 4000))
			if got, want := numbers(t, st, s), append(acked, next); !slices.Equal(got, want) {
				t.Errorf("after room was made: got %v, want %v", got, want)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	cases := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    error
	}{
		{"a directory of a newer version", func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "version"), []byte("afterimage data 2\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, store.ErrNewerVersion},
		{"a directory that another process holds", func(t *testing.T, dir string) { open(t, store.Config{Dir: dir}) }, store.ErrInUse},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			c.prepare(t, dir)
			_, err := store.Open(t.Context(), store.Config{Dir: dir})
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

// A clock that was a year ahead while a session ran, then right again, and one that goes
// back an hour in the middle.
func TestClockJumpsLoseNothing(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	right := clk.t
	for i, jump := range []time.Duration{365 * 24 * time.Hour, -time.Hour, -365 * 24 * time.Hour} {
		s, v := id(byte(10+i)), id(byte(50+i))
		clk.t = right
		admit(t, st, s, v)
		appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
		clk.t = right.Add(jump)
		if jump <= store.LateFor {
			appendAll(t, st, s, v, sealed(v, 1, 1, 1, 10))
		}
		if _, err := st.Finalise(t.Context()); err != nil {
			t.Fatalf("jump %v: finalise: %v", jump, err)
		}
		clk.t = right
		appendAll(t, st, s, v, sealed(v, 2, 1, 1, 10))
		clk.t = right.Add(2 * store.SessionIdle)
		if _, err := st.Finalise(t.Context()); err != nil {
			t.Fatalf("jump %v: finalise: %v", jump, err)
		}
		info, err := st.Session(t.Context(), s)
		if err != nil || !info.Finished || info.FirstAt.After(info.LastAt) {
			t.Errorf("jump %v: got %+v, %v, want finished, first before last", jump, info, err)
		}
		want := []uint32{0, 1, 2}
		if jump > store.LateFor {
			want = []uint32{0, 2}
		}
		if got := numbers(t, st, s); !slices.Equal(got, want) {
			t.Errorf("jump %v: got %v, want %v", jump, got, want)
		}
	}
}

func TestWatchTellsOfNewSegments(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	s, v := id(1), id(2)
	admit(t, st, s, v)
	seen := make(chan bool, 4)
	st.OnWatch(func(session string, on bool) { seen <- on && session == s })
	ch, cancel := st.Watch(t.Context(), s)
	defer cancel()
	if !<-seen || !st.Watched(s) {
		t.Error("the ingest side was not told of the watcher")
	}
	appendAll(t, st, s, v, sealed(v, 0, 1, 1, 10))
	select {
	case <-ch:
	case <-t.Context().Done():
		t.Error("no signal")
	}
}

func TestImportedRecordingReadsLikeARecordedOne(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	s, v := id(1), id(2)
	g0, g1 := sealed(v, 0, 1, 1, 10), sealed(v, 1, 1, 1, 10)
	g0.ArrivedAt, g1.ArrivedAt = time.UnixMilli(1000), time.UnixMilli(2000)
	rec := store.Recording{Site: site, Session: s, PageViews: []store.RecordedPageView{
		{ID: v, Tab: id(3), Envelope: make([]byte, 106), Segments: []store.Segment{g1, g0}}}}
	if err := st.Import(t.Context(), rec); err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, st, s); !slices.Equal(got, []uint32{0, 1}) {
		t.Errorf("got %v, want [0 1]", got)
	}
	if err := st.Import(t.Context(), rec); !errors.Is(err, store.ErrExists) {
		t.Errorf("again: got %v, want ErrExists", err)
	}
	list, err := st.Sessions(context.Background(), store.SessionFilter{Site: site})
	if err != nil || len(list) != 1 || len(list[0].PageViews) != 1 || !list[0].Finished {
		t.Errorf("list: got %+v, %v", list, err)
	}
}
