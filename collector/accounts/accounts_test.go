package accounts_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/collector/accounts"
	"afterimage/collector/store"
)

type bench struct {
	st       *store.Store
	url      string
	password string
	now      *time.Time

	bodyTimeout time.Duration
	accounts    *accounts.Accounts
}

func (b *bench) owner(t *testing.T) store.User {
	t.Helper()
	u, err := b.st.User(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func start(t *testing.T) *bench { return startWith(t, 0, 0) }

func startWith(t *testing.T, bodyTimeout, failedWindow time.Duration) *bench {
	t.Helper()
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	b := &bench{now: &now, bodyTimeout: bodyTimeout}
	clock := func() time.Time { return *b.now }
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	b.st = st
	if b.password, err = accounts.AddUser(t.Context(), st, "owner"); err != nil {
		t.Fatal(err)
	}
	a := accounts.New(accounts.Config{Store: st, Now: clock, BodyTimeout: b.bodyTimeout, FailedWindow: failedWindow, Client: func(*http.Request) netip.Addr { return netip.MustParseAddr("192.0.2.1") }})
	b.accounts = a
	t.Cleanup(a.Close)
	s := httptest.NewServer(a.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			n, _ := io.Copy(io.Discard, r.Body)
			fmt.Fprintf(w, "%d bytes", n)
			return
		}
		io.WriteString(w, "inside")
	})))
	t.Cleanup(s.Close)
	b.url = s.URL
	return b
}

// browser keeps cookies and does not follow redirects.
func browser() *http.Client {
	jar, _ := cookiejar.New(nil)
	return &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (b *bench) do(t *testing.T, c *http.Client, method, path string, form url.Values, head map[string]string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range head {
		r.Header.Set(k, v)
	}
	resp, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp, string(text)
}

func (b *bench) inside(t *testing.T, c *http.Client) bool {
	t.Helper()
	_, text := b.do(t, c, "GET", "/anything", nil, nil)
	return text == "inside"
}

func TestLoginLetsInAndLogoutOut(t *testing.T) {
	b := start(t)
	c := browser()
	if b.inside(t, c) {
		t.Fatal("a stranger is inside")
	}
	if resp, _ := b.do(t, c, "GET", "/sessions/x?t=1", nil, nil); resp.Header.Get("Location") != "/login?next=%2Fsessions%2Fx%3Ft%3D1" {
		t.Errorf("page: sent to %q", resp.Header.Get("Location"))
	}
	if resp, text := b.do(t, c, "GET", "/api/v1/sites", nil, nil); resp.StatusCode != 401 || !strings.Contains(text, `"code":"unauthorized"`) {
		t.Errorf("API: got %d %s, want 401", resp.StatusCode, text)
	}
	resp, _ := b.do(t, c, "POST", "/login?next=/sessions/x", url.Values{"name": {"owner"}, "password": {b.password}}, nil)
	if resp.StatusCode != 303 || resp.Header.Get("Location") != "/sessions/x" {
		t.Fatalf("login: got %d to %q", resp.StatusCode, resp.Header.Get("Location"))
	}
	cookie := resp.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie lacks %s: %s", want, cookie)
		}
	}
	if !b.inside(t, c) {
		t.Error("signed in and not inside")
	}
	b.do(t, c, "POST", "/logout", nil, nil)
	if b.inside(t, c) {
		t.Error("signed out and still inside")
	}
}

