package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// hello is the first message of a socket and the head of a tail. Unknown fields are left
// to newer recorders.
type hello struct {
	V        int            `json:"v"`
	Site     string         `json:"site"`
	Sessions []helloSession `json:"sessions"`
	Counts   map[string]int `json:"counts"`
}

type helloSession struct {
	Session        string      `json:"session"`
	Tab            string      `json:"tab"`
	VisitorTag     string      `json:"visitorTag"`
	ConsentVersion string      `json:"consentVersion"`
	Sampled        bool        `json:"sampled"`
	PageViews      []helloView `json:"pageViews"`
}

type helloView struct {
	ID         string `json:"id"`
	Secret     string `json:"secret"`
	Envelope   string `json:"envelope"`
	NextNumber uint32 `json:"nextNumber"`
}

const (
	secretBytes     = 16
	maxVisitorTag   = 64
	maxConsentBytes = 64
)

var b64 = base64.RawURLEncoding.Strict()

// readHello parses and checks a hello; the error is a *refusal.
func readHello(text []byte) (site string, sessions []store.Admission, counts map[string]int, err error) {
	if len(text) > MaxHelloBytes {
		return "", nil, nil, refuseHello("%d bytes, at most %d", len(text), MaxHelloBytes)
	}
	var h hello
	d := json.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&h); err != nil || d.More() {
		return "", nil, nil, refuseHello("not one JSON object of the form in UPLOAD.md")
	}
	if h.V != 1 {
		return "", nil, nil, refuseHello("version %d, this collector speaks 1; update the older of script and collector", h.V)
	}
	if !store.ValidSiteID(h.Site) {
		return "", nil, nil, refuseUnknownSite
	}
	if len(h.Sessions) == 0 || len(h.Sessions) > MaxSessions {
		return "", nil, nil, refuseHello("%d sessions, expected 1 to %d", len(h.Sessions), MaxSessions)
	}
	views := 0
	for i, s := range h.Sessions {
		if !store.ValidID(s.Session) || !store.ValidID(s.Tab) {
			return "", nil, nil, refuseHello("session %d: session or tab is not 32 hexadecimal digits", i)
		}
		if len(s.VisitorTag) > maxVisitorTag || len(s.ConsentVersion) > maxConsentBytes {
			return "", nil, nil, refuseHello("session %d: visitorTag or consentVersion is longer than %d", i, maxVisitorTag)
		}
		if _, err := b64.DecodeString(s.VisitorTag); err != nil {
			return "", nil, nil, refuseHello("session %d: visitorTag is not base64url", i)
		}
		if views += len(s.PageViews); views > MaxPageViews {
			return "", nil, nil, refuseHello("more than %d page views", MaxPageViews)
		}
		a := store.Admission{Site: h.Site, Session: s.Session, Tab: s.Tab, VisitorTag: s.VisitorTag,
			ConsentVersion: s.ConsentVersion, Sampled: s.Sampled}
		for j, p := range s.PageViews {
			v, err := readView(p)
			if err != nil {
				return "", nil, nil, refuseHello("session %d, page view %d: %s", i, j, err)
			}
			a.PageViews = append(a.PageViews, v)
		}
		sessions = append(sessions, a)
	}
	if views == 0 {
		return "", nil, nil, refuseHello("no page view")
	}
	return h.Site, sessions, knownCounts(h.Counts), nil
}

type textError string

func (e textError) Error() string { return string(e) }

func readView(p helloView) (store.NewPageView, error) {
	if !store.ValidID(p.ID) {
		return store.NewPageView{}, textError("id is not 32 hexadecimal digits")
	}
	secret, err := b64.DecodeString(p.Secret)
	if err != nil || len(secret) != secretBytes {
		return store.NewPageView{}, textError("secret is not 16 bytes of base64url")
	}
	env, err := b64.DecodeString(p.Envelope)
	if err != nil || len(env) != 0 && (len(env) != seal.EnvelopeSize || env[0] != 1) {
		return store.NewPageView{}, textError("envelope is not version 1, 106 bytes of base64url")
	}
	return store.NewPageView{ID: p.ID, SecretHash: sha256.Sum256(secret), Envelope: env}, nil
}
