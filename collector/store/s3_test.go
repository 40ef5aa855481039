package store

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// silent accepts requests and answers none.
func silent(t *testing.T) string {
	t.Helper()
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-end }))
	t.Cleanup(func() { close(end); s.CloseClientConnections(); s.Close() })
	return s.URL
}

// metadata gives credentials to whatever runs on a machine, as a cloud does
// (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html).
func metadata(t *testing.T) string {
	t.Helper()
	const roles = "/latest/meta-data/iam/security-credentials/"
	answers := map[string]string{
		"/latest/api/token": "token",
		roles:               "recorder",
		roles + "recorder": `{"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "key of the role",
			"SecretAccessKey": "secret", "Token": "token", "Expiration": "2126-01-01T00:00:00Z"}`,
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "60")
		io.WriteString(w, answers[r.URL.Path])
	}))
	t.Cleanup(s.Close)
	return s.URL
}

func willing(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	return s.URL
}

// The check of an object store ends also where nobody answers, and a machine's own role is
// credentials enough.
func TestObjectStoreCheckEnds(t *testing.T) {
	cases := []struct {
		name            string
		key             string
		metadata, store func(*testing.T) string
		within          time.Duration
		want            error
	}{
		{"a store that accepts and says nothing", "key", silent, silent, 200 * time.Millisecond, ErrObjectStore},
		{"no credentials, and a metadata address that says nothing", "", silent, willing, 200 * time.Millisecond, ErrNoCredentials},
		{"credentials of the machine's role", "", metadata, willing, time.Minute, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for name, value := range map[string]string{
				"AWS_ACCESS_KEY_ID": c.key, "AWS_SECRET_ACCESS_KEY": c.key, "AWS_PROFILE": "",
				"AWS_CONFIG_FILE": "/nonexistent", "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
				"AWS_EC2_METADATA_DISABLED": "", "AWS_EC2_METADATA_SERVICE_ENDPOINT": c.metadata(t),
			} {
				t.Setenv(name, value)
			}
			b, err := openS3(t.Context(), "s3://recordings?region=us-east-1&use_path_style=true&endpoint="+c.store(t), c.within)
			if err == nil {
				b.close()
			}
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}
