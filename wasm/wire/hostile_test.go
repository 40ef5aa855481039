package wire_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"afterimage/wasm/wire"
)

// isSentinel says whether err wraps one of the errors that ReadSegment promises.
func isSentinel(err error) bool {
	for _, s := range sentinels {
		if s != nil && errors.Is(err, s) {
			return true
		}
	}
	return false
}

func TestTruncationAtEveryByteIsNoticed(t *testing.T) {
	for _, file := range vectorFiles(t) {
		v := readVector(t, file)
		if v.steps[0].expect != "ok" || v.name == "padding" {
			continue
		}
		b := v.steps[0].payload
		for n := range b {
			var d wire.Decoder
			visited := 0
			_, err := d.ReadSegment(b[:n], func(*wire.Op) error { visited++; return nil })
			if err == nil || !isSentinel(err) || visited != 0 {
				t.Fatalf("%s cut to %d of %d bytes: %v, %d ops visited", v.name, n, len(b), err, visited)
			}
		}
	}
}

// The last byte of a segment is one of several that end in the same interval of the range
// coder: a bit of it may turn without effect, no other.
func TestEveryTurnedBitIsNoticedOrWithoutEffect(t *testing.T) {
	b := readVector(t, "testdata/snapshot.vector").steps[0].payload
	var first wire.Decoder
	want, err := copyOps(&first, b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(b) {
		c := bytes.Clone(b)
		c[i/8] ^= 1 << (i % 8)
		var d wire.Decoder
		got, err := copyOps(&d, c)
		if err == nil && (i/8 < len(b)-1 || !reflect.DeepEqual(got, want)) || err != nil && !isSentinel(err) {
			t.Fatalf("bit %d turned: %v", i, err)
		}
	}
}

func TestAnEpochNeedsNothingBeforeIt(t *testing.T) {
	first, second := visit(5), visit(6)
	var e wire.Encoder
	a := encode(&e, first)
	e.BeginEpoch(2)
	var b [][]byte
	for _, ops := range second.segments[:5] {
		for i := range ops {
			e.Append(&ops[i])
		}
		b = append(b, e.AppendSegment(nil))
	}
	var clean wire.Encoder
	clean.BeginEpoch(2)
	for i, ops := range second.segments[:5] {
		for k := range ops {
			clean.Append(&ops[k])
		}
		if got := clean.AppendSegment(nil); !bytes.Equal(got, b[i]) {
			t.Fatalf("segment %d of epoch 2 differs after another epoch", i)
		}
	}
	var d, alone wire.Decoder
	for _, s := range a {
		if _, err := copyOps(&d, s); err != nil {
			t.Fatal(err)
		}
	}
	for i, s := range b {
		got, err := copyOps(&d, s)
		want, err2 := copyOps(&alone, s)
		if err != nil || err2 != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("segment %d: %v, %v", i, err, err2)
		}
	}
}

