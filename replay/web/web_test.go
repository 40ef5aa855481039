package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"afterimage/replay/web"
)

func TestPages(t *testing.T) {
	tests := []struct {
		name, path, ancestors string
	}{
		{"the app may not be framed", "/", "frame-ancestors 'none'"},
		{"a route of the app is the app", "/sessions/0123456789abcdef0123456789abcdef", "frame-ancestors 'none'"},
		{"the bare player may be framed", "/embed/0123456789abcdef0123456789abcdef", "frame-ancestors *"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			web.Handler().ServeHTTP(w, httptest.NewRequest("GET", test.path, nil))
			csp := w.Header().Get("Content-Security-Policy")
			for _, want := range []string{test.ancestors, "default-src 'none'", "script-src 'self' 'wasm-unsafe-eval'", "require-trusted-types-for 'script'"} {
				if !strings.Contains(csp, want) {
					t.Errorf("Content-Security-Policy: got %q, want %q in it", csp, want)
				}
			}
			if strings.Contains(csp, "http:") || strings.Contains(csp, "https:") || strings.Contains(strings.ReplaceAll(csp, "frame-ancestors *", ""), "*") {
				t.Errorf("Content-Security-Policy lets other hosts in: %q", csp)
			}
		})
	}
}

func TestUnknownAssetAndMethod(t *testing.T) {
	w := httptest.NewRecorder()
	web.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/assets/none.js", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("unknown asset: got %d, want 404", w.Code)
	}
	w = httptest.NewRecorder()
	web.Handler().ServeHTTP(w, httptest.NewRequest("POST", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: got %d, want 405", w.Code)
	}
}
