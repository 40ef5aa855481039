// Package server runs a collector: it opens the store and the master key, prepares a new
// data directory (owner account, demo site, sample recordings), serves recorders, people
// and the local commands, finalises sessions, and stops without losing anything.
//
// It listens twice: on the address for recorders and people, the latter behind a login, and
// on a unix socket of this user alone for `replay` and `collector` commands on the same
// data directory, without a login.
package server

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/notify"
	"afterimage/collector/store"
	"afterimage/jsbridge/asset"
)

// Config is the settings of a collector and the parts that it connects.
type Config struct {
	Addr      string // host:port
	Keys      string // file of the master key; "" is keys.DefaultFile
	PublicURL string // as people and recorders reach it, when that is not http://ADDR
	Store     store.Config
	Limits    ingest.Limits
	PingEvery time.Duration // ingest.Config
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	Demo           bool   // serve the demo shop where the listener or the public URL is not loopback
	DemoHost       string // host name of its own that the demo shop then needs

	Notify notify.Config // told of new privacy versions
	// EnvelopeBackups is the folder of the daily backup of envelopes; "" makes none.
	// EnvelopesFor is how long one is kept; 0 is store.DefaultEnvelopeRetention.
	EnvelopeBackups string
	EnvelopesFor    time.Duration

	Parts Parts
	Out   io.Writer // what people are to read, and the line "listening on …"
	Log   *slog.Logger
	Now   func() time.Time
}

// Parts are the rooms further down the path, put in by main.
type Parts struct {
	// API is the HTTP API for one store; unwrap opens managed keys.
	API func(st *store.Store, unwrap Unwrap, log *slog.Logger) http.Handler
	// UI is player and dashboard.
	UI http.Handler
	// UIFiles holds the script of the privacy page.
	UIFiles *asset.Set
	// Copy writes the recording file of a session: with its keys for a managed site, sealed
	// for a held one.
	Copy func(ctx context.Context, st *store.Store, unwrap Unwrap, session string, w io.Writer) error
	// Demo is the demo shop below /demo/.
	Demo func(scriptSrc, siteKey func() string) http.Handler
	// Recorder is the files that recorded pages load.
	Recorder *asset.Set
	// Samples are recording files, and Import puts one into a site.
	Samples fs.FS
	Import  func(ctx context.Context, st *store.Store, file io.ReaderAt, site string) error
}

// Unwrap returns the private key of a managed site.
type Unwrap = func(ctx context.Context, site store.Site) ([]byte, error)

const (
	finaliseEvery   = time.Minute
	tidyEvery       = time.Hour
	backUpEvery     = 24 * time.Hour
	stopTimeout     = 15 * time.Second
	readHeaderLimit = 5 * time.Second
	idleConnLimit   = 75 * time.Second
	maxHeaderBytes  = 16 << 10
	tailReadLimit   = 15 * time.Second
	inUseRetry      = 5 * time.Second // replay holds a directory that it reads for a second or two
)
