package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"afterimage/jsbridge"
)

// chunkPath is where a collector has a script of what few pages need (jsbridge/more).
func chunkPath(t *testing.T, source string) string {
	t.Helper()
	for _, e := range jsbridge.Assets().Entries() {
		if e.Source == source {
			return "/" + e.Name
		}
	}
	t.Fatalf("no %s is built", source)
	return ""
}

// A page that needs the chunk is not recorded before it is there, and not at all without it: nothing
// but scripts and settings is asked for, and nothing is stored.
func TestNothingIsRecordedWithoutTheChunk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, attrs, before string
		settings            map[string]any
		chunk               string
	}{
		{"an option", `data-mask=".private"`, "/afterimage.js /afterimage-more.js", nil, "afterimage-more.js"},
		{"an option that is none", `data-maks=".private"`, "/afterimage.js /afterimage-more.js", nil, "afterimage-more.js"},
		{"a selector of the settings", "", "/afterimage.js /v1/settings/SITE /afterimage-more.js", map[string]any{"mask": []string{".private"}}, "afterimage-more.js"},
		{"a selector for the full recorder", `data-mask=".private"`, "/afterimage.js /afterimage-more.js /v1/settings/SITE /afterimage-recorder.js", nil, "afterimage-recorder.js"},
		{"level balanced", `data-privacy="balanced"`, "/afterimage.js /afterimage-more.js /v1/settings/SITE /afterimage-recorder.js", map[string]any{"privacy": "balanced"}, "afterimage-recorder.js"},
	} {
		for _, comes := range []bool{true, false} {
			t.Run(c.name+map[bool]string{true: ", late", false: ", never"}[comes], func(t *testing.T) {
				g := newRightsRig(t, false, c.attrs)
				g.body = `<p class="private">CANARYPRIVATE</p>`
				g.change = func(s map[string]any) {
					for name, value := range c.settings {
						s[name] = value
					}
				}
				release := make(chan struct{})
				path := chunkPath(t, c.chunk)
				g.instead[path] = func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-release:
					case <-r.Context().Done():
					}
					if !comes || !jsbridge.Assets().Serve(w, r, strings.TrimPrefix(path, "/")) {
						http.NotFound(w, r)
					}
				}
				tb := newTab(t)
				tb.allow("404")
				tb.allow("Refused to execute script")
				// The script that is awaited holds up the page's load event.
				eval[any](tb, `setTimeout(() => { location.href = '`+g.page+`' }); 0`)
				asked := func() string { return strings.ReplaceAll(strings.Join(g.requests(), " "), g.site(), "SITE") }
				waitFor(t, "the request for the chunk", func() bool { return strings.HasSuffix(asked(), "/"+c.chunk) })
				eval[any](tb, `document.querySelector('.private').append('CANARYLATER'); afterimage.track('early')`)
				time.Sleep(500 * time.Millisecond)
				still := func() {
					t.Helper()
					if got := asked(); got != c.before {
						t.Errorf("requests: %s, want %s", got, c.before)
					}
					if got := eval[string](tb, everythingStored); got != nothingStored {
						t.Errorf("stored: %s", got)
					}
				}
				still()
				if phase := eval[string](tb, "afterimage.state.phase"); phase != "idle" {
					t.Errorf("phase %q while the chunk is on its way", phase)
				}
				close(release)
				if comes && !strings.Contains(c.attrs, "maks") {
					tb.until(isRecording)
					return
				}
				tb.until(`afterimage.state.phase === "refused"`)
				want := strings.TrimSuffix(c.chunk, ".js")
				if comes {
					want = "did you mean mask"
				}
				if reason := eval[string](tb, "afterimage.state.reason"); !strings.Contains(reason, want) {
					t.Errorf("the reason is %q, want it to hold %q", reason, want)
				}
				still()
			})
		}
	}
}
