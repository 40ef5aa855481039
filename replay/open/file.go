package open

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// The recording file (FILE.md).
const (
	fileMagic   = "AFTERIMG"
	fileVersion = 1

	maxHeadBytes    = 16 << 20
	minSegmentBytes = 60 + 16 // clear header and tag
	maxSegmentBytes = 16 << 20
	maxPageViews    = 10_000
	maxSegments     = 4_000_000
)

// Errors of reading a recording file; each comes inside a *FileError.
var (
	ErrNotRecording = errors.New("not a recording file")
	ErrNewerFile    = errors.New("recording file of a newer version")
	ErrTruncated    = errors.New("recording file ends too early")
	ErrDamaged      = errors.New("recording file is damaged")
	ErrFileLimit    = errors.New("recording file is over a limit")
)

// FileError says where in a recording file reading stopped.
type FileError struct {
	Offset int64
	What   string // what stood there; never content
	Err    error  // one of the sentinels above, or the error of the reader
}

func (e *FileError) Error() string {
	return fmt.Sprintf("offset %d: %v: %s", e.Offset, e.Err, e.What)
}

func (e *FileError) Unwrap() error { return e.Err }

// Binary is bytes that stand as base64url without padding in JSON.
type Binary []byte

// MarshalText is base64url.
func (b Binary) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText refuses anything that is not base64url.
func (b *Binary) UnmarshalText(text []byte) error {
	out, err := base64.RawURLEncoding.AppendDecode(nil, text)
	if err != nil {
		return errors.New("not base64url without padding")
	}
	*b = out
	return nil
}

// Head is the JSON head of a recording file.
type Head struct {
	Site         string         `json:"site"`
	Session      string         `json:"session"`
	Custody      string         `json:"custody"`
	VisitorTag   string         `json:"visitorTag,omitempty"`
	ExportedAtMs int64          `json:"exportedAtMs"`
	FirstAtMs    int64          `json:"firstAtMs"`
	LastAtMs     int64          `json:"lastAtMs"`
	PageViews    []HeadPageView `json:"pageViews"`
	// Assets stand in the head so that readers from before them pass over them.
	Assets []HeadAsset `json:"assets,omitempty"`
}

// HeadAsset is one sealed image or font of a Head.
type HeadAsset struct {
	ID     string `json:"id"`
	Sealed Binary `json:"sealed"`
}

// HeadPageView is one page view of a Head.
type HeadPageView struct {
	ID         string `json:"id"`
	Tab        string `json:"tab,omitempty"`
	FirstAtMs  int64  `json:"firstAtMs"`
	LastAtMs   int64  `json:"lastAtMs"`
	Envelope   Binary `json:"envelope,omitempty"`
	ContentKey Binary `json:"contentKey,omitempty"`
}

func (h *Head) check() error {
	if !ValidSiteID(h.Site) {
		return errors.New("head: site is not a site id")
	}
	if !ValidID(h.Session) {
		return errors.New("head: session is not a session id")
	}
	if len(h.PageViews) > maxPageViews {
		return fmt.Errorf("head: %d page views, at most %d", len(h.PageViews), maxPageViews)
	}
	seen := make(map[string]bool, len(h.PageViews))
	for i, pv := range h.PageViews {
		switch {
		case !ValidID(pv.ID):
			return fmt.Errorf("head: page view %d: id is not a page view id", i)
		case seen[pv.ID]:
			return fmt.Errorf("head: page view %s stands there twice", pv.ID)
		case pv.Tab != "" && !ValidID(pv.Tab):
			return fmt.Errorf("head: page view %s: tab is not a tab id", pv.ID)
		case len(pv.ContentKey) != 0 && len(pv.ContentKey) != 16:
			return fmt.Errorf("head: page view %s: content key of %d bytes, not 16", pv.ID, len(pv.ContentKey))
		}
		seen[pv.ID] = true
	}
	bytes := 0
	known := make(map[string]bool, len(h.Assets))
	for i, a := range h.Assets {
		switch {
		case !ValidID(a.ID):
			return fmt.Errorf("head: asset %d: id is not an asset id", i)
		case known[a.ID]:
			return fmt.Errorf("head: asset %s stands there twice", a.ID)
		case len(a.Sealed) < store.MinAssetBytes || len(a.Sealed) > store.MaxAssetBytes:
			return fmt.Errorf("head: asset %s of %d bytes, not %d to %d", a.ID, len(a.Sealed), store.MinAssetBytes, store.MaxAssetBytes)
		}
		known[a.ID] = true
		bytes += len(a.Sealed)
	}
	if len(h.Assets) > store.MaxSessionAssets || bytes > store.MaxSessionAssetBytes {
		return fmt.Errorf("head: %d assets of %d bytes, at most %d of %d", len(h.Assets), bytes, store.MaxSessionAssets, store.MaxSessionAssetBytes)
	}
	return nil
}

