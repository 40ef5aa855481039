package e2e

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite"
)

// siteSet is `collector site set` for the rig's site, on the running collector.
func (g *rightsRig) siteSet(args ...string) {
	g.t.Helper()
	run(g.t, binary(g.t, "afterimage/collector"), append([]string{"site", "set", g.site(), "--data", g.Data, "--keys", g.Keys}, args...)...)
}

// A site that is switched off ends all recorders that are at it, by the command on this
// collector at once, by another one within its interval of pings and a third.
func TestSwitchEndsRunningRecorders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		off  func(g *rightsRig)
		most time.Duration
	}{
		{"by the command", func(g *rightsRig) { g.siteSet("--no-enabled") }, 30 * time.Second},
		{"by another collector on the database", func(g *rightsRig) {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(g.Data, "afterimage.db")+"?_pragma=busy_timeout(5000)")
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if r, err := db.Exec(`UPDATE sites SET enabled = 0 WHERE id = ?`, g.site()); err != nil {
				t.Fatal(err)
			} else if n, _ := r.RowsAffected(); n != 1 {
				t.Fatalf("%d sites switched off", n)
			}
		}, 20 * time.Second}, // less than the 30 s of a ping by default
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newRightsRig(t, true, "")
			g.stop()
			g.serveArgs = []string{"--ping-every", "1500ms"} // 30 s in earnest: 40 s at most, less than the minute
			g.start(t)
			tabs := []*tab{newTab(t), newTab(t)}
			var sessions []string
			for _, tb := range tabs {
				g.visit(tb, "recording")
				eval[any](tb, `globalThis.warned = ''; console.warn = (text) => (warned += text); afterimage.flush()`)
				sessions = append(sessions, eval[string](tb, `afterimage.sessionId`))
			}
			count := func(session string) int { return len(g.events(t, session)) }
			// The worker writes it when it has heard the collector's clock, perhaps after all else.
			waitFor(t, "the anchor", func() bool {
				eval[any](tabs[0], `afterimage.flush()`)
				return slices.ContainsFunc(g.events(t, sessions[0]), func(e event) bool { return e.Op == "anchor" })
			})
			before := count(sessions[0])
			c.off(g)
			began := time.Now()
			for _, tb := range tabs {
				tb.until(`afterimage.state.phase === 'refused' && afterimage.state.reason.includes('switched off') && afterimage.sessionId === null`)
			}
			if took := time.Since(began); took > c.most {
				t.Errorf("the recorders ended after %v, want at most %v", took, c.most)
			}
			for _, tb := range tabs {
				eval[any](tb, `document.querySelector('#other').click(); afterimage.track('late'); afterimage.flush()`)
				if got := eval[string](tb, `warned`); !strings.Contains(got, "switched off") {
					t.Errorf("the console says %q, not why", got)
				}
			}
			if got := count(sessions[0]); got != before {
				t.Errorf("%d events after the switch, %d before", got, before)
			}
			g.visit(tabs[0], "refused")
			g.siteSet("--enabled")
			g.visit(tabs[0], "recording")
		})
	}
}

// A new version of the site's privacy settings or of its consent text reaches who records
// already: the recording ends, the gate closes, and the visitor is asked again.
func TestNewPrivacyVersionAsksRunningPagesAgain(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, noticeAttrs)
	a, b := newTab(t), newTab(t)
	g.visit(a, "waiting-consent")
	eval[any](a, `afterimage.consent(true)`)
	a.until(isRecording)
	eval[any](a, `afterimage.flush()`)
	first := eval[string](a, `afterimage.sessionId`)
	g.visit(b, "waiting-consent") // a context of its own: another visitor, who has not answered
	g.siteSet("--sample", "1")    // no matter of privacy
	eval[any](a, `afterimage.track('between'); afterimage.flush()`)
	if got := eval[string](a, `afterimage.sessionId`); got != first {
		t.Fatalf("a change of something else began session %s after %s", got, first)
	}
	before := len(g.events(t, first))
	g.siteSet("--consent-text", "Another text")
	a.until(`afterimage.state.phase === 'waiting-consent' && afterimage.sessionId === null && ` + noticeBox)
	eval[any](a, `afterimage.track('gated'); document.querySelector('#other').click(); afterimage.flush()`)
	if got := len(g.events(t, first)); got != before {
		t.Errorf("%d events behind the closed gate, %d before", got, before)
	}
	eval[any](a, `afterimage.consent(true)`)
	a.until(isRecording)
	eval[any](a, `afterimage.flush()`)
	second := eval[string](a, `afterimage.sessionId`)
	if second == first {
		t.Error("the session of the old version goes on")
	}
	for session, want := range map[string]string{first: "1", second: "2"} {
		if got := g.stored(session, "privacy_version"); got != want {
			t.Errorf("session %s is stored with privacy version %q, want %q", session, got, want)
		}
	}
	if strings.Contains(fmt.Sprint(g.events(t, second)), "gated") {
		t.Error("what happened at the closed gate was recorded")
	}
	a.until(`!` + noticeBox)
}

// Where nobody is asked, the page goes on at once, as tight as the settings are now.
func TestTighterSettingsReachRunningPages(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, false, `data-privacy=balanced`)
	g.body = `<h1>VISIBLEWORD</h1><button id="other">Other</button>`
	tb := newTab(t)
	g.visit(tb, "recording")
	eval[any](tb, `afterimage.flush()`)
	first := eval[string](tb, `afterimage.sessionId`)
	if !strings.Contains(g.replay(t, "cat", first), "VISIBLEWORD") {
		t.Fatal("balanced does not show the heading")
	}
	g.siteSet("--privacy", "strict")
	tb.until(fmt.Sprintf(`%s && afterimage.sessionId && afterimage.sessionId !== %q`, isRecording, first))
	eval[any](tb, `document.querySelector('h1').textContent = 'VISIBLEWORD again'; afterimage.flush()`)
	second := eval[string](tb, `afterimage.sessionId`)
	text := g.replay(t, "cat", second)
	if strings.Contains(text, "VISIBLEWORD") || !strings.Contains(text, "xxxx") {
		t.Errorf("after the change the recording holds %.500s", text)
	}
}

// A collector that says again and again that the settings are too old does not keep the page at it.
func TestSettingsAreReplacedOnceAVersion(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, false, "")
	g.change = func(s map[string]any) { s["settingsVersion"] = 0 } // the welcome says 1
	tb := newTab(t)
	tb.allow("settings")
	tb.open(g.page)
	tb.until(`window.afterimage?.state.phase === 'refused'`)
	asked := 0
	for _, path := range g.requests() {
		if strings.HasPrefix(path, "/v1/settings/") {
			asked++
		}
	}
	if asked != 2 {
		t.Errorf("the settings were asked for %d times, want 2", asked)
	}
}

// stored reads one column of a session's row.
func (c *collectorSite) stored(session, column string) (value string) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(c.Data, "afterimage.db")+"?mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	if err := db.QueryRow(`SELECT `+column+` FROM sessions WHERE id = ?`, session).Scan(&value); err != nil {
		return err.Error()
	}
	return value
}
