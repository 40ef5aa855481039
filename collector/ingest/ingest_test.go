package ingest_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

const (
	origin = "https://shop.example"
	siteID = "testsite1"
)

// bench is a collector's upload side over a real store.
type bench struct {
	t      *testing.T
	st     *store.Store
	in     *ingest.Server
	http   *httptest.Server
	public []byte
	log    *bytes.Buffer
}

func start(t *testing.T, limits ingest.Limits, cfg store.Config) *bench {
	t.Helper()
	return startPinging(t, limits, cfg, 0)
}

func startPinging(t *testing.T, limits ingest.Limits, cfg store.Config, pingEvery time.Duration) *bench {
	t.Helper()
	if cfg.Dir == "" {
		cfg.Dir = t.TempDir()
	}
	st, err := store.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, public, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	site := store.Site{ID: siteID, Key: "m." + siteID, Custody: store.Managed, Origins: []string{origin, "https://*.shop.example"}, Enabled: true,
		SealingKey: public, SettingsVersion: 7}
	if err := st.AddSite(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, st: st, public: public, log: &bytes.Buffer{}}
	b.in = ingest.New(ingest.Config{Store: st, Limits: limits, PingEvery: pingEvery, Log: slog.New(slog.NewTextHandler(&lockedWriter{w: b.log}, nil))})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/ws", b.in.Socket)
	mux.HandleFunc("/v1/tail", b.in.Tail)
	mux.HandleFunc("GET /v1/settings/{site}", b.in.Settings)
	mux.HandleFunc("/v1/erase", b.in.Erase)
	b.http = httptest.NewServer(mux)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := b.in.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
		b.http.Close()
		st.Close()
	})
	return b
}

func (b *bench) dial(origin string) *ingesttest.Socket {
	b.t.Helper()
	return ingesttest.Dial(b.t, "ws"+strings.TrimPrefix(b.http.URL, "http")+"/v1/ws", origin)
}

func (b *bench) view(segments int) *ingesttest.View {
	v := ingesttest.NewView(b.t, siteID, b.public)
	for i := range segments {
		v.Add(fmt.Appendf(nil, "plaintext %d", i))
	}
	return v
}

func (b *bench) stored(session string) (out [][]byte) {
	b.t.Helper()
	for g, err := range b.st.Segments(b.t.Context(), session) {
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, g.Sealed)
	}
	return out
}

func TestSegmentsAreAcknowledgedAndStoredByteForByte(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(6)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	w := s.Next()
	if w.T != "welcome" || len(w.PageViews[v.ID]) != 0 || time.Since(time.UnixMilli(w.ServerTimeMs)).Abs() > time.Minute {
		t.Fatalf("got %+v, want a welcome with nothing durable and the time", w)
	}
	s.Binary(v.Frame(0, 1, 2))
	if m := s.Next(); m.T != "ack" || m.PageView != v.ID || !slices.Equal(m.Ranges, [][2]uint32{{0, 2}}) {
		t.Errorf("got %+v, want ack 0-2", m)
	}
	s.Binary(v.Frame(5)) // out of order, with a gap
	if m := s.Next(); !slices.Equal(m.Ranges, [][2]uint32{{5, 5}}) {
		t.Errorf("got %+v, want ack 5", m)
	}
	s.Binary(v.Frame(1, 2, 3)) // repeats and one that is new
	if m := s.Next(); !slices.Equal(m.Ranges, [][2]uint32{{1, 3}}) {
		t.Errorf("got %+v, want ack 1-3", m)
	}
	again := b.dial("https://m.shop.example")
	again.Text(ingesttest.Hello(v))
	if m := again.Next(); !slices.Equal(m.PageViews[v.ID], [][2]uint32{{0, 3}, {5, 5}}) {
		t.Errorf("second socket: got %+v, want that 0-3 and 5 are durable", m)
	}
	again.Binary(v.Frame(4))
	again.Next()
	got := b.stored(v.Session)
	if !slices.EqualFunc(got, v.Sealed, bytes.Equal) {
		t.Fatalf("got %d stored segments that differ from the %d sealed ones", len(got), len(v.Sealed))
	}
	for i, g := range got {
		if plain, _, err := seal.OpenSegment(v.ContentKey, g); err != nil || string(plain) != fmt.Sprintf("plaintext %d", i) {
			t.Errorf("segment %d: %v", i, err)
		}
	}
}

