package open_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"afterimage/collector/store"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

// small is a recording of two page views, the first with two epochs.
func small(t testing.TB) *opentest.Session {
	site := opentest.NewSite(t, "shopsite", store.Managed)
	return site.Session(t, 1, opentest.View{Epochs: [][]int{{3, 2}, {4}}}, opentest.View{Epochs: [][]int{{2, 2, 2}}})
}

func fileOf(t testing.TB, head open.Head, segs []open.Segment) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open.NewFileWriter(&b, head)
	if err != nil {
		t.Fatal(err)
	}
	for _, seg := range segs {
		if err := w.Add(seg); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// resum makes the hash at the end fit again.
func resum(b []byte) []byte {
	body := b[:len(b)-36]
	sum := sha256.Sum256(body)
	return append(append(slices.Clone(body), 0, 0, 0, 0), sum[:]...)
}

func readAll(f *open.File) ([]open.Segment, error) {
	var out []open.Segment
	for seg, err := range f.Segments() {
		if err != nil {
			return out, err
		}
		out = append(out, seg)
	}
	return out, nil
}

func sameSegments(t *testing.T, got, want []open.Segment) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("got %d segments, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].PageView != want[i].PageView || got[i].Number != want[i].Number || got[i].Epoch != want[i].Epoch || !bytes.Equal(got[i].Sealed, want[i].Sealed) {
			t.Errorf("segment %d: got page view %s number %d, want %s number %d, or other bytes", i, got[i].PageView, got[i].Number, want[i].PageView, want[i].Number)
		}
	}
}

func TestFileReadsWhatWasWritten(t *testing.T) {
	s := small(t)
	segs := s.Segments()
	reversed := slices.Clone(segs)
	slices.Reverse(reversed)
	// Page views stand in the order of the head, whatever the order of the segments.
	tests := []struct {
		name string
		segs []open.Segment
	}{
		{"in order", segs},
		{"backwards", reversed},
		{"each twice", append(slices.Clone(segs), segs...)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f, err := open.ReadFile(bytes.NewReader(fileOf(t, s.Head(false), test.segs)))
			if err != nil {
				t.Fatal(err)
			}
			got, err := readAll(f)
			if err != nil {
				t.Fatal(err)
			}
			sameSegments(t, got, segs)
			info := f.Session()
			if info.ID != s.ID || info.Segments != len(segs) || info.Gaps != 0 || len(info.PageViews) != 2 {
				t.Errorf("session: got %+v", info)
			}
			if keys := f.Keys(); len(keys.Content) != 2 || !bytes.Equal(keys.Content[s.Views[1].ID], s.Views[1].ContentKey) {
				t.Errorf("keys: got %d content keys, want 2 and the right ones", len(keys.Content))
			}
		})
	}
}

func TestFileCountsGaps(t *testing.T) {
	s := small(t)
	segs := slices.Delete(s.Segments(), 1, 2) // of the first page view
	segs = slices.Delete(segs, 2, 3)          // number 0 of the second
	f, err := open.ReadFile(bytes.NewReader(fileOf(t, s.Head(false), segs)))
	if err != nil {
		t.Fatal(err)
	}
	if info := f.Session(); info.Gaps != 2 || info.PageViews[0].Gaps != 1 || info.PageViews[1].Gaps != 1 {
		t.Errorf("gaps: got %d (%d, %d), want 2 (1, 1)", info.Gaps, info.PageViews[0].Gaps, info.PageViews[1].Gaps)
	}
}

func TestFileCutAtEveryByteIsTruncated(t *testing.T) {
	s := small(t)
	whole := fileOf(t, s.Head(false), s.Segments())
	for n := range whole {
		_, err := open.ReadFile(bytes.NewReader(whole[:n]))
		if !errors.Is(err, open.ErrTruncated) {
			t.Fatalf("cut at %d of %d: got %v, want ErrTruncated", n, len(whole), err)
		}
		var at *open.FileError
		if !errors.As(err, &at) || at.Offset != int64(n) {
			t.Fatalf("cut at %d: offset %d in the error, want %d", n, at.Offset, n)
		}
	}
}

func TestFileWithAnyByteChangedIsRefused(t *testing.T) {
	s := small(t)
	whole := fileOf(t, s.Head(false), s.Segments())
	for n := range whole {
		b := slices.Clone(whole)
		b[n] ^= 0x10
		if _, err := open.ReadFile(bytes.NewReader(b)); err == nil {
			t.Fatalf("byte %d of %d changed: no error", n, len(whole))
		}
	}
}

