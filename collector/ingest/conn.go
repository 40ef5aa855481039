package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"
)

// This file is all that knows gorilla/websocket, so that another library can take its place.

// Small buffers and a handler that returns after the upgrade keep an idle socket at about
// 7 KiB; with net/http's buffers alive it is 16 KiB (10,000 idle sockets, measured).
var writePool sync.Pool

var upgrader = websocket.Upgrader{
	HandshakeTimeout: HandshakeTimeout,
	ReadBufferSize:   1 << 10, WriteBufferSize: 1 << 10, WriteBufferPool: &writePool,
	Subprotocols: []string{Subprotocol},
	// The origin is checked against the site, which the hello names. Before it a socket may
	// do nothing, and only an open socket can be told why it is closed.
	CheckOrigin: func(*http.Request) bool { return true },
	// Segments are compressed before they are sealed.
	EnableCompression: false,
}

// conn is one socket.
type conn struct {
	s       *Server
	ws      *websocket.Conn
	address addressHash
	peer    peer

	messages, bytes *rate.Limiter

	writing sync.Mutex // one writer at a time
	site    atomic.Pointer[helloSite]
	leaving atomic.Bool
	session string // that its recorder is in; guarded by s.mu

	// off is closed when the recorder must stop; nothing that comes after is stored. why is
	// set before.
	off     chan struct{}
	offOnce sync.Once
	why     *refusal
}

// helloSite is the site of a socket, and the privacy version that held at its hello.
type helloSite struct{ id, privacy string }

// Socket is the WebSocket endpoint. It returns after the upgrade.
func (s *Server) Socket(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) || !hasSubprotocol(r) {
		s.count("", CodeHello, 1)
		http.Error(w, "this is the WebSocket endpoint for recorders, subprotocol "+Subprotocol, http.StatusUpgradeRequired)
		return
	}
	h := s.hashAddress(s.client(r))
	if no := s.enter(h); no != nil {
		s.count("", no.code, 1)
		w.Header().Set("Retry-After", "10")
		http.Error(w, no.reason, no.status)
		return
	}
	if r.Header["Cookie"] != nil {
		s.cookies.Add(1)
	}
	origin := r.Header.Get("Origin")
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil { // Upgrade has answered
		s.leave(h)
		s.count("", CodeHello, 1)
		return
	}
	c := &conn{s: s, ws: ws, address: h, off: make(chan struct{}),
		peer:     peer{s: s, origin: origin, address: h, views: map[string]string{}, barred: map[string]string{}},
		messages: rate.NewLimiter(rate.Limit(s.limits.MessagesPerSecond), 10*s.limits.MessagesPerSecond),
		bytes:    rate.NewLimiter(rate.Limit(s.limits.BytesPerSecond), max(BurstBytes, MaxFrameBytes)),
	}
	s.mu.Lock()
	s.conns[c] = struct{}{}
	late := s.closing
	s.mu.Unlock()
	if late {
		c.goAway()
	}
	go c.run()
}

func hasSubprotocol(r *http.Request) bool {
	for _, p := range websocket.Subprotocols(r) {
		if p == Subprotocol {
			return true
		}
	}
	return false
}

func (c *conn) run() {
	defer c.s.leave(c.address)
	defer c.unregister()
	defer c.ws.Close()
	// A backstop: receive itself says 4004 with a reason before the library says 1009.
	c.ws.SetReadLimit(2 * MaxFrameBytes)
	c.ws.SetPongHandler(func(string) error {
		c.waitFor(c.s.idle)
		return nil
	})
	c.ws.SetCloseHandler(func(int, string) error { return nil })
	err := c.loop()
	if c.isOff() {
		c.send(stop{"stop", c.why.stopReason()})
		c.close(c.why)
		return
	}
	var no *refusal
	if errors.As(err, &no) {
		c.s.count(c.peer.site, no.code, 1)
		c.s.log.Info("socket refused", "site", c.peer.site, "code", no.code, "close", no.close)
		c.close(no)
		return
	}
	if c.leaving.Load() {
		c.close(refuseGoingAway)
		return
	}
	c.close(nil)
}

// loop serves the socket until it ends. A *refusal as error is told to the other side.
func (c *conn) loop() error {
	deadline := HelloTimeout
	for {
		c.waitFor(deadline)
		if c.leaving.Load() || c.isOff() {
			return nil
		}
		kind, b, release, err := c.receive()
		if err != nil {
			return err
		}
		err = c.serve(kind, b)
		release()
		if err != nil {
			return err
		}
		deadline = c.s.idle
	}
}

// waitFor bounds the wait for the next message, or ends it when none may come any more:
// goAway and stopRecording say so before they set the deadline, here it is set before the look.
func (c *conn) waitFor(d time.Duration) {
	c.ws.SetReadDeadline(time.Now().Add(d))
	if c.leaving.Load() || c.isOff() {
		c.ws.SetReadDeadline(time.Now())
	}
}

func (c *conn) isOff() bool {
	select {
	case <-c.off:
		return true
	default:
		return false
	}
}