// Each refusal closes with its code and a reason that fits, stores nothing, and is counted.
func TestSocketRefuses(t *testing.T) {
	replace := func(b []byte, old, new string) []byte {
		if !bytes.Contains(b, []byte(old)) {
			panic("test: " + old + " is not in the hello")
		}
		return bytes.Replace(b, []byte(old), []byte(new), 1)
	}
	cases := []struct {
		name, origin string
		limits       ingest.Limits
		say          func(b *bench, s *ingesttest.Socket, v *ingesttest.View)
		close        int
		code         string
		counted      string // site of the count
	}{
		{"an unknown site", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(replace(ingesttest.Hello(v), siteID, "nosuchsite"))
		}, ingest.CloseUnknownSite, ingest.CodeUnknownSite, ""},
		{"a site key that is none", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(replace(ingesttest.Hello(v), siteID, "No Site"))
		}, ingest.CloseUnknownSite, ingest.CodeUnknownSite, ""},
		{"an origin that is not listed", "https://evil.example", ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOrigin, ingest.CodeOrigin, siteID},
		{"an origin that only ends like a listed one", "https://evilshop.example", ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOrigin, ingest.CodeOrigin, siteID},
		{"the listed host with another scheme", "http://shop.example", ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOrigin, ingest.CodeOrigin, siteID},
		{"an origin of 4000 bytes", "https://" + strings.Repeat("long.", 800) + "example", ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOrigin, ingest.CodeOrigin, siteID},
		{"no origin", "", ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOrigin, ingest.CodeOrigin, siteID},
		{"a site that is switched off", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			b.disable()
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseDisabled, ingest.CodeDisabled, siteID},
		{"a site that is switched off while it records", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			s.Next()
			b.disable()
			if m := s.Next(); m.T != "stop" || m.Reason == "" {
				b.t.Errorf("got %+v, want stop with a reason", m)
			}
		}, ingest.CloseDisabled, "", siteID},
		{"a hello that is no JSON", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text([]byte("hello?"))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a hello of another version", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(replace(ingesttest.Hello(v), `"v":1`, `"v":2`))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a hello without page view", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text([]byte(`{"v":1,"site":"` + siteID + `","sessions":[]}`))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a hello with a short write secret", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			v.Secret = v.Secret[:15]
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a hello with an id in capitals", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			v.ID = strings.ToUpper(v.ID[:31]) + "A"
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a hello of one byte too many", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(bytes.Repeat([]byte(" "), ingest.MaxHelloBytes+1))
		}, ingest.CloseTooLarge, ingest.CodeTooLarge, ""},
		{"a second hello for another site", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			s.Next()
			s.Text(replace(ingesttest.Hello(v), siteID, "othersite"))
		}, ingest.CloseHello, ingest.CodeHello, siteID},
		{"a frame before the hello", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Binary(v.Frame(0))
		}, ingest.CloseHello, ingest.CodeHello, ""},
		{"a frame of one byte too many", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			s.Next()
			s.Binary(make([]byte, ingest.MaxFrameBytes+1))
		}, ingest.CloseTooLarge, ingest.CodeTooLarge, siteID},
		{"a truncated frame", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			s.Next()
			f := v.Frame(0)
			s.Binary(f[:len(f)-1])
		}, ingest.CloseFrame, ingest.CodeFrame, siteID},
		{"more messages than the rate allows", origin, ingest.Limits{MessagesPerSecond: 1}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			for range 40 {
				s.Binary(v.Frame(0))
			}
		}, ingest.CloseRate, ingest.CodeRate, siteID},
		{"more memory than all messages may have", origin, ingest.Limits{MemoryBytes: 64 << 10}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			s.Text(ingesttest.Hello(v))
			s.Next()
			s.Binary(make([]byte, 200<<10))
		}, ingest.CloseBusy, ingest.CodeBusy, siteID},
		{"more sockets than a site may have", origin, ingest.Limits{SocketsPerSite: 1}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			first := b.dial(origin)
			first.Text(ingesttest.Hello(b.view(1)))
			first.Next()
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseBusy, ingest.CodeBusy, siteID},
		{"a page view of another writer", origin, ingest.Limits{}, func(b *bench, s *ingesttest.Socket, v *ingesttest.View) {
			first := b.dial(origin)
			first.Text(ingesttest.Hello(v))
			first.Next()
			v.Secret = bytes.Repeat([]byte{1}, 16)
			s.Text(ingesttest.Hello(v))
		}, ingest.CloseOtherWriter, ingest.CodeOtherWriter, siteID},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := start(t, c.limits, store.Config{})
			v := b.view(2)
			s := b.dial(c.origin)
			c.say(b, s, v)
			code, reason := s.Closed()
			if code != c.close {
				t.Errorf("close code: got %d (%s), want %d", code, reason, c.close)
			}
			if len(reason) == 0 || len(reason) > 123 {
				t.Errorf("reason of %d bytes, want 1 to 123: %s", len(reason), reason)
			}
			for _, says := range map[int][]string{
				ingest.CloseUnknownSite: {"no site has this key", "copy the script tag"},
				ingest.CloseOrigin:      {"is not listed", "collector site set ", " --add-origin"},
				ingest.CloseDisabled:    {"switched off", "site set " + siteID + " --enabled"},
				ingest.CloseTooLarge:    {"more than", "smaller"},
				ingest.CloseRate:        {"too many", "wait"},
				ingest.CloseBusy:        {"as it takes", "come again later"},
				ingest.CloseOtherWriter: {"another writer", "new page view"},
				ingest.CloseHello:       {"hello: ", ";"},
				ingest.CloseFrame:       {"frame: ", "UPLOAD.md"},
			}[c.close] {
				if !strings.Contains(reason, says) {
					t.Errorf("reason %q, want %q in it", reason, says)
				}
			}
			if list, err := b.st.Sessions(t.Context(), store.SessionFilter{}); err != nil || len(list) != 0 && c.code != ingest.CodeRate {
				t.Errorf("stored: got %v, %v, want nothing", list, err)
			}
			if c.code != "" {
				b.wantCount(c.counted, c.code)
			}
		})
	}
}

