package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Headers that the browser itself puts on requests; with none of these do we say anything.
var browserHeaders = strings.Fields(`Accept Accept-Encoding Accept-Language Cache-Control Connection Content-Length Content-Type Cookie
	Dnt If-None-Match Origin Pragma Priority Purpose Sec-Ch-Ua Sec-Ch-Ua-Mobile Sec-Ch-Ua-Platform Sec-Fetch-Dest Sec-Fetch-Mode Sec-Fetch-Site Sec-Fetch-User
	Sec-Fetch-Storage-Access Sec-Gpc Sec-Purpose Sec-Websocket-Extensions Sec-Websocket-Key Sec-Websocket-Protocol Sec-Websocket-Version Upgrade Upgrade-Insecure-Requests User-Agent`)

// Every kind of request of the recorder, from the page's own origin and from another: no Referer, no part
// of the page's address, no header of ours; cookies of the page's host only where the browser gives no choice.
func TestRequestsTellNothingOfThePage(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		t.Run(map[bool]string{false: "same origin", true: "another origin"}[foreign], func(t *testing.T) {
			t.Parallel()
			g := newRightsRig(t, foreign, `data-consent=required data-notice`)
			status := http.StatusOK
			g.erasing(&status)
			g.head.Set("Referrer-Policy", "unsafe-url") // the loosest that a page may have
			g.head.Set("Set-Cookie", "login=CANARYCOOKIE; Path=/")
			address := g.page + "/orders/CANARYPATH?mail=CANARYQUERY"
			tb := newTab(t)
			tb.onNewDocument(`delete globalThis.SharedWorker`) // a worker that does not outlive the page posts the tail at once
			tb.open(address)
			tb.until(`window.afterimage?.state.phase === 'waiting-consent' && ` + noticeBox)
			eval[any](tb, `afterimage.consent(true)`)
			tb.until(isRecording)
			eval[any](tb, `history.pushState({}, '', '?next=CANARYROUTE'); afterimage.flush()`)
			eval[any](tb, `afterimage.track('leaving'); 0`)
			tb.open(g.page + "/next/CANARYNEXT")
			waitFor(t, "the tail", func() bool { return len(g.bodies("/v1/tail")) > 0 })
			g.attrs = "data-minor"
			tb.open(address)
			waitFor(t, "the deletion", func() bool { return len(g.bodies("/v1/erase")) > 0 })
			g.mu.Lock()
			defer g.mu.Unlock()
			kinds := map[string]bool{}
			for _, r := range g.seen {
				kind, _, _ := strings.Cut(strings.TrimPrefix(r.Path, "/v1/"), ".")
				if strings.HasPrefix(kind, "settings/") {
					kind = "settings"
				}
				kinds[kind] = true
				if kind == "/afterimage" {
					continue // the page's own tag asks for it, by the page's own policy
				}
				if referer := r.Header.Get("Referer"); referer != "" {
					t.Errorf("%s: Referer %s", r.Path, referer)
				}
				cookie := r.Header.Get("Cookie")
				if cookie != "" && !slices.Contains([]string{"ws", "/afterimage-worker", "/afterimage-more"}, kind) {
					t.Errorf("%s: Cookie %s", r.Path, cookie)
				}
				r.Header.Del("Cookie")
				if all := fmt.Sprint(r); strings.Contains(all, "CANARY") {
					t.Errorf("%s tells of the page: %s", r.Path, all)
				}
				for name := range r.Header {
					if !slices.Contains(browserHeaders, name) {
						t.Errorf("%s: header %s", r.Path, name)
					}
				}
			}
			for _, kind := range []string{"/afterimage", "/afterimage-more", "settings", "/afterimage-worker", "/afterimage-core", "ws", "tail", "erase"} {
				if !kinds[kind] {
					t.Errorf("no request of kind %s was seen: %v", kind, kinds)
				}
			}
		})
	}
}
