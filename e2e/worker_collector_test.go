package e2e

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/base64"
	le "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// uploads is a collector for tests: the upload protocol and nothing else, in memory, with
// knobs for what goes wrong. Segments are kept as the whole sealed bytes.
type uploads struct {
	t    *testing.T
	addr string

	mu       sync.Mutex
	views    map[string]*uploadedView
	conns    map[*websocket.Conn]string // open sockets, with the page view that said hello first
	hellos   []uploadHello
	frames   int // binary messages
	tails    int // HTTP tails
	sessions int // sockets accepted
	server   *http.Server

	// Knobs; each may be changed under mu at any time.
	mute      bool                                                              // store nothing, answer nothing to frames
	deaf      bool                                                              // store, but do not acknowledge
	readLimit int64                                                             // largest message
	resets    bool                                                              // a message beyond readLimit resets the connection, as it is easily done
	onHello   func(c *websocket.Conn, n int) bool                               // n-th hello (from 1); false: not answered
	onFrame   func(c *websocket.Conn, view string, segs []uploadedSegment) bool // false: neither stored nor answered
	noTail    bool                                                              // the tail endpoint answers 503
	watch     bool
}

type uploadHello struct {
	V        int              `json:"v"`
	Site     string           `json:"site"`
	Sessions []helloSessionOf `json:"sessions"`
	Counts   map[string]int   `json:"counts"`
}

type helloSessionOf struct {
	Session, Tab, VisitorTag, ConsentVersion string
	Sampled                                  bool
	PageViews                                []struct {
		ID, Secret, Envelope string
		NextNumber           uint32
	}
}

type uploadedView struct {
	session, secret string
	envelope        []byte
	segs            map[uint32][]byte
	repeats         int // equal bytes came again
	conflicts       int // other bytes came under a known number
}

type uploadedSegment struct {
	number, epoch uint32
	sealed        []byte
}

func newUploads(t *testing.T) *uploads {
	t.Helper()
	u := &uploads{t: t, addr: freeAddr(t), views: map[string]*uploadedView{}, conns: map[*websocket.Conn]string{}, readLimit: 512 << 10}
	u.start()
	t.Cleanup(u.kill)
	return u
}

func (u *uploads) url() string { return "http://" + u.addr }

// start listens, again on the same address after kill; what was stored is still there.
func (u *uploads) start() {
	u.t.Helper()
	l, err := net.Listen("tcp", u.addr)
	for try := 0; err != nil && u.server == nil && try < 5; try++ { // somebody else was faster
		u.addr = freeAddr(u.t)
		l, err = net.Listen("tcp", u.addr)
	}
	if err != nil {
		u.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/v1/ws", u.serveSocket)
	mux.HandleFunc("/v1/tail", u.serveTail)
	mux.HandleFunc("/pre/fix/s", u.serveSocket) // names that a site chose
	mux.HandleFunc("/pre/fix/t", u.serveTail)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: patience}
	u.mu.Lock()
	u.server = server
	u.mu.Unlock()
	go func() { _ = server.Serve(l) }()
}

// kill ends the listener and all connections without a word, as kill -9 does.
func (u *uploads) kill() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.server != nil {
		_ = u.server.Close()
		u.server = nil
	}
	for c := range u.conns {
		_ = c.NetConn().Close()
	}
}

// set changes knobs.
func (u *uploads) set(f func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	f()
}

// look reads a value under the lock.
func look[T any](u *uploads, f func() T) T {
	u.mu.Lock()
	defer u.mu.Unlock()
	return f()
}

// drop closes every open socket with a code.
func (u *uploads) drop(code int, reason string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		_ = c.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(time.Second))
		_ = c.NetConn().Close()
	}
}

// say sends a message on every open socket.
func (u *uploads) say(message any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for c := range u.conns {
		_ = c.WriteJSON(message)
	}
}