func TestAVisitThatFailsLeavesTheReaderUsable(t *testing.T) {
	v := readVector(t, "testdata/segments.vector")
	stop := errors.New("stop")
	var d wire.Decoder
	if _, err := d.ReadSegment(v.steps[0].payload, func(*wire.Op) error { return stop }); err != stop {
		t.Fatalf("got %v, want the visit's error", err)
	}
	if _, err := d.ReadSegment(v.steps[1].payload, func(*wire.Op) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

func TestAWriterCutsWhatIsOverALimit(t *testing.T) {
	var e wire.Encoder
	attrs := make([]wire.Attr, wire.MaxAttrs+3)
	e.Append(&wire.Op{Kind: wire.KindElement, ID: 2, Parent: 1, Name: []byte("a"), Attrs: attrs, Nums: []int64{1 << 60, 4}})
	e.Append(&wire.Op{Kind: wire.KindSetText, AtMs: -5, ID: 2, Text: bytes.Repeat([]byte("x"), wire.MaxString+1)})
	e.Append(&wire.Op{Kind: wire.KindSelected, ID: 2, Nums: make([]int64, wire.MaxNums+1)})
	e.Append(&wire.Op{Kind: wire.KindPointer, ID: 2, Nums: []int64{1, 2, 3, 4}})
	e.Append(&wire.Op{Kind: 63})
	var d wire.Decoder
	ops, err := copyOps(&d, e.AppendSegment(nil))
	if err != nil || len(ops) != 4 {
		t.Fatalf("%d ops, %v", len(ops), err)
	}
	if len(ops[0].Attrs) != wire.MaxAttrs || len(ops[1].Text) != wire.MaxString || len(ops[2].Nums) != wire.MaxNums {
		t.Errorf("got %d attributes, %d bytes, %d numbers", len(ops[0].Attrs), len(ops[1].Text), len(ops[2].Nums))
	}
	if !reflect.DeepEqual(ops[0].Nums, []int64{wire.MaxNum}) || len(ops[3].Nums) != 3 {
		t.Errorf("got numbers %v and %v", ops[0].Nums, ops[3].Nums)
	}
}

// What a page of one element repeated decodes to is far more than its segment: it must be
// padded, and read.
func TestASegmentThatExpandsPastTheLimitIsPadded(t *testing.T) {
	var e wire.Encoder
	text := bytes.Repeat([]byte("x"), 255)
	for range 40000 {
		e.Append(&wire.Op{Kind: wire.KindSetText, ID: 2, Text: text})
	}
	b := e.AppendSegment(nil)
	if b[len(b)-1] != 0 {
		t.Fatal("the case does not reach the limit")
	}
	var d wire.Decoder
	if _, err := d.ReadSegment(b, func(*wire.Op) error { return nil }); err != nil {
		t.Fatal(err)
	}
	d.Reset()
	if _, err := d.ReadSegment(b[:len(b)-1], func(*wire.Op) error { return nil }); !errors.Is(err, wire.ErrLimit) {
		t.Fatalf("one byte of padding less: %v, want %v", err, wire.ErrLimit)
	}
}

func TestDecoderMemoryIsBoundedByItsInput(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	b := readVector(t, "testdata/every-kind.vector").steps[0].payload
	var before, after runtime.MemStats
	for range 300 {
		c := bytes.Clone(b)
		for range 1 + r.IntN(3) {
			c[3+r.IntN(len(c)-3)] = byte(r.Uint32())
		}
		var d wire.Decoder
		runtime.ReadMemStats(&before)
		d.ReadSegment(c, func(*wire.Op) error { return nil })
		runtime.ReadMemStats(&after)
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(3<<20+4*8192*(len(c)+1024)); got > most {
			t.Fatalf("%d bytes allocated for a segment of %d, at most %d are promised", got, len(c), most)
		}
	}
}

func TestEncoderAllocatesNothingInSteadyState(t *testing.T) {
	s := visit(3)
	var e wire.Encoder
	var out []byte
	round := func() {
		e.BeginEpoch(1)
		for _, ops := range s.segments {
			for i := range ops {
				e.Append(&ops[i])
			}
			out = e.AppendSegment(out[:0])
		}
	}
	if n := testing.AllocsPerRun(5, round); n != 0 {
		t.Errorf("%v allocations an epoch, want 0", n)
	}
}

func TestDecoderAllocatesNothingOnceWarm(t *testing.T) {
	var e wire.Encoder
	segments := encode(&e, visit(3))
	var d wire.Decoder
	none := func(*wire.Op) error { return nil }
	round := func() {
		d.Reset()
		for _, b := range segments {
			if _, err := d.ReadSegment(b, none); err != nil {
				t.Fatal(err)
			}
		}
	}
	if n := testing.AllocsPerRun(5, round); n != 0 {
		t.Errorf("%v allocations an epoch, want 0", n)
	}
}

func TestReadHeaderNeedsNoOps(t *testing.T) {
	b := readVector(t, "testdata/every-kind.vector").steps[0].payload
	info, err := wire.ReadHeader(b[:7])
	if err != nil || info.Epoch != 7 || info.Index != 0 {
		t.Errorf("got %+v, %v, want epoch 7, segment 0", info, err)
	}
	if _, err := wire.ReadHeader(b[:6]); !errors.Is(err, wire.ErrTruncated) {
		t.Errorf("got %v, want %v", err, wire.ErrTruncated)
	}
}
