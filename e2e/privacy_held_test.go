package e2e

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// In held custody the visitor sees times and sizes of what is recorded, gets it sealed, and
// deletes it; the page says that it is sealed and shows nothing of what is in it.
func TestPrivacyPageOfAHeldSite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	replay := binary(t, "afterimage/replay")
	run(t, replay, "key", "new", "--site", "heldsite1", "--dir", dir, "--privacy", "balanced")
	key := filepath.Join(dir, "heldsite1.sealing.pem")
	g := newRightsRig(t, true, `data-privacy=balanced`, "--custody", "held", "--settings", filepath.Join(dir, "heldsite1.settings.json"))
	g.body = `<h1>RECORDEDHEADING</h1><button id="other">Other</button>`
	tb := newTab(t)
	g.visit(tb, "recording")
	eval[any](tb, `document.querySelector('#other').click(); afterimage.flush().then(() => 0)`)
	session := eval[string](tb, `afterimage.sessionId`)
	if !strings.Contains(g.replay(t, "cat", session, "--key", key), "RECORDEDHEADING") {
		t.Fatal("the recording does not hold what the page must not show")
	}
	pg := g.opensPrivacy(tb, g.endpoint+"/privacy?site="+g.site())
	pg.until(`document.querySelectorAll('#own-list tr').length === 1`)
	text := eval[string](pg, `document.body.innerText`)
	for _, want := range []string{"Only the owner of", "A copy from here is sealed", "cannot open them"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	row := eval[string](pg, `document.querySelector('#own-list tr').innerText`)
	if !regexp.MustCompile(`\d[\d.,]* ?(B|k?KB|kB|MB)`).MatchString(row) || !regexp.MustCompile(`20\d\d|\d:\d\d`).MatchString(row) {
		t.Errorf("the row shows no size or no time: %q", row)
	}
	if all := eval[string](pg, `document.documentElement.outerHTML`); strings.Contains(all, "RECORDEDHEADING") || strings.Contains(all, "replay open") {
		t.Error("the page shows content, or says that a copy plays")
	}
	if n := eval[int](pg, `document.querySelectorAll('iframe, afterimage-player, video, canvas').length`); n != 0 {
		t.Errorf("%d elements as of a player", n)
	}
	eval[any](pg, `globalThis.saved = []; URL.createObjectURL = (b) => { saved.push(b); return 'blob:none' }; HTMLAnchorElement.prototype.click = function () { saved.push(this.download) }; document.querySelector('#own-list button').click(); 0`)
	pg.until(`saved.length === 2`)
	encoded := eval[string](pg, `saved[0].arrayBuffer().then((b) => btoa(String.fromCharCode(...new Uint8Array(b))))`)
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(b, []byte("RECORDEDHEADING")) {
		t.Error("the copy holds content in the clear")
	}
	file := filepath.Join(t.TempDir(), "copy.afterimage")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if said := replayFails(t, "cat", file); !strings.Contains(said, "--key FILE") {
		t.Errorf("the copy without the owner's key: %s", said)
	}
	if events := run(t, replay, "cat", file, "--key", key); !strings.Contains(events, "RECORDEDHEADING") {
		t.Error("the copy with the owner's key lacks the page")
	}
	for _, dark := range []bool{false, true} {
		pg.dark(dark)
		for _, width := range []int64{1440, 1024, 390} {
			pg.viewport(width, 844)
			looks(t, pg, "privacy-held-"+toJSON(width)+map[bool]string{false: "-light", true: "-dark"}[dark], width)
		}
	}
	eval[any](pg, `globalThis.confirm = () => true; document.querySelector('#own-delete').click(); 0`)
	pg.until(`document.querySelectorAll('#own-list tr').length === 0 && document.querySelector('#own-status').textContent.startsWith('Deleted: one visit.')`)
	if list := g.replay(t, "list"); strings.Contains(list, session[:8]) {
		t.Errorf("the session is still listed: %s", list)
	}
}
