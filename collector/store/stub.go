package store

import (
	"context"
	"iter"
)

type Store struct{}

func Open(ctx context.Context, c Config) (*Store, error)                    { return nil, ErrClosed }
func (s *Store) Close() error                                               { return nil }
func (s *Store) AddSite(ctx context.Context, site Site) error               { return ErrClosed }
func (s *Store) SaveSite(ctx context.Context, site Site) error              { return ErrClosed }
func (s *Store) Site(ctx context.Context, id string) (Site, error)          { return Site{}, ErrClosed }
func (s *Store) Sites(ctx context.Context) ([]Site, error)                  { return nil, ErrClosed }
func (s *Store) Admit(ctx context.Context, a Admission) ([]Admitted, error) { return nil, ErrClosed }
func (s *Store) Append(ctx context.Context, session, pageView string, segs []Segment) (acked []uint32, refused []Refusal, err error) {
	return nil, nil, ErrClosed
}
func (s *Store) Durable(ctx context.Context, pageView string) ([][2]uint32, error) {
	return nil, ErrClosed
}
func (s *Store) Sessions(ctx context.Context, f SessionFilter) ([]SessionInfo, error) {
	return nil, ErrClosed
}
func (s *Store) Session(ctx context.Context, id string) (SessionInfo, error) {
	return SessionInfo{}, ErrClosed
}

// Envelopes returns the envelopes of a session by page view.
func (s *Store) Envelopes(ctx context.Context, session string) (map[string][]byte, error) {
	return nil, ErrClosed
}

// Segments yields the segments of a session in order of page view, then number.
func (s *Store) Segments(ctx context.Context, session string) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) { yield(Segment{}, ErrClosed) }
}

// Watch tells of new segments of a session until the returned function is called.
func (s *Store) Watch(ctx context.Context, session string) (<-chan struct{}, func()) {
	return nil, func() {}
}
func (s *Store) DeleteSession(ctx context.Context, id string) error { return ErrClosed }

// Finalise moves every session without activity for SessionIdle into its blob.
func (s *Store) Finalise(ctx context.Context) (n int, err error) { return 0, ErrClosed }

// FinaliseSession does it now for one session, whatever its activity.
func (s *Store) FinaliseSession(ctx context.Context, session string) error { return ErrClosed }

// Import stores a whole recording; ErrExists when the session is there already.
func (s *Store) Import(ctx context.Context, r Recording) error { return ErrClosed }

// SocketPath is where a running collector on dir serves the local API: a unix socket in
// a run directory with a short path (a socket's address has 108 bytes).
func SocketPath(dir string) (string, error) { return "", ErrClosed }