func (b *bench) wantCount(site, code string) {
	b.t.Helper()
	counts, err := b.st.Refusals(b.t.Context(), site)
	if err != nil {
		b.t.Fatal(err)
	}
	if !slices.ContainsFunc(counts, func(c store.RefusalCount) bool { return c.Code == code && c.Count > 0 }) {
		b.t.Errorf("health of site %q: got %+v, want a count of %s", site, counts, code)
	}
}

// What is wrong with one page view or segment is answered and leaves the socket open.
func TestSegmentsRefusedOneByOne(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(3)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	s.Binary(v.Frame(0))
	s.Next()

	t.Run("other bytes under a durable number", func(t *testing.T) {
		other := *v
		other.Sealed = nil
		other.Add([]byte("another content"))
		s.Binary(other.Frame(0))
		if m := s.Next(); m.T != "refused" || m.Code != store.RefusedConflict || !slices.Equal(m.Numbers, []uint32{0}) {
			t.Errorf("got %+v, want refused conflict 0", m)
		}
		b.wantCount(siteID, store.RefusedConflict)
	})
	t.Run("a page view that no hello named", func(t *testing.T) {
		s.Binary(b.view(2).Frame(0, 1))
		if m := s.Next(); m.Code != store.RefusedUnknown || !slices.Equal(m.Numbers, []uint32{0, 1}) {
			t.Errorf("got %+v, want refused unknown 0, 1", m)
		}
	})
	t.Run("an envelope for another key beside a good page view", func(t *testing.T) {
		_, stranger, err := seal.NewSiteKey()
		if err != nil {
			t.Fatal(err)
		}
		bad, good := ingesttest.NewView(t, siteID, stranger), b.view(1)
		bad.Add([]byte("x"))
		s.Text(ingesttest.Hello(bad, good))
		if m := s.Next(); m.T != "welcome" || m.PageViews[good.ID] == nil || m.PageViews[bad.ID] != nil {
			t.Errorf("got %+v, want a welcome for the good one alone", m)
		}
		if m := s.Next(); m.Code != ingest.CodeWrongKey || m.PageView != bad.ID || len(m.Numbers) != 0 {
			t.Errorf("got %+v, want refused wrong-key", m)
		}
		s.Binary(bad.Frame(0))
		if m := s.Next(); m.Code != ingest.CodeWrongKey || !slices.Equal(m.Numbers, []uint32{0}) {
			t.Errorf("got %+v, want its segment refused for the same reason", m)
		}
	})
	t.Run("a deleted session", func(t *testing.T) {
		if _, err := b.st.EraseSession(t.Context(), v.Session, "test"); err != nil {
			t.Fatal(err)
		}
		s.Binary(v.Frame(1))
		if m := s.Next(); m.Code != store.RefusedDeleted || !slices.Equal(m.Numbers, []uint32{1}) {
			t.Errorf("got %+v, want refused deleted 1", m)
		}
	})
	t.Run("and the socket still works", func(t *testing.T) {
		good := b.view(1)
		s.Text(ingesttest.Hello(good))
		s.Next()
		s.Binary(good.Frame(0))
		if m := s.Next(); m.T != "ack" {
			t.Errorf("got %+v, want ack", m)
		}
	})
}

