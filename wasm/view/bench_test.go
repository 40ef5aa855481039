package view_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/wire"
)

// benchRecording is ten minutes on a page of 50,000 nodes: 200,000 changes of attributes,
// text and rows that come and go.
func benchRecording(b *testing.B) [][]byte {
	b.Helper()
	var enc wire.Encoder
	enc.BeginEpoch(1)
	var out [][]byte
	at := int64(0)
	put := func(o wire.Op) {
		o.AtMs = at
		enc.Append(&o)
	}
	put(wire.Op{Kind: wire.KindSnapshotBegin, Nums: []int64{1280, 720, 1000, 0, 0}})
	put(wire.Op{Kind: wire.KindElement, ID: 2, Parent: 1, Name: []byte("html"), Nums: []int64{0}})
	put(wire.Op{Kind: wire.KindElement, ID: 3, Parent: 2, Name: []byte("body"), Nums: []int64{0}})
	id := uint32(4)
	prev := uint32(0)
	row := func() uint32 {
		first := id
		put(wire.Op{Kind: wire.KindElement, ID: id, Parent: 3, Prev: prev, Name: []byte("li"), Attrs: []wire.Attr{{Name: []byte("class"), Value: []byte("row")}}, Nums: []int64{0}})
		put(wire.Op{Kind: wire.KindElement, ID: id + 1, Parent: id, Name: []byte("span"), Nums: []int64{0}})
		put(wire.Op{Kind: wire.KindText, ID: id + 2, Parent: id + 1, Text: []byte(fmt.Sprintf("Row %d", id))})
		put(wire.Op{Kind: wire.KindElement, ID: id + 3, Parent: id, Prev: id + 1, Name: []byte("b"), Nums: []int64{0}})
		put(wire.Op{Kind: wire.KindText, ID: id + 4, Parent: id + 3, Text: []byte("€")})
		prev = first
		id += 5
		return first
	}
	var rows []uint32
	for range 10_000 {
		rows = append(rows, row())
	}
	put(wire.Op{Kind: wire.KindSnapshotEnd})
	out = append(out, enc.AppendSegment(nil))
	r := rand.New(rand.NewPCG(1, 2))
	for range 600 {
		for range 66 {
			at += 15
			n := rows[r.IntN(len(rows))]
			put(wire.Op{Kind: wire.KindAttr, ID: n, Name: []byte("class"), Text: []byte(fmt.Sprintf("row s%d", r.IntN(9)))})
			put(wire.Op{Kind: wire.KindSetText, ID: n + 2, Text: []byte(fmt.Sprintf("Row %d", r.IntN(9999)))})
			put(wire.Op{Kind: wire.KindMove, ID: n + 3, Parent: n, Prev: 0})
			put(wire.Op{Kind: wire.KindMove, ID: n + 3, Parent: n, Prev: n + 1})
			if r.IntN(3) == 0 {
				rows = append(rows, row())
			}
		}
		out = append(out, enc.AppendSegment(nil))
	}
	return out
}

func benchSession(b *testing.B, segments [][]byte) *view.Session {
	b.Helper()
	s := view.NewSession()
	for i, seg := range segments {
		if err := s.AddSegment("p", uint32(i), seg); err != nil {
			b.Fatal(err)
		}
	}
	return s
}

func BenchmarkLoad(b *testing.B) {
	segments := benchRecording(b)
	bytes := 0
	for _, s := range segments {
		bytes += len(s)
	}
	b.SetBytes(int64(bytes))
	for b.Loop() {
		benchSession(b, segments)
	}
}

func BenchmarkSeekAnywhere(b *testing.B) {
	s := benchSession(b, benchRecording(b))
	s.SeekTo(0)
	r := rand.New(rand.NewPCG(3, 4))
	ints := 0
	for b.Loop() {
		ints += len(s.SeekTo(r.Int64N(s.DurationMs())).Ints)
	}
	b.ReportMetric(float64(ints)/float64(b.N), "ints/op")
}

func BenchmarkSeekFresh(b *testing.B) {
	s := benchSession(b, benchRecording(b))
	r := rand.New(rand.NewPCG(3, 4))
	for b.Loop() {
		s.Forget()
		s.SeekTo(r.Int64N(s.DurationMs()))
	}
}

func BenchmarkPlayFrame(b *testing.B) {
	s := benchSession(b, benchRecording(b))
	at := int64(0)
	for b.Loop() {
		s.SeekTo(at)
		if at += 16; at > s.DurationMs() {
			at = 0
		}
	}
}
