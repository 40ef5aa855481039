package open

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
)

// Errors that callers decide on.
var (
	// ErrNotFound: the source holds no such session.
	ErrNotFound = errors.New("no such session")
	// ErrAmbiguous: a prefix fits more than one session.
	ErrAmbiguous = errors.New("more than one session begins so")
	// ErrKey: the key at hand does not open the recording, or there is none.
	ErrKey = errors.New("no key opens it")
	// ErrNoAsset: the session shows no asset of this id, or it is gone.
	ErrNoAsset = errors.New("no such asset")
	// ErrReadOnly: the source cannot delete or import.
	ErrReadOnly = errors.New("the source is read-only")
	// ErrAccess: the server refused the token.
	ErrAccess = errors.New("access refused")
)

// Custody tells who holds a site's private key.
const (
	Managed = "managed"
	Held    = "held"
)

// Site is one recorded property. JSON as in the HTTP API; times are epoch milliseconds.
type Site struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Key         string   `json:"key"` // data-site of the script tag; public, empty for a file
	Custody     string   `json:"custody"`
	Origins     []string `json:"origins"`
	CreatedAtMs int64    `json:"createdAtMs"`
}

// PageView is what is known of a page view in the clear. Times are arrival times.
type PageView struct {
	ID        string `json:"id"`
	Tab       string `json:"tab"`
	FirstAtMs int64  `json:"firstAtMs"`
	LastAtMs  int64  `json:"lastAtMs"`
	Segments  int    `json:"segments"`
	SizeBytes int64  `json:"sizeBytes"` // sealed
	Gaps      int    `json:"gaps"`      // ranges of numbers that are missing
}

// Session is what is known of a session in the clear.
type Session struct {
	ID         string     `json:"id"`
	Site       string     `json:"site"`
	FirstAtMs  int64      `json:"firstAtMs"`
	LastAtMs   int64      `json:"lastAtMs"`
	SizeBytes  int64      `json:"sizeBytes"`
	Segments   int        `json:"segments"`
	Gaps       int        `json:"gaps"`
	Live       bool       `json:"live"`     // its recorder is connected, or was seconds ago
	Finished   bool       `json:"finished"` // the session is over and stored as one blob
	VisitorTag string     `json:"visitorTag"`
	PageViews  []PageView `json:"pageViews"`
	// Continuable: it has not ended, so that segments may still come.
	Continuable bool `json:"continuable"`
}

// Segment is one sealed segment with its place. Sealed begins with the clear header.
type Segment struct {
	PageView string
	Number   uint32
	Epoch    uint32
	Sealed   []byte
}

// Keys are the keys of a session, by page view: the content keys that the source could
// reach, and all envelopes that it has.
type Keys struct {
	Custody   string
	Content   map[string][]byte // 16 bytes each
	Envelopes map[string][]byte
	Problem   string // why an envelope stayed closed, for people; may be empty
}

// Receipt says what a deletion did, and on which day (UTC) the last backup goes that holds a
// copy of the keys.
type Receipt struct {
	Session   string `json:"session"`
	Site      string `json:"site"`
	ErasedAt  string `json:"erasedAt"` // RFC 3339, UTC
	Envelopes int    `json:"envelopes"`
	Backups   int    `json:"backups"` // that still hold a copy
	LastCopy  string `json:"lastCopyGoes"`
}

// Filter chooses sessions. The zero value is all of them.
type Filter struct {
	Site     string
	BeforeMs int64 // only sessions whose last segment arrived before; 0: no bound
	// BeforeID with BeforeMs continues a list behind that session: of those whose last
	// segment arrived at BeforeMs it takes the ones with a greater id.
	BeforeID string
	Limit    int // 0: DefaultLimit
}

// DefaultLimit and MaxLimit bound one answer of Sessions.
const (
	DefaultLimit = 100
	MaxLimit     = 1000
)

// Source is a place that holds sessions.
type Source interface {
	Sites(ctx context.Context) ([]Site, error)
	// Sessions returns the newest (by last arrival) first.
	Sessions(ctx context.Context, f Filter) ([]Session, error)
	Session(ctx context.Context, id string) (Session, error)
	Keys(ctx context.Context, id string) (Keys, error)
	// Segments yields what is not in have, in page view then number order. The bytes
	// of a yielded segment stay valid. It stops after the first error.
	Segments(ctx context.Context, id string, have *Cursor) iter.Seq2[Segment, error]
	// AssetIDs lists the sealed assets that the session shows; Asset is one of them, and
	// ErrNoAsset where the session shows no such one.
	AssetIDs(ctx context.Context, id string) ([]string, error)
	Asset(ctx context.Context, id, asset string) ([]byte, error)
	// Watch sends (without blocking, so several may become one) when segments of the
	// session have come, until stop is called.
	Watch(ctx context.Context, id string) (news <-chan struct{}, stop func(), err error)
	// Delete removes a session for good. The receipt's day is empty where the source has none.
	Delete(ctx context.Context, id string) (Receipt, error)
	Close() error
}

// Resolve finds the session whose id is or begins with prefix.
func Resolve(ctx context.Context, src Source, prefix string) (string, error) {
	prefix = strings.ToLower(strings.TrimSpace(prefix))
	if prefix == "" {
		return "", fmt.Errorf("session %q: %w", prefix, ErrNotFound)
	}
	if ValidID(prefix) {
		if _, err := src.Session(ctx, prefix); err != nil {
			return "", err
		}
		return prefix, nil
	}
	found := ""
	for s, err := range AllSessions(ctx, src, Filter{}) {
		if err != nil {
			return "", err
		}
		if !strings.HasPrefix(s.ID, prefix) {
			continue
		}
		if found != "" && found != s.ID {
			return "", fmt.Errorf("session %q: %w (%s…, %s…)", prefix, ErrAmbiguous, found[:min(len(prefix)+4, 32)], s.ID[:min(len(prefix)+4, 32)])
		}
		found = s.ID
	}
	if found == "" {
		return "", fmt.Errorf("session %q: %w", prefix, ErrNotFound)
	}
	return found, nil
}

// AllSessions pages through Sessions. f.Limit bounds the whole; 0 is no bound.
//
// Pages are cut by last arrival, in milliseconds: the next page is asked for with one
// millisecond of overlap and what was seen is left out, so that sessions of the same
// millisecond are not lost at the cut.
func AllSessions(ctx context.Context, src Source, f Filter) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		seen := map[string]bool{}
		page, sent, total := f, 0, f.Limit
		for {
			page.Limit = MaxLimit
			list, err := src.Sessions(ctx, page)
			if err != nil {
				yield(Session{}, err)
				return
			}
			fresh := 0
			for _, s := range list {
				if seen[s.ID] {
					continue
				}
				seen[s.ID] = true
				fresh++
				if !yield(s, nil) {
					return
				}
				if sent++; total > 0 && sent >= total {
					return
				}
			}
			if fresh == 0 || len(list) < MaxLimit {
				return
			}
			page.BeforeMs = list[len(list)-1].LastAtMs + 1
		}
	}
}

// ValidID tells whether s is the text of a session, page view or tab id: 32 lower-case
// hexadecimal digits.
func ValidID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// ValidSiteID tells whether s is the text of a site id: 8 to 32 of [a-z0-9].
func ValidSiteID(s string) bool {
	if len(s) < 8 || len(s) > 32 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'z') {
			return false
		}
	}
	return true
}
