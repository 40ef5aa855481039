package server

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"afterimage/jsbridge"
)

func TestClientAddressBehindProxies(t *testing.T) {
	c := &collector{Config: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}}
	cases := []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a visitor without proxy", "203.0.113.9:1", nil, "203.0.113.9"},
		{"a visitor who claims another address", "203.0.113.9:1", []string{"198.51.100.1"}, "203.0.113.9"},
		{"a visitor behind a trusted proxy", "10.0.0.1:1", []string{"203.0.113.9"}, "203.0.113.9"},
		{"a visitor who claims one behind a trusted proxy", "10.0.0.1:1", []string{"198.51.100.1, 203.0.113.9"}, "203.0.113.9"},
		{"two trusted proxies", "10.0.0.1:1", []string{"203.0.113.9", "10.0.0.2"}, "203.0.113.9"},
		{"a header that is none", "10.0.0.1:1", []string{"unknown"}, "10.0.0.1"},
		{"an IPv4 address in IPv6 form", "[::ffff:203.0.113.9]:1", nil, "203.0.113.9"},
		{"a unix socket", "@", nil, "invalid IP"},
	}
	for _, x := range cases {
		t.Run(x.name, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = x.peer
			for _, f := range x.forwarded {
				r.Header.Add("X-Forwarded-For", f)
			}
			if got := c.client(r).String(); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
}

// A page may ask for a file of the recorder that another version had: it is told so, not led to the login,
// where a browser says no more than that another origin's policy forbids the file.
func TestRecorderFileOfAnotherVersionIsNotFound(t *testing.T) {
	c := &collector{Config: Config{Parts: Parts{Recorder: jsbridge.Assets()}}}
	h := c.recorderFiles(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusSeeOther) }))
	for path, want := range map[string]int{"/afterimage.js": 200, "/afterimage.00000000.js": 404, "/afterimage-core.00000000.wasm": 404, "/sessions/afterimage.js": 303, "/login": 303} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != want {
			t.Errorf("%s: got %d, want %d", path, w.Code, want)
		}
		if want == 404 && (w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Body.String(), "of this version")) {
			t.Errorf("%s: a page of another origin is not told why: %v %s", path, w.Header(), w.Body)
		}
	}
}

func TestDemoHostIsKeptApart(t *testing.T) {
	c := &collector{Config: Config{DemoHost: "demo.example"}}
	page := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {})
	mux := http.NewServeMux()
	mux.Handle("/demo/", c.onDemoHost(page))
	mux.Handle("/", page)
	h := c.keepDemoApart(mux)
	cases := []struct {
		host, path string
		status     int
	}{
		{"demo.example", "/demo/", 200},
		{"DEMO.example:8443", "/demo/cart", 200},
		{"demo.example", "/v1/settings/x", 200},
		{"demo.example", "/login", 404},
		{"demo.example", "/api/v1/sites", 404},
		{"demo.example", "/", 404},
		{"demo.example", "/privacy", 200},
		{"replay.example", "/demo/", 404},
		{"replay.example", "/login", 200},
	}
	for _, x := range cases {
		r := httptest.NewRequest("GET", x.path, nil)
		r.Host = x.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != x.status {
			t.Errorf("%s%s: got %d, want %d", x.host, x.path, w.Code, x.status)
		}
	}
}

// The OpenAPI file names exactly the routes that this package and the packages it mounts
// register.
func TestOpenAPINamesEveryRoute(t *testing.T) {
	text, err := os.ReadFile("../openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var documented []string
	path := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if m := regexp.MustCompile(`^  (/\S*):$`).FindStringSubmatch(line); m != nil {
			path = m[1]
		}
		if m := regexp.MustCompile(`^    (get|post|delete|put|patch):$`).FindStringSubmatch(line); m != nil {
			documented = append(documented, strings.ToUpper(m[1])+" "+path)
		}
	}
	registered := []string{"POST /v1/tail", "POST /v1/erase"} // their patterns take every method, to answer OPTIONS
	route := regexp.MustCompile(`mux\.Handle(?:Func)?\("((?:GET|POST|DELETE|PUT|PATCH) /[^"]*)"`)
	for _, file := range []string{"routes.go", "../accounts/login.go", "../privacy/privacy.go", "../../replay/api/api.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range route.FindAllStringSubmatch(string(source), -1) {
			registered = append(registered, m[1])
		}
	}
	// Names of parameters and files of pages are not of interest.
	normal := func(s string) string { return regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(s, "{}") }
	for i := range documented {
		documented[i] = normal(documented[i])
	}
	for _, r := range registered {
		if strings.HasSuffix(r, ".css") || strings.HasSuffix(r, ".js") {
			continue
		}
		if !slices.Contains(documented, normal(r)) {
			t.Errorf("openapi.yaml lacks %s", r)
		}
	}
	for _, d := range documented {
		if !slices.ContainsFunc(registered, func(r string) bool { return normal(r) == d }) {
			t.Errorf("openapi.yaml has %s, which nobody registers", d)
		}
	}
	if len(documented) < 15 {
		t.Errorf("found %d routes in openapi.yaml, so the test shows little", len(documented))
	}
}
