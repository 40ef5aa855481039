//go:build !large

package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/collector/store"
)

// What is about the files of the embedded form: the distributed one, which make large tests, has none of them.

// filesWith lists the files below dir that hold any of the needles.
func filesWith(t *testing.T, dir string, needles ...[]byte) (found []string) {
	t.Helper()
	looked := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		looked++
		for i, n := range needles {
			if bytes.Contains(b, n) {
				found = append(found, filepath.Base(path)+" holds needle "+string(rune('0'+i)))
			}
		}
		return err
	})
	if err != nil || looked == 0 {
		t.Fatalf("looked at %d files: %v", looked, err)
	}
	return found
}

func TestErasedSessionLeavesNothingInTheRawFiles(t *testing.T) {
	for _, finalised := range []bool{false, true} {
		name := "while it is in the journal"
		if finalised {
			name = "after it went into a blob"
		}
		t.Run(name, func(t *testing.T) {
			dir, clk := t.TempDir(), newClock()
			st := open(t, store.Config{Dir: dir, Now: clk.now})
			addTestSite(t, st, nil)
			gone, stays := envelopeOf(1), envelopeOf(2)
			admitTagged(t, st, id(1), id(2), "tag1", gone)
			admitTagged(t, st, id(3), id(4), "tag2", stays)
			g, other := sealed(id(2), 0, 1, 1, 500), sealed(id(4), 0, 1, 2, 500)
			appendAll(t, st, id(1), id(2), g)
			appendAll(t, st, id(3), id(4), other)
			if finalised {
				clk.t = clk.t.Add(time.Hour)
				if n, err := st.Finalise(t.Context()); err != nil || n != 2 {
					t.Fatalf("finalised %d, %v", n, err)
				}
			}
			if found := filesWith(t, dir, gone[1:], g.Sealed[60:]); len(found) < 2 {
				t.Fatalf("before: the search finds %v, and should find both", found)
			}
			r, err := st.EraseSession(t.Context(), id(1), "test")
			if err != nil {
				t.Fatal(err)
			}
			if r.Envelopes != 1 || r.Backups != 0 || r.Day() != clk.t.Format(time.DateOnly) {
				t.Errorf("receipt: %+v", r)
			}
			if found := filesWith(t, dir, gone[1:]); len(found) > 0 {
				t.Errorf("envelope: %v", found)
			}
			if found := filesWith(t, dir, g.Sealed[60:]); len(found) > 0 {
				t.Errorf("ciphertext: %v", found)
			}
			if found := filesWith(t, dir, stays[1:]); len(found) == 0 {
				t.Error("the other session's envelope is gone too")
			}
			if got := numbers(t, st, id(3)); len(got) != 1 {
				t.Errorf("the other session has %v", got)
			}
			// Late segments and a hello of the same page view are refused.
			if _, refused, err := st.Append(t.Context(), id(1), id(2), []store.Segment{sealed(id(2), 1, 1, 1, 9)}); err == nil &&
				(len(refused) != 1 || refused[0].Code != store.RefusedDeleted) {
				t.Errorf("late segment: refused %v, %v", refused, err)
			}
		})
	}
}

func TestErasedSessionStaysClosedInOldCopies(t *testing.T) {
	dir, clk := t.TempDir(), newClock()
	st := open(t, store.Config{Dir: dir, Now: clk.now})
	addTestSite(t, st, nil)
	e := envelopeOf(7)
	admitTagged(t, st, id(1), id(2), "tag1", e)
	appendAll(t, st, id(1), id(2), sealed(id(2), 0, 1, 1, 500))
	clk.t = clk.t.Add(time.Hour)
	if _, err := st.Finalise(t.Context()); err != nil {
		t.Fatal(err)
	}
	// A copy of journal and blobs, as a backup makes it, holds no envelope.
	old := t.TempDir()
	for _, part := range []string{"journal", "blobs"} {
		if err := os.CopyFS(filepath.Join(old, part), os.DirFS(filepath.Join(dir, part))); err != nil {
			t.Fatal(err)
		}
	}
	if found := filesWith(t, old, e[1:]); len(found) > 0 {
		t.Errorf("the copy can be opened: %v", found)
	}
	if found := filesWith(t, old, sealed(id(2), 0, 1, 1, 500).Sealed[60:]); len(found) == 0 {
		t.Error("the copy holds no recording: the check above says nothing")
	}
}

