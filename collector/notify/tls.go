package notify

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// tlsFor is how the mail server at host is verified: by the system's authorities, or by those
// of SMTPCA alone.
func (c Config) tlsFor(host string) (*tls.Config, error) {
	t := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.SMTPCA == "" {
		return t, nil
	}
	text, err := os.ReadFile(c.SMTPCA)
	if err != nil {
		return nil, fmt.Errorf("--smtp-ca: %w", err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("--smtp-ca %s: it holds no certificate in PEM", c.SMTPCA)
	}
	return t, nil
}
