package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/wasm/wire"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// A cookie only where the site asks for it: of this host or of a domain above it, Secure, Lax; the
// id is then the same on the hosts of that domain and on no other.
func TestCookieDomain(t *testing.T) {
	t.Parallel()
	const visitorID = `JSON.parse(localStorage['afterimage.` + workerSite + `']).v`
	for _, c := range []struct{ name, config, domain string }{
		{"not asked for", "", ""},
		{"this host alone", `cookieDomain: "",`, "one.shop.localhost"},
		{"a domain above", `cookieDomain: "shop.localhost",`, ".shop.localhost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newRecordedSite(t, false, "", recordedBody)
			s.html = strings.Replace(strings.ReplaceAll(s.html, s.page, ""), "afterimageConfig = {", "afterimageConfig = {"+c.config, 1)
			at := func(host string) string { return strings.Replace(s.page, "127.0.0.1", host, 1) }
			tb := newTab(t)
			tb.open(at("one.shop.localhost"))
			tb.until("window.afterimage && " + isRecording)
			visitor := eval[string](tb, visitorID)
			got, err := cdp.Call(tb.ctx, chromedp.FromContext(tb.ctx).Target, network.GetCookies, network.GetCookiesParams{})
			if err != nil {
				t.Fatal(err)
			}
			if c.domain == "" {
				if len(got.Cookies) != 0 {
					t.Errorf("%d cookies, want none", len(got.Cookies))
				}
				return
			}
			if len(got.Cookies) != 1 {
				t.Fatalf("%d cookies, want one", len(got.Cookies))
			}
			k := got.Cookies[0]
			if k.Domain != c.domain || !k.Secure || k.SameSite != network.CookieSameSiteLax || k.Path != "/" || k.Value != visitor || k.Name != "afterimage_"+workerSite {
				t.Errorf("cookie %+v of visitor %s", k, visitor)
			}
			tb.open(at("two.shop.localhost"))
			tb.until("window.afterimage && " + isRecording)
			if same := eval[string](tb, visitorID) == visitor; same != (c.domain[0] == '.') {
				t.Errorf("on another host of the domain the visitor is the same: %v", same)
			}
			tb.open(at("other.localhost"))
			tb.until("window.afterimage && " + isRecording)
			if eval[string](tb, visitorID) == visitor {
				t.Error("on a host outside the domain the visitor is the same")
			}
			tb.open(at("one.shop.localhost"))
			tb.until("window.afterimage && " + isRecording)
			eval[any](tb, "afterimage.optOut()")
			if left := eval[string](tb, "document.cookie"); left != "" {
				t.Errorf("after the opt-out the cookie is %q", left)
			}
		})
	}
}

// An opt-out holds over a reload and in another tab, without a request; optIn takes it back.
func TestOptOutLastsUntilOptIn(t *testing.T) {
	t.Parallel()
	s := newRecordedSite(t, false, "", recordedBody)
	tb := newTab(t)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	// The page has an allowed region, whose core is asked for once recording is on: before the
	// opt-out, so that no request from then is taken for one that came after it.
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		s.mu.Lock()
		done := slices.ContainsFunc(s.requests, func(path string) bool { return strings.Contains(path, "afterimage-core-full") })
		s.mu.Unlock()
		if done {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the core for allowed regions was never asked for")
		}
	}
	eval[any](tb, "afterimage.optOut()")
	asked := func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		list := s.requests
		s.requests = nil
		return strings.Join(list, " ")
	}
	asked()
	tb.do(chromedp.Reload())
	tb.until(`window.afterimage?.state.reason === "opt-out"`)
	second := newTabIn(t, tb.ctx)
	second.open(s.page)
	second.until(`window.afterimage?.state.reason === "opt-out"`)
	if got := asked(); got != "/in/afterimage.js /in/afterimage.js" {
		t.Errorf("requests: %s", got)
	}
	eval[any](second, "afterimage.optIn()")
	eval[any](second, "afterimage.start()")
	second.until(isRecording)
	tb.do(chromedp.Reload())
	tb.until("window.afterimage && " + isRecording)
}

// A held site through the script tag: what the owner signed records; another key, and settings
// older than this browser has seen, do not.
func TestHeldSiteThroughTheScriptTag(t *testing.T) {
	t.Parallel()
	owner, other := newIdentity(t), newIdentity(t)
	s := newRecordedSite(t, false, "", recordedBody)
	s.html = strings.Replace(s.html, "m."+workerSite, "h."+workerSite+"."+owner.fingerprint(), 1)
	answer := func(by identity, version int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.settings = map[string]any{"custody": "held", "settingsVersion": version}
		s.signed = by.signed
	}
	tb := newTab(t)
	refused := func(what string) {
		t.Helper()
		tb.open(s.page)
		tb.until(`window.afterimage && afterimage.state.phase === "refused"`)
		if got := eval[string](tb, "afterimage.state.reason"); !strings.Contains(got, what) {
			t.Errorf("reason %q, want it to hold %q", got, what)
		}
		if n := look(s.up, func() int { return len(s.up.views) }); n > 1 {
			t.Errorf("%d page views arrived, want none of a refused one", n)
		}
	}
	answer(other, 5)
	refused("identity is not that of the site key")
	answer(owner, 5)
	tb.open(s.page)
	tb.until("window.afterimage && " + isRecording)
	view := eval[string](tb, "afterimage.flush().then(() => afterimage.pageViewId)")
	// Two where the full form, which the page's allow markers ask for, is there already.
	if got := kinds(s.ops(view)); got[wire.KindSnapshotEnd] < 1 || got[wire.KindSnapshotEnd] > 2 {
		t.Errorf("recorded under signed settings: %v", got)
	}
	answer(owner, 4)
	refused("older")
	answer(other, 6)
	refused("identity is not that of the site key")
}

// A jump of the browser's clock, or a sleep, is an op with its length; times of ops go on.
func TestClockJumpIsAnOp(t *testing.T) {
	tb := newTab(t)
	tb.onNewDocument(`{ const now = Date.now.bind(Date); window.jump = 0; Date.now = () => now() + jump }`)
	tb.open(bridgePage(t, bridgeHead+`</head><body></body></html>`, nil))
	eval[any](tb, "bridge.record()")
	tree := newOpTree()
	drain(t, tb, tree)
	for i, ms := range []int{900, 3_600_000, -7_200_000} {
		eval[any](tb, fmt.Sprintf("jump += %d", ms))
		drain(t, tb, tree)
		var jumps []int32
		for _, o := range tree.log {
			if o.code == 41 {
				jumps = append(jumps, o.ints[0])
			}
		}
		if len(jumps) != i {
			t.Fatalf("%d ms: jumps %v, want %d", ms, jumps, i)
		}
		// The first is below a second and counts with the next one.
		if want := int32(ms); i > 0 && (jumps[i-1] < want-1500 || jumps[i-1] > want+1500) {
			t.Errorf("jump %d, want about %d", jumps[i-1], want)
		}
	}
}
