package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const (
	bannerBox = appRoot + ".querySelector('afterimage-banner')?.renderRoot.querySelector('.alert')"
	removeBox = appRoot + ".querySelector('afterimage-remove')?.renderRoot"
)

// A change of a site's privacy settings is told on every page of the site to who is signed in,
// until they put it away; the health page keeps it.
func TestBannerOfAPrivacyChange(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.user = "ada"
	f.health = `{"site":"` + fixtureSite + `","enabled":true,"refusals":[],"warnings":[],"counts":[],"changes":[{"atMs":1795521600000,"version":"4","changed":["privacy","consent text"]},{"atMs":1795421600000,"version":"3","changed":["allow"]}]}`
	base := f.serve(t)
	tb := newTab(t)
	pages := []string{"", "/health", "/install"}
	for _, page := range pages {
		tb.open(base + "/sites/" + fixtureSite + page)
		tb.until(bannerBox)
		if got := eval[string](tb, bannerBox+".textContent"); !strings.Contains(got, "Version 4: privacy, consent text") || strings.Contains(got, "Version 3") {
			t.Errorf("%q: the banner says %q", page, got)
		}
		if n := eval[int](tb, strings.TrimSuffix(deepScript, ";")+"; deep(document).filter((e) => e.matches('.alert')).length"); n != 1 {
			t.Errorf("%q: it stands there %d times", page, n)
		}
	}
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
			tb.viewport(size[0], size[1])
			tb.open(base + "/sites/" + fixtureSite)
			tb.until(bannerBox + " && " + appRoot + ".querySelector('afterimage-sessions')?.renderRoot.querySelector('table')")
			looks(t, tb, fmt.Sprintf("banner-%d-%s", size[0], map[bool]string{false: "light", true: "dark"}[dark]), size[0])
		}
	}
	eval[any](tb, bannerBox+".querySelector('button').click(); 0")
	tb.until("!" + bannerBox)
	tb.open(base + "/sites/" + fixtureSite + "/install")
	tb.until(appRoot + ".querySelector('afterimage-snippet')")
	eval[any](tb, "new Promise((f) => setTimeout(f, 300))")
	if eval[bool](tb, "!!"+bannerBox) {
		t.Error("it came back after it was put away")
	}
	tb.open(base + "/sites/" + fixtureSite + "/health")
	tb.until(bannerBox)
	f.mu.Lock()
	f.health = strings.Replace(f.health, `"version":"4"`, `"version":"5"`, 1)
	f.mu.Unlock()
	tb.open(base + "/sites/" + fixtureSite)
	tb.until(bannerBox + "?.textContent.includes('Version 5')")
}

// What `collector site check` warns of stands on the site's health page too, with what to do.
func TestHealthPageWarnsOfRiskySettings(t *testing.T) {
	t.Parallel()
	c := startCollectorFor(t, "https://shop.example", "--privacy", "balanced")
	id := strings.Split(c.SiteKey, ".")[1]
	tb := newTab(t)
	tb.open(regexp.MustCompile(`http://\S+/sign-in/\S+`).FindString(c.server.output()))
	tb.do(chromedp.Click(chromedp.CSS("form button")))
	tb.until(`location.pathname === "/"`)
	tb.open(c.URL + "/sites/" + id + "/health")
	const page = appRoot + ".querySelector('afterimage-health')?.renderRoot"
	tb.until(page + "?.textContent.includes('Settings to look at')")
	text := eval[string](tb, page+".textContent")
	for _, want := range []string{"texts of pages are recorded and visitors are not asked", "visitors are told nobody whom they can ask", "collector site set " + id + " --contact"} {
		if !strings.Contains(text, want) {
			t.Errorf("the health page lacks %q: %s", want, text)
		}
	}
}

// looks keeps a picture and checks what every page of ours must be.
func looks(t *testing.T, tb *tab, name string, width int64) {
	t.Helper()
	tb.shot(name)
	if wide := eval[int](tb, "document.documentElement.scrollWidth"); int64(wide) > width {
		t.Errorf("%s: the page is %d px wide, the window %d", name, wide, width)
	}
	if low := eval[[]string](tb, contrastScript); len(low) > 0 {
		t.Errorf("%s: text of low contrast: %q", name, low)
	}
	if nameless := eval[[]string](tb, namelessScript); len(nameless) > 0 {
		t.Errorf("%s: controls without a name: %q", name, nameless)
	}
}

// The session page deletes after a question, and hands out the receipt.
func TestSessionPageDeletesWithAReceipt(t *testing.T) {
	t.Parallel()
	f := shopRecording(t)
	f.refuseDelete = true
	base := f.serve(t)
	tb := newTab(t)
	tb.allow("403")
	open := removeBox + ".querySelector('.icon').click(); 0"
	confirm := removeBox + ".querySelector('.danger').click(); 0"
	begin := func() {
		tb.open(base + "/sessions/" + fixtureSession)
		tb.until(playerElem + "?.engine.state.done && !!" + removeBox + ".querySelector('.icon')")
	}
	asked := func() int {
		f.mu.Lock()
		defer f.mu.Unlock()
		return len(f.deleted)
	}
	begin()
	eval[any](tb, open)
	press(tb, escapeKey)
	tb.until("!" + removeBox + ".querySelector('dialog').open")
	eval[any](tb, open)
	eval[any](tb, removeBox+".querySelector('.row .button').click(); 0")
	tb.until("!" + removeBox + ".querySelector('dialog').open")
	if asked() != 0 {
		t.Fatal("cancelled, and yet deleted")
	}
	eval[any](tb, open)
	eval[any](tb, confirm)
	tb.until(removeBox + ".querySelector('.alert')?.textContent.includes('Ask an owner')")
	f.mu.Lock()
	f.refuseDelete = false
	f.mu.Unlock()
	for _, dark := range []bool{false, true} {
		tb.dark(dark)
		for _, size := range [][2]int64{{1440, 900}, {1024, 768}, {390, 844}} {
			tb.viewport(size[0], size[1])
			begin()
			name := fmt.Sprintf("%d-%s", size[0], map[bool]string{false: "light", true: "dark"}[dark])
			eval[any](tb, open)
			looks(t, tb, "delete-"+name, size[0])
			before := asked()
			eval[any](tb, confirm)
			tb.until(removeBox + ".textContent.includes('2026-12-01')")
			looks(t, tb, "receipt-"+name, size[0])
			if asked() != before+1 || f.deleted[before] != fixtureSession {
				t.Errorf("asked to delete %q", f.deleted)
			}
		}
	}
	press(tb, escapeKey) // the session is gone: there is nothing to go back to
	if !eval[bool](tb, removeBox+".querySelector('dialog').open") {
		t.Error("Escape closes the receipt")
	}
	eval[any](tb, `globalThis.saved = []; URL.createObjectURL = (b) => { saved.push(b); return 'blob:none' }; HTMLAnchorElement.prototype.click = function () { saved.push(this.download) }; `+removeBox+`.querySelector('.row button').click(); 0`)
	tb.until("saved.length === 2")
	if got := eval[string](tb, "saved[1]"); got != fixtureSession[:8]+".receipt.json" {
		t.Errorf("the receipt is called %q", got)
	}
	if got := eval[string](tb, "saved[0].text()"); !strings.Contains(got, fixtureSession) || !strings.Contains(got, `"lastCopyGoes": "2026-12-01"`) {
		t.Errorf("the receipt is %s", got)
	}
	if href := eval[string](tb, removeBox+".querySelector('a.main').getAttribute('href')"); href != "/" {
		t.Errorf("back leads to %q", href)
	}
}
