package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// patientFrame lets a page in a frame ask the one around it longer than 3 s, for it may be slow here: where nothing
// is answered the last five of twenty questions come 3 s one after the other.
const patientFrame = `<script>{
	const every = setInterval
	window.setInterval = (f, ms, ...args) => {
		let n = 0
		return every(ms === 150 ? () => { if (n++ < 15 || n % 20 === 0) f() } : f, ms, ...args)
	}
}</script>`

// Markers reach into frames whose documents load the recorder themselves: where a part around is blocked,
// they record nothing, whatever their origin, also below a document of another one.
func TestBlockedFramesRecordNothing(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	pages := map[string]string{}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<!doctype html><title>page</title>%s%s%s", patientFrame, scriptTag(c, ""), pages[r.URL.Path])
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

// A page that blocks its frame later, begins to record later than it, or waits for consent, is heard all the same.
func TestFramesThatAreBlockedLater(t *testing.T) {
	t.Parallel()
	var c *collectorSite
	var own, other string
	page := func(attrs, body string) string {
		return `<!doctype html><title>page</title>` + scriptTag(c, attrs) + `<p>Hello</p>` + body
	}
	const hears = `<script>globalThis.said = []; addEventListener('message', ({ data }) => { if (data.phase && said.at(-1) !== data.phase) said.push(data.phase) })</script>`
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		frame := `<div id="around"%s><iframe src="` + other + `/inner"></iframe></div>`
		switch r.URL.Path {
		case "/inner", "/inner-patient": // something changes all the time
			if r.URL.Path == "/inner-patient" {
				fmt.Fprint(w, patientFrame)
			}
			fmt.Fprint(w, page("", `<script>setInterval(() => {
				document.body.dataset.n = 1 + (document.body.dataset.n | 0)
				if (window.afterimage) parent.postMessage({ phase: afterimage.state.phase }, '*')
			}, 100)</script>`))
		case "/blocks-later":
			fmt.Fprint(w, hears, page("", fmt.Sprintf(frame, "")))
		case "/records-later":
			// Not started by its tag.
			tag := strings.Replace(scriptTag(c, ""), "data-site", "data-later", 1)
			fmt.Fprint(w, hears, `<!doctype html><title>page</title>`, tag, fmt.Sprintf(frame, ` data-afterimage="block"`))
		case "/asks-for-consent":
			frame = strings.Replace(frame, "/inner", "/inner-patient", 1)
			fmt.Fprint(w, hears, page(`data-consent="required"`, fmt.Sprintf(frame, ` data-afterimage="block"`)))
		}
	})
	own, other = serve(t, handler), serve(t, handler)
	c = startCollectorFor(t, own, "--origin", other)
	for _, row := range []struct{ path, do, want string }{
		{"/blocks-later", `around.dataset.afterimage = 'block'`, "recording,refused"},
		{"/records-later", `afterimage.start({ site: document.querySelector('[data-later]').dataset.later })`, "recording,refused"},
		{"/asks-for-consent", ``, "refused"},
	} {
		t.Run(row.path, func(t *testing.T) {
			t.Parallel()
			tb := newTab(t)
			tb.allow("nothing is recorded")
			tb.open(own + row.path)
			if row.do != "" {
				tb.until(`said.includes('recording')`)
				eval[any](tb, row.do)
			}
			tb.until(`said.includes('refused')`)
			if got := strings.TrimPrefix(eval[string](tb, `said.join()`), "idle,"); got != row.want {
				t.Errorf("the page in the frame is %s, want %s", got, row.want)
			}
		})
	}
}