// The audit says who signed in, and how often it failed: no address, and no name that is of no
// account, which may be a password.
func TestSignInsStandInTheAudit(t *testing.T) {
	b := start(t)
	try := func(name, password string) {
		b.do(t, browser(), "POST", "/login", url.Values{"name": {name}, "password": {password}}, nil)
	}
	try("owner", "wrong")
	try("hunter2-typed-into-the-wrong-field", "wrong")
	b.do(t, browser(), "POST", "/sign-in/NONE", nil, nil)
	try("owner", b.password)
	if err := b.st.AddSignInLink(t.Context(), "LINK", b.owner(t).ID, b.now.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	b.do(t, browser(), "POST", "/sign-in/LINK", nil, nil)
	for range 7 {
		try("owner", "wrong")
	}
	b.accounts.Close()
	got := []string{}
	for _, action := range []string{store.AuditSignedIn, store.AuditSignInFailed} {
		list, err := b.st.Audited(t.Context(), "", action, time.Time{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			detail, _ := json.Marshal(e.Detail)
			got = append(got, fmt.Sprintf("%s %s %s", e.Who, e.Action, detail))
		}
	}
	slices.Sort(got)
	want := []string{
		`collector user.sign-in-failed {"accounts":["owner"],"failed":8,"inSeconds":1,"refusedUnseen":2}`,
		`user owner user.signed-in {"by":"link"}`,
		`user owner user.signed-in {"by":"password"}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	b.accounts.Close()
	if list, _ := b.st.Audited(t.Context(), "", store.AuditSignInFailed, time.Time{}, 100); len(list) != 1 {
		t.Errorf("%d entries of failed sign-ins, want 1", len(list))
	}
}

func TestFailedSignInsAreNotedWhenTheirTimeIsOver(t *testing.T) {
	b := startWith(t, 0, time.Millisecond)
	b.do(t, browser(), "POST", "/login", url.Values{"name": {"owner"}, "password": {"wrong"}}, nil)
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		list, err := b.st.Audited(t.Context(), "", store.AuditSignInFailed, time.Time{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d entries, want 1", len(list))
		}
	}
}

func TestLoginRefuses(t *testing.T) {
	cases := []struct {
		name           string
		user, password string
		head           map[string]string
		status         int
	}{
		{"a wrong password", "owner", "wrong", nil, 401},
		{"an empty password", "owner", "", nil, 401},
		{"a name that nobody has", "nobody", "wrong", nil, 401},
		{"the right password from another site's page", "owner", "", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"the right password with another Origin", "owner", "", map[string]string{"Origin": "https://evil.example"}, 403},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := start(t)
			if c.status == 403 {
				c.password = b.password
			}
			who := browser()
			resp, _ := b.do(t, who, "POST", "/login", url.Values{"name": {c.user}, "password": {c.password}}, c.head)
			if resp.StatusCode != c.status || b.inside(t, who) {
				t.Errorf("got %d, want %d and nobody inside", resp.StatusCode, c.status)
			}
		})
	}
	t.Run("the eleventh attempt in a minute, and not after it", func(t *testing.T) {
		b := start(t)
		form := url.Values{"name": {"owner"}, "password": {"wrong"}}
		for range 10 {
			b.do(t, browser(), "POST", "/login", form, nil)
		}
		form.Set("password", b.password)
		if resp, _ := b.do(t, browser(), "POST", "/login", form, nil); resp.StatusCode != 429 {
			t.Errorf("got %d, want 429", resp.StatusCode)
		}
		*b.now = b.now.Add(time.Minute)
		if resp, _ := b.do(t, browser(), "POST", "/login", form, nil); resp.StatusCode != 303 {
			t.Errorf("a minute later: got %d, want 303", resp.StatusCode)
		}
	})
	t.Run("to go anywhere but to a path of the collector", func(t *testing.T) {
		b := start(t)
		for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, "javascript:alert(1)", "evil"} {
			resp, _ := b.do(t, browser(), "POST", "/login?next="+url.QueryEscape(next), url.Values{"name": {"owner"}, "password": {b.password}}, nil)
			if got := resp.Header.Get("Location"); got != "/" {
				t.Errorf("next=%s: sent to %q, want /", next, got)
			}
		}
	})
}

// A page that sends no referrer makes browsers send Origin: null, and over plain http they
// send no Sec-Fetch-Site either, except to this machine (https://w3c.github.io/webappsec-fetch-metadata/).
func TestRefusedSignInSaysWhyAndWhatToDo(t *testing.T) {
	b := start(t)
	cases := []struct {
		name, path string
		head       map[string]string
		says       []string
	}{
		{"a browser over plain http", "/login", map[string]string{"Origin": "null"}, []string{"plain http", "https", "127.0.0.1", "--public-url"}},
		{"a sign-in link over plain http", "/sign-in/x", map[string]string{"Origin": "null"}, []string{"plain http", "--public-url"}},
		{"a page of another site", "/login", map[string]string{"Sec-Fetch-Site": "cross-site"}, []string{"another site", `href=/login>`}},
		{"a page of another site over plain http", "/login", map[string]string{"Origin": "http://evil.example"}, []string{"another site", `href=/login>`}},
		{"the API", "/api/v1/sessions", map[string]string{"Sec-Fetch-Site": "cross-site"}, []string{`"code":"cross-origin"`, `"hint":"`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			resp, text := b.do(t, browser(), "POST", c.path, url.Values{"name": {"owner"}, "password": {b.password}}, c.head)
			if resp.StatusCode != 403 {
				t.Errorf("got %d, want 403", resp.StatusCode)
			}
			page := strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") && strings.Contains(text, "<main>") && resp.Header.Get("Content-Security-Policy") != ""
			if page != !strings.HasPrefix(c.path, "/api/") {
				t.Errorf("a page: got %v", page)
			}
			for _, want := range c.says {
				if !strings.Contains(text, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
		})
	}
}

// A browser that closes while it waits is no fault of the collector.
func TestRequestThatIsGivenUpIsNoError(t *testing.T) {
	b := start(t)
	c := browser()
	b.do(t, c, "POST", "/login", url.Values{"name": {"owner"}, "password": {b.password}}, nil)
	var log strings.Builder
	a := accounts.New(accounts.Config{Store: b.st, Now: func() time.Time { return *b.now }, Log: slog.New(slog.NewTextHandler(&log, nil))})
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequestWithContext(ctx, "GET", b.url+"/api/v1/sites", nil)
	u, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(u) {
		r.AddCookie(cookie)
	}
	inside := false
	h := a.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { inside = true }))
	h.ServeHTTP(httptest.NewRecorder(), r)
	if !inside || log.Len() > 0 {
		t.Fatalf("before: inside %v, log %q", inside, log.String())
	}
	cancel()
	h.ServeHTTP(httptest.NewRecorder(), r)
	byToken := httptest.NewRequestWithContext(ctx, "GET", b.url+"/api/v1/sites", nil)
	byToken.Header.Set("Authorization", "Bearer ait_x")
	h.ServeHTTP(httptest.NewRecorder(), byToken)
	if log.Len() > 0 {
		t.Errorf("got the line %q, want none", log.String())
	}
	if err := b.st.Close(); err != nil {
		t.Fatal(err)
	}
	h.ServeHTTP(httptest.NewRecorder(), r.WithContext(t.Context()))
	if !strings.Contains(log.String(), "login session") {
		t.Errorf("a store that fails: got %q, want a line", log.String())
	}
}

