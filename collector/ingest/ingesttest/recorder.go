// Package ingesttest is a recorder for tests: it seals segments and speaks the upload
// protocol, and can be told to speak it wrongly.
package ingesttest

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/wasm/wire/seal"

	"github.com/gorilla/websocket"
)

// View is one page view with all its sealed segments.
type View struct {
	t          testing.TB
	Site       string
	Session    string
	ID         string
	Tab        string
	Secret     []byte
	ContentKey []byte
	Envelope   []byte
	Sealed     [][]byte
}

// NewID makes a random id.
func NewID() string {
	b := make([]byte, 16)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// NewView starts a page view of a new session, sealed to the site's public key.
func NewView(t testing.TB, site string, public []byte) *View {
	t.Helper()
	v := &View{t: t, Site: site, Session: NewID(), ID: NewID(), Tab: NewID(), Secret: make([]byte, 16), ContentKey: seal.NewContentKey()}
	rand.Read(v.Secret)
	var err error
	if v.Envelope, err = seal.SealEnvelope(public, site, v.Session, v.ID, v.ContentKey); err != nil {
		t.Fatalf("seal envelope: %v", err)
	}
	return v
}

// Add seals one more segment.
func (v *View) Add(plain []byte) {
	v.t.Helper()
	h := seal.Header{Number: uint32(len(v.Sealed)), Epoch: 1}
	hex.Decode(h.PageView[:], []byte(v.ID))
	if n := len(v.Sealed); n > 0 {
		h.PrevHash = sha256.Sum256(v.Sealed[n-1])
	}
	b, err := seal.SealSegment(v.ContentKey, h, plain)
	if err != nil {
		v.t.Fatalf("seal segment: %v", err)
	}
	v.Sealed = append(v.Sealed, b)
}

// Hello is the hello of these page views.
func Hello(views ...*View) []byte {
	type object = map[string]any
	var sessions []object
	for _, v := range views {
		sessions = append(sessions, object{"session": v.Session, "tab": v.Tab, "visitorTag": "", "consentVersion": "", "sampled": true,
			"pageViews": []object{{"id": v.ID, "secret": base64.RawURLEncoding.EncodeToString(v.Secret),
				"envelope": base64.RawURLEncoding.EncodeToString(v.Envelope), "nextNumber": len(v.Sealed)}}})
	}
	b, err := json.Marshal(object{"v": 1, "site": views[0].Site, "sessions": sessions})
	if err != nil {
		panic(err) // text and numbers
	}
	return b
}

// Frame is one frame with the segments of these numbers, in this order.
func (v *View) Frame(numbers ...uint32) []byte {
	id, _ := hex.DecodeString(v.ID)
	b := append([]byte{1}, id...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(numbers)))
	for i, n := range numbers {
		s := v.Sealed[n]
		follows := i > 0 && numbers[i-1]+1 == n
		flag := byte(0)
		if follows {
			flag = 1
		}
		b = append(b, flag)
		b = append(b, s[20:28]...) // number, epoch
		if !follows {
			b = append(b, s[28:60]...)
		}
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)-seal.HeaderSize))
		b = append(b, s[seal.HeaderSize:]...)
	}
	return b
}

// Asset is a frame about an asset; without bytes it asks.
func (v *View) Asset(id string, sealed []byte) []byte {
	view, _ := hex.DecodeString(v.ID)
	name, _ := hex.DecodeString(id)
	return append(append(append([]byte{2}, view...), name...), sealed...)
}

// Tail is the body of a tail request.
func Tail(hello []byte, frames ...[]byte) []byte {
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(hello)))
	b = append(b, hello...)
	for _, f := range frames {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(f)))
		b = append(b, f...)
	}
	return b
}

// Message is any message of the collector.
type Message struct {
	T            string `json:"t"`
	ServerTimeMs int64  `json:"serverTimeMs"`

	SettingsVersion int64                  `json:"settingsVersion"`
	Watch           bool                   `json:"watch"`
	On              bool                   `json:"on"`
	PageViews       map[string][][2]uint32 `json:"pageViews"`
	PageView        string                 `json:"pageView"`
	Ranges          [][2]uint32            `json:"ranges"`
	Numbers         []uint32               `json:"numbers"`
	Code            string                 `json:"code"`
	Reason          string                 `json:"reason"`
	Assets          bool                   `json:"assets"`
	Asset           string                 `json:"asset"`
	State           string                 `json:"state"`
}

// Socket is an open socket.
type Socket struct {
	t testing.TB
	*websocket.Conn
}

// Dial opens a socket to a ws:// URL with an Origin.
func Dial(t testing.TB, url, origin string) *Socket {
	t.Helper()
	d := websocket.Dialer{Subprotocols: []string{ingest.Subprotocol}, HandshakeTimeout: 10 * time.Second}
	head := http.Header{}
	if origin != "" {
		head.Set("Origin", origin)
	}
	c, resp, err := d.Dial(url, head)
	if err != nil {
		status := 0
		if resp != nil {
			status = resp.StatusCode
		}
		t.Fatalf("dial %s: %v (status %d)", url, err, status)
	}
	t.Cleanup(func() { c.Close() })
	return &Socket{t, c}
}

// Text and Binary send; an error is not reported, since a test may send to a closing socket.
func (s *Socket) Text(b []byte) { s.WriteMessage(websocket.TextMessage, b) }

// Binary sends one binary message.
func (s *Socket) Binary(b []byte) { s.WriteMessage(websocket.BinaryMessage, b) }

// Next reads one message.
func (s *Socket) Next() Message {
	s.t.Helper()
	m, err := s.TryNext()
	if err != nil {
		s.t.Fatalf("read: %v", err)
	}
	return m
}

// TryNext is Next with its error.
func (s *Socket) TryNext() (m Message, err error) {
	s.SetReadDeadline(time.Now().Add(30 * time.Second))
	_, b, err := s.ReadMessage()
	if err == nil {
		err = json.Unmarshal(b, &m)
	}
	return m, err
}

// Closed reads until the socket is closed and returns code and reason.
func (s *Socket) Closed() (int, string) {
	s.t.Helper()
	for {
		if _, err := s.TryNext(); err != nil {
			if e, ok := err.(*websocket.CloseError); ok {
				return e.Code, e.Text
			}
			s.t.Fatalf("got %v, want a close frame", err)
		}
	}
}

// NewPublic is the public key of another key pair.
func NewPublic(t testing.TB) []byte {
	t.Helper()
	_, public, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	return public
}
