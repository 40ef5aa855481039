package store

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	_ "gocloud.dev/blob/fileblob" // scheme file
	_ "gocloud.dev/blob/s3blob"   // scheme s3
	"gocloud.dev/gcerrors"
	"golang.org/x/sys/unix"
)

// blobs holds finished sessions, one object each.
type blobs struct {
	bucket *blob.Bucket
	dir    string // of the file form, for sync; "" in an object store
}

func openBlobs(ctx context.Context, setting, embedded string) (*blobs, error) {
	switch {
	case setting == "" || setting == "embedded":
		return openFileBlobs(ctx, embedded)
	case strings.HasPrefix(setting, "file://"):
		return openFileBlobs(ctx, strings.TrimPrefix(setting, "file://"))
	case strings.HasPrefix(setting, "s3://"):
		return openS3(ctx, setting, s3Within)
	}
	return nil, fmt.Errorf("blobs %q: %w, expected embedded, file:///dir or s3://bucket?…", redact(setting), ErrSetting)
}

func openFileBlobs(ctx context.Context, dir string) (*blobs, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", dir, err)
	}
	if err := os.MkdirAll(abs, 0o700); err != nil {
		return nil, fmt.Errorf("blobs: %w", err)
	}
	b, err := blob.OpenBucket(ctx, "file://"+abs+"?no_tmp_dir=true&metadata=skip")
	if err != nil {
		return nil, fmt.Errorf("blobs %s: %w", dir, err)
	}
	return &blobs{bucket: b, dir: abs}, nil
}

func (b *blobs) close() error { return b.bucket.Close() }

// sync makes every blob written so far durable. fileblob itself never syncs; syncfs(2)
// covers the data and the renames of a whole batch at once.
func (b *blobs) sync() error {
	if b.dir == "" {
		return nil // an object store has acknowledged the PUT
	}
	f, err := os.Open(b.dir)
	if err != nil {
		return fmt.Errorf("blobs: %w", err)
	}
	defer f.Close()
	if err := unix.Syncfs(int(f.Fd())); err != nil {
		return fmt.Errorf("blobs: sync %s: %w", b.dir, err)
	}
	return nil
}

// A session's blob is the magic, then for each segment: arrival (Unix ms, u64 little
// endian), u32 length, sealed bytes; in order of page view, then number. Stored: a
// change needs a new magic.
const (
	blobMagic   = "AFBLOB\x00\x01"
	blobPerItem = 12
)

func blobKey(site, session string, generation int64, salt string) string {
	return fmt.Sprintf("sessions/%s/%s/%s-%d-%s.afb", site, session[:2], session, generation, salt)
}

func (b *blobs) write(ctx context.Context, key string, segs []Segment) (err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // before Close this abandons the object
	w, err := b.bucket.NewWriter(ctx, key, &blob.WriterOptions{ContentType: "application/octet-stream"})
	if err != nil {
		return fmt.Errorf("blob %s: %w", key, err)
	}
	fail := func(err error) error {
		cancel()
		w.Close()
		return fmt.Errorf("blob %s: %w", key, err)
	}
	if _, err := io.WriteString(w, blobMagic); err != nil {
		return fail(err)
	}
	var head [blobPerItem]byte
	for _, g := range segs {
		binary.LittleEndian.PutUint64(head[:], uint64(g.ArrivedAt.UnixMilli()))
		binary.LittleEndian.PutUint32(head[8:], uint32(len(g.Sealed)))
		if _, err := w.Write(head[:]); err != nil {
			return fail(err)
		}
		if _, err := w.Write(g.Sealed); err != nil {
			return fail(err)
		}
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("blob %s: %w", key, err)
	}
	return nil
}

// read yields the segments of a blob in its order.
func (b *blobs) read(ctx context.Context, key string) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		fail := func(err error) { yield(Segment{}, fmt.Errorf("blob %s: %w", key, err)) }
		r, err := b.bucket.NewReader(ctx, key, nil)
		if err != nil {
			fail(err)
			return
		}
		defer r.Close()
		left := r.Size()
		br := bufio.NewReaderSize(r, 64<<10)
		magic := make([]byte, len(blobMagic))
		if _, err := io.ReadFull(br, magic); err != nil || string(magic) != blobMagic {
			fail(errors.New("not a session's blob of this version"))
			return
		}
		left -= int64(len(blobMagic))
		for left > 0 {
			var head [blobPerItem]byte
			if _, err := io.ReadFull(br, head[:]); err != nil {
				fail(err)
				return
			}
			n := int64(binary.LittleEndian.Uint32(head[8:]))
			if left -= blobPerItem + n; left < 0 {
				fail(io.ErrUnexpectedEOF)
				return
			}
			sealed := make([]byte, n)
			if _, err := io.ReadFull(br, sealed); err != nil {
				fail(err)
				return
			}
			h, ok := clearHeader(sealed)
			if !ok {
				fail(errors.New("segment without a clear header"))
				return
			}
			at := time.UnixMilli(int64(binary.LittleEndian.Uint64(head[:])))
			if !yield(Segment{PageView: h.pageView, Number: h.number, Epoch: h.epoch, ArrivedAt: at, Sealed: sealed}, nil) {
				return
			}
		}
	}
}

// remove deletes a blob; one that is gone already is no error.
func (b *blobs) remove(ctx context.Context, key string) error {
	err := b.bucket.Delete(ctx, key)
	if err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("blob %s: %w", key, err)
	}
	return nil
}

func isGone(err error) bool { return gcerrors.Code(err) == gcerrors.NotFound }
