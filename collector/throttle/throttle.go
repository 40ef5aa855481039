// Package throttle counts by address without keeping one: what it knows of an address is a
// keyed hash in memory. The key is random and made anew each day, so that not even the
// process can tell whether today's visitor is yesterday's. Nothing here is stored or logged.
//
// Safe for concurrent use.
package throttle

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"sync"
	"time"
)

// KeyFor is how long a key is used.
const KeyFor = 24 * time.Hour

// Hash stands for an address for as long as a key is used.
type Hash [8]byte

// Hasher makes hashes. The zero value is ready; Now nil is time.Now.
type Hasher struct {
	Now func() time.Time

	mu   sync.Mutex
	key  [32]byte
	made time.Time
}

// Of hashes an IPv4 address, or the /64 of an IPv6 one, since one household has a whole /64.
func (h *Hasher) Of(a netip.Addr) (out Hash) {
	if a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			a = p.Addr()
		}
	}
	key := h.today()
	m := hmac.New(sha256.New, key[:])
	m.Write(a.AsSlice())
	copy(out[:], m.Sum(nil))
	return out
}

// today is the key, a new one where the old one is a day old (or the clock went back).
func (h *Hasher) today() [32]byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	now := time.Now()
	if h.Now != nil {
		now = h.Now()
	}
	if h.made.IsZero() || now.Sub(h.made) >= KeyFor || now.Before(h.made) {
		rand.Read(h.key[:])
		h.made = now
	}
	return h.key
}

// Window counts tries per address in a fixed window and forgets all when it is over.
type Window struct {
	Hasher *Hasher
	Now    func() time.Time // nil is time.Now
	Every  time.Duration
	Most   int // tries of one address in a window

	mu    sync.Mutex
	began time.Time
	n     map[Hash]int
}

// maxAddresses bounds the memory of a window; beyond it new addresses wait.
const maxAddresses = 10_000

// Allow counts a try and reports whether it may be made.
func (w *Window) Allow(from netip.Addr) bool {
	h := w.Hasher.Of(from)
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if w.Now != nil {
		now = w.Now()
	}
	if w.n == nil || now.Sub(w.began) >= w.Every || now.Before(w.began) {
		w.n, w.began = map[Hash]int{}, now
	}
	if _, known := w.n[h]; !known && len(w.n) >= maxAddresses {
		return false
	}
	w.n[h]++
	return w.n[h] <= w.Most
}
