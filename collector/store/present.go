package store

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
)

// LiveFor is how long after the last sign of its recorder a session is called live: a page
// that leads to another one, and a socket that breaks, are back within it.
const LiveFor = 15 * time.Second

// hereIDs is how many sessions one message of hereSubject names: 16 KiB.
const hereIDs = 1024

// Here says that the recorder of a session is connected now, or has just sent its tail. Every
// collector on the same journal hears it; none writes it down, so that nothing has to be
// cleared away after a crash.
func (s *Store) Here(sessions ...string) {
	if len(sessions) == 0 {
		return
	}
	now := s.now()
	var b []byte
	s.mu.Lock()
	for _, id := range sessions {
		if raw, ok := idBytes(id); ok {
			s.here[id] = now
			b = append(b, raw[:]...)
		}
	}
	s.mu.Unlock()
	for len(b) > 0 {
		n := min(len(b), 16*hereIDs)
		s.journal.nc.Publish(hereSubject, b[:n])
		b = b[n:]
	}
}

// OnBeat has f asked each few seconds which sessions have their recorder connected to this
// process. f must not block; there is one f.
func (s *Store) OnBeat(f func() []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.connected = f
}

// beat tells who is connected here, and forgets who was not heard of for a while.
func (s *Store) beat() {
	s.mu.Lock()
	connected := s.connected
	for id, at := range s.here {
		if !within(s.now().Sub(at), LiveFor) {
			delete(s.here, id)
		}
	}
	s.mu.Unlock()
	if connected != nil {
		s.Here(connected()...)
	}
}

func (s *Store) listenForRecorders() error {
	_, err := s.journal.nc.Subscribe(hereSubject, func(m *nats.Msg) {
		now := s.now()
		s.mu.Lock()
		defer s.mu.Unlock()
		for b := m.Data; len(b) >= 16; b = b[16:] {
			s.here[idText(b[:16])] = now
		}
	})
	if err != nil {
		return fmt.Errorf("journal: recorders: %w", err)
	}
	return nil
}

// live reports whether the recorder of a session that goes on was heard of just now.
func (s *Store) live(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, ok := s.here[id]
	return ok && within(s.now().Sub(at), LiveFor)
}

// within is also false far in the future: a clock that was set back must not keep anything on.
func within(d, limit time.Duration) bool { return d < limit && d > -limit }
