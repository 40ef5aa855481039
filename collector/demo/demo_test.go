package demo_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"

	"afterimage/collector/demo"
	"afterimage/collector/demo/dist"
)

func constant(s string) func() string { return func() string { return s } }

func get(h http.Handler, method, path string, header http.Header) *http.Response {
	r := httptest.NewRequest(method, path, nil)
	for name, values := range header {
		r.Header[name] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	var from io.Reader = r.Body
	if r.Header.Get("Content-Encoding") == "br" {
		from = brotli.NewReader(r.Body)
	}
	b, err := io.ReadAll(from)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPaths(t *testing.T) {
	h := demo.Handler(constant("/afterimage.js"), constant("m.abcdefgh"))
	for _, c := range []struct {
		name, method, path string
		status             int
		page               bool // the answer is the shop's page with the recorder in it
	}{
		{"front", "GET", "/demo/", 200, true},
		{"front with a query", "GET", "/demo/?q=lamp", 200, true},
		{"product", "GET", "/demo/product/hob-kettle", 200, true},
		{"cart", "GET", "/demo/cart", 200, true},
		{"checkout", "GET", "/demo/checkout", 200, true},
		{"thanks", "GET", "/demo/thanks", 200, true},
		{"help", "GET", "/demo/help", 200, true},
		{"a route that nobody knows shows the page that says so", "GET", "/demo/nowhere", 404, true},
		{"prefix without slash leads on", "GET", "/demo", 301, false},
		{"asset that does not exist", "GET", "/demo/assets/none.js", 404, false},
		{"the bare page is no asset", "GET", "/demo/assets/index.html", 404, false},
		{"paths beside the shop are not its own", "GET", "/demonstration", 404, false},
		{"nothing can be sent to it", "POST", "/demo/checkout", 405, false},
		{"head has no body", "HEAD", "/demo/", 200, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := get(h, c.method, c.path, nil)
			if r.StatusCode != c.status {
				t.Errorf("got status %d, want %d", r.StatusCode, c.status)
			}
			if got := strings.Contains(body(t, r), `data-site="m.abcdefgh"`); got != c.page {
				t.Errorf("answer has the recorder: %v, want %v", got, c.page)
			}
			if c.page && r.Header.Get("Content-Security-Policy") == "" {
				t.Error("the page comes without a policy")
			}
		})
	}
}

func TestRecorderTag(t *testing.T) {
	for _, c := range []struct {
		name, src, key, want string
	}{
		{"same origin", "/afterimage.js", "m.abcdefgh", `<script async src="/afterimage.js" data-site="m.abcdefgh" data-privacy="balanced"></script></head>`},
		{"other origin", "https://c.example/afterimage.js", "h.abcdefgh.x_y-z", `<script async src="https://c.example/afterimage.js" data-site="h.abcdefgh.x_y-z" data-privacy="balanced"></script></head>`},
		{"values cannot leave their attribute", `/a.js"><b>`, `"><b>`, `src="/a.js&#34;&gt;&lt;b&gt;" data-site="&#34;&gt;&lt;b&gt;"`},
		{"no site yet, no recorder", "/afterimage.js", "", ""},
		{"no script yet, no recorder", "", "m.abcdefgh", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := body(t, get(demo.Handler(constant(c.src), constant(c.key)), "GET", "/demo/", nil))
			if c.want == "" {
				if strings.Contains(page, "data-site") {
					t.Error("the page has a recorder")
				}
				return
			}
			if !strings.Contains(page, c.want) {
				t.Errorf("the page lacks %s", c.want)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	for _, c := range []struct {
		name, src  string
		want, none []string
	}{
		{"same origin needs nothing beside 'self'", "/afterimage.js",
			[]string{"default-src 'self';", "script-src 'self' 'wasm-unsafe-eval';", "worker-src 'self';", "connect-src 'self';", "style-src 'self';", "frame-ancestors 'self'"},
			[]string{"unsafe-inline", "'unsafe-eval'", "http", "blob:", "data:", "*"}},
		{"other origin is named, for the socket too", "https://c.example:8443/x/afterimage.js",
			[]string{"script-src 'self' 'wasm-unsafe-eval' https://c.example:8443;", "worker-src 'self' blob:;", "connect-src 'self' https://c.example:8443 wss://c.example:8443;"},
			[]string{"unsafe-inline", "'unsafe-eval'", "/x/", "*"}},
		{"other origin without TLS", "http://c.example/afterimage.js", []string{"connect-src 'self' http://c.example ws://c.example;"}, nil},
		{"a source that is no web address adds nothing", "data://c.example/x", []string{"connect-src 'self';"}, []string{"c.example"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			policy := get(demo.Handler(constant(c.src), constant("m.abcdefgh")), "GET", "/demo/", nil).Header.Get("Content-Security-Policy")
			for _, part := range c.want {
				if !strings.Contains(policy, part) {
					t.Errorf("policy lacks %q: %s", part, policy)
				}
			}
			for _, part := range c.none {
				if strings.Contains(policy, part) {
					t.Errorf("policy holds %q: %s", part, policy)
				}
			}
		})
	}
}

func TestPageIsCompressedWhereAsked(t *testing.T) {
	h := demo.Handler(constant("/afterimage.js"), constant("m.abcdefgh"))
	br := get(h, "GET", "/demo/", http.Header{"Accept-Encoding": {"gzip, br"}})
	if got := br.Header.Get("Content-Encoding"); got != "br" {
		t.Errorf("got encoding %q, want br", got)
	}
	if plain := get(h, "GET", "/demo/", nil); plain.Header.Get("Content-Encoding") != "" || body(t, plain) != body(t, br) {
		t.Error("plain and compressed answer differ")
	}
}

// TestNothingInline holds the page and its scripts to the policy: what the policy would
// stop must not be there in the first place.
func TestNothingInline(t *testing.T) {
	page := body(t, get(demo.Handler(constant("/afterimage.js"), constant("m.abcdefgh")), "GET", "/demo/", nil))
	for _, bad := range []*regexp.Regexp{
		regexp.MustCompile(`<style`), regexp.MustCompile(`\sstyle=`), regexp.MustCompile(`\son[a-z]+=`),
		regexp.MustCompile(`<script(?:[^>]*>)[^<]`), regexp.MustCompile(`(?:src|href)="?https?:`),
	} {
		if found := bad.FindString(page); found != "" {
			t.Errorf("the page holds %q", found)
		}
	}
	assets := regexp.MustCompile(`/demo/assets/[^" >]+`).FindAllString(page, -1)
	if len(assets) < 5 {
		t.Fatalf("the page names %d assets, want icon, three styles and a script", len(assets))
	}
	h := demo.Handler(constant(""), constant(""))
	for _, name := range assets {
		r := get(h, "GET", name, nil)
		if r.StatusCode != 200 {
			t.Errorf("%s: status %d", name, r.StatusCode)
		}
		if !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: not immutable: the page names it without its hash", name)
		}
	}
}

// TestRoutesAgree compares the routes that the server answers with 200 with those of the
// client.
func TestRoutesAgree(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("shop", "shop.ts"))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`\[/\^\\/(.*?)\$/,`).FindAllStringSubmatch(string(source), -1)
	if len(found) != 6 {
		t.Fatalf("found %d routes in shop.ts, want 6", len(found))
	}
	h := demo.Handler(constant(""), constant(""))
	for _, match := range found {
		path := "/demo/" + strings.NewReplacer(`\/`, "/", "([a-z-]+)", "egg-pan").Replace(match[1])
		if r := get(h, "GET", path, nil); r.StatusCode != 200 {
			t.Errorf("client route %s: server says %d", path, r.StatusCode)
		}
	}
}

// TestMarkers finds each privacy marker in what is served: the page says that they are there.
func TestMarkers(t *testing.T) {
	script, ok := dist.Assets().Get(dist.Assets().Resolve("shop.js"))
	if !ok {
		t.Fatal(demo.ErrNotBuilt)
	}
	raw, err := script.Raw()
	if err != nil {
		t.Fatal(err)
	}
	for _, marker := range []string{"mask", "block", "allow"} {
		if !regexp.MustCompile("[\"']?data-afterimage[\"']?:[^,}]{0,12}[\"'`]" + marker + "[\"'`]").Match(raw) {
			t.Errorf("no element is marked %q", marker)
		}
	}
}