// FileWriter writes a recording file. Close it to write the end; a file without it is
// refused by every reader.
type FileWriter struct {
	w     *bufio.Writer
	hash  hash.Hash
	views map[string]bool
}

// NewFileWriter writes the head.
func NewFileWriter(w io.Writer, head Head) (*FileWriter, error) {
	if err := head.check(); err != nil {
		return nil, err
	}
	text, err := json.Marshal(head)
	if err != nil {
		return nil, fmt.Errorf("head: %w", err)
	}
	if len(text) > maxHeadBytes {
		return nil, fmt.Errorf("head of %d bytes, at most %d", len(text), maxHeadBytes)
	}
	f := &FileWriter{w: bufio.NewWriter(w), hash: sha256.New(), views: map[string]bool{}}
	for _, pv := range head.PageViews {
		f.views[pv.ID] = true
	}
	b := append([]byte(fileMagic), fileVersion)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	return f, f.write(append(b, text...))
}

func (f *FileWriter) write(b []byte) error {
	f.hash.Write(b)
	_, err := f.w.Write(b)
	return err
}

// Add writes one sealed segment of a page view that the head names.
func (f *FileWriter) Add(seg Segment) error {
	if !f.views[seg.PageView] {
		return fmt.Errorf("segment %d of page view %s, which the head does not name", seg.Number, seg.PageView)
	}
	if n := len(seg.Sealed); n < minSegmentBytes || n > maxSegmentBytes {
		return fmt.Errorf("segment %d of page view %s: %d bytes, not %d to %d", seg.Number, seg.PageView, n, minSegmentBytes, maxSegmentBytes)
	}
	var length [4]byte
	binary.LittleEndian.PutUint32(length[:], uint32(len(seg.Sealed)))
	if err := f.write(length[:]); err != nil {
		return err
	}
	return f.write(seg.Sealed)
}

// Close writes the end. It does not close the writer underneath.
func (f *FileWriter) Close() error {
	end := f.hash.Sum(make([]byte, 4))
	if _, err := f.w.Write(end); err != nil {
		return err
	}
	return f.w.Flush()
}

// fileSegment is where a sealed segment lies in the file.
type fileSegment struct {
	view   int32 // index in Head.PageViews
	number uint32
	epoch  uint32
	length uint32
	offset int64
}

// scanner reads a recording file once from front to end.
type scanner struct {
	r      *bufio.Reader
	hash   hash.Hash
	offset int64
}

func (s *scanner) fail(err error, format string, args ...any) error {
	return &FileError{Offset: s.offset, What: fmt.Sprintf(format, args...), Err: err}
}

// read fills b; on a short read the error names the offset where bytes were missed.
func (s *scanner) read(b []byte, what string) error {
	n, err := io.ReadFull(s.r, b)
	s.offset += int64(n)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return s.fail(ErrTruncated, "%s: %d of %d bytes are there", what, n, len(b))
	}
	if err != nil {
		return s.fail(err, "%s", what)
	}
	return nil
}

