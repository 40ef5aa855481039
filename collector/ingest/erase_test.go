package ingest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
)

const visitorKey = "00112233445566778899aabbccddeeff"

// visitorTagVector is the tag of visitorKey for siteID.
const visitorTagVector = "iaTFWna4MdOcbnoRhzZ4ew"

// helloWith is the hello of a page view with fields of its session and of itself changed.
func helloWith(t *testing.T, v *ingesttest.View, session, top map[string]any) []byte {
	t.Helper()
	var h map[string]any
	if err := json.Unmarshal(ingesttest.Hello(v), &h); err != nil {
		t.Fatal(err)
	}
	for k, x := range session {
		h["sessions"].([]any)[0].(map[string]any)[k] = x
	}
	for k, x := range top {
		h[k] = x
	}
	b, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) record(tag string) *ingesttest.View {
	b.t.Helper()
	v := b.view(2)
	s := b.dial(origin)
	s.Text(helloWith(b.t, v, map[string]any{"visitorTag": tag, "consentVersion": "2026-11"}, nil))
	if m := s.Next(); m.T != "welcome" {
		b.t.Fatalf("got %+v", m)
	}
	s.Binary(v.Frame(0, 1))
	if m := s.Next(); m.T != "ack" {
		b.t.Fatalf("got %+v", m)
	}
	return v
}

