package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// The collector's own page, opened by the recorder: what is recorded of this browser is
// listed, copied and deleted, and the switch keeps it from being recorded.
func TestPrivacyPageOfThisBrowser(t *testing.T) {
	t.Parallel()
	for _, foreign := range []bool{false, true} {
		t.Run(map[bool]string{false: "below a prefix of the site", true: "on a host of its own"}[foreign], func(t *testing.T) {
			t.Parallel()
			g := newRightsRig(t, foreign, "")
			tb := newTab(t)
			g.visit(tb, "recording")
			eval[any](tb, `afterimage.flush().then(() => 0)`)
			session := eval[string](tb, `afterimage.sessionId`)
			pg := g.opensPrivacy(tb, g.endpoint+"/privacy?site="+g.site())
			pg.until(`document.querySelectorAll('#own-list tr').length === 1`)
			if got := eval[string](pg, `document.querySelector('#own-status').textContent`); got != "Recorded of this browser: one visit." {
				t.Errorf("status %q", got)
			}
			key := eval[string](tb, storedNow+`.k`)
			if text := eval[string](pg, `location.href + document.documentElement.outerHTML`); strings.Contains(text, key) {
				t.Error("the key stands in the page or its address")
			}
			eval[any](pg, `globalThis.saved = []; URL.createObjectURL = (b) => { saved.push(b); return 'blob:none' }; HTMLAnchorElement.prototype.click = function () { saved.push(this.download) }; document.querySelector('#own-list button').click(); 0`)
			pg.until(`saved.length === 2`)
			if name := eval[string](pg, `saved[1]`); name != session[:8]+".afterimage" {
				t.Errorf("the copy is called %s", name)
			}
			if head := eval[string](pg, `saved[0].slice(0, 10).text()`); !strings.HasPrefix(head, "AFTERIMG") {
				t.Errorf("the copy begins with %q", head)
			}
			eval[any](pg, `globalThis.confirm = () => true; document.querySelector('#own-delete').click(); 0`)
			pg.until(`document.querySelectorAll('#own-list tr').length === 0 && document.querySelector('#own-status').textContent.startsWith('Deleted: one visit.')`)
			if list := g.replay(t, "list"); strings.Contains(list, session) {
				t.Errorf("the session is still listed: %s", list)
			}
			eval[any](pg, `document.querySelector('#own-opt-out').click(); 0`)
			pg.until(`document.querySelector('#own-status').textContent === 'This browser is recorded no more.'`)
			if log := g.output(); strings.Contains(log, key) {
				t.Error("the collector's log holds the key")
			}
		})
	}
}

// A page that nobody of the site opened, or that another site opened, shows nothing.
func TestPrivacyPageBelievesTheSiteAlone(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	evil := newTab(t)
	evil.allow("/v1/settings/") // the page's own recorder is refused there
	evil.open(strings.Replace(g.page, "127.0.0.1", "localhost", 1) + "/none")
	url := g.endpoint + "/privacy?site=" + g.site()
	eval[any](evil, fmt.Sprintf(`globalThis.asked = 0; const w = open(%q)
		addEventListener('message', () => { asked++; w.postMessage({ t: 'afterimage-visitor', site: %q, visitorId: '', key: '00112233445566778899aabbccddeeff', visitorTag: '' }, '*') }); 0`, url, g.site()))
	evil.until(`asked > 2`)
	pg := attachTo(evil, url)
	if got := eval[string](pg, `document.querySelector('#own-status').textContent`); !strings.HasPrefix(got, "Waiting") {
		t.Errorf("a page of another origin was believed: %q", got)
	}
}

func TestPrivacyPageAtEverySize(t *testing.T) {
	t.Parallel()
	g := newRightsRig(t, true, "")
	run(t, binary(t, "afterimage/collector"), "site", "set", strings.SplitN(g.SiteKey, ".", 3)[1], "--data", g.Data, "--keys", g.Keys, "--privacy", "balanced",
		"--allow", ".price", "--block", "#chat > iframe, [data-advertisement-of-a-long-name]", "--contact", "privacy@example.com", "--retention-days", "30", "--consent-text", "May we record how you use the shop?", "--cookie-domain", "example.com")
	tb := newTab(t)
	g.visit(tb, "recording")
	eval[any](tb, `afterimage.flush().then(() => 0)`)
	pg := g.opensPrivacy(tb, g.endpoint+"/privacy?site="+g.site())
	pg.until(`document.querySelectorAll('#own-list tr').length === 1`)
	for _, dark := range []bool{false, true} {
		pg.dark(dark)
		for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
			pg.viewport(size[0], size[1])
			name := fmt.Sprintf("privacy-%d-%s", size[0], map[bool]string{false: "light", true: "dark"}[dark])
			eval[any](pg, `scrollTo(0, 0); 0`)
			pg.shot(name)
			eval[any](pg, `scrollTo(0, document.documentElement.scrollHeight); 0`)
			pg.shot(name + "-end")
			if wide := eval[int](pg, "document.documentElement.scrollWidth"); int64(wide) > size[0] {
				t.Errorf("%s: the page is %d px wide, the window %d", name, wide, size[0])
			}
			if low := eval[[]string](pg, contrastScript); len(low) > 0 {
				t.Errorf("%s: text of low contrast: %q", name, low)
			}
			if nameless := eval[[]string](pg, strings.Replace(namelessScript, "e.closest('label')", "e.labels?.[0]", 1)); len(nameless) > 0 {
				t.Errorf("%s: controls without a name: %q", name, nameless)
			}
			if hidden := eval[[]string](pg, `[...document.querySelectorAll('#own-list button')].filter((e) => e.getBoundingClientRect().right > innerWidth - 10).map((e) => e.textContent)`); len(hidden) > 0 {
				t.Errorf("%s: behind a scroll: %q", name, hidden)
			}
			if small := eval[[]string](pg, `[...document.querySelectorAll('button, label.switch')].filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 24).map((e) => e.textContent)`); len(small) > 0 {
				t.Errorf("%s: too small to hit: %q", name, small)
			}
		}
	}
	// By keyboard alone: every control is reached and shows that it is.
	order := eval[[]string](pg, `(() => { const out = []
		for (const e of document.querySelectorAll('a[href], button, input:not([type=hidden]), textarea, [tabindex="0"]')) { if (!e.checkVisibility()) continue
			e.focus(); if (document.activeElement !== e || e.tabIndex < 0) out.push(e.outerHTML.slice(0, 80)) }
		return out })()`)
	if len(order) > 0 {
		t.Errorf("not reached by keyboard: %q", order)
	}
}
