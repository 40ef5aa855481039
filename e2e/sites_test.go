package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// siteHandler serves applications that npm packages ship ready built, as their authors
// built them, with the one script tag put at the end of the page's head.
//
// Pages: /sites/monaco.html, /sites/redoc.html (a 500 KB specification),
// /sites/swagger.html (our three lines of set-up each), /npm/reveal.js/demo.html (as shipped).
func siteHandler(tag func() string) http.Handler {
	mux := http.NewServeMux()
	bench := benchHandler()
	mux.Handle("/", bench)
	page := func(w http.ResponseWriter, r *http.Request, file string) {
		html, err := os.ReadFile(file)
		if err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write(bytes.Replace(html, []byte("</head>"), []byte(tag()+"</head>"), 1))
	}
	mux.HandleFunc("GET /sites/{file}", func(w http.ResponseWriter, r *http.Request) {
		file := filepath.Join("sites", filepath.Base(r.PathValue("file")))
		if strings.HasSuffix(file, ".html") {
			page(w, r, file)
			return
		}
		http.ServeFile(w, r, file)
	})
	mux.HandleFunc("GET /npm/reveal.js/demo.html", func(w http.ResponseWriter, r *http.Request) {
		page(w, r, "node_modules/reveal.js/demo.html")
	})
	return mux
}

// scriptTag is the line of README with options as data attributes.
func scriptTag(c *collectorSite, attributes string) string {
	return fmt.Sprintf(`<script async src="%s/afterimage.js" data-site="%s" %s></script>`, c.URL, c.SiteKey, attributes)
}