func (b *bench) erase(origin, body string) (int, string) {
	b.t.Helper()
	r, _ := http.NewRequest("POST", b.http.URL+"/v1/erase", strings.NewReader(body))
	r.Header.Set("Content-Type", "text/plain")
	if origin != "" {
		r.Header.Set("Origin", origin)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// The vector is computed by hand from UPLOAD.md; the recorder's twin has it too.
func TestVisitorTag(t *testing.T) {
	if got, want := ingest.VisitorTag(visitorKey, siteID), visitorTagVector; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, bad := range []string{"", "00", visitorKey + "00", strings.Repeat("g", 32)} {
		if got := ingest.VisitorTag(bad, siteID); got != "" {
			t.Errorf("%q: got a tag, %s", bad, got)
		}
	}
}

func TestEraseDeletesWhatBearsTheTag(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	tag := ingest.VisitorTag(visitorKey, siteID)
	mine, mine2, other := b.record(tag), b.record(tag), b.record(ingest.VisitorTag(strings.Repeat("ab", 16), siteID))
	body := fmt.Sprintf(`{"v":1,"site":%q,"keys":[%q]}`, siteID, visitorKey)
	if status, text := b.erase("https://evil.example", body); status != 403 {
		t.Errorf("another origin: %d %s", status, text)
	}
	if len(b.stored(mine.Session)) != 2 {
		t.Fatal("a refused request deleted something")
	}
	if status, text := b.erase(origin, body); status != 200 || strings.TrimSpace(text) != `{"deleted":2}` {
		t.Errorf("got %d %s, want two deleted", status, text)
	}
	if status, text := b.erase(origin, body); status != 200 || strings.TrimSpace(text) != `{"deleted":0}` {
		t.Errorf("again: got %d %s, want none", status, text)
	}
	for _, v := range []*ingesttest.View{mine, mine2} {
		if e, err := b.st.Envelopes(t.Context(), v.Session); err == nil && len(e) > 0 {
			t.Error("an envelope is left")
		}
		s := b.dial(origin)
		s.Text(ingesttest.Hello(v))
		if m := s.Next(); m.Code != store.RefusedDeleted && len(m.PageViews) > 0 {
			t.Errorf("a late hello: %+v, want %s", m, store.RefusedDeleted)
		}
	}
	if len(b.stored(other.Session)) != 2 {
		t.Error("another visitor's session is gone")
	}
	if strings.Contains(b.log.String(), visitorKey) || strings.Contains(b.log.String(), tag) {
		t.Error("key or tag is in the log")
	}
	for name, body := range map[string]string{
		"no key":         fmt.Sprintf(`{"v":1,"site":%q,"keys":[]}`, siteID),
		"a short key":    fmt.Sprintf(`{"v":1,"site":%q,"keys":["00"]}`, siteID),
		"nine keys":      fmt.Sprintf(`{"v":1,"site":%q,"keys":[%s]}`, siteID, strings.TrimSuffix(strings.Repeat(`"`+visitorKey+`",`, 9), ",")),
		"a version":      fmt.Sprintf(`{"v":2,"site":%q,"keys":[%q]}`, siteID, visitorKey),
		"no JSON":        "keys",
		"too much of it": strings.Repeat(" ", 5000) + "{}",
	} {
		if status, text := b.erase(origin, body); status/100 != 4 {
			t.Errorf("%s: got %d %s", name, status, text)
		}
	}
}

func TestSessionKeepsConsentAndPrivacyVersion(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	if _, err := b.st.UpdateSite(t.Context(), siteID, func(s *store.Site) error {
		s.Settings = json.RawMessage(`{"privacyVersion":"4"}`)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	b.in.SiteChanged(siteID)
	v := b.record("")
	info, err := b.st.Session(t.Context(), v.Session)
	if err != nil || info.ConsentVersion != "2026-11" || info.PrivacyVersion != "4" {
		t.Errorf("got %+v, %v", info, err)
	}
	resp, err := http.Get(b.http.URL + "/v1/settings/" + siteID)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); !strings.Contains(string(text), `\"privacyVersion\":\"4\"`) {
		t.Errorf("settings lack the version: %s", text)
	}
}

func TestCountsAreOfAClosedList(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(1)
	s := b.dial(origin)
	s.Text(helloWith(t, v, nil, map[string]any{"counts": map[string]int{"track-masked": 3, "label-masked": 1, "jane@example.com": 1, "queue-full": -1, "core-failed": 10_001}}))
	s.Next()
	s.Text(helloWith(t, v, nil, map[string]any{"counts": map[string]int{"track-masked": 2}}))
	s.Next()
	got, err := b.st.RecorderCounts(t.Context(), siteID)
	if err != nil || len(got) != 2 || got[0].Name != "label-masked" || got[0].Count != 1 || got[1].Name != "track-masked" || got[1].Count != 5 {
		t.Errorf("got %v, %v", got, err)
	}
	text, err := os.ReadFile("../UPLOAD.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range ingest.CountNames {
		if !strings.Contains(string(text), "`"+name+"`") {
			t.Errorf("UPLOAD.md lacks the count %s", name)
		}
	}
}

func TestPagesThatSealToTheReplacedKeyAreTaken(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	old := b.view(1)
	late := b.view(1)
	next := b.public
	for next[10] == b.public[10] {
		next = ingesttest.NewPublic(t)
	}
	if _, err := b.st.UpdateSite(t.Context(), siteID, func(s *store.Site) error { s.SealingKey = next; return nil }); err != nil {
		t.Fatal(err)
	}
	b.in.SiteChanged(siteID)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(old))
	if m := s.Next(); m.T != "welcome" || m.PageViews[old.ID] == nil {
		t.Errorf("a page that was open: %+v", m)
	}
	if _, err := b.st.DestroySiteKey(t.Context(), siteID, "test"); err != nil {
		t.Fatal(err)
	}
	if _, err := b.st.UpdateSite(t.Context(), siteID, func(s *store.Site) error { s.Enabled = true; return nil }); err != nil {
		t.Fatal(err)
	}
	b.in.SiteChanged(siteID)
	s = b.dial(origin)
	s.Text(ingesttest.Hello(late))
	for range 2 {
		if m := s.Next(); m.T == "refused" {
			if m.Code != ingest.CodeWrongKey {
				t.Errorf("after the key was destroyed: %+v", m)
			}
			return
		}
	}
	t.Error("an envelope of a destroyed key was taken")
}
