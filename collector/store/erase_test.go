package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"afterimage/collector/store"
)

// addTestSite makes the row that sessions of the test belong to.
func addTestSite(t *testing.T, st *store.Store, change func(*store.Site)) {
	t.Helper()
	x := store.Site{ID: site, Name: "test", Key: "m." + site, Custody: store.Managed, Enabled: true,
		SealingKey: bytes.Repeat([]byte{4}, 65), WrappedKey: []byte("wrapped"), SettingsVersion: 1}
	if change != nil {
		change(&x)
	}
	if err := st.AddSite(t.Context(), x); err != nil {
		t.Fatal(err)
	}
}

func admitTagged(t *testing.T, st *store.Store, session, view, tag string, envelope []byte) {
	t.Helper()
	got, err := st.Admit(t.Context(), store.Admission{Site: site, Session: session, Tab: id(200), VisitorTag: tag,
		ConsentVersion: "c2", PrivacyVersion: "p3",
		PageViews: []store.NewPageView{{ID: view, Envelope: envelope}}})
	if err != nil || got[0].Err != nil {
		t.Fatalf("admit: %v, %v", err, got)
	}
}

func envelopeOf(n byte) []byte {
	e := bytes.Repeat([]byte{0xE0 | n, 0x5A ^ n, n}, 36)[:106]
	e[0] = 1
	return e
}

// filesWith lists the files below dir that hold any of the needles.
func filesWith(t *testing.T, dir string, needles ...[]byte) (found []string) {
	t.Helper()
	onlyEmbedded(t, "searches its files")
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
	onlyEmbedded(t, "it searches the files of the data directory")
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
	onlyEmbedded(t, "it searches the files of the data directory")
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

func TestReceiptNamesTheDayOfTheLastCopy(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	addTestSite(t, st, nil)
	out := t.TempDir()
	e := envelopeOf(3)
	// A backup from before the session holds nothing of it.
	if _, err := st.BackUpEnvelopes(t.Context(), out, 20*24*time.Hour, "test"); err != nil {
		t.Fatal(err)
	}
	clk.t = clk.t.Add(time.Hour)
	admitTagged(t, st, id(1), id(2), "tag1", e)
	appendAll(t, st, id(1), id(2), sealed(id(2), 0, 1, 1, 500))
	clk.t = clk.t.Add(time.Hour)
	b, err := st.BackUpEnvelopes(t.Context(), out, store.DefaultEnvelopeRetention, "test")
	if err != nil || b.Envelopes != 1 {
		t.Fatalf("backup %+v, %v", b, err)
	}
	r, err := st.EraseSession(t.Context(), id(1), "test")
	if err != nil {
		t.Fatal(err)
	}
	if r.Backups != 1 || r.Day() != "2026-12-02" {
		t.Errorf("receipt: got %+v, %s, want one backup and 2026-12-02", r, r.Day())
	}
	// What was erased is not restored.
	if n, err := st.RestoreEnvelopes(t.Context(), b.File, "test"); err != nil || n != 0 {
		t.Errorf("restored %d, %v", n, err)
	}
	clk.t = b.GoesAt.Add(-time.Second)
	if n, err := st.PruneEnvelopeBackups(t.Context()); err != nil || n != 0 {
		t.Errorf("a second early: removed %d, %v", n, err)
	}
	clk.t = b.GoesAt
	if n, err := st.PruneEnvelopeBackups(t.Context()); err != nil || n != 1 {
		t.Errorf("when due: removed %d, %v", n, err)
	}
	if _, err := os.Stat(b.File); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}

// A receipt counts each backup that can hold a copy, also where the machine's clock was set back before it was made, or a
// session began while it was.
func TestReceiptMissesNoCopy(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	addTestSite(t, st, nil)
	admitTagged(t, st, id(1), id(2), "tag1", envelopeOf(3))
	clk.t = clk.t.Add(-time.Minute)
	b, err := st.BackUpEnvelopes(t.Context(), t.TempDir(), store.DefaultEnvelopeRetention, "test")
	if err != nil || b.Envelopes != 1 {
		t.Fatalf("backup %+v, %v", b, err)
	}
	r, err := st.EraseSession(t.Context(), id(1), "test")
	if err != nil || r.Backups != 1 || !r.LastCopy.Equal(b.GoesAt.Truncate(time.Millisecond)) {
		t.Errorf("receipt %+v, %v; the backup %s holds a copy and goes %s", r, err, b.File, b.GoesAt)
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

func TestVisitorIsErasedByTag(t *testing.T) {
	st := open(t, store.Config{Dir: t.TempDir()})
	addTestSite(t, st, nil)
	admitTagged(t, st, id(1), id(2), "tag1", envelopeOf(1))
	appendAll(t, st, id(1), id(2), sealed(id(2), 0, 1, 1, 50))
	admitTagged(t, st, id(3), id(4), "tag1", envelopeOf(2)) // no segment yet
	admitTagged(t, st, id(5), id(6), "tag2", envelopeOf(3))
	admitTagged(t, st, id(7), id(8), "", envelopeOf(4))
	if r, err := st.EraseVisitor(t.Context(), site, "", "visitor"); err != nil || r.Sessions != 0 {
		t.Errorf("without a tag: %+v, %v", r, err)
	}
	if r, err := st.EraseVisitor(t.Context(), "othersite1", "tag1", "visitor"); err != nil || r.Sessions != 0 {
		t.Errorf("another site: %+v, %v", r, err)
	}
	r, err := st.EraseVisitor(t.Context(), site, "tag1", "visitor")
	if err != nil || r.Sessions != 2 || r.Envelopes != 2 {
		t.Errorf("receipt: %+v, %v", r, err)
	}
	if list, err := st.VisitorSessions(t.Context(), site, "tag2"); err != nil || len(list) != 1 ||
		list[0].ConsentVersion != "c2" || list[0].PrivacyVersion != "p3" {
		t.Errorf("another visitor: %+v, %v", list, err)
	}
	entries, err := st.Audited(t.Context(), site, store.AuditVisitorErased, time.Time{}, 10)
	if err != nil || len(entries) != 1 || strings.Contains(fmtDetail(entries[0].Detail), "tag1") {
		t.Errorf("audit: %v, %v", entries, err)
	}
}

func TestRetentionErasesWhatIsOlder(t *testing.T) {
	clk := newClock()
	st := open(t, store.Config{Dir: t.TempDir(), Now: clk.now})
	addTestSite(t, st, func(x *store.Site) { x.Notice.RetentionDays = 30 })
	admitTagged(t, st, id(1), id(2), "tag1", envelopeOf(1))
	clk.t = clk.t.AddDate(0, 0, 1)
	admitTagged(t, st, id(3), id(4), "tag1", envelopeOf(2))
	clk.t = clk.t.AddDate(0, 0, 29)
	if n, err := st.Expire(t.Context()); err != nil || n != 0 {
		t.Errorf("at 30 days to the millisecond: %d, %v", n, err)
	}
	clk.t = clk.t.Add(time.Millisecond)
	if n, err := st.Expire(t.Context()); err != nil || n != 1 {
		t.Errorf("a moment later: %d, %v", n, err)
	}
	entries, err := st.Audited(t.Context(), site, store.AuditErased, time.Time{}, 10)
	if err != nil || len(entries) != 1 || entries[0].Who != "retention" || entries[0].Detail["session"] != id(1) || !entries[0].At.Equal(clk.t) {
		t.Errorf("audit: %v, %v, want the one session by retention", entries, err)
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
	onlyEmbedded(t, "opens its database")
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

func fmtDetail(d map[string]any) string { return fmt.Sprint(d) }
