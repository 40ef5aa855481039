package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// flushEvery is how often counters of running sessions go to the DB. After a crash they
// are counted anew from the journal, so this bounds only what another process sees.
const flushEvery = 5 * time.Second

// Store is an open data directory. Make one with Open.
type Store struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	db      *database
	journal *journal
	blobs   *blobs
	unlock  func()
	space   space

	// mu guards the maps; each session has its own lock for its content.
	// Lock order: session.mu before mu.
	mu       sync.Mutex
	sessions map[string]*session
	watching map[string]time.Time // when somebody last said that he watches
	here     map[string]time.Time // when a session's recorder was last heard of
	warned   map[string]bool      // sessions of which warnUnknown has spoken

	finalising sync.Mutex // one batch of the finaliser at a time
	flushing   sync.Mutex // who lists sessions waits for the counters that another call is about to write

	refusals    refusalCounts
	unforgotten atomic.Bool // the database's log still holds what was deleted
	onWatch     func(session string, on bool)
	connected   func() []string // sessions whose recorder is connected to this process

	stop    chan struct{}
	stopped sync.WaitGroup
	closing sync.Once
}

// Open opens or makes the store. The error wraps ErrInUse when another process holds the
// directory, ErrNewerVersion when a newer version wrote it.
func Open(ctx context.Context, c Config) (_ *Store, err error) {
	if c.Dir == "" {
		return nil, errors.New("store: no data directory was named")
	}
	if c.JournalMaxBytes == 0 {
		c.JournalMaxBytes = DefaultJournalMaxBytes
	}
	if c.MinFreeBytes == 0 {
		c.MinFreeBytes = DefaultMinFreeBytes
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	s := &Store{cfg: c, log: c.Log, now: c.Now, sessions: map[string]*session{},
		watching: map[string]time.Time{}, here: map[string]time.Time{}, warned: map[string]bool{}, stop: make(chan struct{})}
	s.space = space{dir: c.Dir, min: c.MinFreeBytes}
	if s.unlock, err = lockDir(c.Dir); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			s.release()
		}
	}()
	if s.db, err = openDB(ctx, c.DB, c.Dir); err != nil {
		return nil, err
	}
	if s.blobs, err = openBlobs(ctx, c.Blobs, filepath.Join(c.Dir, "blobs")); err != nil {
		return nil, err
	}
	if s.journal, err = openJournal(ctx, c.Journal, filepath.Join(c.Dir, "journal"), c.JournalMaxBytes, s.log); err != nil {
		return nil, err
	}
	if err = s.listenForWatchers(); err != nil {
		return nil, err
	}
	if err = s.listenForRecorders(); err != nil {
		return nil, err
	}
	if err = s.recover(ctx); err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	s.stopped.Go(s.background)
	return s, nil
}

// recover brings the index level with the journal after a crash: sessions that have
// records there are counted anew, deleted ones are purged.
func (s *Store) recover(ctx context.Context) error {
	ids, err := s.journal.sessions(ctx)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if !ValidID(id) {
			continue
		}
		dead, err := s.isDeleted(ctx, id)
		if err != nil {
			return err
		}
		if dead {
			if err := s.purgeAll(ctx, id); err != nil {
				return err
			}
			continue
		}
		x := s.session(id)
		x.mu.Lock()
		err = s.load(ctx, x)
		if err == nil {
			x.dirty = true
		}
		x.mu.Unlock()
		if errors.Is(err, ErrNotFound) {
			s.warnUnknown(id)
			continue
		}
		if err != nil {
			return fmt.Errorf("session %s: %w", id, err)
		}
	}
	if err := s.Flush(ctx); err != nil {
		return err
	}
	// A crash may have come before the log was emptied of what was deleted.
	return errors.Join(s.forget(ctx), s.sweep(ctx))
}

// forget empties the database's own log of what was deleted. When readers are in the way it
// is done by the next flush.
func (s *Store) forget(ctx context.Context) error {
	done, err := s.db.forget(ctx)
	s.unforgotten.Store(!done)
	return err
}

func (s *Store) background() {
	t := time.NewTicker(flushEvery)
	defer t.Stop()
	for {
		select {
		case <-s.stop:
			return
		case <-t.C:
			if err := s.Flush(context.Background()); err != nil {
				s.log.Error("flush of counters", "err", err)
			}
			if s.unforgotten.Load() {
				if err := s.forget(context.Background()); err != nil {
					s.log.Error("the database's log still holds what was deleted", "err", err)
				}
			}
			s.lapseWatchers()
			s.beat()
		}
	}
}

// Close writes what is only counted in memory and releases the directory.
func (s *Store) Close() (err error) {
	s.closing.Do(func() {
		close(s.stop)
		s.stopped.Wait()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		err = errors.Join(s.Flush(ctx), s.release())
	})
	return err
}

func (s *Store) release() (err error) {
	if s.journal != nil {
		s.journal.close()
	}
	if s.blobs != nil {
		err = errors.Join(err, s.blobs.close())
	}
	if s.db != nil {
		err = errors.Join(err, s.db.close())
	}
	if s.unlock != nil {
		s.unlock()
	}
	return err
}

// Ready reports whether the store can take segments now; the error says why not.
func (s *Store) Ready(ctx context.Context) error {
	if err := s.space.check(); err != nil {
		return err
	}
	if err := s.db.w.PingContext(ctx); err != nil {
		return fmt.Errorf("database: %w", err)
	}
	if _, err := s.journal.stream.Info(ctx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