// receive reads one message. Its memory is taken from the process's budget as it arrives,
// so that a length that is only claimed costs nothing.
func (c *conn) receive() (kind int, b []byte, release func(), err error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return 0, nil, nil, err
	}
	c.ws.SetReadDeadline(time.Now().Add(MessageTimeout))
	limit := MaxFrameBytes
	if kind == websocket.TextMessage {
		limit = MaxHelloBytes
	}
	const first = 4 << 10
	taken := int64(0)
	release = func() { c.s.memory.Release(taken) }
	b = make([]byte, 0, first)
	for {
		if len(b) == cap(b) {
			grow := int64(cap(b))
			if !c.s.memory.TryAcquire(grow) {
				release()
				return 0, nil, nil, refuseBusy
			}
			taken += grow
			b = append(make([]byte, 0, 2*cap(b)), b...)
		}
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case len(b) > limit:
			release()
			return 0, nil, nil, refuseTooLarge
		case err == io.EOF:
			return kind, b, release, nil
		case err != nil:
			release()
			return 0, nil, nil, err
		}
	}
}

func (c *conn) serve(kind int, b []byte) error {
	if !c.messages.Allow() {
		return refuseRate
	}
	// Bytes are not refused but taken more slowly: the sender's socket fills up and its
	// outbox waits. An outbox that comes back after a day is no attack.
	if d := c.bytes.ReserveN(time.Now(), len(b)).Delay(); d > 0 {
		select {
		case <-time.After(d):
		case <-c.off:
		case <-c.s.stopping:
			return nil
		}
	}
	if c.isOff() {
		return nil // the loop ends, nothing is stored
	}
	ctx, cancel := context.WithTimeout(context.Background(), StoreTimeout)
	defer cancel()
	if kind == websocket.TextMessage {
		return c.hello(ctx, b)
	}
	if c.peer.site == "" {
		return refuseHello("a frame came before it")
	}
	if len(b) > 0 && b[0] == assetType {
		a, err := c.peer.asset(ctx, b)
		if err != nil {
			return c.storeError(err)
		}
		return c.send(a)
	}
	a, no, err := c.peer.frame(ctx, b)
	if err != nil {
		return c.storeError(err)
	}
	for _, n := range no {
		if err := c.send(n); err != nil {
			return err
		}
	}
	if len(a.Ranges) > 0 {
		return c.send(a)
	}
	return nil
}

func (c *conn) hello(ctx context.Context, b []byte) error {
	w, no, err := c.peer.hello(ctx, b)
	if err != nil {
		return c.storeError(err)
	}
	if err := c.register(); err != nil {
		return err
	}
	if err := c.send(w); err != nil {
		return err
	}
	for _, n := range no {
		if err := c.send(n); err != nil {
			return err
		}
	}
	return nil
}

// storeError logs what is a fault of the collector; the other side gets a *refusal.
func (c *conn) storeError(err error) error {
	no := asRefusal(err)
	c.s.logUnstored("segments were not stored and not acknowledged", c.peer.site, no, err)
	return no
}

// register counts the socket to its site and its sessions.
func (c *conn) register() error {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if c.site.Load() == nil {
		if s.bySite[c.peer.site] >= s.limits.SocketsPerSite {
			return refuseBusy
		}
		s.bySite[c.peer.site]++
		c.site.Store(&helloSite{c.peer.site, c.peer.privacy})
	}
	c.session = c.peer.session
	for _, session := range c.peer.views {
		m := s.watchers[session]
		if m == nil {
			m = map[*conn]struct{}{}
			s.watchers[session] = m
		}
		m[c] = struct{}{}
	}
	return nil
}

func (c *conn) unregister() {
	s := c.s
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
	if site := c.site.Load(); site != nil {
		if s.bySite[site.id]--; s.bySite[site.id] == 0 {
			delete(s.bySite, site.id)
		}
	}
	for _, session := range c.peer.views {
		if m := s.watchers[session]; m != nil {
			if delete(m, c); len(m) == 0 {
				delete(s.watchers, session)
			}
		}
	}
}

// send writes one JSON message; any goroutine may call it.
func (c *conn) send(v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	c.ws.SetWriteDeadline(time.Now().Add(WriteTimeout))
	return c.ws.WriteMessage(websocket.TextMessage, b)
}

func (c *conn) ping() {
	if err := c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
		c.ws.Close() // the reader then ends
	}
}

// stopRecording lets the reader finish what it is storing, tell the recorder to stop for
// good, and close. What the recorder sends all the same is not read.
func (c *conn) stopRecording(why *refusal) {
	c.offOnce.Do(func() {
		c.why = why
		close(c.off)
	})
	c.ws.SetReadDeadline(time.Now())
}

// goAway lets the reader finish what it is storing and ends it before the next message.
func (c *conn) goAway() {
	c.leaving.Store(true)
	c.ws.SetReadDeadline(time.Now())
}

// lingerBytes is what is read and thrown away after our close frame: closing a TCP socket
// with unread bytes resets it, and the other side would never see why.
const lingerBytes = 4 << 20

func (c *conn) close(no *refusal) {
	code, reason := websocket.CloseNormalClosure, ""
	if no != nil {
		code, reason = no.close, cutReason(no.reason)
	}
	err := c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(WriteTimeout))
	if err != nil || no == nil {
		return
	}
	raw := c.ws.NetConn()
	raw.SetReadDeadline(time.Now().Add(2 * time.Second))
	io.CopyN(io.Discard, raw, lingerBytes)
}