func TestFileRefuses(t *testing.T) {
	s := small(t)
	whole := fileOf(t, s.Head(false), s.Segments())
	headBytes := int(binary.LittleEndian.Uint32(whole[9:]))
	first := 13 + headBytes // length of the first segment
	with := func(change func(b []byte) []byte) []byte { return change(slices.Clone(whole)) }
	head := func(text string) []byte {
		b := append([]byte("AFTERIMG\x01"), 0, 0, 0, 0)
		binary.LittleEndian.PutUint32(b[9:], uint32(len(text)))
		b = append(b, text...)
		return resum(append(b, make([]byte, 36)...))
	}
	goodHead := `{"site":"shopsite","session":"` + s.ID + `","pageViews":[]}`
	tests := []struct {
		name string
		file []byte
		want error
	}{
		{"something else", []byte("PK\x03\x04 this is a zip"), open.ErrNotRecording},
		{"something else, shorter than the magic", []byte("noise"), open.ErrNotRecording},
		{"nothing", nil, open.ErrTruncated},
		{"another letter in the magic", with(func(b []byte) []byte { b[3] = 'e'; return b }), open.ErrNotRecording},
		{"version 0", with(func(b []byte) []byte { b[8] = 0; return b }), open.ErrNotRecording},
		{"version 2", with(func(b []byte) []byte { b[8] = 2; return b }), open.ErrNewerFile},
		{"version 255", with(func(b []byte) []byte { b[8] = 255; return b }), open.ErrNewerFile},
		{"a head of 4 GiB", with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[9:], 1<<32-1); return b }), open.ErrFileLimit},
		{"a head just over the limit", with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[9:], 16<<20+1); return b }), open.ErrFileLimit},
		{"a head at the limit that is not there", with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[9:], 16<<20); return b }), open.ErrTruncated},
		{"a head that is no JSON", head("{nonsense"), open.ErrDamaged},
		{"a head that is a list", head("[]"), open.ErrDamaged},
		{"a head without a session", head(`{"site":"shopsite"}`), open.ErrDamaged},
		{"a head with a site that is none", head(`{"site":"../../etc","session":"` + s.ID + `"}`), open.ErrDamaged},
		{"a session id in capitals", head(`{"site":"shopsite","session":"` + strings.ToUpper(s.ID) + `"}`), open.ErrDamaged},
		{"a page view named twice", head(`{"site":"shopsite","session":"` + s.ID + `","pageViews":[{"id":"` + s.ID + `"},{"id":"` + s.ID + `"}]}`), open.ErrDamaged},
		{"a content key of 15 bytes", head(`{"site":"shopsite","session":"` + s.ID + `","pageViews":[{"id":"` + s.ID + `","contentKey":"AAAAAAAAAAAAAAAAAAAA"}]}`), open.ErrDamaged},
		{"a head and nothing else", head(goodHead), nil},
		{"a segment of 75 bytes", resum(with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[first:], 75); return b })), open.ErrDamaged},
		{"a segment of 4 GiB", resum(with(func(b []byte) []byte { binary.LittleEndian.PutUint32(b[first:], 1<<32-1); return b })), open.ErrDamaged},
		{"a segment that is none of ours", resum(with(func(b []byte) []byte { b[first+4] = 'X'; return b })), open.ErrDamaged},
		{"a segment of a page view not in the head", resum(with(func(b []byte) []byte { b[first+4+4] ^= 1; return b })), open.ErrDamaged},
		{"another byte with an old hash", with(func(b []byte) []byte { b[first+70] ^= 1; return b }), open.ErrDamaged},
		{"a byte behind the end", append(slices.Clone(whole), 0), open.ErrDamaged},
		{"two bytes streams of one number", fileOf(t, s.Head(false), append(s.Segments(), otherBytes(s.Segments()[0]))), open.ErrDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := open.ReadFile(bytes.NewReader(test.file))
			if !errors.Is(err, test.want) {
				t.Fatalf("got %v, want %v", err, test.want)
			}
			var at *open.FileError
			if err != nil && !errors.As(err, &at) {
				t.Errorf("the error has no offset: %v", err)
			}
		})
	}
}

func otherBytes(seg open.Segment) open.Segment {
	seg.Sealed = slices.Clone(seg.Sealed)
	seg.Sealed[len(seg.Sealed)-1] ^= 1
	return seg
}

func TestFileErrorsDoNotQuoteTheHead(t *testing.T) {
	canary := "canary-8842"
	text := `{"site":"` + canary + `","x":` + canary
	b := append([]byte("AFTERIMG\x01"), 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(b[9:], uint32(len(text)))
	b = append(b, text...)
	if _, err := open.ReadFile(bytes.NewReader(b)); err == nil || strings.Contains(err.Error(), canary) {
		t.Errorf("got %v, want an error without the text of the head", err)
	}
}

func TestFileThatShrinksUnderTheReader(t *testing.T) {
	s := small(t)
	path := filepath.Join(t.TempDir(), "x.afterimage")
	if err := os.WriteFile(path, fileOf(t, s.Head(false), s.Segments()), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := open.OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	if err := os.Truncate(path, 100); err != nil {
		t.Fatal(err)
	}
	if _, err := readAll(src.File()); err == nil {
		t.Error("segments of a file that was cut off meanwhile: no error")
	}
}

func TestFileWriterRefuses(t *testing.T) {
	s := small(t)
	if _, err := open.NewFileWriter(&bytes.Buffer{}, open.Head{Site: "x", Session: s.ID}); err == nil {
		t.Error("a head with a site that is none: no error")
	}
	w, err := open.NewFileWriter(&bytes.Buffer{}, s.Head(false))
	if err != nil {
		t.Fatal(err)
	}
	seg := s.Segments()[0]
	for name, bad := range map[string]open.Segment{
		"page view not in the head":   {PageView: opentest.ID("other"), Sealed: seg.Sealed},
		"shorter than header and tag": {PageView: seg.PageView, Sealed: seg.Sealed[:75]},
	} {
		if err := w.Add(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	s := small(f)
	f.Add(fileOf(f, s.Head(false), s.Segments()))
	f.Add(fileOf(f, s.Head(true), nil))
	f.Add([]byte("AFTERIMG\x01\x02\x00\x00\x00{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := open.ReadFile(bytes.NewReader(b))
		if err != nil {
			if file != nil {
				t.Fatal("a file beside an error")
			}
			return
		}
		segs, err := readAll(file)
		if err != nil {
			t.Fatalf("read, then: %v", err)
		}
		again, err := open.ReadFile(bytes.NewReader(fileOf(t, file.Head, segs)))
		if err != nil {
			t.Fatalf("what was read and written again is refused: %v", err)
		}
		got, err := readAll(again)
		if err != nil {
			t.Fatal(err)
		}
		sameSegments(t, got, segs)
	})
}
