package open

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"

	"afterimage/wasm/wire/seal"
)

// File is a recording file that was read and checked from front to end.
type File struct {
	Head     Head
	segments []fileSegment // by page view as in the head, then number; each once
	r        io.ReaderAt
	close    func() error
}

// OpenFile opens the recording file at path as a source of one session.
func OpenFile(path string) (*FileSource, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	file, err := ReadFile(f)
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("recording file %s: %w", path, err)
	}
	file.close = f.Close
	return &FileSource{file: file}, nil
}

// ReadFile checks the whole recording file in r and indexes it: memory is the head and
// 24 bytes a segment. r stays in use by the File. Errors are *FileError.
func ReadFile(r io.ReaderAt) (*File, error) {
	f := &File{r: r}
	head, err := scanFile(io.NewSectionReader(r, 0, 1<<62), func(_ *Head, seg fileSegment, _ []byte) error {
		f.segments = append(f.segments, seg)
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.Head = head
	slices.SortStableFunc(f.segments, func(a, b fileSegment) int {
		return cmp.Or(cmp.Compare(a.view, b.view), cmp.Compare(a.number, b.number))
	})
	kept := f.segments[:0]
	for _, seg := range f.segments {
		if n := len(kept); n > 0 && kept[n-1].view == seg.view && kept[n-1].number == seg.number {
			if err := f.same(kept[n-1], seg); err != nil {
				return nil, err
			}
			continue
		}
		kept = append(kept, seg)
	}
	f.segments = kept
	return f, nil
}

func (f *File) same(a, b fileSegment) error {
	first, err := f.read(a)
	if err != nil {
		return err
	}
	second, err := f.read(b)
	if err != nil {
		return err
	}
	if !bytes.Equal(first, second) {
		return &FileError{Offset: b.offset, Err: ErrDamaged,
			What: fmt.Sprintf("segment %d of page view %s stands there twice with different bytes", b.number, f.Head.PageViews[b.view].ID)}
	}
	return nil
}

func (f *File) read(seg fileSegment) ([]byte, error) {
	b := make([]byte, seg.length)
	if _, err := f.r.ReadAt(b, seg.offset); err != nil {
		return nil, &FileError{Offset: seg.offset, What: "segment", Err: err}
	}
	h, err := seal.ReadHeader(b)
	if err != nil || h.Number != seg.number || hex.EncodeToString(h.PageView[:]) != f.Head.PageViews[seg.view].ID {
		return nil, &FileError{Offset: seg.offset, What: "segment", Err: fmt.Errorf("%w: it changed since it was opened", ErrDamaged)}
	}
	return b, nil
}

// Segments yields the segments in page view order of the head, then number order.
func (f *File) Segments() iter.Seq2[Segment, error] {
	return f.segmentsWithout(nil)
}

func (f *File) segmentsWithout(have *Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		for _, seg := range f.segments {
			id := f.Head.PageViews[seg.view].ID
			if have.Has(id, seg.number) {
				continue
			}
			b, err := f.read(seg)
			if err != nil {
				yield(Segment{}, err)
				return
			}
			if !yield(Segment{PageView: id, Number: seg.number, Epoch: seg.epoch, Sealed: b}, nil) {
				return
			}
		}
	}
}

// Session is the summary of the one session in the file.
func (f *File) Session() Session {
	h := &f.Head
	s := Session{ID: h.Session, Site: h.Site, FirstAtMs: h.FirstAtMs, LastAtMs: h.LastAtMs,
		Finished: true, VisitorTag: h.VisitorTag, PageViews: make([]PageView, len(h.PageViews))}
	for i, pv := range h.PageViews {
		s.PageViews[i] = PageView{ID: pv.ID, Tab: pv.Tab, FirstAtMs: pv.FirstAtMs, LastAtMs: pv.LastAtMs}
	}
	for i, seg := range f.segments {
		pv := &s.PageViews[seg.view]
		pv.Segments++
		pv.SizeBytes += int64(seg.length)
		if i == 0 || f.segments[i-1].view != seg.view {
			if seg.number != 0 {
				pv.Gaps++
			}
		} else if f.segments[i-1].number+1 != seg.number {
			pv.Gaps++
		}
	}
	for _, pv := range s.PageViews {
		s.Segments += pv.Segments
		s.SizeBytes += pv.SizeBytes
		s.Gaps += pv.Gaps
	}
	return s
}

// Keys are the keys that the file carries.
func (f *File) Keys() Keys {
	k := Keys{Custody: f.Head.Custody, Content: map[string][]byte{}, Envelopes: map[string][]byte{}}
	for _, pv := range f.Head.PageViews {
		if len(pv.ContentKey) == 16 {
			k.Content[pv.ID] = pv.ContentKey
		}
		if len(pv.Envelope) > 0 {
			k.Envelopes[pv.ID] = pv.Envelope
		}
	}
	if len(k.Content) == 0 && len(f.Head.PageViews) > 0 {
		k.Problem = "the file was exported without its keys"
	}
	return k
}

// FileSource is the source of one recording file.
type FileSource struct{ file *File }

// File is the file behind the source.
func (s *FileSource) File() *File { return s.file }

// Close closes the file.
func (s *FileSource) Close() error {
	if s.file.close == nil {
		return nil
	}
	return s.file.close()
}

func (s *FileSource) find(id string) error {
	if id != s.file.Head.Session {
		return fmt.Errorf("session %s: %w (the file holds %s)", id, ErrNotFound, s.file.Head.Session)
	}
	return nil
}

// Sites is the one site of the file.
func (s *FileSource) Sites(context.Context) ([]Site, error) {
	h := &s.file.Head
	return []Site{{ID: h.Site, Name: h.Site, Custody: h.Custody, Origins: []string{}, CreatedAtMs: h.FirstAtMs}}, nil
}

// behind reports whether a session stands behind where the filter begins.
func (f Filter) behind(s Session) bool {
	return s.LastAtMs < f.BeforeMs || s.LastAtMs == f.BeforeMs && f.BeforeID != "" && s.ID > f.BeforeID
}

// Sessions is the one session of the file.
func (s *FileSource) Sessions(_ context.Context, f Filter) ([]Session, error) {
	info := s.file.Session()
	if (f.Site != "" && f.Site != info.Site) || (f.BeforeMs > 0 && !f.behind(info)) {
		return nil, nil
	}
	return []Session{info}, nil
}

// Session answers for the one session of the file.
func (s *FileSource) Session(_ context.Context, id string) (Session, error) {
	if err := s.find(id); err != nil {
		return Session{}, err
	}
	return s.file.Session(), nil
}

// Keys are the keys in the file.
func (s *FileSource) Keys(_ context.Context, id string) (Keys, error) {
	if err := s.find(id); err != nil {
		return Keys{}, err
	}
	return s.file.Keys(), nil
}

// Segments reads from the file.
func (s *FileSource) Segments(_ context.Context, id string, have *Cursor) iter.Seq2[Segment, error] {
	if err := s.find(id); err != nil {
		return func(yield func(Segment, error) bool) { yield(Segment{}, err) }
	}
	return s.file.segmentsWithout(have)
}

// AssetIDs lists the assets in the file's head.
func (s *FileSource) AssetIDs(_ context.Context, id string) ([]string, error) {
	if err := s.find(id); err != nil {
		return nil, err
	}
	var ids []string
	for _, a := range s.file.Head.Assets {
		ids = append(ids, a.ID)
	}
	return ids, nil
}

// Asset is one of the assets in the file's head.
func (s *FileSource) Asset(_ context.Context, id, asset string) ([]byte, error) {
	if err := s.find(id); err != nil {
		return nil, err
	}
	for _, a := range s.file.Head.Assets {
		if a.ID == asset {
			return a.Sealed, nil
		}
	}
	return nil, fmt.Errorf("asset %.40q: %w", asset, ErrNoAsset)
}

// Watch never has news.
func (s *FileSource) Watch(_ context.Context, id string) (<-chan struct{}, func(), error) {
	return make(chan struct{}), func() {}, s.find(id)
}

// Delete is refused: a file is deleted as files are.
func (s *FileSource) Delete(_ context.Context, id string) (Receipt, error) {
	return Receipt{}, errors.Join(s.find(id), fmt.Errorf("delete session %s: %w: it is a recording file", id, ErrReadOnly))
}
