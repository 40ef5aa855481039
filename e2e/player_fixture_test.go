package e2e

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base64"
	le "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"afterimage/replay/web"
	"afterimage/wasm/view/oplist"
	"afterimage/wasm/wire"
)

// A recording made by hand, and a server of it: the player's tests need neither recorder
// nor collector.

const (
	fixtureSession = "5e5510000000000000000000000000aa"
	fixtureSite    = "shopdemo"
	fixtureStartMs = int64(1_790_000_000_000)
)

// fixturePage is one page view being written.
type fixturePage struct {
	id       string
	key      [16]byte
	enc      wire.Encoder
	epoch    uint32
	number   uint32
	nextID   uint32
	last     map[uint32]uint32 // last child by parent
	ids      map[string]uint32 // by id attribute
	atMs     int64
	prevHash [32]byte
	segments [][]byte
}

func newFixturePage(n byte) *fixturePage {
	p := &fixturePage{id: strings.Repeat("0", 30) + hex.EncodeToString([]byte{n})}
	p.key[0], p.key[15] = n, 0xaf
	p.newEpoch(1280, 720)
	return p
}

func (p *fixturePage) newEpoch(width, height int64) {
	p.epoch++
	p.enc.BeginEpoch(p.epoch)
	p.nextID, p.last, p.ids = 2, map[uint32]uint32{}, map[string]uint32{}
	p.op(wire.Op{Kind: wire.KindSnapshotBegin, Nums: []int64{width, height, 1000, 0, 0}})
}

func (p *fixturePage) op(o wire.Op) {
	o.AtMs = p.atMs
	p.enc.Append(&o)
}

// list appends ops in text form.
func (p *fixturePage) list(t *testing.T, format string, args ...any) {
	t.Helper()
	ops, err := oplist.Parse(fmt.Sprintf(format, args...))
	if err != nil {
		t.Fatal(err)
	}
	for i := range ops {
		if ops[i].AtMs == 0 {
			ops[i].AtMs = p.atMs
		}
		p.atMs = max(p.atMs, ops[i].AtMs)
		p.enc.Append(&ops[i])
	}
}

// html appends nodes read from well-formed HTML (every tag closed) below parent, as last
// children, and remembers those with an id attribute.
func (p *fixturePage) html(t *testing.T, parent uint32, text string) (first uint32) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict, d.Entity = false, xml.HTMLEntity
	stack := []uint32{parent}
	ns := []int64{0}
	add := func(o wire.Op) {
		o.ID, p.nextID = p.nextID, p.nextID+1
		o.Parent = stack[len(stack)-1]
		o.Prev = p.last[o.Parent]
		p.last[o.Parent] = o.ID
		if first == 0 {
			first = o.ID
		}
		p.op(o)
	}
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return first
		}
		if err != nil {
			t.Fatalf("fixture: %v", err)
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			space := ns[len(ns)-1]
			if tok.Name.Local == "svg" {
				space = 1
			}
			o := wire.Op{Kind: wire.KindElement, Name: []byte(tok.Name.Local), Nums: []int64{space}}
			for _, a := range tok.Attr {
				o.Attrs = append(o.Attrs, wire.Attr{Name: []byte(a.Name.Local), Value: []byte(a.Value)})
				if a.Name.Local == "id" {
					p.ids[a.Value] = p.nextID
				}
			}
			add(o)
			stack, ns = append(stack, p.nextID-1), append(ns, space)
		case xml.EndElement:
			stack, ns = stack[:len(stack)-1], ns[:len(ns)-1]
		case xml.CharData:
			add(wire.Op{Kind: wire.KindText, Text: []byte(tok)})
		case xml.Directive:
			add(wire.Op{Kind: wire.KindOther, Name: []byte("html"), Nums: []int64{10}})
		}
	}
}

