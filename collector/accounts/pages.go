package accounts

import (
	"bytes"
	"embed"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"
	"sync"

	"afterimage/jsbridge/asset"

	"github.com/andybalholm/brotli"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
)

//go:embed pages
var sources embed.FS

// The pages of the login have no script. They are one frame with different words, so they
// are put together, minified and compressed at first use and not by the build.
var words = map[string]struct{ title, note, form string }{
	"login.html":        {"Sign in", "", passwordForm},
	"login-wrong.html":  {"Sign in", "Name or password is not right.", passwordForm},
	"login-wait.html":   {"Sign in", "Too many attempts from your address. Wait a minute.", passwordForm},
	"sign-in.html":      {"Sign in", "This link signs you in once.", `<form method="post"><button>Sign in</button></form>`},
	"sign-in-used.html": {"Link used", "This link was used or has expired. Make another on the collector's machine: collector user link NAME", `<p><a href="/login">Sign in with name and password</a></p>`},
	"refused.html":      {"Refused", "This came from a page of another site, so nothing was done.", `<p><a href="/login">Open the collector's own page</a></p>`},
	"refused-http.html": {"Not over plain http", "Over plain http a browser does not say which page a sign-in comes from, so nobody can sign in at this address.", httpRemedies},
}

const passwordForm = `<form method="post"><label>Name <input name="name" autocomplete="username" required autofocus></label>` +
	`<label>Password <input name="password" type="password" autocomplete="current-password" required></label><button>Sign in</button></form>`

const httpRemedies = `<p>Put https before the collector and start it with <code>--public-url https://replay.example</code>. ` +
	`Or open it as <code>http://127.0.0.1:PORT</code> on its own machine, or through a tunnel: <code>ssh -L PORT:127.0.0.1:PORT MACHINE</code></p>`

type page struct{ raw, br []byte }

var pages = sync.OnceValues(func() (map[string]page, error) {
	m := minify.New()
	m.AddFunc("text/css", css.Minify)
	m.AddFunc("text/html", html.Minify)
	frame, err := sources.ReadFile("pages/frame.html")
	if err != nil {
		return nil, err
	}
	style, err := sources.ReadFile("pages/login.css")
	if err != nil {
		return nil, err
	}
	out := map[string]page{}
	add := func(name, contentType string, text []byte) error {
		small, err := m.Bytes(contentType, text)
		if err != nil {
			return fmt.Errorf("minify %s: %w", name, err)
		}
		var b bytes.Buffer
		w := brotli.NewWriterLevel(&b, brotli.BestCompression)
		if _, err := w.Write(small); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		out[name] = page{small, b.Bytes()}
		return nil
	}
	for name, p := range words {
		text := strings.NewReplacer("{title}", p.title, "{note}", p.note, "{form}", p.form).Replace(string(frame))
		if err := add(name, "text/html", []byte(text)); err != nil {
			return nil, err
		}
	}
	return out, add("login.css", "text/css", style)
})

const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func servePage(name string, status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		all, err := pages()
		if err != nil {
			http.Error(w, "internal error", http.StatusInternalServerError)
			return
		}
		h := w.Header()
		h.Set("Content-Security-Policy", pagePolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer") // the address of a sign-in link is a secret
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Type", "text/html; charset=utf-8")
		if path.Ext(name) == ".css" {
			h.Set("Content-Type", "text/css; charset=utf-8")
			h.Set("Cache-Control", "no-cache")
		}
		h.Set("Vary", "Accept-Encoding")
		body := io.Reader(bytes.NewReader(all[name].raw))
		if asset.AcceptsBrotli(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "br")
			body = bytes.NewReader(all[name].br)
		}
		w.WriteHeader(status)
		io.Copy(w, body)
	}
}
