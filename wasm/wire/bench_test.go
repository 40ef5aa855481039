package wire_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
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

// compressors have a window of 128 KiB where they can, or less.
var compressors = []struct {
	name string
	open func(*bytes.Buffer) flusher
}{
	{"flate6", func(b *bytes.Buffer) flusher { w, _ := flate.NewWriter(b, 6); return w }},
	{"brotli9", func(b *bytes.Buffer) flusher {
		return brotli.NewWriterOptions(b, brotli.WriterOptions{Quality: 9, LGWin: 17})
	}},
	{"zstd", func(b *bytes.Buffer) flusher {
		w, _ := zstd.NewWriter(b, zstd.WithWindowSize(1<<17), zstd.WithEncoderLevel(zstd.SpeedBetterCompression), zstd.WithEncoderConcurrency(1))
		return w
	}},
}

// BenchmarkSizes prints what a recording costs in bytes beside general compressors with one
// window and a flush a segment.
func BenchmarkSizes(b *testing.B) {
	scripts := append(append(realPages(b), styleSheets(b)...), visit(1), visit(2))
	var sum int
	for _, s := range scripts {
		var e wire.Encoder
		segments := encode(&e, s)
		raw := rawForms(b, segments)
		var others string
		for _, c := range compressors {
			others += fmt.Sprintf(" %s %d", c.name, flushed(raw, c.open))
		}
		var gz, b11 bytes.Buffer
		g, _ := gzip.NewWriterLevel(&gz, 6)
		g.Write(s.source)
		g.Close()
		w := brotli.NewWriterOptions(&b11, brotli.WriterOptions{Quality: 11, LGWin: 22})
		w.Write(s.source)
		w.Close()
		n := total(segments)
		sum += n
		b.Logf("%s: source %d, gzip %d, brotli11 %d; raw %d,%s; wire %d", s.name, len(s.source), gz.Len(), b11.Len(), total(raw), others, n)
	}
	b.Logf("sum %d", sum)
	b.ReportMetric(float64(sum), "B")
	b.ReportMetric(0, "ns/op")
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

// BenchmarkOthers compresses the raw form of a style sheet and of a minute with general
// compressors, flushed each segment.
func BenchmarkOthers(b *testing.B) {
	for _, s := range append(styleSheets(b), visit(1)) {
		if s.name != "sample_bootstrap.css" && s.name != "visit" {
			continue
		}
		var e wire.Encoder
		raw := rawForms(b, encode(&e, s))
		for _, c := range compressors {
			b.Run(s.name+"/"+c.name, func(b *testing.B) {
				b.SetBytes(int64(total(raw)))
				n := 0
				for b.Loop() {
					n = flushed(raw, c.open)
				}
				b.ReportMetric(float64(n), "wire-bytes/op")
			})
		}
	}
}
