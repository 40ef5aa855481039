package notify_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"afterimage/collector/notify"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// certificate makes a self-signed one for 127.0.0.1 and writes it as a PEM file.
func certificate(t *testing.T) (tls.Certificate, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "mail"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file
}

// mailbox is a mail server that is not of our making: what it was told.
type mailbox struct {
	mu       sync.Mutex
	logins   []string
	mails    []string
	overTLS  []bool
	rcpts    []string
	rejected error
}

type mailSession struct {
	*mailbox
	conn *smtp.Conn
}

func (b *mailbox) NewSession(c *smtp.Conn) (smtp.Session, error) { return &mailSession{b, c}, nil }

func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }

func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, name, password string) error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.logins = append(s.logins, name+":"+password)
		return s.rejected
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rcpts = append(s.rcpts, to)
	return nil
}
func (s *mailSession) Data(r io.Reader) error {
	text, err := io.ReadAll(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	_, secured := s.conn.TLSConnectionState()
	s.mails, s.overTLS = append(s.mails, string(text)), append(s.overTLS, secured)
	return err
}
func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func (b *mailbox) serve(t *testing.T, cert *tls.Certificate) string {
	t.Helper()
	server := smtp.NewServer(b)
	server.AllowInsecureAuth = true // so that a password in the clear would be taken, and seen
	if cert != nil {
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// Mail goes over STARTTLS where the server offers it, and a password never without.
func TestMailOverSTARTTLS(t *testing.T) {
	cert, ca := certificate(t)
	_, strangers := certificate(t)
	for _, c := range []struct {
		name     string
		tls      bool
		user, ca string
		rejected error
		wants    string // of the error; "" sends
	}{
		{"its authority is configured, with a login", true, "site", ca, nil, ""},
		{"its authority is configured, without a login", true, "", ca, nil, ""},
		{"another authority", true, "site", strangers, nil, "certificate"},
		{"no authority: the system does not know it", true, "site", "", nil, "certificate"},
		{"a wrong password", true, "site", ca, errors.New("no"), "454"},
		{"a server without STARTTLS, with a login", false, "site", "", nil, "no STARTTLS"},
		{"a server without STARTTLS, where an authority is configured", false, "", ca, nil, "no STARTTLS"},
		{"a server without STARTTLS and nothing secret", false, "", "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := &mailbox{rejected: c.rejected}
			var offered *tls.Certificate
			if c.tls {
				offered = &cert
			}
			cfg := notify.Config{SMTP: b.serve(t, offered), SMTPUser: c.user, SMTPPass: "PASSWORDWORD", SMTPCA: c.ca,
				From: "afterimage@example.com", To: []string{"a@example.com", "b@example.com"}}
			if err := cfg.Check(); err != nil {
				t.Fatal(err)
			}
			err := cfg.Send(t.Context(), change)
			b.mu.Lock()
			defer b.mu.Unlock()
			if c.wants != "" {
				if err == nil || !strings.Contains(err.Error(), c.wants) || strings.Contains(err.Error(), "PASSWORDWORD") {
					t.Errorf("got %v, want …%s… and no password in it", err, c.wants)
				}
				if len(b.mails) > 0 || len(b.logins) > 0 && c.rejected == nil {
					t.Errorf("the server was given %q and %d mails", b.logins, len(b.mails))
				}
				return
			}
			if err != nil || len(b.mails) != 1 || b.overTLS[0] != c.tls || len(b.rcpts) != 2 {
				t.Fatalf("got %v, %d mails (TLS %v) to %q", err, len(b.mails), b.overTLS, b.rcpts)
			}
			if want := c.user + ":PASSWORDWORD"; c.user != "" && (len(b.logins) != 1 || b.logins[0] != want) {
				t.Errorf("logins %q, want %q", b.logins, want)
			}
			if !strings.Contains(b.mails[0], "Changed: privacy, allow") || !strings.Contains(b.mails[0], "Version: 3") {
				t.Errorf("the mail says %q", b.mails[0])
			}
		})
	}
}

func TestCheckRefusesAnAuthorityThatIsNone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	c := notify.Config{SMTP: "mail:25", From: "a@b.example", To: []string{"a@b.example"}, SMTPCA: file}
	if err := c.Check(); err == nil {
		t.Error("a file that is not there was taken")
	}
	if err := os.WriteFile(file, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("a file without certificate: %v", err)
	}
}