func (u *uploads) serveSocket(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }, Subprotocols: []string{"afterimage.v1"}}
	c, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	u.mu.Lock()
	u.conns[c] = ""
	u.sessions++
	c.SetReadLimit(u.readLimit)
	u.mu.Unlock()
	defer func() {
		u.mu.Lock()
		delete(u.conns, c)
		u.mu.Unlock()
		_ = c.Close()
	}()
	for {
		kind, message, err := c.ReadMessage()
		if errors.Is(err, websocket.ErrReadLimit) && !look(u, func() bool { return u.resets }) {
			// Closing with unread bytes resets the connection, and the close frame is lost.
			_ = c.NetConn().SetReadDeadline(time.Now().Add(time.Second))
			_, _ = io.Copy(io.Discard, c.NetConn())
		}
		if err != nil {
			return
		}
		u.mu.Lock()
		if kind == websocket.TextMessage {
			err = u.hello(c, message)
		} else {
			err = u.frame(c, message)
		}
		u.mu.Unlock()
		if gone := (*net.OpError)(nil); errors.As(err, &gone) || errors.Is(err, websocket.ErrCloseSent) {
			return // the page went before it was answered
		}
		if err != nil {
			u.t.Errorf("the worker sent what the protocol does not know: %v", err)
			return
		}
	}
}

// hello admits page views; called under mu.
func (u *uploads) hello(c *websocket.Conn, message []byte) error {
	h, err := u.admit(message)
	if err != nil {
		return err
	}
	u.hellos = append(u.hellos, h)
	if u.conns[c] == "" {
		u.conns[c] = h.Sessions[0].PageViews[0].ID
	}
	if u.onHello != nil && !u.onHello(c, len(u.hellos)) {
		return nil
	}
	durable := map[string][][2]uint32{}
	for _, s := range h.Sessions {
		for _, pv := range s.PageViews {
			durable[pv.ID] = u.durable(pv.ID)
		}
	}
	return c.WriteJSON(map[string]any{"t": "welcome", "serverTimeMs": time.Now().UnixMilli(), "settingsVersion": 1, "watch": u.watch, "pageViews": durable})
}

func (u *uploads) admit(message []byte) (h uploadHello, err error) {
	if err := json.Unmarshal(message, &h); err != nil {
		return h, err
	}
	if h.V != 1 || h.Site != workerSite || len(h.Sessions) == 0 {
		return h, fmt.Errorf("hello %s", message)
	}
	for _, s := range h.Sessions {
		for _, pv := range s.PageViews {
			envelope, err := base64.RawURLEncoding.DecodeString(pv.Envelope)
			if err != nil || len(envelope) != 106 || len(pv.Secret) != 22 || len(pv.ID) != 32 {
				return h, fmt.Errorf("hello with page view %+v (%v)", pv, err)
			}
			known := u.views[pv.ID]
			if known == nil {
				u.views[pv.ID] = &uploadedView{session: s.Session, secret: pv.Secret, envelope: envelope, segs: map[uint32][]byte{}}
			} else if known.secret != pv.Secret || !bytes.Equal(known.envelope, envelope) {
				return h, fmt.Errorf("page view %s came with another secret or envelope", pv.ID)
			}
		}
	}
	return h, nil
}

func (u *uploads) durable(view string) [][2]uint32 {
	ranges := [][2]uint32{}
	for _, n := range u.views[view].numbers() {
		if last := len(ranges) - 1; last >= 0 && ranges[last][1]+1 == n {
			ranges[last][1] = n
		} else {
			ranges = append(ranges, [2]uint32{n, n})
		}
	}
	return ranges
}

