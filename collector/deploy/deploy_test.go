// Package deploy_test runs the examples of this folder as they are written, but for names
// of files and addresses: a proxy in front of a real collector, and a recorder that knows
// only the site's own host and the names that the site chose.
package deploy_test

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
	"afterimage/jsbridge"

	"github.com/andybalholm/brotli"
	"github.com/gorilla/websocket"
)

const host = "shop.example"

// collector starts a real one with one site and returns its address.
func collector(t *testing.T) (addr, site string, public []byte) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "collector")
	if out, err := exec.Command("go", "build", "-o", program, "..").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	data, key := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "key")
	args := func(a ...string) []string { return append(a, "--data", data, "--keys", key) }
	out, err := exec.Command(program, args("site", "add", "--origin", "https://"+host, "--json")...).Output()
	if err != nil {
		t.Fatalf("site add: %v", err)
	}
	var s store.Site
	if err := json.Unmarshal(out, &s); err != nil {
		t.Fatal(err)
	}
	addr = strings.TrimPrefix(start(t, exec.Command(program, args("serve", "--addr", "127.0.0.1:0", "--trusted-proxy", "127.0.0.1/32")...), "listening on "), "http://")
	resp, err := http.Get("http://" + addr + "/v1/settings/" + s.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return addr, s.ID, sealingKey(t, resp.Body)
}

func sealingKey(t *testing.T, body io.Reader) []byte {
	t.Helper()
	var signed struct{ Payload string }
	var p struct{ SealingKey string }
	if err := json.NewDecoder(body).Decode(&signed); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(signed.Payload), &p); err != nil {
		t.Fatal(err)
	}
	b, err := base64.RawURLEncoding.DecodeString(p.SealingKey)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// start runs a program until the test ends and waits for a line that begins with ready.
func start(t *testing.T, c *exec.Cmd, ready string) string {
	t.Helper()
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	c.Stderr = &errs
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		c.Wait()
	})
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), ready); ok {
			go io.Copy(io.Discard, out)
			return rest
		}
	}
	t.Fatalf("%s: did not say %q\n%s", c.Path, ready, errs.String())
	return ""
}

// certificate makes one for shop.example, and the pool that trusts it.
func certificate(t *testing.T, dir string) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
	pool = x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, pool
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// example reads a file of this folder and replaces each name once, or more often; a name
// that is not there means that the example changed under the test.
func example(t *testing.T, name string, pairs ...string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%s does not hold %q", name, pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

func need(t *testing.T, program string) string {
	t.Helper()
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/sbin") {
		if p, err := exec.LookPath(filepath.Join(dir, program)); err == nil {
			return p
		}
	}
	t.Fatalf("%s is not installed; sh e2e/deps.sh installs it", program)
	return ""
}

// proxy is a running proxy, asked as a browser on shop.example would.
type proxy struct {
	t      *testing.T
	port   string
	client *http.Client
	dialer *websocket.Dialer
}

func newProxy(t *testing.T, port string, pool *x509.CertPool) *proxy {
	conf := &tls.Config{RootCAs: pool, ServerName: host}
	dial := func(network, _ string) (net.Conn, error) { return net.Dial(network, "127.0.0.1:"+port) }
	return &proxy{t, port,
		&http.Client{Transport: &http.Transport{TLSClientConfig: conf, Dial: dial, DisableCompression: true}},
		&websocket.Dialer{TLSClientConfig: conf, NetDial: dial, Subprotocols: []string{ingest.Subprotocol}}}
}

