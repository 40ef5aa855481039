package store

import (
	"encoding/json"
	"errors"
	"log/slog"
	"time"
)

// What callers decide on.
var (
	ErrNoVersion    = errors.New("not a version of a data directory")
	ErrNewerVersion = errors.New("the data directory was written by a newer version")
	ErrInUse        = errors.New("another process holds the data directory")
	ErrNotFound     = errors.New("not found")
	ErrExists       = errors.New("exists already")
	ErrOtherWriter  = errors.New("page view belongs to another writer")
	ErrDeleted      = errors.New("session was deleted")
	ErrTooLate      = errors.New("session is older than the time for late segments")
	ErrFull         = errors.New("storage is full")
	ErrBusy         = errors.New("too many new page views")
	ErrLimit        = errors.New("over the limit")
	ErrSetting      = errors.New("unknown form of a setting")

	// Of an object store, when the directory is opened.
	ErrNoCredentials = errors.New("no credentials were found")
	ErrNoBucket      = errors.New("no bucket of this name")
	ErrRefused       = errors.New("the object store refused to write, read or delete")
	ErrObjectStore   = errors.New("the object store cannot be used")
)

// Config says where a store lies. Empty settings mean the embedded form below Dir.
type Config struct {
	Dir     string // data directory; made when it is not there
	Journal string // "" or "embedded"; "nats://host[,host…]"
	Blobs   string // "" or "embedded"; "file:///dir", "s3://bucket?…"
	DB      string // "" or "embedded"; "sqlite:FILE", "postgres://…"

	// JournalMaxBytes bounds the journal; beyond it Append answers ErrFull and drops
	// nothing. 0 means DefaultJournalMaxBytes.
	JournalMaxBytes int64
	// MinFreeBytes of the file system under Dir stay free: Append answers ErrFull below
	// it, before the journal itself meets a full disk. 0 means DefaultMinFreeBytes.
	MinFreeBytes int64

	Log *slog.Logger     // nil discards
	Now func() time.Time // nil is time.Now
}

// Named defaults.
const (
	DefaultJournalMaxBytes = 16 << 30
	DefaultMinFreeBytes    = 64 << 20

	// SessionIdle ends a session (DESIGN, "Time").
	SessionIdle = 30 * time.Minute
	// LateFor is how long after its last activity a session takes late segments.
	LateFor = 7 * 24 * time.Hour
)

// Custody of a site's private key.
const (
	Managed = "managed" // the collector holds it, wrapped
	Held    = "held"    // it never reaches the collector
)

// Site is one recorded property.
type Site struct {
	ID              string          `json:"id"`   // [a-z0-9]{8,32}
	Name            string          `json:"name"` // for people
	Key             string          `json:"key"`  // data-site of the script tag
	Custody         string          `json:"custody"`
	Origins         []string        `json:"origins"` // scheme://host[:port], lower case
	Enabled         bool            `json:"enabled"`
	SealingKey      []byte          `json:"-"`        // 65 bytes, uncompressed P-256 point
	WrappedKey      []byte          `json:"-"`        // managed: private key under the master key
	Identity        []byte          `json:"-"`        // held: SPKI DER of the identity key
	Signature       []byte          `json:"-"`        // held: over the settings payload
	Settings        json.RawMessage `json:"settings"` // privacy, mask, block, allow, …
	SettingsVersion int64           `json:"settingsVersion"`
	Notice          Notice          `json:"notice"`
	CreatedAt       time.Time       `json:"createdAt"`
}

// Admission asks to write page views of one session.
type Admission struct {
	Site, Session, Tab string
	VisitorTag         string
	ConsentVersion     string
	PrivacyVersion     string // of the site's settings as the collector knows them now
	Sampled            bool
	// SealingKey is the site's public key, which the envelopes of new page views must name,
	// or one that it replaced less than LateFor ago:
	// nobody could open another one, and storing it would look like a recording. Page views
	// that are known keep the envelope of their first hello, whatever the key is now. Empty
	// is not checked.
	SealingKey []byte
	// KnownOnly makes a new page view the error ErrBusy of the whole call.
	KnownOnly bool
	PageViews []NewPageView
}

// NewPageView is one page view of an Admission.
type NewPageView struct {
	ID         string
	SecretHash [32]byte // SHA-256 of the write secret
	Envelope   []byte   // 106 bytes; may be empty when the page view is known already
}

// Admitted answers one NewPageView.
type Admitted struct {
	PageView string
	New      bool        // this call registered it
	Durable  [][2]uint32 // inclusive ranges of numbers that are durable
	Err      error       // ErrOtherWriter, ErrDeleted, ErrTooLate, ErrLimit, ErrNoEnvelope, ErrWrongKey; else nil
}

// Segment is one sealed segment as it arrived.
type Segment struct {
	PageView      string
	Number, Epoch uint32
	ArrivedAt     time.Time
	Sealed        []byte // clear header and ciphertext
}

// Refusal says why one segment was not taken.
type Refusal struct {
	Number uint32
	Code   string // conflict, deleted, late, limit
}

// SessionFilter selects sessions, latest first.
type SessionFilter struct {
	Site   string    // empty: all sites
	Before time.Time // LastAt before this; zero: from the latest
	// BeforeID is where the list before ended among sessions whose LastAt is Before: those
	// with a greater id are listed too. Empty: none of them.
	BeforeID string
	Limit    int // 0: 100
}

// SessionInfo is what the index knows of a session without opening it.
type SessionInfo struct {
	// ConsentVersion is what the visitor had consented to, PrivacyVersion that of the site's
	// settings as the collector knew them when the session came. Session alone fills them.
	ConsentVersion string `json:"consentVersion,omitempty"`
	PrivacyVersion string `json:"privacyVersion,omitempty"`

	ID         string         `json:"id"`
	Site       string         `json:"site"`
	VisitorTag string         `json:"visitorTag"`
	FirstAt    time.Time      `json:"firstAt"`
	LastAt     time.Time      `json:"lastAt"`
	Bytes      int64          `json:"bytes"` // sealed
	Segments   int            `json:"segments"`
	Live       bool           `json:"live"`     // its recorder was connected within LiveFor
	Finished   bool           `json:"finished"` // wholly in a blob
	PageViews  []PageViewInfo `json:"pageViews"`
	// Continuable: activity within SessionIdle, so that more may come; who is not connected
	// may come back.
	Continuable bool `json:"continuable"`
}

// PageViewInfo is the index row of one page view.
type PageViewInfo struct {
	ID       string    `json:"id"`
	Tab      string    `json:"tab"`
	FirstAt  time.Time `json:"firstAt"`
	LastAt   time.Time `json:"lastAt"`
	Segments int       `json:"segments"`
	Bytes    int64     `json:"bytes"`
	Gaps     int       `json:"gaps"` // runs of numbers that are missing below the highest
}

// Recording is a session that comes in whole: an import or a bundled sample.
type Recording struct {
	Site, Session string
	VisitorTag    string
	PageViews     []RecordedPageView
	Assets        []Asset
}

// RecordedPageView is one page view of a Recording.
type RecordedPageView struct {
	ID, Tab  string
	Envelope []byte // sealed to the site's key
	Segments []Segment
}
