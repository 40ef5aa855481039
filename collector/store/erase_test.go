package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
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

func fmtDetail(d map[string]any) string { return fmt.Sprint(d) }
