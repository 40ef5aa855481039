package notify_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"afterimage/collector/notify"
)

var change = notify.Change{Site: "testsite1", Name: "Shöp\r\nBcc: evil@example.com", PrivacyVersion: "3", Changed: []string{"privacy", "allow"},
	At: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)}

// mailServer is an SMTP server for one message; what arrived comes over the channel.
func mailServer(t *testing.T) (addr string, got <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	out := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r := bufio.NewReader(conn)
		io.WriteString(conn, "220 test ESMTP\r\n")
		var all strings.Builder
		data := false
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			all.WriteString(line)
			switch {
			case data && line == ".\r\n":
				data = false
				io.WriteString(conn, "250 taken\r\n")
				out <- all.String()
			case data:
			case strings.HasPrefix(line, "DATA"):
				data = true
				io.WriteString(conn, "354 go on\r\n")
			case strings.HasPrefix(line, "QUIT"):
				io.WriteString(conn, "221 bye\r\n")
				return
			default:
				io.WriteString(conn, "250 ok\r\n")
			}
		}
	}()
	return l.Addr().String(), out
}

func TestChangeIsSentBothWays(t *testing.T) {
	posted := make(chan []byte, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		posted <- b
	}))
	defer hook.Close()
	addr, mailed := mailServer(t)
	c := notify.Config{Webhook: hook.URL, SMTP: addr, From: "afterimage@example.com", To: []string{"a@example.com", "b@example.com"}}
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	if err := c.Send(t.Context(), change); err != nil {
		t.Fatal(err)
	}
	var body struct {
		Event  string
		Change notify.Change
	}
	if err := json.Unmarshal(<-posted, &body); err != nil || body.Event != "site.privacy-changed" || body.Change.PrivacyVersion != "3" {
		t.Errorf("webhook: %+v, %v", body, err)
	}
	text := <-mailed
	for _, want := range []string{"MAIL FROM:<afterimage@example.com>", "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "Subject: =?utf-8?q?", "Changed: privacy, allow", "Version: 3"} {
		if !strings.Contains(text, want) {
			t.Errorf("mail lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "\r\nBcc:") {
		t.Errorf("the site's name adds a header:\n%s", text)
	}
}

func TestFailuresAreTold(t *testing.T) {
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }))
	defer hook.Close()
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	dead := l.Addr().String()
	l.Close()
	c := notify.Config{Webhook: hook.URL + "/?token=verysecret", SMTP: dead, From: "a@example.com", To: []string{"b@example.com"}, SMTPPass: "verysecret"}
	err := c.Send(t.Context(), change)
	if err == nil || !strings.Contains(err.Error(), "webhook: status 500") || !strings.Contains(err.Error(), "mail by") {
		t.Errorf("got %v", err)
	}
	hook.Close()
	if err := c.Send(t.Context(), change); err == nil || strings.Contains(err.Error(), "verysecret") {
		t.Errorf("the error of a dead webhook: %v", err)
	}
}

func TestCheckRefuses(t *testing.T) {
	for name, c := range map[string]notify.Config{
		"a webhook that is no URL":   {Webhook: "hooks"},
		"a webhook of another kind":  {Webhook: "file:///etc/passwd"},
		"a server without a port":    {SMTP: "mail", From: "a@b.example", To: []string{"a@b.example"}},
		"nobody to write to":         {SMTP: "mail:25", From: "a@b.example"},
		"an address that is none":    {SMTP: "mail:25", From: "a@b.example", To: []string{"b"}},
		"an address with a new line": {SMTP: "mail:25", From: "a@b.example\r\nX: y", To: []string{"a@b.example"}},
		"addresses without a server": {To: []string{"a@b.example"}},
	} {
		if c.Check() == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := (notify.Config{}).Check(); err != nil {
		t.Errorf("nothing configured: %v", err)
	}
}
