package ingest

import "time"

// Limits bound what strangers can make the collector do. The zero value of a field means
// its default; UPLOAD.md lists them and a test compares.
type Limits struct {
	Sockets            int // open at once in this process
	SocketsPerAddress  int
	SocketsPerSite     int
	PageViewsPerMinute int // new ones of one site from one address
	MessagesPerSecond  int // of one socket, with a burst of ten seconds
	BytesPerSecond     int // of one socket, with a burst of BurstBytes
	MemoryBytes        int // of all messages being received at once
}

// Defaults of Limits.
const (
	DefaultSockets            = 15_000 // one process has 20,000 descriptors on a usual system
	DefaultSocketsPerAddress  = 1_000  // offices and phone networks share addresses
	DefaultSocketsPerSite     = 15_000
	DefaultPageViewsPerMinute = 3_000 // offices and phone networks share addresses
	DefaultMessagesPerSecond  = 20
	DefaultBytesPerSecond     = 256 << 10
	DefaultMemoryBytes        = 256 << 20
)

// Fixed by the protocol.
const (
	Subprotocol = "afterimage.v1"

	MaxFrameBytes = 1000 << 10 // one frame is one journal message
	MaxHelloBytes = 64 << 10
	MaxTailBytes  = 64 << 10 // browsers cap keepalive bodies there
	MaxSessions   = 32       // of one hello
	MaxPageViews  = 64       // of one hello
	MaxKnownViews = 256      // of one socket
	BurstBytes    = 8 << 20  // an outbox that comes back after a day

	HelloTimeout     = 10 * time.Second
	HandshakeTimeout = 5 * time.Second
	MessageTimeout   = 30 * time.Second // from its first byte to its last
	IdleTimeout      = 3 * PingEvery    // without message or pong; with other pings three of those
	PingEvery        = 30 * time.Second
	WriteTimeout     = 5 * time.Second
	StoreTimeout     = 20 * time.Second

	// A close reason has 123 bytes: 125 of a control frame less the code (RFC 6455 §5.5).
	maxCloseReason = 123
)

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Sockets, DefaultSockets)
	set(&l.SocketsPerAddress, DefaultSocketsPerAddress)
	set(&l.SocketsPerSite, DefaultSocketsPerSite)
	set(&l.PageViewsPerMinute, DefaultPageViewsPerMinute)
	set(&l.MessagesPerSecond, DefaultMessagesPerSecond)
	set(&l.BytesPerSecond, DefaultBytesPerSecond)
	set(&l.MemoryBytes, DefaultMemoryBytes)
	return l
}
