// Package asset holds and serves the built files that browsers load: scripts, the
// WebAssembly cores, styles and pages.
//
// A set is a folder with manifest.json and one brotli stream (RFC 7932) an asset, made
// by `go run ./jsbridge/build` and embedded in the binary. Only the compressed form is
// kept: a client that accepts br gets those bytes as they are, any other gets them
// decompressed once and cached. Names that carry a hash of their bytes are immutable and
// cached for a year; the few fixed names (the entry script, pages) are revalidated by
// ETag. A Set is safe for concurrent use.
package asset

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// ErrManifest says that a set's manifest and its files do not fit together.
var ErrManifest = errors.New("asset manifest does not fit the files beside it")

// Entry is one line of manifest.json.
type Entry struct {
	Name        string `json:"name"`             // as served
	Source      string `json:"source"`           // logical name, without hash: what pages and code ask for
	File        string `json:"file"`             // brotli file in the set's folder
	ContentType string `json:"contentType"`      // with charset where it is text
	RawBytes    int    `json:"raw"`              // bytes decompressed
	BrBytes     int    `json:"br"`               // bytes as served to a client that accepts br
	SourceBytes int    `json:"sourceBytes"`      // bytes of what was bundled, before minification
	SHA256      string `json:"sha256"`           // base64 of the decompressed bytes, as in `integrity`
	Immutable   bool   `json:"immutable"`        // the name carries the hash
	Minifier    string `json:"minify,omitempty"` // minifier that the text went through
}

// Asset is one file of a set.
type Asset struct {
	Entry
	br  []byte
	raw func() ([]byte, error)
}

// Brotli returns the compressed bytes; the caller must not change them.
func (a Asset) Brotli() []byte { return a.br }

// Raw returns the decompressed bytes; the caller must not change them.
func (a Asset) Raw() ([]byte, error) { return a.raw() }

// Set is a loaded folder of assets.
type Set struct {
	byName   map[string]Asset
	bySource map[string]string
}

// Load reads manifest.json and the files that it names from fsys.
// The error wraps ErrManifest when a file is missing or has another size.
func Load(fsys fs.FS) (*Set, error) {
	text, err := fs.ReadFile(fsys, "manifest.json")
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrManifest, err)
	}
	var entries []Entry
	if err := json.Unmarshal(text, &entries); err != nil {
		return nil, fmt.Errorf("%w: manifest.json: %v", ErrManifest, err)
	}
	s := &Set{byName: map[string]Asset{}, bySource: map[string]string{}}
	for _, e := range entries {
		br, err := fs.ReadFile(fsys, e.File)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %v", ErrManifest, e.Name, err)
		}
		if len(br) != e.BrBytes {
			return nil, fmt.Errorf("%w: %s has %d bytes, manifest says %d", ErrManifest, e.File, len(br), e.BrBytes)
		}
		s.byName[e.Name] = Asset{Entry: e, br: br, raw: sync.OnceValues(func() ([]byte, error) {
			return io.ReadAll(brotli.NewReader(bytes.NewReader(br)))
		})}
		if _, taken := s.bySource[e.Source]; !taken {
			s.bySource[e.Source] = e.Name
		}
	}
	return s, nil
}

// MustLoad is Load for an embedded set, which the build has checked.
func MustLoad(fsys fs.FS) *Set {
	s, err := Load(fsys)
	if err != nil {
		panic(err)
	}
	return s
}

// Get returns the asset that is served under name.
func (s *Set) Get(name string) (Asset, bool) {
	a, ok := s.byName[name]
	return a, ok
}

// Resolve gives the served name of a logical one ("app.js" to "app.0123….js"),
// or "" when the set has no such asset.
func (s *Set) Resolve(source string) string { return s.bySource[source] }

// Entries lists the set's assets in no particular order.
func (s *Set) Entries() []Entry {
	list := make([]Entry, 0, len(s.byName))
	for _, a := range s.byName {
		list = append(list, a.Entry)
	}
	return list
}

// Serve answers r with the asset called name and reports whether there is one; when
// there is none nothing has been written. Recorder files are loaded by pages of other
// origins, also under COEP, so every asset carries CORS and CORP headers: none of them
// depends on who asks.
func (s *Set) Serve(w http.ResponseWriter, r *http.Request, name string) bool {
	a, ok := s.byName[name]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", a.ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Vary", "Accept-Encoding")
	if a.Immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		h.Set("Cache-Control", "public, max-age=0, must-revalidate")
	}
	br := AcceptsBrotli(r.Header.Get("Accept-Encoding"))
	etag := `"` + a.SHA256 + `"`
	if br {
		etag = `"` + a.SHA256 + `-br"`
	}
	h.Set("ETag", etag)
	if r.Header.Get("If-None-Match") == etag {
		w.WriteHeader(http.StatusNotModified)
		return true
	}
	body := a.br
	if br {
		h.Set("Content-Encoding", "br")
	} else {
		raw, err := a.Raw()
		if err != nil {
			http.Error(w, "asset "+path.Base(name)+" is damaged", http.StatusInternalServerError)
			return true
		}
		body = raw
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client went away: nothing to do about it
	}
	return true
}

// AcceptsBrotli reads Accept-Encoding (RFC 9110 §12.5.3) as far as br goes.
func AcceptsBrotli(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		coding, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(coding), "br") {
			continue
		}
		q := strings.ReplaceAll(strings.TrimSpace(params), " ", "")
		return !(q == "q=0" || strings.HasPrefix(q, "q=0.0") && strings.Trim(q, "q=0.") == "")
	}
	return false
}
