package open

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"afterimage/collector/store"
)

// ErrNoData: the directory is none that a collector made.
var ErrNoData = errors.New("no data directory of a collector")

// DirOptions of OpenDir.
type DirOptions struct {
	// Unwrap opens managed sites; see FromStore. Through a running collector it is not
	// needed: the collector opens them.
	Unwrap Unwrap
	// IdleFor is how long the directory stays held after its last use, so that a
	// collector can start on it; 0 means DefaultIdleFor.
	IdleFor time.Duration
	// WaitFor is how long to wait for a directory that is held by a process which has
	// no socket (another replay, a collector that is just starting); 0 means
	// DefaultWaitFor.
	WaitFor time.Duration
}

// Named defaults.
const (
	DefaultIdleFor = time.Second
	DefaultWaitFor = 5 * time.Second
)

// OpenDir is the source of a data directory. Where a collector runs on it, it speaks to
// the collector through its unix socket, else it opens the store itself, for each use
// anew and only as long as it is used: a collector may start and stop meanwhile.
//
// The error wraps ErrNoData if dir is no data directory, store.ErrNewerVersion if a
// newer version wrote it.
func OpenDir(ctx context.Context, dir string, opt DirOptions) (Source, error) {
	if opt.IdleFor == 0 {
		opt.IdleFor = DefaultIdleFor
	}
	if opt.WaitFor == 0 {
		opt.WaitFor = DefaultWaitFor
	}
	// store.Open makes what is not there; looking must not.
	if _, err := os.Stat(filepath.Join(dir, "version")); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%s: %w", dir, ErrNoData)
		}
		return nil, err
	}
	d := &dirSource{dir: dir, opt: opt}
	// Once now, so that what is wrong with the directory is told at once.
	_, release, err := d.acquire(ctx)
	if err != nil {
		return nil, err
	}
	release()
	return d, nil
}

type dirSource struct {
	dir string
	opt DirOptions

	// mu guards what follows. It is held while the store opens and closes.
	mu    sync.Mutex
	st    *store.Store // open, or nil
	users int
	idle  *time.Timer
}

// acquire is the source to use until release is called.
func (d *dirSource) acquire(ctx context.Context) (src Source, release func(), err error) {
	deadline := time.Now().Add(d.opt.WaitFor)
	for {
		src, release, err = d.try(ctx)
		if err == nil || !errors.Is(err, store.ErrInUse) || time.Now().After(deadline) {
			return src, release, err
		}
		select {
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (d *dirSource) try(ctx context.Context) (Source, func(), error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.st == nil {
		// Not the caller's context: the store outlives this call.
		st, err := store.Open(context.WithoutCancel(ctx), store.Config{Dir: d.dir})
		if errors.Is(err, store.ErrInUse) {
			return d.socket(err)
		}
		if err != nil {
			return nil, nil, err
		}
		d.st = st
	}
	if d.idle != nil {
		d.idle.Stop()
		d.idle = nil
	}
	d.users++
	return FromStore(d.st, d.opt.Unwrap), sync.OnceFunc(d.release), nil
}

func (d *dirSource) release() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users--; d.users == 0 {
		d.idle = time.AfterFunc(d.opt.IdleFor, d.closeIdle)
	}
}

func (d *dirSource) closeIdle() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.users == 0 && d.st != nil {
		_ = d.st.Close() // counters that were not flushed are counted anew at the next open
		d.st = nil
	}
}

// socket is the collector that holds the directory. inUse is what to answer if nobody
// listens there.
func (d *dirSource) socket(inUse error) (Source, func(), error) {
	path, err := store.SocketPath(d.dir)
	if err != nil {
		return nil, nil, err
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		return nil, nil, fmt.Errorf("%w, and there is no collector at its socket %s", inUse, path)
	}
	conn.Close()
	src := openSocket(path)
	return src, func() { src.Close() }, nil
}

// Close closes the store if nobody uses it.
func (d *dirSource) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.idle != nil {
		d.idle.Stop()
	}
	if d.users > 0 || d.st == nil {
		return nil
	}
	st := d.st
	d.st = nil
	return st.Close()
}

// with runs f on the source of the moment.
func with[T any](ctx context.Context, d *dirSource, f func(Source) (T, error)) (T, error) {
	src, release, err := d.acquire(ctx)
	if err != nil {
		var none T
		return none, err
	}
	defer release()
	return f(src)
}

func (d *dirSource) Sites(ctx context.Context) ([]Site, error) {
	return with(ctx, d, func(src Source) ([]Site, error) { return src.Sites(ctx) })
}

func (d *dirSource) Sessions(ctx context.Context, f Filter) ([]Session, error) {
	return with(ctx, d, func(src Source) ([]Session, error) { return src.Sessions(ctx, f) })
}

func (d *dirSource) Session(ctx context.Context, id string) (Session, error) {
	return with(ctx, d, func(src Source) (Session, error) { return src.Session(ctx, id) })
}

func (d *dirSource) Keys(ctx context.Context, id string) (Keys, error) {
	return with(ctx, d, func(src Source) (Keys, error) { return src.Keys(ctx, id) })
}

func (d *dirSource) Segments(ctx context.Context, id string, have *Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		src, release, err := d.acquire(ctx)
		if err != nil {
			yield(Segment{}, err)
			return
		}
		defer release()
		for seg, err := range src.Segments(ctx, id, have) {
			if !yield(seg, err) {
				return
			}
		}
	}
}

func (d *dirSource) AssetIDs(ctx context.Context, id string) ([]string, error) {
	return with(ctx, d, func(src Source) ([]string, error) { return src.AssetIDs(ctx, id) })
}

func (d *dirSource) Asset(ctx context.Context, id, asset string) ([]byte, error) {
	return with(ctx, d, func(src Source) ([]byte, error) { return src.Asset(ctx, id, asset) })
}

// Watch watches through the collector. Without one nothing comes, and the directory is
// not held for that.
func (d *dirSource) Watch(ctx context.Context, id string) (<-chan struct{}, func(), error) {
	src, release, err := d.acquire(ctx)
	if err != nil {
		return nil, nil, err
	}
	if _, remote := src.(*serverSource); !remote {
		defer release()
		_, err := src.Session(ctx, id)
		return make(chan struct{}), func() {}, err
	}
	news, stop, err := src.Watch(ctx, id)
	if err != nil {
		release()
		return nil, nil, err
	}
	return news, func() { stop(); release() }, nil
}

func (d *dirSource) NoteExport(ctx context.Context, id string, sealed bool) error {
	_, err := with(ctx, d, func(src Source) (struct{}, error) { return struct{}{}, NoteExport(ctx, src, id, sealed) })
	return err
}

func (d *dirSource) Delete(ctx context.Context, id string) (Receipt, error) {
	return with(ctx, d, func(src Source) (Receipt, error) { return src.Delete(ctx, id) })
}

// Import puts a recording file into the directory, through the collector where one runs.
func (d *dirSource) Import(ctx context.Context, r io.ReaderAt, opt ImportOptions) (Session, error) {
	return with(ctx, d, func(src Source) (Session, error) { return src.(Importer).Import(ctx, r, opt) })
}
