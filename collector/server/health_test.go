package server

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"afterimage/collector/admin"
	"afterimage/collector/keys"
	"afterimage/collector/notify"
	"afterimage/collector/store"
)

// A change of privacy settings is in the audit, in the banner's list and at the webhook; a
// change of something else is in none.
func TestPrivacyChangeIsAnnounced(t *testing.T) {
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	posts := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b struct{ Change notify.Change }
		json.NewDecoder(r.Body).Decode(&b)
		posts <- b.Change.PrivacyVersion + " " + strings.Join(b.Change.Changed, ",")
	}))
	defer hook.Close()
	master, err := keys.Create(filepath.Join(t.TempDir(), "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	a := &admin.Admin{Store: st, Master: func() (*keys.Master, error) { return master, nil },
		Announce: Announcer(st, notify.Config{Webhook: hook.URL}, log)}
	site, err := a.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://a.example"}})
	if err != nil {
		t.Fatal(err)
	}
	sample, balanced, text := 0.5, "balanced", "May we?"
	for _, q := range []admin.SetSite{{Sample: &sample}, {Privacy: &balanced}, {Privacy: &balanced}, {NoticeChange: admin.NoticeChange{ConsentText: &text}}} {
		q.Site = site.ID
		if _, err := a.SetSite(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	if got := []string{<-posts, <-posts}; got[0] != "2 privacy" || got[1] != "3 consent text" || len(posts) > 0 {
		t.Errorf("the webhook got %q and %d more", got, len(posts))
	}
	if err := st.AddRecorderCounts(t.Context(), site.ID, map[string]int{"track-masked": 2}); err != nil {
		t.Fatal(err)
	}
	c := &collector{Config: Config{Now: time.Now, Log: log}, store: st}
	r := httptest.NewRequest("GET", "/", nil)
	r.SetPathValue("id", site.ID)
	w := httptest.NewRecorder()
	c.health(w, r)
	var h siteHealth
	if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, x := range h.Warnings {
		codes = append(codes, x.Code)
	}
	if len(h.Changes) != 2 || h.Changes[0].Version != "3" || h.Changes[0].Changed[0] != "consent text" || len(h.Counts) != 1 ||
		strings.Join(codes, " ") != "balanced-without-consent no-contact no-retention site-track-masked" {
		t.Errorf("health: %s", w.Body)
	}
	announced, err := st.Audited(t.Context(), site.ID, store.AuditAnnounced, time.Time{}, 10)
	if err != nil || len(announced) != 2 || announced[0].Detail["sent"] != true {
		t.Errorf("audit: %v, %v", announced, err)
	}
}

func TestDestroyedKeyDoesNotKeepTheCollectorFromStarting(t *testing.T) {
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	file := filepath.Join(t.TempDir(), "k", "master.key")
	a := NewAdmin(t.Context(), st, file, t.TempDir(), &strings.Builder{})
	site, err := a.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://a.example"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.DestroyKey(t.Context(), admin.SiteID{Site: site.ID}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := OpenMaster(t.Context(), st, file); err != nil {
		t.Errorf("got %v", err)
	}
	on := true
	if _, err := a.SetSite(t.Context(), admin.SetSite{Site: site.ID, Enabled: &on}); err == nil {
		t.Error("a site without a key was switched on")
	}
	if _, err := a.RotateKey(t.Context(), admin.SiteID{Site: site.ID}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.SetSite(t.Context(), admin.SetSite{Site: site.ID, Enabled: &on}); err != nil {
		t.Errorf("with a new key: %v", err)
	}
}
