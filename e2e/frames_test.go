package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// Markers reach into frames whose documents load the recorder themselves: where a part around is blocked,
// they record nothing, whatever their origin, also below a document of another one.
func TestBlockedFramesRecordNothing(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	pages := map[string]string{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!doctype html><title>page</title>%s%s", scriptTag(c, ""), pages[r.URL.Path])
	})
	own, other, third := serve(t, handler), serve(t, handler), serve(t, handler)
	c = startCollectorFor(t, own, "--origin", other, "--origin", third)
	frame := func(origin, path string) string {
		return fmt.Sprintf(`<iframe name="%s" src="%s%s"></iframe>`, path[1:], origin, path)
	}
	// What a page says of itself is passed on to the top by all that are around it.
	const tells = `<p>Hello</p><script>
		setInterval(() => { if (window.afterimage) top.postMessage({ name: location.pathname, said: afterimage.state.phase + ' ' + afterimage.state.reason }, '*') }, 50)
	</script>`
	for _, path := range []string{"/free", "/blocked", "/shadow", "/below", "/beside", "/alike", "/within"} {
		pages[path] = tells
	}
	pages["/blocked"] += frame(third, "/below")
	pages["/free"] += frame(third, "/beside")
	pages["/alike"] += frame(other, "/within")
	// The frames come when the page around them records: then it answers.
	pages["/"] = `<p>Hello</p><template id="parts"><div data-afterimage="block">` + frame(other, "/blocked") + frame(own, "/alike") + `</div>` + frame(other, "/free") +
		`<div data-afterimage="block"><div id="host"></div></div></template><script>
		globalThis.said = {}
		onmessage = ({ data }) => { if (data.name) said[data.name] = data.said }
		const waiting = setInterval(() => {
			if (window.afterimage?.state.phase !== 'recording') return
			clearInterval(waiting)
			document.body.append(parts.content)
			host.attachShadow({ mode: 'open' }).innerHTML = '` + frame(other, "/shadow") + `'
		}, 20)</script>`
	tb := record(t, own, 800, 600)
	tb.allow("nothing is recorded")
	tb.until(`Object.values(said).filter((text) => /recording|refused/.test(text)).length === 7`)
	for name, want := range map[string]string{
		"/free": "recording", "/beside": "recording",
		"/blocked": "refused", "/below": "refused", "/shadow": "refused", "/alike": "refused", "/within": "refused",
	} {
		got := eval[string](tb, fmt.Sprintf("said[%q]", name))
		if !strings.HasPrefix(got, want) || want == "refused" && !strings.Contains(got, "blocked") {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	// A page that is blocked sends nothing, and asks for no worker.
	if got := eval[string](tb, `afterimage.state.phase`); got != "recording" {
		t.Errorf("the page around them is %s", got)
	}
}
