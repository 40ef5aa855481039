// Package web serves the pages of the player and the dashboard from replay/dist, for
// `replay serve` and for the collector alike:
//
//	/assets/NAME         scripts, styles and cores, immutable
//	/embed/{session}     the bare player, which other sites may frame
//	/frame               the blank document in which a recorded page is shown
//	/…                   the app, which routes by its path
//
// Pages come with the policies of csp.go and without any recorded content: recordings
// are fetched by the page through package api.
package web

import (
	"net/http"

	"afterimage/jsbridge/asset"
	"afterimage/replay/dist"
)

// Handler serves the pages that are built into this program.
func Handler() http.Handler { return handler(dist.Assets()) }

func handler(set *asset.Set) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/{name...}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", workerPolicy)
		if !set.Serve(w, r, r.PathValue("name")) {
			http.NotFound(w, r)
		}
	})
	mux.HandleFunc("GET /frame", page(set, "frame.html", framePolicy))
	mux.HandleFunc("GET /embed/{session}", page(set, "embed.html", embedPolicy))
	mux.HandleFunc("GET /", page(set, "index.html", appPolicy))
	return mux
}

func page(set *asset.Set, name, policy string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", permissions)
		if !set.Serve(w, r, name) {
			http.Error(w, "this build has no "+name+"; make build makes it", http.StatusNotFound)
		}
	}
}
