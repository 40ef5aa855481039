package e2e

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// deployExample is a proxy's example from collector/deploy, and the lines that it gives for the page.
func deployExample(t *testing.T, name, siteKey string) (text, snippet string) {
	t.Helper()
	b, err := os.ReadFile("../collector/deploy/" + name)
	if err != nil {
		t.Fatal(err)
	}
	text = string(b)
	_, comment, _ := strings.Cut(text, "# In the page;")
	comment, _, found := strings.Cut(comment, "# The collector runs with:")
	_, comment, _ = strings.Cut(comment, "\n")
	if !found || strings.Count(comment, "<script") != 2 {
		t.Fatalf("%s does not say what goes into the page", name)
	}
	snippet = regexp.MustCompile(`(?m)^#\s*`).ReplaceAllString(comment, "")
	return text, strings.NewReplacer("SITE_ID", strings.Split(siteKey, ".")[1], "SITE_KEY", siteKey).Replace(snippet)
}

// startProxy runs a program until the test ends, and waits until somebody listens at addr.
func startProxy(t *testing.T, addr string, c *exec.Cmd) {
	t.Helper()
	var words strings.Builder
	c.Stdout, c.Stderr = &words, &words
	if err := c.Start(); err != nil {
		t.Fatalf("%v (sh e2e/deps.sh installs it)", err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
		if t.Failed() {
			t.Logf("%s said:\n%s", c.Path, words.String())
		}
	})
	waitFor(t, c.Path+" to listen", func() bool {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
}

// The examples of collector/deploy as they are written, but for TLS, names of files and addresses: a
// browser that has the page from the example records through the site's own host alone, and what it
// asks for lies below the names that the site chose.
func TestProxyExamplesRecord(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T, dir, addr, text string){
		"nginx.conf": func(t *testing.T, dir, addr, text string) {
			nginx, err := exec.LookPath("nginx")
			if err != nil {
				nginx = "/usr/sbin/nginx"
			}
			forwarded, err := os.ReadFile("../collector/deploy/afterimage_proxy.conf")
			if err != nil {
				t.Fatal(err)
			}
			text = regexp.MustCompile(`(?m)^\s*ssl_.*\n`).ReplaceAllString(text, "")
			text = strings.NewReplacer("listen 443 ssl", "listen "+addr, "server_name shop.example", "server_name 127.0.0.1", "/var/www/shop", dir+"/shop").Replace(text)
			for file, content := range map[string]string{
				"afterimage_proxy.conf": string(forwarded),
				"nginx.conf": fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log stderr warn; user root;
events {}
http {
	types { text/html html; }
	access_log off;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
%[2]s}
`, dir, text),
			} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			startProxy(t, addr, exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf")))
		},
		"Caddyfile": func(t *testing.T, dir, addr, text string) {
			text = strings.NewReplacer("shop.example {", "http://"+addr+" {", "/var/www/shop", dir+"/shop").Replace(text)
			file := filepath.Join(dir, "Caddyfile")
			if err := os.WriteFile(file, []byte("{\n\tadmin off\n}\n"+text), 0o600); err != nil {
				t.Fatal(err)
			}
			c := exec.Command("caddy", "run", "--config", file, "--adapter", "caddyfile")
			c.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
			startProxy(t, addr, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			addr, dir := freeAddr(t), t.TempDir()
			origin := "http://" + addr
			c := startCollectorFor(t, origin)
			text, snippet := deployExample(t, name, c.SiteKey)
			if err := os.MkdirAll(filepath.Join(dir, "shop"), 0o755); err != nil {
				t.Fatal(err)
			}
			page := `<!doctype html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>shop</title><script src="/visit/early.js"></script>` +
				snippet + `</head><body><button id="buy">Buy</button></body></html>`
			if err := os.WriteFile(filepath.Join(dir, "shop", "index.html"), []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
			start(t, dir, addr, strings.ReplaceAll(text, "127.0.0.1:8080", c.Addr))

			tb := record(t, origin+"/", 800, 600)
			tb.do(chromedp.Click(chromedp.CSS("#buy")))
			if got := eval[map[string]float64](tb, `afterimage.flush()`); got["pending"] != 0 || got["acknowledged"] == 0 {
				t.Errorf("flush answers %v", got)
			}
			session := eval[string](tb, `afterimage.sessionId`)
			clicks := 0
			for _, e := range c.events(t, session) {
				if e.Op == "mouse" && e.Kind == "click" {
					clicks++
				}
			}
			if clicks != 1 {
				t.Errorf("the recording has %d clicks, want 1", clicks)
			}
			var names []string
			for _, url := range eval[[]string](tb, `performance.getEntriesByType('resource').map((e) => e.name)`) {
				if !strings.HasPrefix(url, "data:") && !strings.HasPrefix(url, origin+"/visit/") {
					t.Errorf("the page asked for %s, want names below /visit/ alone", url)
				}
				names = append(names, strings.TrimPrefix(url, origin+"/visit/"))
			}
			for _, want := range []string{"v.js", "early.js", "site/" + strings.Split(c.SiteKey, ".")[1]} {
				if !slices.Contains(names, want) {
					t.Errorf("the page did not ask for %s, only for %v", want, names)
				}
			}
			// The visitor is a minor after all: what is deleted goes by a name of the site's, too.
			eval[any](tb, `afterimage.start({ minor: true }).catch(() => 0)`)
			waitFor(t, "the minor's session to be gone", func() bool { return !strings.Contains(c.replay(t, "list", "--full"), session) })
		})
	}
}