func TestSilentSocketIsClosed(t *testing.T) {
	b := startPinging(t, ingest.Limits{}, store.Config{}, 100*time.Millisecond)
	for _, c := range []struct {
		name    string
		answers bool // pings, by reading
	}{{"that answers pings stays", true}, {"that answers nothing goes", false}} {
		t.Run(c.name, func(t *testing.T) {
			s := b.dial(origin)
			s.Text(ingesttest.Hello(b.view(1)))
			s.Next()
			ended := make(chan error, 1)
			go func() {
				var err error
				if c.answers {
					_, _, err = s.ReadMessage()
				} else {
					_, err = io.Copy(io.Discard, s.NetConn())
				}
				ended <- err
			}()
			if !c.answers {
				if err := <-ended; err != nil {
					t.Errorf("got %v, want the end of the connection", err)
				}
				return
			}
			select {
			case err := <-ended:
				t.Errorf("closed: %v", err)
			case <-time.After(time.Second):
			}
		})
	}
}

func TestNewPageViewsOfOneAddressAreLimited(t *testing.T) {
	b := start(t, ingest.Limits{PageViewsPerMinute: 3}, store.Config{})
	s := b.dial(origin)
	for n := range 3 {
		v := b.view(0)
		for range 3 { // known ones are not counted
			s.Text(ingesttest.Hello(v))
			if m := s.Next(); m.T != "welcome" {
				t.Fatalf("page view %d: got %+v, want a welcome", n, m)
			}
		}
	}
	s.Text(ingesttest.Hello(b.view(0)))
	if code, _ := s.Closed(); code != 1013 {
		t.Errorf("one more: got close code %d, want 1013", code)
	}
	resp, err := http.Post(b.http.URL+"/v1/tail", "text/plain", bytes.NewReader(ingesttest.Tail(ingesttest.Hello(b.view(0)))))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		t.Error("one more by a tail was taken")
	}
}

// The owner rotates the key while visitors record: their page views go on under the envelope
// that is stored, also over a new socket.
func TestNewSealingKeyKeepsLiveRecordings(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(2)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	s.Binary(v.Frame(0))
	s.Next()
	site, err := b.st.Site(t.Context(), siteID)
	if err != nil {
		t.Fatal(err)
	}
	if _, site.SealingKey, err = seal.NewSiteKey(); err != nil {
		t.Fatal(err)
	}
	site.SettingsVersion++
	if err := b.st.SaveSite(t.Context(), site); err != nil {
		t.Fatal(err)
	}
	b.in.SiteChanged(siteID)
	s = b.dial(origin)
	s.Text(ingesttest.Hello(v))
	if m := s.Next(); m.T != "welcome" || !slices.Equal(m.PageViews[v.ID], [][2]uint32{{0, 0}}) {
		t.Fatalf("hello again: got %+v, want a welcome with segment 0 durable", m)
	}
	s.Binary(v.Frame(1))
	if m := s.Next(); m.T != "ack" {
		t.Errorf("got %+v, want ack", m)
	}
	s.Text(ingesttest.Hello(b.view(0)))
	s.Next()
	if m := s.Next(); m.Code != ingest.CodeWrongKey {
		t.Errorf("a new page view under the old key: got %+v, want wrong-key", m)
	}
	if env, err := b.st.Envelopes(t.Context(), v.Session); err != nil || !bytes.Equal(env[v.ID], v.Envelope) {
		t.Errorf("stored envelope: %v, want that of the first hello", err)
	}
}

