package accounts

import (
	"net/netip"
	"sync"
	"time"
)

const (
	attemptsPerWindow = 10
	attemptWindow     = time.Minute
	maxAddresses      = 10_000
)

// attempts counts tries to sign in per address in a fixed window. It forgets all when the
// window is over, so addresses live in memory for a minute at most.
type attempts struct {
	now   func() time.Time
	mu    sync.Mutex
	began time.Time
	n     map[netip.Addr]int
}

func (a *attempts) allow(from netip.Addr) bool {
	if from.Is6() {
		if p, err := from.WithZone("").Prefix(64); err == nil {
			from = p.Addr()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if now := a.now(); a.n == nil || now.Sub(a.began) >= attemptWindow || now.Before(a.began) {
		a.n, a.began = map[netip.Addr]int{}, now
	}
	if _, known := a.n[from]; !known && len(a.n) >= maxAddresses {
		return false
	}
	a.n[from]++
	return a.n[from] <= attemptsPerWindow
}