func TestLostEnvelopesComeBackFromTheBackup(t *testing.T) {
	clk := newClock()
	dir, out := t.TempDir(), t.TempDir()
	st := open(t, store.Config{Dir: dir, Now: clk.now})
	addTestSite(t, st, nil)
	e := envelopeOf(3)
	admitTagged(t, st, id(1), id(2), "tag1", e)
	appendAll(t, st, id(1), id(2), sealed(id(2), 0, 1, 1, 500))
	b, err := st.BackUpEnvelopes(t.Context(), out, time.Hour, "test")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.File)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(out, "cut.txt")
	os.WriteFile(cut, text[:len(text)-7], 0o600)
	if _, err := st.RestoreEnvelopes(t.Context(), cut, "test"); err == nil {
		t.Error("a file without its end was taken")
	}
	mustExec(t, dir, `DELETE FROM envelopes`)
	if n, err := st.RestoreEnvelopes(t.Context(), b.File, "test"); err != nil || n != 1 {
		t.Fatalf("restored %d, %v", n, err)
	}
	got, err := st.Envelopes(t.Context(), id(1))
	if err != nil || !bytes.Equal(got[id(2)], e) {
		t.Errorf("envelope is another, %v", err)
	}
	if _, err := st.BackUpEnvelopes(t.Context(), filepath.Join(dir, "backups"), time.Hour, "test"); !errors.Is(err, store.ErrSetting) {
		t.Errorf("a backup inside the data directory: %v", err)
	}
}