func TestFullStorageClosesAndKeepsWhatWasAcknowledged(t *testing.T) {
	b := start(t, ingest.Limits{MessagesPerSecond: 1000}, store.Config{JournalMaxBytes: 64 << 10})
	v := ingesttest.NewView(t, siteID, b.public)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	acked := 0
	for {
		v.Add(make([]byte, 4000))
		s.Binary(v.Frame(uint32(len(v.Sealed) - 1)))
		m, err := s.TryNext()
		if err != nil {
			break
		}
		if m.T != "ack" {
			t.Fatalf("got %+v, want ack", m)
		}
		acked++
	}
	b.wantCount(siteID, ingest.CodeFull)
	again := b.dial(origin)
	again.Text(ingesttest.Hello(v))
	if m := again.Next(); !slices.Equal(m.PageViews[v.ID], [][2]uint32{{0, uint32(acked - 1)}}) {
		t.Errorf("got %+v, want that the %d acknowledged are durable", m, acked)
	}
	again.Binary(v.Frame(uint32(acked)))
	if code, reason := again.Closed(); code != ingest.CloseFull || !strings.Contains(reason, "full") || !strings.Contains(reason, "keep the outbox") {
		t.Errorf("got %d %q, want %d", code, reason, ingest.CloseFull)
	}
	if log := b.log.String(); !strings.Contains(log, "storage is full") || !strings.Contains(log, "hint=") || !strings.Contains(log, "--journal-max-mib") {
		t.Errorf("the log does not say what is full and what to do:\n%s", log)
	}
	if got := b.stored(v.Session); len(got) != acked {
		t.Errorf("stored: got %d, want the %d acknowledged", len(got), acked)
	}
}

