package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	watchBeat  = 5 * time.Second  // a watcher says so this often
	watchLapse = 12 * time.Second // and is gone when it was not heard for so long
)

// Watch sends on the channel after new segments of a session became durable, in whatever
// process; several may come as one. It lasts until the returned function is called. While
// somebody watches, Watched is true in every collector, so that its recorder sends more
// often.
func (s *Store) Watch(ctx context.Context, session string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	ctx, cancel := context.WithCancel(ctx)
	if !ValidID(session) {
		return ch, cancel
	}
	sub, err := s.journal.nc.Subscribe(tellPrefix+session, func(*nats.Msg) {
		select {
		case ch <- struct{}{}:
		default: // one is waiting already
		}
	})
	if err != nil {
		s.log.Error("watch", "err", err)
		return ch, cancel
	}
	s.journal.nc.Publish(watchPrefix+session, nil)
	s.journal.nc.Flush() // the subscription stands when Watch returns
	s.stopped.Go(func() {
		defer sub.Unsubscribe()
		t := time.NewTicker(watchBeat)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-s.stop:
				return
			case <-t.C:
				s.journal.nc.Publish(watchPrefix+session, nil)
			}
		}
	})
	return ch, cancel
}

func (s *Store) listenForWatchers() error {
	_, err := s.journal.nc.Subscribe(watchPrefix+"*", func(m *nats.Msg) {
		id := strings.TrimPrefix(m.Subject, watchPrefix)
		s.mu.Lock()
		_, known := s.watching[id]
		s.watching[id] = time.Now()
		tell := s.onWatch
		s.mu.Unlock()
		if !known && tell != nil {
			tell(id, true)
		}
	})
	if err != nil {
		return fmt.Errorf("journal: watchers: %w", err)
	}
	return nil
}

// OnWatch calls f when the first watcher of a session came (true) and some seconds after
// the last one went (false). f must not block; there is one f.
func (s *Store) OnWatch(f func(session string, on bool)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onWatch = f
}

// Watched reports whether somebody watches a session now.
func (s *Store) Watched(session string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.watching[session]
	return ok
}

func (s *Store) lapseWatchers() {
	s.mu.Lock()
	var gone []string
	for id, at := range s.watching {
		if time.Since(at) > watchLapse {
			delete(s.watching, id)
			gone = append(gone, id)
		}
	}
	tell := s.onWatch
	s.mu.Unlock()
	for _, id := range gone {
		if tell != nil {
			tell(id, false)
		}
	}
}
