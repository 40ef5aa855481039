package ingest

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"afterimage/collector/store"
	"afterimage/collector/throttle"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Config connects a Server.
type Config struct {
	Store  *store.Store
	Limits Limits
	Log    *slog.Logger
	Now    func() time.Time // the clock that recorders anchor to
	// Client returns the visitor's address, for the cap per address alone. nil takes the
	// peer of the connection; behind a proxy that is the proxy.
	Client func(*http.Request) netip.Addr
	// PingEvery is how often sockets are pinged and sites are looked at; 0 is the constant.
	// A change made through another collector is heeded after at most a third more.
	PingEvery time.Duration
}

// Server is the collector's side of the upload protocol. Mount Socket, Tail and Settings.
type Server struct {
	store  *store.Store
	sites  *siteCache
	limits Limits
	log    *slog.Logger
	now    func() time.Time
	client func(*http.Request) netip.Addr
	every  time.Duration
	idle   time.Duration

	addresses *throttle.Hasher
	memory    *semaphore.Weighted

	mu        sync.Mutex // guards what follows
	conns     map[*conn]struct{}
	open      int // sockets and tails under way
	byAddress map[addressHash]int
	bySite    map[string]int
	watchers  map[string]map[*conn]struct{} // session to its sockets
	admitted  map[source]*rate.Limiter      // new page views; full ones are dropped by tend
	closing   bool

	compressed map[[sha256.Size]byte][]byte // settings by the hash of their JSON

	cookies  atomic.Int64 // handshakes that brought one
	stopping chan struct{}
	running  sync.WaitGroup
}

type addressHash = throttle.Hash

// source is what new page views are counted by.
type source struct {
	site    string
	address addressHash
}

// admission is the limiter of a source.
func (s *Server) admission(from source) *rate.Limiter {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.admitted[from]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(s.limits.PageViewsPerMinute)/60, s.limits.PageViewsPerMinute)
		s.admitted[from] = l
	}
	return l
}

// forgetAdmissions drops the limiters that would be as new ones.
func (s *Server) forgetAdmissions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for from, l := range s.admitted {
		if l.Tokens() >= float64(l.Burst()) {
			delete(s.admitted, from)
		}
	}
}

// New makes a Server. Close it before the store.
func New(c Config) *Server {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Client == nil {
		c.Client = PeerAddress
	}
	if c.PingEvery <= 0 {
		c.PingEvery = PingEvery
	}
	s := &Server{
		store: c.Store, sites: &siteCache{st: c.Store, ttl: c.PingEvery / 3, m: map[string]cachedSite{}}, every: c.PingEvery, idle: c.PingEvery * (IdleTimeout / PingEvery),
		limits: c.Limits.withDefaults(), addresses: &throttle.Hasher{Now: c.Now}, log: c.Log, now: c.Now, client: c.Client,
		conns: map[*conn]struct{}{}, byAddress: map[addressHash]int{}, bySite: map[string]int{},
		watchers: map[string]map[*conn]struct{}{}, admitted: map[source]*rate.Limiter{}, stopping: make(chan struct{}),
	}
	s.memory = semaphore.NewWeighted(int64(s.limits.MemoryBytes))
	s.store.OnWatch(s.onWatch)
	s.store.OnBeat(s.connected)
	s.running.Go(s.tend)
	return s
}

// PeerAddress is the address at the other end of the connection.
func PeerAddress(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a unix socket
	}
	a, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return a.Unmap()
}

// hashAddress makes what the cap counts by. The key changes each day; who is counted
// under the old one is given back under it.
func (s *Server) hashAddress(a netip.Addr) addressHash { return s.addresses.Of(a) }

// enter takes a place for one socket or tail; leave gives it back.
func (s *Server) enter(h addressHash) *refusal {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closing:
		return refuseGoingAway
	case s.open >= s.limits.Sockets, s.byAddress[h] >= s.limits.SocketsPerAddress:
		return refuseBusy
	}
	s.open++
	s.byAddress[h]++
	s.running.Add(1)
	return nil
}

func (s *Server) leave(h addressHash) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.byAddress[h]--; s.byAddress[h] == 0 {
		delete(s.byAddress, h)
	}
	s.running.Done()
}

func (s *Server) count(site, code string, n int) { s.store.CountRefusal(site, code, n) }

// CookieHandshakes is how many handshakes brought a cookie since the start. Only that there
// was one is looked at.
func (s *Server) CookieHandshakes() int64 { return s.cookies.Load() }

// Sockets is how many sockets are open.
func (s *Server) Sockets() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// SiteChanged takes up a change of a site at once: open sockets of a site that was switched
// off are told to stop, those of one with other privacy settings to begin anew.
func (s *Server) SiteChanged(id string) {
	s.sites.forget(id)
	s.checkSites()
}

// tend pings all sockets, so that dead ones are found, and looks for sites that were
// switched off or changed through another collector.
func (s *Server) tend() {
	t := time.NewTicker(s.every)
	defer t.Stop()
	for {
		select {
		case <-s.stopping:
			return
		case <-t.C:
			for _, c := range s.all() {
				c.ping()
			}
			s.checkSites()
			s.forgetAdmissions()
		}
	}
}

func (s *Server) all() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		out = append(out, c)
	}
	return out
}

// connected are the sessions whose recorder has a socket here.
func (s *Server) connected() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]string, 0, len(s.conns))
	for c := range s.conns {
		if c.session != "" {
			out = append(out, c.session)
		}
	}
	return out
}

func (s *Server) checkSites() {
	s.mu.Lock()
	ids := make([]string, 0, len(s.bySite))
	for id := range s.bySite {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	type state struct {
		enabled, known bool
		privacy        string
	}
	now := map[string]state{}
	for _, id := range ids {
		ctx, cancel := context.WithTimeout(context.Background(), StoreTimeout)
		site, err := s.sites.get(ctx, id)
		cancel()
		if err == nil {
			run, err := RunningOf(site)
			now[id] = state{site.Enabled, err == nil, run.PrivacyVersion}
		}
	}
	for _, c := range s.all() {
		hello := c.site.Load()
		if hello == nil {
			continue
		}
		site, ok := now[hello.id]
		if !ok {
			continue
		}
		if !site.enabled {
			c.stopRecording(refuseDisabled(hello.id))
		} else if site.known && site.privacy != hello.privacy {
			c.stopRecording(refuseSettings)
		}
	}
}

func (s *Server) onWatch(session string, on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.watchers[session] {
		go c.send(watch{"watch", on}) // a slow socket must not hold up the others
	}
}

// Close tells every socket that the collector goes away (1001), waits until what is being
// stored is stored and acknowledged, and returns when all are gone or ctx is done.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closing {
		s.closing = true
		close(s.stopping)
	}
	s.mu.Unlock()
	for _, c := range s.all() {
		c.goAway()
	}
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		for _, c := range s.all() {
			c.ws.Close()
		}
		return ctx.Err()
	}
}