func TestTail(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(4)
	hello := ingesttest.Hello(v)
	cases := []struct {
		name, origin string
		body         []byte
		status       int
		want         string // in the body
	}{
		{"two frames are acknowledged", origin, ingesttest.Tail(hello, v.Frame(0, 1), v.Frame(2)), 200, `"ranges":[[0,1]]},{"t":"ack"`},
		{"repeats are acknowledged", origin, ingesttest.Tail(hello, v.Frame(0, 1, 2)), 200, `"ranges":[[0,2]]`},
		{"a second frame that is cut short leaves the first acknowledged", origin, func() []byte { b := ingesttest.Tail(hello, v.Frame(3), v.Frame(0)); return b[:len(b)-1] }(), 200, `"ranges":[[3,3]]`},
		{"a hello alone is answered", origin, ingesttest.Tail(hello), 200, `"acks":[]`},
		{"an origin that is not listed", "https://evil.example", ingesttest.Tail(hello, v.Frame(0)), 403, `"code":"origin"`},
		{"a body that is cut in the hello", origin, ingesttest.Tail(hello)[:20], 400, `"code":"hello"`},
		{"an empty body", origin, nil, 400, `"code":"hello"`},
		{"a frame that is none", origin, ingesttest.Tail(hello, []byte("no frame")), 400, `"code":"frame"`},
		{"a length of 2^32-1", origin, binary.LittleEndian.AppendUint32(nil, 1<<32-1), 400, `"code":"hello"`},
		{"a body of one byte too many", origin, make([]byte, ingest.MaxTailBytes+1), 413, `"code":"too-large"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, _ := http.NewRequest(http.MethodPost, b.http.URL+"/v1/tail", bytes.NewReader(c.body))
			r.Header.Set("Origin", c.origin)
			r.Header.Set("Content-Type", "text/plain")
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			text, _ := io.ReadAll(resp.Body)
			if resp.StatusCode != c.status || !strings.Contains(string(text), c.want) {
				t.Errorf("got %d %s, want %d with %s", resp.StatusCode, text, c.status, c.want)
			}
			if got := resp.Header.Get("Access-Control-Allow-Origin"); got != "*" && got != c.origin {
				t.Errorf("Access-Control-Allow-Origin: got %q, so the page cannot read the answer", got)
			}
			if resp.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("credentials are allowed")
			}
		})
	}
	if got := b.stored(v.Session); !slices.EqualFunc(got, v.Sealed, bytes.Equal) {
		t.Errorf("got %d stored segments, want the %d sealed ones", len(got), len(v.Sealed))
	}
}

func TestWatchersAreToldToTheRecorder(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(1)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	if m := s.Next(); m.Watch {
		t.Errorf("got %+v, want that nobody watches", m)
	}
	_, cancel := b.st.Watch(t.Context(), v.Session)
	defer cancel()
	if m := s.Next(); m.T != "watch" || !m.On {
		t.Errorf("got %+v, want watch on", m)
	}
	late := b.dial(origin)
	late.Text(ingesttest.Hello(v))
	if m := late.Next(); !m.Watch {
		t.Errorf("got %+v, want a welcome that says that somebody watches", m)
	}
}

func TestStoppingTellsEverySocketAndLosesNothing(t *testing.T) {
	b := start(t, ingest.Limits{MessagesPerSecond: 1000}, store.Config{})
	v := b.view(50)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	for n := range v.Sealed {
		s.Binary(v.Frame(uint32(n)))
	}
	s.Next() // it is at work
	if err := b.in.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	var acked []uint32
	code := 0
	for {
		m, err := s.TryNext()
		if err != nil {
			if e, ok := err.(interface{ Error() string }); ok && strings.Contains(e.Error(), "1001") {
				code = 1001
			}
			break
		}
		acked = append(acked, m.Ranges[0][0])
	}
	if code != ingest.CloseGoingAway {
		t.Errorf("got close code %d, want 1001", code)
	}
	if got := b.stored(v.Session); len(got) < len(acked)+1 {
		t.Errorf("stored: got %d, want at least the %d acknowledged", len(got), len(acked)+1)
	}
}

// Content, addresses and secrets stay out of the log, whatever happens.
func TestLogHoldsNothingOfTheVisitor(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{JournalMaxBytes: 64 << 10})
	v := ingesttest.NewView(t, siteID, b.public)
	v.Add(bytes.Repeat([]byte("canary"), 12000))
	hello := helloWith(t, v, map[string]any{"visitorTag": visitorTagVector}, nil)
	s := b.dial(origin)
	s.Text(hello)
	s.Next()
	s.Binary(v.Frame(0)) // full
	s.Closed()
	bad := b.dial("https://secret-origin.example")
	bad.Text(hello)
	bad.Closed()
	wrong := b.dial(origin)
	wrong.Text(bytes.Replace(hello, []byte(visitorTagVector), []byte(visitorTagVector+"?"), 1))
	wrong.Closed()
	erase := fmt.Sprintf(`{"v":1,"site":%q,"keys":[%q]}`, siteID, visitorKey)
	b.erase("https://secret-origin.example", erase)
	b.erase(origin, erase+"x")
	b.erase(origin, erase)
	b.st.Close()
	if status, _ := b.erase(origin, erase); status/100 != 5 {
		t.Errorf("erase without a store: %d", status)
	}
	text := b.log.String()
	if text == "" {
		t.Fatal("nothing was logged, so the test shows nothing")
	}
	for _, never := range []string{"canary", "127.0.0.1", "secret-origin", v.ID, visitorKey, visitorTagVector,
		string(v.Secret), hex.EncodeToString(v.Secret), base64.RawURLEncoding.EncodeToString(v.Secret)} {
		if strings.Contains(text, never) {
			t.Errorf("the log holds %q:\n%s", never, text)
		}
	}
}
