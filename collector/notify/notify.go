// Package notify tells the users of a site that its privacy settings or its consent text
// changed: by a webhook and by mail, where they are configured. A message names the site,
// the version and which settings changed; it holds nothing that was recorded.
package notify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/mail"
	"net/smtp"
	"net/url"
	"strings"
	"time"
)

// Config says where messages go. The zero value sends none.
type Config struct {
	Webhook  string   // http(s) URL that is sent a POST with JSON
	SMTP     string   // host:port
	SMTPUser string   // "" without a login
	SMTPPass string   // never logged
	SMTPCA   string   // PEM file of the only authorities to trust; "" trusts the system's
	From     string   // address
	To       []string // addresses
}

// sendTimeout bounds each of the two ways.
const sendTimeout = 15 * time.Second

// Change is what is announced.
type Change struct {
	Site           string    `json:"site"`
	Name           string    `json:"name"`
	PrivacyVersion string    `json:"privacyVersion"`
	Changed        []string  `json:"changed"` // names of settings
	At             time.Time `json:"at"`
}

// Check refuses what could never be sent, at start.
func (c Config) Check() error {
	if c.Webhook != "" {
		u, err := url.Parse(c.Webhook)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
			return errors.New("--notify-webhook: not an http or https URL")
		}
	}
	if c.SMTP == "" {
		if c.From != "" || len(c.To) > 0 || c.SMTPUser != "" || c.SMTPCA != "" {
			return errors.New("--notify-from, --notify-to, --smtp-user and --smtp-ca need --smtp HOST:PORT")
		}
		return nil
	}
	host, _, err := net.SplitHostPort(c.SMTP)
	if err != nil {
		return fmt.Errorf("--smtp %q: %w", c.SMTP, err)
	}
	if _, err := c.tlsFor(host); err != nil {
		return err
	}
	if len(c.To) == 0 {
		return errors.New("--smtp without --notify-to: nobody to write to")
	}
	for _, a := range append([]string{c.From}, c.To...) {
		if p, err := mail.ParseAddress(a); err != nil || p.Address != a {
			return fmt.Errorf("%q is not a bare mail address", a)
		}
	}
	return nil
}

// Send announces a change on every way that is configured; the error names those that
// failed, and never a password or a URL's secrets.
func (c Config) Send(ctx context.Context, x Change) error {
	var errs error
	if c.Webhook != "" {
		if err := c.post(ctx, x); err != nil {
			errs = errors.Join(errs, fmt.Errorf("webhook: %w", err))
		}
	}
	if c.SMTP != "" {
		if err := c.mail(ctx, x); err != nil {
			errs = errors.Join(errs, fmt.Errorf("mail by %s: %w", c.SMTP, err))
		}
	}
	return errs
}

func (c Config) post(ctx context.Context, x Change) error {
	body, err := json.Marshal(map[string]any{"event": "site.privacy-changed", "change": x})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sendTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Webhook, bytes.NewReader(body))
	if err != nil {
		return errors.New("the URL cannot be asked")
	}
	r.Header.Set("Content-Type", "application/json")
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			err = u.Err // without the URL, which may hold a token
		}
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return nil
}

func (c Config) mail(ctx context.Context, x Change) error {
	var b strings.Builder
	head := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, oneLine(value)) }
	head("From", c.From)
	head("To", strings.Join(c.To, ", "))
	head("Subject", mime.QEncoding.Encode("utf-8", oneLine("Afterimage: privacy settings of "+x.Name+" changed")))
	head("Date", x.At.UTC().Format(time.RFC1123Z))
	head("MIME-Version", "1.0")
	head("Content-Type", "text/plain; charset=utf-8")
	head("Content-Transfer-Encoding", "8bit")
	fmt.Fprintf(&b, "\r\nThe privacy settings or the consent text of site %s (%s) changed.\r\n\r\nChanged: %s\r\nVersion: %s\r\n\r\n"+
		"Where the site asks for consent, visitors are asked again.\r\n", oneLine(x.Name), x.Site, strings.Join(x.Changed, ", "), x.PrivacyVersion)
	host, _, err := net.SplitHostPort(c.SMTP)
	if err != nil {
		return err
	}
	conn, err := (&net.Dialer{Timeout: sendTimeout}).DialContext(ctx, "tcp", c.SMTP)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(sendTimeout)) // net/smtp itself waits for ever
	s, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	return c.deliver(s, host, b.String())
}

func (c Config) deliver(s *smtp.Client, host, text string) error {
	if ok, _ := s.Extension("STARTTLS"); ok {
		t, err := c.tlsFor(host)
		if err != nil {
			return err
		}
		if err := s.StartTLS(t); err != nil {
			return err
		}
	}
	if _, secured := s.TLSConnectionState(); !secured && (c.SMTPUser != "" || c.SMTPCA != "") {
		// net/smtp would send a password in the clear to localhost. Where an authority is named, TLS is meant.
		return errors.New("the server offers no STARTTLS, and nothing is sent in the clear where a login or --smtp-ca is set")
	}
	if c.SMTPUser != "" {
		if err := s.Auth(smtp.PlainAuth("", c.SMTPUser, c.SMTPPass, host)); err != nil {
			return err
		}
	}
	if err := s.Mail(c.From); err != nil {
		return err
	}
	for _, to := range c.To {
		if err := s.Rcpt(to); err != nil {
			return err
		}
	}
	w, err := s.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.Quit()
}

// oneLine keeps a site's name from adding headers.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
