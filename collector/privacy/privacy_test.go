package privacy_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/privacy"
	"afterimage/collector/store"
)

const (
	siteID = "testsite1"
	key    = "00112233445566778899aabbccddeeff"
)

type bench struct {
	t    *testing.T
	st   *store.Store
	h    http.Handler
	log  bytes.Buffer
	addr string
}

func start(t *testing.T, change func(*store.Site)) *bench {
	t.Helper()
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	site := store.Site{ID: siteID, Name: "Shop & <b>Co</b>", Key: "m." + siteID, Custody: store.Managed, Enabled: true,
		Origins: []string{"https://shop.example"}, SealingKey: bytes.Repeat([]byte{4}, 65), SettingsVersion: 1}
	if change != nil {
		change(&site)
	}
	if err := st.AddSite(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, st: st, addr: "203.0.113.9"}
	b.h = privacy.Handler(privacy.Config{Store: st, Log: slog.New(slog.NewTextHandler(&b.log, nil)),
		Client: func(*http.Request) netip.Addr { return netip.MustParseAddr(b.addr) }, EnvelopesFor: store.DefaultEnvelopeRetention,
		Copy: func(_ context.Context, session string, w io.Writer) error {
			_, err := io.WriteString(w, "copy of "+session)
			return err
		}})
	return b
}

func id(n byte) string { return hex.EncodeToString(bytes.Repeat([]byte{n}, 16)) }

func (b *bench) record(n byte, tag string) string {
	b.t.Helper()
	got, err := b.st.Admit(b.t.Context(), store.Admission{Site: siteID, Session: id(n), Tab: id(n), VisitorTag: tag, ConsentVersion: "7",
		PageViews: []store.NewPageView{{ID: id(n + 100), Envelope: make([]byte, 106)}}})
	if err != nil || got[0].Err != nil {
		b.t.Fatalf("%v %v", got, err)
	}
	return id(n)
}

func (b *bench) do(r *http.Request) (int, string, http.Header) {
	w := httptest.NewRecorder()
	b.h.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

func (b *bench) ask(action, session, key string) (int, string) {
	body, _ := json.Marshal(map[string]any{"v": 1, "site": siteID, "key": key, "action": action, "session": session})
	status, text, _ := b.do(httptest.NewRequest("POST", "/v1/visitor", bytes.NewReader(body)))
	return status, text
}

func TestPageSaysWhatIsSet(t *testing.T) {
	cases := []struct {
		name      string
		change    func(*store.Site)
		want, not []string
	}{
		{"a new site", nil, []string{"Shop & &lt;b>Co&lt;/b>", "each word becomes a row of x", "You are not asked", "395 days", "No limit is set", "names no contact", "of each key its kind", "Cookies<td colspan=2>none", "within 7 days", "pages may mark places"}, []string{"mailto:", "shown;"}},
		{"balanced with consent", func(s *store.Site) {
			s.Settings = json.RawMessage(`{"privacy":"balanced","consent":"required","allow":[".price"],"unsafeIgnoreDNT":true,"privacyVersion":"3"}`)
			s.Notice = store.Notice{Contact: "a@b.example", RetentionDays: 30, ConsentText: "May we?", CookieDomain: "b.example", VisitorDays: 10, Viewers: "Two of us"}
		}, []string{"shown;", "You are asked first", "<code>.price</code>", "may record you although", "mailto:a@b.example", "30 days after", "May we?", "afterimage_" + siteID, "10 days", "Two of us", "Version 3", "of each key its kind", "names for pictures", "pages may mark places"}, []string{"row of x", "names no contact"}},
		{"keys are left out", func(s *store.Site) { s.Notice.Keystrokes = new(bool) }, []string{"Keys<td>nothing"}, []string{"of each key its kind"}},
		{"held", func(s *store.Site) {
			s.Custody = store.Held
			s.Settings = json.RawMessage(`{"privacy":"strict","consent":"required","respectDNT":true}`)
			s.Notice.Contact = "https://b.example/ask"
		}, []string{"only the owner of the site has", "the newest version", `href=https://b.example/ask`, "You are asked first"}, []string{"opened on the server"}},
		{"switched off", func(s *store.Site) { s.Enabled = false }, []string{"Recording is switched off"}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, c.change)
			status, text, head := b.do(httptest.NewRequest("GET", "/privacy?site="+siteID, nil))
			if status != 200 {
				t.Fatalf("status %d: %s", status, text)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %q:\n%s", want, text)
				}
			}
			for _, not := range c.not {
				if strings.Contains(text, not) {
					t.Errorf("the page has %q", not)
				}
			}
			csp := head.Get("Content-Security-Policy")
			if !strings.Contains(csp, "require-trusted-types-for 'script'") || strings.Contains(csp, "unsafe") || head.Get("Cross-Origin-Opener-Policy") != "" || head.Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("headers: %v", head)
			}
		})
	}
}

func TestUnknownSite(t *testing.T) {
	b := start(t, nil)
	for _, q := range []string{"", "?site=nosuchsite", "?site=%3Cscript%3E"} {
		if status, text, _ := b.do(httptest.NewRequest("GET", "/privacy"+q, nil)); status != 404 || strings.Contains(text, "script>") {
			t.Errorf("%q: %d %s", q, status, text)
		}
	}
}