func TestDestroyedSiteKeyEndsAll(t *testing.T) {
	dir, clk := t.TempDir(), newClock()
	st := open(t, store.Config{Dir: dir, Now: clk.now})
	addTestSite(t, st, func(x *store.Site) { x.WrappedKey = []byte("first wrapped key of the site") })
	e := envelopeOf(5)
	admitTagged(t, st, id(1), id(2), "tag1", e)
	appendAll(t, st, id(1), id(2), sealed(id(2), 0, 1, 1, 500))
	b, err := st.BackUpEnvelopes(t.Context(), t.TempDir(), time.Hour, "test")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.UpdateSite(t.Context(), site, func(x *store.Site) error {
		x.SealingKey, x.WrappedKey = bytes.Repeat([]byte{5}, 65), []byte("second wrapped key of the site")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if k, err := st.RetiredKeys(t.Context(), site); err != nil || len(k) != 1 || string(k[0].Wrapped) != "first wrapped key of the site" {
		t.Fatalf("the replaced key: %v, %v", k, err)
	}
	r, err := st.DestroySiteKey(t.Context(), site, "test")
	if err != nil || r.Envelopes != 1 || r.Backups != 1 {
		t.Fatalf("receipt %+v, %v", r, err)
	}
	if found := filesWith(t, dir, e[1:], []byte("first wrapped key"), []byte("second wrapped key")); len(found) > 0 {
		t.Errorf("left: %v", found)
	}
	x, err := st.Site(t.Context(), site)
	if err != nil || x.Enabled || len(x.WrappedKey) > 0 {
		t.Errorf("site: %+v, %v", x, err)
	}
	if n, err := st.RestoreEnvelopes(t.Context(), b.File, "test"); err != nil || n != 0 {
		t.Errorf("restored %d envelopes of a destroyed key, %v", n, err)
	}
}

// The entry of a deletion stands and falls with it: where the deletion fails nobody claims it,
// and a deletion without its entry there is not.
func TestDeletionAndItsEntryAreOne(t *testing.T) {
	dir := t.TempDir()
	st := open(t, store.Config{Dir: dir})
	addTestSite(t, st, nil)
	admitTagged(t, st, id(1), id(2), "tag1", envelopeOf(1))
	mustExec(t, dir, `CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END`)
	if _, err := st.EraseSession(t.Context(), id(1), "cli"); err == nil {
		t.Error("deleted without an entry")
	}
	if _, err := st.Session(t.Context(), id(1)); err != nil {
		t.Errorf("the session is gone: %v", err)
	}
	mustExec(t, dir, `DROP TRIGGER refuse`)
	if _, err := st.EraseSession(t.Context(), id(1), "cli"); err != nil {
		t.Fatal(err)
	}
	if _, err := st.EraseSession(t.Context(), id(1), "cli"); err == nil {
		t.Error("deleted twice")
	}
	if entries, err := st.Audited(t.Context(), site, store.AuditErased, time.Time{}, 10); err != nil || len(entries) != 1 {
		t.Errorf("audit: %v, %v, want one entry", entries, err)
	}
}

func TestAuditIsOnlyAddedTo(t *testing.T) {
	dir := t.TempDir()
	st := open(t, store.Config{Dir: dir})
	if err := st.Audit(t.Context(), store.AuditEntry{Who: "test", Action: store.AuditReport}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{`DELETE FROM audit`, `UPDATE audit SET who = 'nobody'`} {
		if err := tryExec(t, dir, q); err == nil || !strings.Contains(err.Error(), "only added to") {
			t.Errorf("%s: %v", q, err)
		}
	}
}

func tryExec(t *testing.T, dir, q string) error {
	t.Helper()
	dsn := "file:" + filepath.Join(dir, "afterimage.db") + "?_pragma=busy_timeout(5000)"
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	_, err = db.Exec(q)
	return err
}

func mustExec(t *testing.T, dir, q string) {
	t.Helper()
	if err := tryExec(t, dir, q); err != nil {
		t.Fatalf("%s: %v", q, err)
	}
}

// Somebody puts yesterday's database back: what the journal holds beyond it stays there
// until its page views are admitted again.
func TestOlderDatabaseLosesNothingOfTheJournal(t *testing.T) {
	cases := []struct {
		name  string
		known bool // the older database knows the session, not its second page view
	}{
		{"that does not know the session", false},
		{"that knows the session and not the page view", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir, clk := t.TempDir(), newClock()
			cfg := store.Config{Dir: dir, Now: clk.now}
			s, a, b := id(1), id(2), id(3)
			st := open(t, cfg)
			if c.known {
				admit(t, st, s, a)
			}
			st.Close()
			db := filepath.Join(dir, "afterimage.db")
			old, err := os.ReadFile(db)
			if err != nil {
				t.Fatal(err)
			}
			st = open(t, cfg)
			admit(t, st, s, a)
			appendAll(t, st, s, a, sealed(a, 0, 1, 1, 10))
			admit(t, st, s, b)
			appendAll(t, st, s, b, sealed(b, 0, 1, 1, 10), sealed(b, 1, 1, 1, 10))
			st.Close()
			if err := os.WriteFile(db, old, 0o600); err != nil {
				t.Fatal(err)
			}
			st = open(t, cfg)
			clk.t = clk.t.Add(2 * store.EmptyFor)
			for range 3 {
				if _, err := st.Finalise(t.Context()); err != nil {
					t.Fatalf("finalise: %v", err)
				}
			}
			admit(t, st, s, a, b)
			if got, want := numbers(t, st, s), []uint32{0, 0, 1}; !slices.Equal(got, want) {
				t.Errorf("after the hello of the recorder: got %v, want %v", got, want)
			}
			clk.t = clk.t.Add(2 * store.EmptyFor)
			if _, err := st.Finalise(t.Context()); err != nil {
				t.Fatalf("finalise: %v", err)
			}
			if got, want := numbers(t, st, s), []uint32{0, 0, 1}; !slices.Equal(got, want) {
				t.Errorf("finalised: got %v, want %v", got, want)
			}
		})
	}
}