func (v *uploadedView) numbers() (list []uint32) {
	for n := range v.segs {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

func (u *uploads) frame(c *websocket.Conn, message []byte) error {
	view, segs, err := readFrame(message)
	if err != nil {
		return err
	}
	u.frames++
	if u.mute || u.onFrame != nil && !u.onFrame(c, view, segs) {
		return nil
	}
	ack, err := u.store(view, segs)
	if err != nil || u.deaf {
		return err
	}
	return c.WriteJSON(ack)
}

func (u *uploads) store(view string, segs []uploadedSegment) (ack map[string]any, err error) {
	v := u.views[view]
	if v == nil {
		return nil, fmt.Errorf("frame of page view %s before its hello", view)
	}
	ranges := [][2]uint32{}
	for _, s := range segs {
		if known, ok := v.segs[s.number]; !ok {
			v.segs[s.number] = s.sealed
		} else if bytes.Equal(known, s.sealed) {
			v.repeats++
		} else {
			v.conflicts++
		}
		ranges = append(ranges, [2]uint32{s.number, s.number})
	}
	return map[string]any{"t": "ack", "pageView": view, "ranges": ranges}, nil
}

// readFrame is written from the protocol's document, not from the worker's code.
func readFrame(b []byte) (view string, segs []uploadedSegment, err error) {
	if len(b) < 19 || b[0] != 1 {
		return "", nil, errors.New("frame: wrong head")
	}
	id := b[1:17]
	count := int(le.LittleEndian.Uint16(b[17:]))
	b = b[19:]
	take := func(n int) []byte {
		if len(b) < n {
			err = errors.New("frame: truncated")
			return make([]byte, n)
		}
		part := b[:n]
		b = b[n:]
		return part
	}
	var before []byte
	for range count {
		head := take(9)
		s := uploadedSegment{number: le.LittleEndian.Uint32(head[1:]), epoch: le.LittleEndian.Uint32(head[5:])}
		var prev []byte
		switch {
		case head[0]&1 == 0:
			prev = take(32)
		case before != nil:
			sum := sha256.Sum256(before)
			prev = sum[:]
		default:
			return "", nil, errors.New("frame: the first segment says that one stands before it")
		}
		size := le.LittleEndian.Uint32(take(4))
		if int(size) > len(b) {
			return "", nil, errors.New("frame: truncated ciphertext")
		}
		s.sealed = slices.Concat([]byte{'A', 'S', 1, 0}, id, head[1:5], head[5:9], prev, take(int(size)))
		before = s.sealed
		segs = append(segs, s)
	}
	if err == nil && len(b) != 0 {
		err = errors.New("frame: bytes after the last segment")
	}
	return hex.EncodeToString(id), segs, err
}

func (u *uploads) serveTail(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.tails++
	if u.noTail || u.mute {
		http.Error(w, "no", http.StatusServiceUnavailable)
		return
	}
	if len(body) > 60<<10 || r.Header.Get("Cookie") != "" || r.Header.Get("Referer") != "" || r.Header.Get("Content-Type") != "text/plain" {
		u.t.Errorf("tail of %d bytes with header %v", len(body), r.Header)
	}
	take := func() []byte {
		if len(body) < 4 || len(body)-4 < int(le.LittleEndian.Uint32(body)) {
			u.t.Errorf("tail: truncated")
			return nil
		}
		part := body[4 : 4+le.LittleEndian.Uint32(body)]
		body = body[4+len(part):]
		return part
	}
	if _, err := u.admit(take()); err != nil {
		u.t.Errorf("tail: %v", err)
		return
	}
	acks := []any{}
	for len(body) > 0 {
		view, segs, err := readFrame(take())
		if err != nil {
			u.t.Errorf("tail: %v", err)
			return
		}
		ack, err := u.store(view, segs)
		if err != nil {
			u.t.Errorf("tail: %v", err)
			return
		}
		acks = append(acks, ack)
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"acks": acks, "refused": []any{}})
}

// plain opens every segment of a page view with the site's key, checks numbers, epochs and
// the chain of hashes, and returns the plaintexts by number.
func (u *uploads) plain(keys siteKeys, view string) (list [][]byte) {
	u.t.Helper()
	u.mu.Lock()
	defer u.mu.Unlock()
	v := u.views[view]
	if v == nil {
		return nil
	}
	id, _ := hex.DecodeString(view)
	session, _ := hex.DecodeString(v.session)
	keyID := sha256.Sum256(keys.public)
	info := slices.Concat([]byte("afterimage envelope v1\x00"), []byte{byte(len(workerSite))}, []byte(workerSite), session, id, keyID[:8])
	if v.envelope[0] != 1 || !bytes.Equal(v.envelope[1:9], keyID[:8]) {
		u.t.Fatalf("envelope of %s names version %d, key %x", view, v.envelope[0], v.envelope[1:9])
	}
	contentKey, err := hpke.Open(keys.private, hpke.HKDFSHA256(), hpke.AES128GCM(), info, v.envelope[9:])
	if err != nil {
		u.t.Fatalf("open the envelope of %s: %v", view, err)
	}
	block, err := aes.NewCipher(contentKey)
	if err != nil {
		u.t.Fatal(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		u.t.Fatal(err)
	}
	prev := make([]byte, 32)
	next := uint32(0)
	for _, n := range v.numbers() {
		sealed := v.segs[n]
		header := sealed[:60]
		if n == next && !bytes.Equal(header[28:60], prev) {
			u.t.Errorf("segment %d of %s does not name the hash of segment %d", n, view, int(n)-1)
		}
		nonce := le.BigEndian.AppendUint32(make([]byte, 8), n)
		text, err := aead.Open(nil, nonce, sealed[60:], header)
		if err != nil {
			u.t.Fatalf("open segment %d of %s: %v", n, view, err)
		}
		list = append(list, text)
		sum := sha256.Sum256(sealed)
		prev, next = sum[:], n+1
	}
	return list
}
