package ingest_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"

	"github.com/andybalholm/brotli"
)

func (b *bench) disable() {
	b.t.Helper()
	site, err := b.st.Site(b.t.Context(), siteID)
	if err != nil {
		b.t.Fatal(err)
	}
	site.Enabled = false
	if err := b.st.SaveSite(b.t.Context(), site); err != nil {
		b.t.Fatal(err)
	}
	b.in.SiteChanged(siteID)
}

// A recorder that does not heed "stop" is not stored on.
func TestSiteThatIsOffStoresNothingMore(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(50)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	s.Binary(v.Frame(0))
	s.Next()
	b.disable()
	if m := s.Next(); m.T != "stop" {
		t.Fatalf("got %+v, want stop", m)
	}
	for n := range uint32(49) {
		s.Binary(v.Frame(n + 1))
	}
	if code, _ := s.Closed(); code != ingest.CloseDisabled {
		t.Errorf("got close code %d, want %d", code, ingest.CloseDisabled)
	}
	if got := len(b.stored(v.Session)); got != 1 {
		t.Errorf("got %d segments stored, want the one from before", got)
	}
}

func TestSettings(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	get := func(site, origin, etag string) *http.Response {
		r, _ := http.NewRequest(http.MethodGet, b.http.URL+"/v1/settings/"+site, nil)
		r.Header.Set("Origin", origin)
		r.Header.Set("If-None-Match", etag)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { resp.Body.Close() })
		if resp.Header.Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: no CORS header", site)
		}
		return resp
	}
	resp := get(siteID, origin, "")
	var signed struct{ Payload string }
	var p map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&signed); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(signed.Payload), &p); err != nil {
		t.Fatal(err)
	}
	if len(p) != 5 { // what every recorder assumes is not sent to each page view
		t.Errorf("the settings of a site with default settings are %v, want no more than the five that are demanded", p)
	}
	for k, want := range map[string]any{"v": 1.0, "site": siteID, "custody": "managed", "settingsVersion": 7.0} {
		if p[k] != want {
			t.Errorf("payload %s: got %v, want %v", k, p[k], want)
		}
	}
	// Each page view loads them: compressed where the browser takes that.
	for range 2 {
		r, _ := http.NewRequest(http.MethodGet, b.http.URL+"/v1/settings/"+siteID, nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		small, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer small.Body.Close()
		text, err := io.ReadAll(brotli.NewReader(small.Body))
		if err != nil || small.Header.Get("Content-Encoding") != "br" || small.Header.Get("Vary") != "Accept-Encoding" {
			t.Fatalf("asked for brotli: %v, %v", err, small.Header)
		}
		var again struct{ Payload string }
		if err := json.Unmarshal(text, &again); err != nil || again != signed {
			t.Errorf("compressed: %q, %v, want %v", text, err, signed)
		}
		if tag := small.Header.Get("ETag"); tag == resp.Header.Get("ETag") {
			t.Errorf("both forms have the ETag %s", tag)
		} else if got := get(siteID, origin, tag).StatusCode; got != http.StatusOK {
			t.Errorf("the other form's ETag: got %d, want 200", got)
		}
	}
	if got := get(siteID, origin, resp.Header.Get("ETag")).StatusCode; got != http.StatusNotModified {
		t.Errorf("with its ETag: got %d, want 304", got)
	}
	if got := get("nosuchsite", origin, "").StatusCode; got != http.StatusNotFound {
		t.Errorf("unknown site: got %d, want 404", got)
	}
	if got := get(siteID, "https://evil.example", "").StatusCode; got != http.StatusForbidden {
		t.Errorf("origin that is not listed: got %d, want 403", got)
	}
}

// A change of the privacy settings reaches who records already, through this collector at once
// and through another within a ping; other changes leave them alone.
func TestNewPrivacySettingsReachRunningRecorders(t *testing.T) {
	for _, other := range []bool{false, true} {
		t.Run(map[bool]string{false: "changed here", true: "changed by another collector"}[other], func(t *testing.T) {
			b := startPinging(t, ingest.Limits{}, store.Config{}, 50*time.Millisecond)
			change := func(settings string) {
				t.Helper()
				if _, err := b.st.UpdateSite(t.Context(), siteID, func(s *store.Site) error {
					s.Settings, s.SettingsVersion = []byte(settings), s.SettingsVersion+1
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if !other {
					b.in.SiteChanged(siteID)
				}
			}
			change(`{"privacyVersion":"1"}`)
			b.in.SiteChanged(siteID) // the test begins here
			v := b.view(50)
			s := b.dial(origin)
			s.Text(ingesttest.Hello(v))
			s.Next()
			change(`{"privacyVersion":"1","sample":0.5}`)
			s.Binary(v.Frame(0))
			if m := s.Next(); m.T != "ack" {
				t.Fatalf("after a change of something else: got %+v, want an ack", m)
			}
			change(`{"privacyVersion":"2","sample":0.5}`)
			if m := s.Next(); m.T != "stop" || m.Reason != "settings" {
				t.Fatalf("got %+v, want stop settings", m)
			}
			for n := range uint32(49) {
				s.Binary(v.Frame(n + 1))
			}
			if code, reason := s.Closed(); code != ingest.CloseSettings || reason == "" {
				t.Errorf("got close code %d %q, want %d and why", code, reason, ingest.CloseSettings)
			}
			if got := len(b.stored(v.Session)); got != 1 {
				t.Errorf("got %d segments stored, want the one from before", got)
			}
			again := b.dial(origin)
			again.Text(ingesttest.Hello(b.view(1)))
			if m := again.Next(); m.T != "welcome" || m.SettingsVersion != 10 {
				t.Errorf("a new socket: got %+v, want a welcome of version 10", m)
			}
		})
	}
}

// The switch reaches recorders of a collector that nobody told: what another one wrote into
// the database is seen within the interval of pings and a third.
func TestSwitchThroughAnotherCollector(t *testing.T) {
	b := startPinging(t, ingest.Limits{}, store.Config{}, 50*time.Millisecond)
	v := b.view(1)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	if _, err := b.st.UpdateSite(t.Context(), siteID, func(s *store.Site) error { s.Enabled = false; return nil }); err != nil {
		t.Fatal(err)
	}
	if m := s.Next(); m.T != "stop" {
		t.Fatalf("got %+v, want stop", m)
	}
	if code, _ := s.Closed(); code != ingest.CloseDisabled {
		t.Errorf("got close code %d, want %d", code, ingest.CloseDisabled)
	}
	if ingest.PingEvery+ingest.PingEvery/3 >= time.Minute {
		t.Errorf("with pings each %v the switch needs more than the minute that is promised", ingest.PingEvery)
	}
}