func TestSignInLinkWorksOnce(t *testing.T) {
	b := start(t)
	u, err := b.st.User(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	add := func(token string) {
		if err := b.st.AddSignInLink(t.Context(), token, u.ID, b.now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	add("one")
	c := browser()
	if resp, text := b.do(t, c, "GET", "/sign-in/one", nil, nil); resp.StatusCode != 200 || !strings.Contains(text, "<form") || b.inside(t, c) {
		t.Errorf("GET: got %d, want a form and nobody inside", resp.StatusCode)
	}
	if resp, _ := b.do(t, c, "POST", "/sign-in/one", nil, nil); resp.StatusCode != 303 || !b.inside(t, c) {
		t.Errorf("POST: got %d, want to be inside", resp.StatusCode)
	}
	other := browser()
	if resp, _ := b.do(t, other, "POST", "/sign-in/one", nil, nil); resp.StatusCode != 410 || b.inside(t, other) {
		t.Errorf("again: got %d, want 410", resp.StatusCode)
	}
	add("two")
	*b.now = b.now.Add(time.Hour + time.Second)
	if resp, _ := b.do(t, other, "POST", "/sign-in/two", nil, nil); resp.StatusCode != 410 || b.inside(t, other) {
		t.Errorf("an hour later: got %d, want 410", resp.StatusCode)
	}
}

func TestNewPasswordEndsAllLogins(t *testing.T) {
	b := start(t)
	c := browser()
	b.do(t, c, "POST", "/login", url.Values{"name": {"owner"}, "password": {b.password}}, nil)
	if !b.inside(t, c) {
		t.Fatal("not signed in")
	}
	u, err := b.st.User(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := accounts.NewPassword(t.Context(), b.st, u.ID); err != nil {
		t.Fatal(err)
	}
	if b.inside(t, c) {
		t.Error("the old login is still good")
	}
}

func TestTokenIsGoodForTheAPIAlone(t *testing.T) {
	b := start(t)
	u, err := b.st.User(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.st.AddAPIToken(t.Context(), "qa", "ait_x", u.ID); err != nil {
		t.Fatal(err)
	}
	if err := b.st.AddAPIToken(t.Context(), "left behind", "ait_z", "nobody"); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name, path, token string
		status            int
	}{
		{"the API with the token of a user who is gone", "/api/v1/sites", "ait_z", 401},
		{"the API", "/api/v1/sites", "ait_x", 200},
		{"the API with another token", "/api/v1/sites", "ait_y", 401},
		{"the API with an empty one", "/api/v1/sites", "", 401},
		{"a page", "/sessions/x", "ait_x", 303},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if resp, _ := b.do(t, browser(), "GET", c.path, nil, map[string]string{"Authorization": "Bearer " + c.token}); resp.StatusCode != c.status {
				t.Errorf("got %d, want %d", resp.StatusCode, c.status)
			}
		})
	}
	if err := b.st.DeleteAPIToken(t.Context(), "qa"); err != nil {
		t.Fatal(err)
	}
	if resp, _ := b.do(t, browser(), "GET", "/api/v1/sites", nil, map[string]string{"Authorization": "Bearer ait_x"}); resp.StatusCode != 401 {
		t.Errorf("revoked: got %d, want 401", resp.StatusCode)
	}
}

// The pages of the login have no script at all, and their policy says so.
func TestLoginPagesAreMinifiedCompressedAndInert(t *testing.T) {
	b := start(t)
	for _, path := range []string{"/login", "/sign-in/x", "/login.css"} {
		plain, text := b.do(t, browser(), "GET", path, nil, map[string]string{"Accept-Encoding": "gzip"})
		small, br := b.do(t, browser(), "GET", path, nil, map[string]string{"Accept-Encoding": "gzip, br"})
		if small.Header.Get("Content-Encoding") != "br" || plain.Header.Get("Content-Encoding") != "" || len(br) >= len(text) {
			t.Errorf("%s: brotli %d bytes, plain %d", path, len(br), len(text))
		}
		if strings.Contains(text, "\n<") || strings.Contains(text, "<script") || strings.Contains(text, "style=") {
			t.Errorf("%s is not minified, or has script or style in it:\n%s", path, text)
		}
		if csp := plain.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
}

// Whoever is not signed in may not keep a connection by a body that never comes.
func TestBodyThatNeverComesEndsTheRequest(t *testing.T) {
	b := startWith(t, time.Nanosecond, 0)
	for _, path := range []string{"/login", "/logout", "/api/v1/sessions", "/sign-in/x"} {
		t.Run(path, func(t *testing.T) {
			c, err := net.Dial("tcp", strings.TrimPrefix(b.url, "http://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nname=", path)
			if _, err := io.Copy(io.Discard, c); err != nil { // until the server closes
				t.Error(err)
			}
		})
	}
}

func TestSignedInMayTakeTheirTime(t *testing.T) {
	b := startWith(t, time.Nanosecond, 0)
	u, err := b.st.User(t.Context(), "owner")
	if err != nil {
		t.Fatal(err)
	}
	if err := b.st.AddAPIToken(t.Context(), "qa", "ait_x", u.ID); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", b.url+"/api/v1/sessions", strings.NewReader("recording"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer ait_x")
	req.Header.Set("Expect", "100-continue") // the body is sent when the handler asks for it
	c := &http.Client{Transport: &http.Transport{ExpectContinueTimeout: time.Hour}}
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); string(text) != "9 bytes" {
		t.Errorf("got %d %q, want all that was sent", resp.StatusCode, text)
	}
}