// flush closes the pending ops into one sealed segment.
func (p *fixturePage) flush() {
	plain := p.enc.AppendSegment(nil)
	block, err := aes.NewCipher(p.key[:])
	if err != nil {
		panic(err) // the key has 16 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	pageView, err := hex.DecodeString(p.id)
	if err != nil {
		panic(err)
	}
	head := append([]byte("AS\x01\x00"), pageView...)
	head = le.LittleEndian.AppendUint32(head, p.number)
	head = le.LittleEndian.AppendUint32(head, p.epoch)
	head = append(head, p.prevHash[:]...)
	nonce := le.BigEndian.AppendUint32(make([]byte, 8), p.number)
	sealed := gcm.Seal(bytes.Clone(head), nonce, plain, head)
	p.prevHash = sha256.Sum256(sealed)
	p.segments = append(p.segments, sealed)
	p.number++
}

func (p *fixturePage) anchor(ms int64) {
	p.op(wire.Op{Kind: wire.KindAnchor, Nums: []int64{ms, ms - 40}})
}

func (p *fixturePage) meta(values map[int64]string) {
	for k := int64(1); k < 40; k++ {
		if v, ok := values[k]; ok {
			p.op(wire.Op{Kind: wire.KindMeta, Nums: []int64{k}, Text: []byte(v)})
		}
	}
}

// fixture serves page views under the API of replay/api, with the pages of replay/web.
type fixture struct {
	mu      sync.Mutex
	pages   []*fixturePage
	missing map[string]bool // "page view/number": never arrived
	live    bool
	mayGoOn bool // where it is not live
	keys    bool
	health  string
	local   bool            // a local player: it takes no recordings in
	held    bool            // the site's keys are its owner's
	file    bool            // what is served is a file: nothing is deleted
	user    string          // who is signed in; empty: there is no login
	keyless map[string]bool // page views whose key nobody has yet
	asked   int             // how often the session itself was asked for
	cutOff  bool            // from the second time on, that is refused

	shares       map[string][]byte
	deleted      []string // sessions that were asked to be deleted
	refuseDelete bool
}

func (f *fixture) serve(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("/", web.Handler())
	mux.HandleFunc("GET /api/v1/sites", func(w http.ResponseWriter, r *http.Request) {
		if f.user != "" {
			w.Header().Set("Vary", "Cookie")
		}
		f.json(w, map[string]any{"local": f.local, "readOnly": f.file, "sites": []any{
			map[string]any{"id": fixtureSite, "name": "Demo shop", "custody": f.custody(), "origins": []string{"https://shop.example"}, "createdAtMs": fixtureStartMs},
			map[string]any{"id": "emptysite", "name": "Company blog", "custody": "managed", "origins": []string{"https://blog.example"}, "createdAtMs": fixtureStartMs}}})
	})
	mux.HandleFunc("GET /api/v1/sessions", func(w http.ResponseWriter, r *http.Request) {
		list := []any{}
		if r.URL.Query().Get("site") == fixtureSite {
			list = append(list, f.info(fixtureSession, 0))
			for i, id := range olderSessions {
				info := f.info(id, int64(i+1)*(1_700_000+int64(i*i)*210_000))
				info["live"] = false
				info["lastAtMs"] = info["firstAtMs"].(int64) + int64((i*i*7919)%600+9)*1000
				info["sizeBytes"] = 18_000 + (i*i*40_961)%700_000
				if i == 5 {
					info["gaps"] = 2
				}
				list = append(list, info)
			}
		}
		f.json(w, map[string]any{"sessions": list, "nextBeforeMs": 0})
	})
	mux.HandleFunc("GET /api/v1/sites/{id}/health", func(w http.ResponseWriter, r *http.Request) {
		if f.health == "" {
			http.Error(w, `{"error":"no counters here"}`, http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, f.health)
	})
	mux.HandleFunc("GET /api/v1/sessions/{id}", func(w http.ResponseWriter, r *http.Request) {
		if id := r.PathValue("id"); slices.Contains(olderSessions, id) {
			info := f.info(id, 0)
			if id == olderSessions[2] {
				info["keys"] = map[string]string{}
			}
			f.json(w, info)
			return
		} else if id != fixtureSession && id != fixtureSession[:8] {
			w.WriteHeader(http.StatusNotFound)
			f.json(w, map[string]any{"error": "There is no such session.", "hint": "It may have been deleted, or its retention has ended.", "code": "not-found"})
			return
		}
		f.mu.Lock()
		f.asked++
		cut := f.cutOff && f.asked > 1
		f.mu.Unlock()
		if cut {
			http.Error(w, "not now", http.StatusServiceUnavailable)
			return
		}
		f.json(w, f.info(fixtureSession, 0))
	})
	mux.HandleFunc("DELETE /api/v1/sessions/{id}", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.deleted = append(f.deleted, r.PathValue("id"))
		refuse := f.refuseDelete
		f.mu.Unlock()
		if refuse {
			w.WriteHeader(http.StatusForbidden)
			f.json(w, map[string]any{"error": "this account may not delete sessions of this site", "hint": "ask an owner of the site", "code": "not-allowed"})
			return
		}
		f.json(w, map[string]any{"session": r.PathValue("id"), "site": fixtureSite, "erasedAt": "2026-11-24T18:00:00Z", "envelopes": 2, "backups": 3, "lastCopyGoes": "2026-12-01"})
	})
	mux.HandleFunc("GET /api/v1/sessions/{id}/shares/{share}", func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		sealed, there := f.shares[r.PathValue("share")]
		f.mu.Unlock()
		if !there {
			w.WriteHeader(http.StatusNotFound)
			f.json(w, map[string]any{"error": "The link was revoked, or its session deleted", "hint": "ask for a new link", "code": "no-share"})
			return
		}
		f.json(w, map[string]any{"id": r.PathValue("share"), "keys": base64URL(sealed)})
	})
	mux.HandleFunc("GET /api/v1/me", func(w http.ResponseWriter, r *http.Request) {
		f.json(w, map[string]string{"name": f.user, "role": "owner"})
	})
	mux.HandleFunc("POST /logout", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusSeeOther) })
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "signed out") })
	mux.HandleFunc("GET /api/v1/sessions/{id}/segments", f.segments)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func (f *fixture) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func (f *fixture) custody() string {
	if f.held {
		return "held"
	}
	return "managed"
}