// scanFile reads and checks a whole recording file. each is called for every segment
// with its place and its bytes, which it must not keep.
func scanFile(r io.Reader, each func(*Head, fileSegment, []byte) error) (Head, error) {
	s := &scanner{r: bufio.NewReaderSize(r, 64<<10), hash: sha256.New()}
	head, err := s.head()
	if err != nil {
		return Head{}, err
	}
	views := make(map[string]int32, len(head.PageViews))
	for i, pv := range head.PageViews {
		views[pv.ID] = int32(i)
	}
	var buf []byte
	for count := 0; ; count++ {
		before := s.hash.Sum(nil)
		var length [4]byte
		if err := s.read(length[:], "length of a segment, or the end"); err != nil {
			return Head{}, err
		}
		n := binary.LittleEndian.Uint32(length[:])
		if n == 0 {
			return head, s.end(before)
		}
		if n < minSegmentBytes || n > maxSegmentBytes {
			return Head{}, s.fail(ErrDamaged, "segment of %d bytes, not %d to %d", n, minSegmentBytes, maxSegmentBytes)
		}
		if count >= maxSegments {
			return Head{}, s.fail(ErrFileLimit, "more than %d segments", maxSegments)
		}
		at := s.offset
		if buf, err = s.grow(buf, int(n)); err != nil {
			return Head{}, err
		}
		s.hash.Write(length[:])
		s.hash.Write(buf)
		h, err := seal.ReadHeader(buf)
		if err != nil {
			return Head{}, &FileError{Offset: at, What: fmt.Sprintf("header of a segment: %v", err), Err: ErrDamaged}
		}
		id := hex.EncodeToString(h.PageView[:])
		view, known := views[id]
		if !known {
			return Head{}, &FileError{Offset: at, What: "segment of page view " + id + ", which the head does not name", Err: ErrDamaged}
		}
		seg := fileSegment{view: view, number: h.Number, epoch: h.Epoch, length: n, offset: at}
		if err := each(&head, seg, buf); err != nil {
			return Head{}, &FileError{Offset: at, What: err.Error(), Err: ErrDamaged}
		}
	}
}

// grow reads n bytes in pieces, so that a claimed length costs no more memory than the
// bytes that are really there (twice that at most).
func (s *scanner) grow(buf []byte, n int) ([]byte, error) {
	const piece = 256 << 10
	buf = buf[:0]
	for len(buf) < n {
		k := min(piece, n-len(buf))
		from := len(buf)
		if cap(buf)-from < k {
			buf = append(buf, make([]byte, k)...)
		} else {
			buf = buf[:from+k]
		}
		if err := s.read(buf[from:], fmt.Sprintf("segment of %d bytes", n)); err != nil {
			return nil, err
		}
	}
	return buf, nil
}

func (s *scanner) head() (Head, error) {
	var fixed [13]byte
	err := s.read(fixed[:8], "magic")
	if there := fixed[:s.offset]; !bytes.HasPrefix([]byte(fileMagic), there) {
		s.offset = 0
		return Head{}, s.fail(ErrNotRecording, "it does not begin with %s", fileMagic)
	}
	if err != nil {
		return Head{}, err
	}
	if err := s.read(fixed[8:9], "version"); err != nil {
		return Head{}, err
	}
	switch v := fixed[8]; {
	case v > fileVersion:
		return Head{}, s.fail(ErrNewerFile, "version %d, this program reads %d", v, fileVersion)
	case v < fileVersion:
		return Head{}, s.fail(ErrNotRecording, "version %d never was", v)
	}
	if err := s.read(fixed[9:], "length of the head"); err != nil {
		return Head{}, err
	}
	n := binary.LittleEndian.Uint32(fixed[9:])
	if n > maxHeadBytes {
		return Head{}, s.fail(ErrFileLimit, "head of %d bytes, at most %d", n, maxHeadBytes)
	}
	text, err := s.grow(nil, int(n))
	if err != nil {
		return Head{}, err
	}
	s.hash.Write(fixed[:])
	s.hash.Write(text)
	var head Head
	if err := json.Unmarshal(text, &head); err != nil {
		// The error of encoding/json may quote the head; the offset says enough.
		return Head{}, s.fail(ErrDamaged, "the head is not the JSON object of FILE.md")
	}
	if err := head.check(); err != nil {
		return Head{}, s.fail(ErrDamaged, "%v", err)
	}
	return head, nil
}

func (s *scanner) end(want []byte) error {
	var sum [sha256.Size]byte
	if err := s.read(sum[:], "hash at the end"); err != nil {
		return err
	}
	if !bytes.Equal(sum[:], want) {
		return s.fail(ErrDamaged, "the hash at the end is of other bytes")
	}
	if _, err := s.r.ReadByte(); err != io.EOF {
		if err != nil {
			return s.fail(err, "behind the end")
		}
		return s.fail(ErrDamaged, "bytes behind the end")
	}
	return nil
}

// ReadHead reads the head alone, nothing of what follows.
func ReadHead(r io.Reader) (Head, error) {
	s := &scanner{r: bufio.NewReader(r), hash: sha256.New()}
	return s.head()
}
