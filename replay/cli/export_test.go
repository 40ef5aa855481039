package cli_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
)

// Whichever way a recording file is made, the audit says so.
func TestExportsStandInTheAudit(t *testing.T) {
	p := newPlace(t)
	noted := func() (out []string) {
		t.Helper()
		st, err := store.Open(t.Context(), store.Config{Dir: p.data})
		if err != nil {
			t.Fatal(err)
		}
		defer st.Close()
		list, err := st.Audited(t.Context(), "", store.AuditExported, time.Time{}, 10)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			out = append(out, fmt.Sprint(e.Who, " ", e.Site, " ", e.Detail["session"], " ", e.Detail["sealed"]))
		}
		slices.Sort(out)
		return out
	}
	run(t, p.with("export", p.managed.ID, "--out", filepath.Join(p.dir, "a.afterimage"))...).want(t, 0)
	run(t, p.with("export", p.managed.ID, "--sealed", "--out", filepath.Join(p.dir, "b.afterimage"))...).want(t, 0)
	// Refused, so nothing went out.
	run(t, p.with("export", p.managed.ID, "--out", filepath.Join(p.dir, "a.afterimage"))...).want(t, 1)
	want := []string{"cli " + p.managed.Site.ID + " " + p.managed.ID + " false", "cli " + p.managed.Site.ID + " " + p.managed.ID + " true"}
	if got := noted(); !slices.Equal(got, want) {
		t.Errorf("in the directory: got %q, want %q", got, want)
	}
	st, err := store.Open(t.Context(), store.Config{Dir: p.data})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	s := httptest.NewServer(api.Handler(open.FromStore(st, func(context.Context, store.Site) ([]byte, error) { return p.managed.Site.Private.Bytes(), nil }), api.Options{}))
	defer s.Close()
	run(t, "export", p.managed.ID, "--server", s.URL, "--token", "t", "--out", filepath.Join(p.dir, "c.afterimage")).want(t, 0)
	resp, err := http.Get(s.URL + "/api/v1/sessions/" + p.managed.ID + "/export")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("export: %v %v", resp, err)
	}
	resp.Body.Close()
	list, err := st.Audited(t.Context(), "", store.AuditExported, time.Time{}, 10)
	if err != nil || len(list) != 4 {
		t.Errorf("with the API's two: got %d entries, %v, want 4", len(list), err)
	}
}
