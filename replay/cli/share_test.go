package cli_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"afterimage/collector/server"
	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
)

// A share opens one session of a held site without the site's key, until it is revoked or the
// session deleted; the collector never has the key that opens it.
func TestShareOpensOneSessionUntilItIsRevoked(t *testing.T) {
	p := newPlace(t)
	st, err := store.Open(t.Context(), store.Config{Dir: p.data})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	var bodies strings.Builder
	handler := api.Handler(open.FromStore(st, nil), api.Options{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bodies.WriteString(r.URL.String())
		handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	flags := []string{"--server", server.URL, "--key", p.key}
	share := func(args ...string) result {
		return run(t, append(append([]string{"share"}, args...), flags...)...)
	}
	r := share(p.held.ID)
	r.want(t, 0, server.URL+"/embed/"+p.held.ID+"#key=")
	fragment := strings.TrimSpace(r.out[strings.Index(r.out, "#key=")+len("#key="):])
	id := regexp.MustCompile(`--revoke ([0-9a-f]{32})`).FindStringSubmatch(r.err)
	if id == nil {
		t.Fatalf("it does not say how to revoke it: %s", r.err)
	}
	if strings.Contains(bodies.String(), fragment) {
		t.Error("the link's key went to the collector")
	}
	sealed, err := st.SharedKeys(t.Context(), p.held.ID, id[1])
	if err != nil {
		t.Fatal(err)
	}
	content, err := open.OpenShare(p.held.ID, fragment, sealed)
	if err != nil || len(content) == 0 {
		t.Fatalf("the link does not open it: %v", err)
	}
	src := open.FromStore(st, nil)
	for s, err := range src.Segments(t.Context(), p.held.ID, &open.Cursor{}) {
		if err != nil {
			t.Fatal(err)
		}
		if len(content[s.PageView]) != 16 {
			t.Errorf("no key of page view %s", s.PageView)
		}
	}
	for name, c := range map[string]struct{ session, fragment string }{
		"another session":    {p.managed.ID, fragment},
		"another key":        {p.held.ID, fragment[:42] + map[bool]string{true: "A", false: "Q"}[fragment[42] != 'A']},
		"a key that is cut":  {p.held.ID, fragment[:20]},
		"a key that is none": {p.held.ID, "?"},
	} {
		if got, err := open.OpenShare(c.session, c.fragment, sealed); err == nil {
			t.Errorf("%s: opened %d page views", name, len(got))
		}
	}
	share(p.held.ID, "--list").want(t, 0, id[1], "cli")
	share(p.held.ID, "--revoke", id[1]).want(t, 0, "revoked")
	fails(t, share(p.held.ID, "--revoke", id[1]), "revoked, or its session deleted")
	if _, err := st.SharedKeys(t.Context(), p.held.ID, id[1]); err == nil {
		t.Error("a revoked share is still there")
	}
	share(p.held.ID).want(t, 0)
	if list, err := st.Shares(t.Context(), p.held.ID); err != nil || len(list) != 1 {
		t.Fatalf("shares: %v, %v", list, err)
	} else if id[1] = list[0].ID; id[1] == "" {
		t.Fatal("no id")
	}
	run(t, append([]string{"delete", "--yes", p.held.ID}, flags...)...).want(t, 0)
	if _, err := st.SharedKeys(t.Context(), p.held.ID, id[1]); err == nil {
		t.Error("the share of a deleted session is still there")
	}
	audit := map[string]int{}
	entries, err := st.Audited(t.Context(), "heldsite", "", time.Time{}, 100)
	for _, e := range entries {
		audit[e.Action]++
	}
	if err != nil || audit[store.AuditShared] != 2 || audit[store.AuditUnshared] != 1 || audit[store.AuditErased] != 1 {
		t.Errorf("audit: %v, %v", audit, err)
	}

	fails(t, share(p.managed.ID), "managed custody", "hint: send the address")
	fails(t, run(t, "share", p.managed.ID, "--server", server.URL), "managed custody")
}

// fails wants status 1 and these words on the standard error.
func fails(t *testing.T, r result, words ...string) {
	t.Helper()
	for _, word := range words {
		if r.status != 1 || !strings.Contains(r.err, word) {
			t.Errorf("got status %d, %q; want 1 and %q", r.status, r.err, word)
		}
	}
}

func TestShareNeedsTheOwnersKey(t *testing.T) {
	p := newPlace(t)
	fails(t, run(t, p.with("share", p.held.ID)...), "no key opens it", "--key FILE")
	run(t, p.with("share", p.held.ID, "--key", p.key, "--url", "https://replay.example")...).want(t, 0, "https://replay.example/embed/"+p.held.ID+"#key=")
}

// A link without the collector's address opens nothing: it comes from the collector that runs
// on the data, or from the person, and without either no share is made.
func TestShareLinkHasTheAddressOfTheCollector(t *testing.T) {
	p := newPlace(t)
	shares := func() int {
		t.Helper()
		r := run(t, p.with("share", p.held.ID, "--list")...)
		r.want(t, 0)
		return strings.Count(r.out, "\n") - 1
	}
	r := run(t, p.with("share", p.held.ID, "--key", p.key)...)
	if r.status != 2 || r.out != "" || !strings.Contains(r.err, "hint: start the collector, or say how people reach it: --url https://replay.example") {
		t.Errorf("no collector: got status %d\n%s%s", r.status, r.out, r.err)
	}
	if n := shares(); n != 0 {
		t.Errorf("no collector: %d shares were made, whose links nobody has", n)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		done <- server.Run(ctx, server.Config{Addr: "127.0.0.1:0", Keys: p.keys, Store: store.Config{Dir: p.data}, Out: in, PingEvery: time.Second,
			Parts: server.Parts{API: func(st *store.Store, unwrap server.Unwrap, log *slog.Logger) http.Handler {
				return api.Handler(open.FromStore(st, unwrap), api.Options{Log: log})
			}}})
		in.Close()
	}()
	url := ""
	for lines := bufio.NewScanner(out); url == "" && lines.Scan(); {
		url, _ = strings.CutPrefix(lines.Text(), "listening on ")
		if !strings.HasPrefix(url, "http") {
			url = ""
		}
	}
	if url == "" {
		t.Fatal(<-done)
	}
	go io.Copy(io.Discard, out)
	run(t, p.with("share", p.held.ID, "--key", p.key)...).want(t, 0, url+"/embed/"+p.held.ID+"#key=")
	run(t, p.with("share", p.held.ID, "--key", p.key, "--url", "https://replay.example")...).want(t, 0, "https://replay.example/embed/"+p.held.ID+"#key=")
	for _, bad := range []string{"replay.example", "/x", "ftp://replay.example"} {
		if r := run(t, p.with("share", p.held.ID, "--key", p.key, "--url", bad)...); r.status != 2 || !strings.Contains(r.err, "use the form https://replay.example") {
			t.Errorf("--url %s: got status %d\n%s%s", bad, r.status, r.out, r.err)
		}
	}
	if n := shares(); n != 2 {
		t.Errorf("%d shares, want 2", n)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// One of something is not told as several.
func TestOneIsSingular(t *testing.T) {
	p := newPlace(t)
	verified := run(t, p.with("verify", p.held.ID, "--key", p.key)...)
	shared := run(t, p.with("share", p.held.ID, "--key", p.key, "--url", "https://replay.example")...)
	for _, r := range []result{verified, shared} {
		r.want(t, 0)
		if many := regexp.MustCompile(`\b1 (page views|segments|epochs|ops|gaps|backups)\b`).FindString(r.out + r.err); many != "" {
			t.Errorf("it says %q:\n%s%s", many, r.out, r.err)
		}
	}
	if !strings.Contains(shared.err, "opens 1 page view of this session") || !strings.Contains(verified.out, "1 epoch,") {
		t.Errorf("got:\n%s%s", shared.err, verified.out)
	}
}
