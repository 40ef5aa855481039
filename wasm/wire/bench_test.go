package wire_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"

	"afterimage/wasm/wire"
)

func encode(e *wire.Encoder, s script) (segments [][]byte) {
	e.BeginEpoch(1)
	for _, ops := range s.segments {
		for i := range ops {
			e.Append(&ops[i])
		}
		segments = append(segments, e.AppendSegment(nil))
	}
	return segments
}

func total(bs [][]byte) (n int) {
	for _, b := range bs {
		n += len(b)
	}
	return n
}

// rawForms are the segments as they are before modelling and compression.
func rawForms(t testing.TB, segments [][]byte) (raw [][]byte) {
	d := wire.Decoder{KeepRaw: true}
	for _, b := range segments {
		info, err := d.ReadSegment(b, func(*wire.Op) error { return nil })
		if err != nil {
			t.Fatal(err)
		}
		raw = append(raw, bytes.Clone(info.Raw))
	}
	return raw
}

type flusher interface {
	Write([]byte) (int, error)
	Flush() error
}

func flushed(raw [][]byte, open func(*bytes.Buffer) flusher) int {
	var b bytes.Buffer
	w := open(&b)
	for _, r := range raw {
		w.Write(r)
		w.Flush()
	}
	return b.Len()
}

// TestSizes prints what a recording costs in bytes beside general compressors with one
// window and a flush a segment.
func TestSizes(t *testing.T) {
	scripts := append(append(realPages(t), styleSheets(t)...), visit(1), visit(2))
	var sum int
	for _, s := range scripts {
		var e wire.Encoder
		segments := encode(&e, s)
		raw := rawForms(t, segments)
		fl := flushed(raw, func(b *bytes.Buffer) flusher { w, _ := flate.NewWriter(b, 6); return w })
		br := flushed(raw, func(b *bytes.Buffer) flusher {
			return brotli.NewWriterOptions(b, brotli.WriterOptions{Quality: 9, LGWin: 17})
		})
		zs := flushed(raw, func(b *bytes.Buffer) flusher {
			w, _ := zstd.NewWriter(b, zstd.WithWindowSize(1<<17), zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
			return w
		})
		var gz, b11 bytes.Buffer
		g, _ := gzip.NewWriterLevel(&gz, 6)
		g.Write(s.source)
		g.Close()
		w := brotli.NewWriterOptions(&b11, brotli.WriterOptions{Quality: 11, LGWin: 22})
		w.Write(s.source)
		w.Close()
		n := total(segments)
		sum += n
		t.Logf("%-22s source %7d gzip %6d br11 %6d | raw %7d flate %6d brotli9 %6d zstd %6d | wire %6d", s.name, len(s.source), gz.Len(), b11.Len(), total(raw), fl, br, zs, n)
	}
	t.Logf("sum %d", sum)
}

func BenchmarkEncode(b *testing.B) {
	for _, s := range append(append(realPages(b), styleSheets(b)...), visit(1)) {
		b.Run(s.name, func(b *testing.B) {
			var e wire.Encoder
			raw := total(rawForms(b, encode(&e, s)))
			b.SetBytes(int64(max(len(s.source), raw)))
			var out []byte
			n := 0
			for b.Loop() {
				e.BeginEpoch(1)
				n = 0
				for _, ops := range s.segments {
					for i := range ops {
						e.Append(&ops[i])
					}
					out = e.AppendSegment(out[:0])
					n += len(out)
				}
			}
			b.ReportMetric(float64(n), "wire-bytes/op")
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, s := range append(append(realPages(b), styleSheets(b)...), visit(1)) {
		b.Run(s.name, func(b *testing.B) {
			var e wire.Encoder
			segments := encode(&e, s)
			raw := total(rawForms(b, segments))
			b.SetBytes(int64(max(len(s.source), raw)))
			var d wire.Decoder
			for b.Loop() {
				d.Reset()
				for _, seg := range segments {
					if _, err := d.ReadSegment(seg, func(*wire.Op) error { return nil }); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}
