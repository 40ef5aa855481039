package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// README shows what is stored; these rows of its table are what the policy makes.
func TestReadmeRowsAreWhatThePolicyMakes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mask.WithDetection()
	strict, balanced := mask.New(mask.Strict), mask.New(mask.Balanced)
	for _, text := range []string{"Your order, Grace", "write to grace@example.org", "Call +353 1 555 0123, price €57.00"} {
		strict.Reset()
		balanced.Reset()
		row := "`" + string(strict.Text([]byte(text), mask.Masked).Bytes()) + "` | `" + string(balanced.Text([]byte(text), mask.Shown).Bytes()) + "` |"
		if line := lineWith(string(readme), text); !strings.HasSuffix(line, row) {
			t.Errorf("README says %q, the policy makes %q", line, row)
		}
	}
	url := "/orders/8731?mail=g@x.org"
	strict.Reset()
	balanced.Reset()
	row := "`" + string(strict.URL([]byte(url), mask.Masked).Bytes()) + "` | `" + string(balanced.URL([]byte(url), mask.Shown).Bytes()) + "` |"
	if line := lineWith(string(readme), url); !strings.HasSuffix(line, row) {
		t.Errorf("README says %q, the policy makes %q", line, row)
	}
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// What README gives for a tag manager records where the manager makes the scripts anew and takes none of
// their data attributes along, as Google's does.
func TestReadmeTagManagerSnippetRecords(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	snippet := strings.Join(regexp.MustCompile("<script.*?</script>").FindAllString(lineWith(string(readme), "| tag manager |"), -1), "")
	if snippet == "" {
		t.Fatal("README gives no lines for a tag manager")
	}
	var c *collectorSite
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>page</title></head><body><h1>a</h1></body></html>`)
	}))
	c = startCollectorFor(t, origin)
	snippet = strings.NewReplacer("https://COLLECTOR", c.URL, "SITE_KEY", c.SiteKey).Replace(snippet)
	tb := newTab(t)
	tb.open(origin)
	eval[any](tb, fmt.Sprintf(`(() => {
		const from = document.createElement('template')
		from.innerHTML = %q
		for (const { async, src, text } of from.content.querySelectorAll('script')) {
			const made = document.createElement('script')
			Object.assign(made, { async, text }, src && { src })
			document.body.append(made)
		}
	})()`, snippet))
	tb.until(isRecording)
	if got := eval[map[string]float64](tb, `afterimage.flush()`); got["pending"] != 0 || got["acknowledged"] == 0 {
		t.Errorf("flush answers %v", got)
	}
}

// The tag that `collector version` prints records with the bytes that it names and with no others.
func TestPinnedTagOfVersionRecords(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary(t, "afterimage/collector"), "version").Output()
	if err != nil {
		t.Fatal(err)
	}
	tag := regexp.MustCompile("<script.*?</script>").FindString(string(out))
	sum := regexp.MustCompile(`integrity="sha256-(.)`)
	if !sum.MatchString(tag) {
		t.Fatalf("version prints no tag that pins:\n%s", out)
	}
	shown := ""
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><link rel="icon" href="data:,"><title>page</title></head><body><h1>a</h1>%s
<script>const pinned = document.querySelector("[integrity]"); pinned.onload = pinned.onerror = (e) => { window.told = e.type }</script></body></html>`, shown)
	}))
	c := startCollectorFor(t, origin)
	tag = strings.NewReplacer("https://COLLECTOR", c.URL, "SITE_KEY", c.SiteKey).Replace(tag)

	shown = tag
	tb := newTab(t)
	tb.open(origin)
	tb.until(isRecording)
	if got := eval[map[string]float64](tb, `afterimage.flush()`); got["pending"] != 0 || got["acknowledged"] == 0 {
		t.Errorf("flush answers %v", got)
	}

	other := "A"
	if sum.FindStringSubmatch(tag)[1] == other {
		other = "B"
	}
	shown = sum.ReplaceAllString(tag, `integrity="sha256-`+other)
	refused := newTab(t)
	refused.allow("integrity")
	refused.open(origin)
	refused.until(`window.told`)
	if told := eval[string](refused, `told + typeof afterimage`); told != "errorundefined" {
		t.Errorf("with the hash of other bytes: %s", told)
	}
}
