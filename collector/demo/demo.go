// Package demo serves the demo shop: an invented shop with all that a recorder meets on a
// real page, so that a first recording is one visit away. The site is static; what the
// visitor does stays in their browser, but for the recording.
//
// The shop runs under a strict Content-Security-Policy and shows what the recorder needs
// of a page: the script's origin, a worker, WebAssembly, and a connection back.
//
//	mux.Handle("/demo/", demo.Handler(
//		func() string { return "/afterimage.js" },
//		func() string { return site.Key },
//	))
package demo

import (
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"

	"github.com/andybalholm/brotli"

	"afterimage/collector/demo/dist"
	"afterimage/jsbridge/asset"
)

// Prefix is the path below which the shop stands; its pages and scripts know it too.
const Prefix = "/demo/"

// Level is the privacy level at which the shop asks to be recorded: with the default,
// strict, a replay of the shop would show grey bars for prices and products.
const Level = "balanced"

// ErrNotBuilt says that the binary was built without the shop's files.
var ErrNotBuilt = errors.New("the demo shop is not built: run go run ./jsbridge/build -only demo")

// routes are the client's routes; the list in shop.ts is the other half.
var routes = regexp.MustCompile(`^(product/[a-z-]+|cart|checkout|thanks|help)?$`)

// Handler serves the shop at [Prefix] and redirects the path without its slash. It answers
// each client route with the one page, others with the same page and status 404, and the
// files at assets/NAME. scriptSrc is the address of the recorder's script, a path of this
// host or an absolute URL; siteKey the key of the site that records. Both are asked on each
// request, from any goroutine; while one is "" the page has no recorder.
func Handler(scriptSrc, siteKey func() string) http.Handler {
	return handler(dist.Assets(), scriptSrc, siteKey)
}

func handler(files *asset.Set, scriptSrc, siteKey func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "the demo shop only answers GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		if r.URL.Path == strings.TrimSuffix(Prefix, "/") {
			http.Redirect(w, r, Prefix, http.StatusMovedPermanently)
			return
		}
		below, ok := strings.CutPrefix(r.URL.Path, Prefix)
		if !ok {
			http.NotFound(w, r)
			return
		}
		if name, isAsset := strings.CutPrefix(below, "assets/"); isAsset {
			// The page is only served with its policy and the recorder in it.
			if path.Ext(name) == ".html" || !files.Serve(w, r, name) {
				http.NotFound(w, r)
			}
			return
		}
		page, err := index(files, scriptSrc(), siteKey())
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		head := w.Header()
		head.Set("Content-Type", "text/html; charset=utf-8")
		head.Set("Content-Security-Policy", policy(scriptSrc()))
		head.Set("Cache-Control", "no-cache")
		head.Set("Referrer-Policy", "same-origin")
		head.Set("X-Content-Type-Options", "nosniff")
		status := http.StatusOK
		if !routes.MatchString(below) {
			status = http.StatusNotFound
		}
		body := brotli.HTTPCompressor(w, r) // sets Content-Encoding and Vary
		w.WriteHeader(status)
		if r.Method == http.MethodHead {
			return
		}
		_, _ = body.Write(page) // the client went away: nothing to do about it
		_ = body.Close()
	})
}

// index is the built page with the recorder's script at the end of its head.
func index(files *asset.Set, src, key string) ([]byte, error) {
	built, ok := files.Get("index.html")
	if !ok {
		return nil, ErrNotBuilt
	}
	raw, err := built.Raw()
	if err != nil {
		return nil, fmt.Errorf("demo page: %w", err)
	}
	if src == "" || key == "" {
		return raw, nil
	}
	before, after, ok := strings.Cut(string(raw), "</head>")
	if !ok {
		return nil, errors.New("demo page has no </head> to put the recorder before")
	}
	tag := fmt.Sprintf(`<script async src="%s" data-site="%s" data-privacy="%s"></script>`,
		html.EscapeString(src), html.EscapeString(key), Level)
	return []byte(before + tag + "</head>" + after), nil
}

// policy is the Content-Security-Policy of the page. A recorder of the shop's own origin
// needs 'wasm-unsafe-eval' only where a worker inherits the page's policy, and nothing
// beside 'self' otherwise; one of another origin runs in a blob worker.
func policy(src string) string {
	script, worker, connect := "'self' 'wasm-unsafe-eval'", "'self'", "'self'"
	if u, err := url.Parse(src); err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https") {
		origin := u.Scheme + "://" + u.Host
		script += " " + origin
		worker += " blob:"
		connect += " " + origin + " " + strings.Replace(origin, "http", "ws", 1)
	}
	return strings.Join([]string{
		"default-src 'self'",
		"script-src " + script,
		"worker-src " + worker,
		"connect-src " + connect,
		"style-src 'self'",
		"img-src 'self'",
		"object-src 'none'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'self'",
	}, "; ")
}