// wait returns when the proxy answers, and fails with its own words when it has died.
func (p *proxy) wait(died <-chan error, words *bytes.Buffer) {
	p.t.Helper()
	for {
		c, err := net.Dial("tcp", "127.0.0.1:"+p.port)
		if err == nil {
			c.Close()
			return
		}
		select {
		case err := <-died:
			p.t.Fatalf("the proxy ended: %v\n%s", err, words)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (p *proxy) get(path string) (*http.Response, []byte) {
	p.t.Helper()
	r, _ := http.NewRequest(http.MethodGet, "https://"+host+path, nil)
	r.Header.Set("Accept-Encoding", "br")
	r.Header.Set("Cookie", "shop_login=secret")
	return p.do(r)
}

func (p *proxy) do(r *http.Request) (*http.Response, []byte) {
	p.t.Helper()
	resp, err := p.client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return resp, b
}

// run starts a program and tells when it ends.
func run(t *testing.T, c *exec.Cmd) (died <-chan error, words *bytes.Buffer) {
	t.Helper()
	words = &bytes.Buffer{}
	c.Stdout, c.Stderr = words, words
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() { ended <- c.Wait(); close(done) }()
	t.Cleanup(func() {
		c.Process.Signal(os.Interrupt)
		<-done
	})
	return ended, words
}

func TestNginx(t *testing.T) {
	nginx := need(t, "nginx")
	addr, site, public := collector(t)
	dir := t.TempDir()
	cert, key, pool := certificate(t, dir)
	port := freePort(t)
	write(t, filepath.Join(dir, "afterimage_proxy.conf"), example(t, "afterimage_proxy.conf"))
	server := example(t, "nginx.conf", "127.0.0.1:8080", addr, "listen 443", "listen 127.0.0.1:"+port,
		"/etc/ssl/shop.example.pem", cert, "/etc/ssl/shop.example.key", key, "/var/www/shop", dir)
	write(t, filepath.Join(dir, "nginx.conf"), fmt.Sprintf(`daemon off; pid %[1]s/pid; error_log stderr warn;
events {}
http {
	access_log %[1]s/access.log;
	client_body_temp_path %[1]s/body; proxy_temp_path %[1]s/proxy; fastcgi_temp_path %[1]s/fastcgi; uwsgi_temp_path %[1]s/uwsgi; scgi_temp_path %[1]s/scgi;
%[2]s}
`, dir, server))
	p := newProxy(t, port, pool)
	p.wait(run(t, exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"))))
	p.recordThrough(site, public)
	if log, err := os.ReadFile(filepath.Join(dir, "access.log")); err != nil || strings.Contains(string(log), "/visit/") {
		t.Errorf("the proxy logged recorders (%v):\n%s", err, log)
	}
}

func TestCaddy(t *testing.T) {
	caddy := need(t, "caddy")
	addr, site, public := collector(t)
	dir := t.TempDir()
	cert, key, pool := certificate(t, dir)
	port := freePort(t)
	text := example(t, "Caddyfile", "127.0.0.1:8080", addr, "shop.example {", "https://shop.example:"+port+" {\n\ttls "+cert+" "+key, "/var/www/shop", dir)
	file := filepath.Join(dir, "Caddyfile")
	write(t, file, "{\n\tadmin off\n\tauto_https disable_redirects\n}\n"+text)
	c := exec.Command(caddy, "run", "--config", file, "--adapter", "caddyfile")
	c.Env = append(os.Environ(), "HOME="+dir, "XDG_DATA_HOME="+dir, "XDG_CONFIG_HOME="+dir)
	p := newProxy(t, port, pool)
	p.wait(run(t, c))
	p.recordThrough(site, public)
}

// recordThrough walks the way of a recorder that was loaded from /visit/v.js.
func (p *proxy) recordThrough(site string, public []byte) {
	t := p.t
	t.Helper()
	resp, body := p.get("/visit/v.js")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "br" || len(body) == 0 {
		t.Errorf("script: got %d, %q, %d bytes, want brotli as it is", resp.StatusCode, resp.Header.Get("Content-Encoding"), len(body))
	}
	if resp, body := p.get("/visit/early.js"); resp.StatusCode != 200 || len(body) == 0 {
		t.Errorf("early script: got %d, %d bytes", resp.StatusCode, len(body))
	}
	hashed := regexp.MustCompile(`\.[0-9a-f]{8}\.(js|wasm)$`)
	files := 0
	for _, e := range jsbridge.Assets().Entries() {
		if !hashed.MatchString(e.Name) {
			continue
		}
		files++
		resp, body := p.get("/visit/" + e.Name)
		if resp.StatusCode != 200 || len(body) != e.BrBytes || resp.Header.Get("Content-Type") != e.ContentType || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %d, %d bytes, %v", e.Name, resp.StatusCode, len(body), resp.Header)
		}
	}
	if files == 0 {
		t.Error("the recorder has no files with hashed names, so the test shows nothing")
	}
	resp, body = p.get("/visit/site/" + site)
	text, err := io.ReadAll(brotli.NewReader(bytes.NewReader(body)))
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Encoding") != "br" || !bytes.Contains(text, []byte(site)) {
		t.Errorf("settings: got %d, %v, %s, %v", resp.StatusCode, resp.Header, text, err)
	}

	v := ingesttest.NewView(t, site, public)
	for i := range 4 {
		v.Add(bytes.Repeat([]byte{byte(i)}, 50<<10))
	}
	ws, hs, err := p.dialer.Dial("wss://"+host+"/visit/live", http.Header{"Origin": {"https://" + host}, "Cookie": {"shop_login=secret"}})
	if err != nil {
		t.Fatalf("socket: %v (%v)", err, hs)
	}
	defer ws.Close()
	ws.WriteMessage(websocket.TextMessage, ingesttest.Hello(v))
	ws.WriteMessage(websocket.BinaryMessage, v.Frame(0, 1, 2))
	for _, want := range []string{"welcome", "ack"} {
		var m ingesttest.Message
		ws.SetReadDeadline(time.Now().Add(20 * time.Second))
		if err := ws.ReadJSON(&m); err != nil || m.T != want {
			t.Fatalf("socket: got %+v, %v, want %s", m, err, want)
		}
		if want == "ack" && !slices.Equal(m.Ranges, [][2]uint32{{0, 2}}) {
			t.Errorf("socket: got %+v, want ack 0-2", m)
		}
	}
	r, _ := http.NewRequest(http.MethodPost, "https://"+host+"/visit/last", bytes.NewReader(ingesttest.Tail(ingesttest.Hello(v), v.Frame(3))))
	r.Header.Set("Origin", "https://"+host)
	r.Header.Set("Content-Type", "text/plain")
	if resp, body := p.do(r); resp.StatusCode != 200 || !bytes.Contains(body, []byte("[[3,3]]")) {
		t.Errorf("tail: got %d %s, want ack 3", resp.StatusCode, body)
	}

	// A minor's recordings are deleted by the site's own page, so this way leads through, too.
	r, _ = http.NewRequest(http.MethodPost, "https://"+host+"/visit/gone", strings.NewReader(fmt.Sprintf(`{"v":1,"site":%q,"keys":["%032x"]}`, site, 1)))
	r.Header.Set("Origin", "https://"+host)
	r.Header.Set("Content-Type", "text/plain")
	if resp, body := p.do(r); resp.StatusCode != 200 || !bytes.Contains(body, []byte(`{"deleted":0}`)) {
		t.Errorf("erase: got %d %s, want that the collector answers", resp.StatusCode, body)
	}

	// The collector's own pages do not stand on the site's host.
	for _, path := range []string{"/visit/", "/visit/login", "/visit/api/v1/sites", "/visit/admin/v1/site-list", "/visit/demo/", "/visit/readyz", "/visit/v1/ws", "/login", "/api/v1/sites", "/afterimage.js", "/v1/ws"} {
		if resp, body := p.get(path); resp.StatusCode != 404 && resp.StatusCode != 403 {
			t.Errorf("%s: got %d %.80s, want that it is not there", path, resp.StatusCode, body)
		}
	}
}