func TestVisitorSeesCopiesAndDeletesHisOwn(t *testing.T) {
	b := start(t, nil)
	tag := ingest.VisitorTag(key, siteID)
	mine, mine2 := b.record(1, tag), b.record(2, tag)
	other := b.record(3, ingest.VisitorTag(strings.Repeat("ab", 16), siteID))
	b.record(4, "")

	status, text := b.ask("list", "", key)
	if status != 200 || !strings.Contains(text, mine) || !strings.Contains(text, mine2) || strings.Contains(text, other) || !strings.Contains(text, `"consentVersion":"7"`) {
		t.Errorf("list: %d %s", status, text)
	}
	if status, text := b.ask("copy", mine, key); status != 200 || text != "copy of "+mine {
		t.Errorf("copy: %d %s", status, text)
	}
	for _, action := range []string{"copy", "delete"} {
		if status, text := b.ask(action, other, key); status != 404 {
			t.Errorf("%s of another visitor's: %d %s", action, status, text)
		}
	}
	if status, text := b.ask("delete", mine, key); status != 200 || !strings.Contains(text, `"deleted":1`) || !strings.Contains(text, time.Now().UTC().Format(time.DateOnly)) {
		t.Errorf("delete one: %d %s", status, text)
	}
	if status, text := b.ask("delete", "", key); status != 200 || !strings.Contains(text, `"deleted":1`) {
		t.Errorf("delete all: %d %s", status, text)
	}
	if status, text := b.ask("list", "", key); status != 200 || !strings.Contains(text, `"sessions":[]`) {
		t.Errorf("list after: %d %s", status, text)
	}
	if _, err := b.st.Session(t.Context(), other); err != nil {
		t.Errorf("another visitor's session: %v", err)
	}
	for _, c := range []struct{ action, key string }{{"list", ""}, {"list", "00"}, {"list", tag}, {"burn", key}} {
		if status, text := b.ask(c.action, "", c.key); status != 400 {
			t.Errorf("%s with key %q: %d %s", c.action, c.key, status, text)
		}
	}
	if log := b.log.String(); strings.Contains(log, key) || strings.Contains(log, tag) {
		t.Errorf("the log holds key or tag: %s", log)
	}
}

func TestOptedOutVisitorIsNotTaken(t *testing.T) {
	b := start(t, nil)
	tag := ingest.VisitorTag(key, siteID)
	admit := func(n byte) error {
		got, err := b.st.Admit(t.Context(), store.Admission{Site: siteID, Session: id(n), Tab: id(n), VisitorTag: tag,
			PageViews: []store.NewPageView{{ID: id(n + 100), Envelope: make([]byte, 106)}}})
		if err != nil {
			t.Fatal(err)
		}
		return got[0].Err
	}
	for i, c := range []struct {
		action string
		want   error
	}{{"opt-out", store.ErrOptedOut}, {"opt-out", store.ErrOptedOut}, {"opt-in", nil}} {
		if status, text := b.ask(c.action, "", key); status != 200 {
			t.Errorf("%s: %d %s", c.action, status, text)
		}
		if err := admit(byte(i + 1)); err != c.want {
			t.Errorf("after %s: got %v, want %v", c.action, err, c.want)
		}
	}
}

func TestOnlyTheOwnPageAsks(t *testing.T) {
	b := start(t, nil)
	for name, head := range map[string]map[string]string{
		"another site's page":     {"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example"},
		"a page beside it":        {"Sec-Fetch-Site": "same-site", "Origin": "https://x.example.com"},
		"an older browser's page": {"Origin": "https://shop.example"},
	} {
		for _, path := range []string{"/v1/visitor", "/privacy"} {
			r := httptest.NewRequest("POST", path, strings.NewReader(fmt.Sprintf(`{"v":1,"site":%q,"key":%q,"action":"list"}`, siteID, key)))
			for k, v := range head {
				r.Header.Set(k, v)
			}
			if status, text, _ := b.do(r); status != 403 {
				t.Errorf("%s, %s: %d %s", name, path, status, text)
			}
		}
	}
}

func TestReportOfAChildsData(t *testing.T) {
	b := start(t, nil)
	send := func(text string) (int, string) {
		r := httptest.NewRequest("POST", "/privacy", strings.NewReader(url.Values{"site": {siteID}, "text": {text}, "contact": {"p@example.com"}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		status, body, _ := b.do(r)
		return status, body
	}
	if status, text := send("my <child> was recorded"); status != 200 || !strings.Contains(text, "Your report was sent") {
		t.Errorf("got %d %s", status, text)
	}
	if status, _ := send(" "); status != 400 {
		t.Errorf("an empty report: %d", status)
	}
	if status, _ := send(strings.Repeat("x", 4001)); status != 400 {
		t.Errorf("a report that is too long: %d", status)
	}
	for range 4 {
		send("again")
	}
	if status, _ := send("again"); status != 429 {
		t.Errorf("the sixth in an hour: %d", status)
	}
	b.addr = "203.0.113.10"
	if status, _ := send("another's"); status != 200 {
		t.Errorf("from another address: %d", status)
	}
	list, err := b.st.Reports(t.Context(), siteID)
	if err != nil || len(list) != 6 || list[len(list)-1].Text == "" {
		t.Fatalf("got %v, %v", list, err)
	}
	if err := b.st.DeleteReport(t.Context(), siteID, list[0].ID); err != nil {
		t.Error(err)
	}
	audit, err := b.st.Audited(t.Context(), siteID, store.AuditReport, time.Time{}, 100)
	if err != nil || len(audit) != 6 || strings.Contains(fmt.Sprint(audit), "was recorded") {
		t.Errorf("audit: %v, %v", audit, err)
	}
}

func TestVisitorsAreThrottled(t *testing.T) {
	b := start(t, nil)
	for range 60 {
		b.ask("list", "", key)
	}
	if status, _ := b.ask("list", "", key); status != 429 {
		t.Errorf("the 61st in a minute: %d", status)
	}
}