func (f *fixture) info(id string, backMs int64) map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	keys := map[string]string{}
	views := []any{}
	size, count := 0, 0
	for _, p := range f.pages {
		if f.keys && !f.keyless[p.id] {
			keys[p.id] = base64.RawURLEncoding.EncodeToString(p.key[:])
		}
		views = append(views, map[string]any{"id": p.id, "tab": p.id, "firstAtMs": fixtureStartMs, "lastAtMs": fixtureStartMs + 30_000, "segments": len(p.segments), "sizeBytes": 1, "gaps": 0})
		for _, s := range p.segments {
			size += len(s)
			count++
		}
	}
	return map[string]any{"id": id, "site": fixtureSite, "firstAtMs": fixtureStartMs - backMs, "lastAtMs": fixtureStartMs - backMs + 30_000, "sizeBytes": size,
		"segments": count, "gaps": 0, "live": f.live, "finished": !f.live, "visitorTag": "", "pageViews": views, "custody": f.custody(), "keys": keys, "keyError": ""}
}

// olderSessions are in the list; each shows the fixture's pages, but of the third nobody has
// the keys.
var olderSessions = func() (ids []string) {
	for i := range 14 {
		ids = append(ids, fmt.Sprintf("%08x%024x", 0x9e3779b9*uint32(i+1), i))
	}
	return ids
}()

// segments answers what the cursor, a count of segments seen, has not seen.
func (f *fixture) segments(w http.ResponseWriter, r *http.Request) {
	seen := 0
	_, _ = fmt.Sscan(r.URL.Query().Get("cursor"), &seen)
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []byte
	n := 0
	for _, p := range f.pages {
		for i, s := range p.segments {
			if f.missing[fmt.Sprintf("%s/%d", p.id, i)] {
				continue
			}
			if n++; n > seen && (n == 1 || r.URL.Query().Get("first") != "1") {
				out = le.LittleEndian.AppendUint32(out, uint32(len(s)))
				out = append(out, s...)
			}
		}
	}
	live := "0"
	if f.live {
		live = "1"
	}
	w.Header().Set("X-Afterimage-Cursor", fmt.Sprint(max(n, seen)))
	w.Header().Set("X-Afterimage-Live", live)
	if f.mayGoOn {
		w.Header().Set("X-Afterimage-Continuable", "1")
	}
	_, _ = w.Write(out)
}

func mustHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err) // ids of this file
	}
	return b
}

func fromBase64URL(t *testing.T, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func base64URL(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
