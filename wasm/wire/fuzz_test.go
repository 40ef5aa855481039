package wire_test

import (
	"encoding/binary"
	"reflect"
	"testing"

	"afterimage/wasm/wire"
)

// split cuts b into segments: each with its length before it, as u16 LE.
func split(b []byte) (segments [][]byte) {
	for len(b) >= 2 && len(segments) < 50 {
		n := min(int(binary.LittleEndian.Uint16(b)), len(b)-2)
		segments = append(segments, b[2:2+n])
		b = b[2+n:]
	}
	return segments
}

// FuzzReadSegment reads a hostile recording: never a panic, nothing visited beside an
// error, no error but the promised ones, and what was read goes through the writer and
// back unchanged.
func FuzzReadSegment(f *testing.F) {
	for _, file := range vectorFiles(f) {
		var seed []byte
		for _, s := range readVector(f, file).steps {
			seed = append(binary.LittleEndian.AppendUint16(seed, uint16(len(s.payload))), s.payload...)
		}
		f.Add(seed)
	}
	var d wire.Decoder
	var e wire.Encoder
	f.Fuzz(func(t *testing.T, b []byte) {
		d.Reset()
		var epoch uint32
		for _, segment := range split(b) {
			var ops []wire.Op
			info, err := d.ReadSegment(segment, func(op *wire.Op) error { ops = append(ops, *op); return nil })
			if err != nil {
				if !isSentinel(err) || len(ops) != 0 {
					t.Fatalf("%v beside %d ops", err, len(ops))
				}
				continue
			}
			if info.Epoch < epoch {
				t.Fatalf("epoch %d after %d", info.Epoch, epoch)
			}
			epoch = info.Epoch
			e.BeginEpoch(1)
			for i := range ops {
				if ops[i].Kind == wire.KindAsset {
					e.AppendSkippable(wire.KindAsset, ops[i].Text)
				} else {
					e.Append(&ops[i])
				}
			}
			again := e.AppendSegment(nil)
			if len(ops) == 0 {
				continue
			}
			var back wire.Decoder
			got, err := copyOps(&back, again)
			if err != nil || !reflect.DeepEqual(got, ops) {
				t.Fatalf("written again: %v\n got %+v\nwant %+v", err, got, ops)
			}
		}
	})
}

// FuzzRoundTrip takes its bytes as choices of a writer: what comes back is what went in.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("a seed of choices, more or less random, \x00\x01\x02\xff\xfe"))
	f.Add([]byte{3, 3, 3, 3, 4, 4, 4, 17, 17, 200, 201, 250})
	var e wire.Encoder
	var d wire.Decoder
	f.Fuzz(func(t *testing.T, b []byte) {
		var ops []wire.Op
		next := func() (v uint32) {
			if len(b) > 0 {
				v, b = uint32(b[0]), b[1:]
			}
			return v
		}
		str := func() []byte {
			n := min(int(next()), len(b))
			if n == 0 {
				return nil
			}
			s := b[:n:n]
			b = b[n/2:] // half of it is used again
			return s
		}
		at := int64(0)
		for len(b) > 0 && len(ops) < 1000 {
			k := kinds[int(next())%len(kinds)]
			schema := wire.Schemas()[int(k)]
			at += int64(next())
			op := wire.Op{Kind: k, AtMs: at}
			for _, c := range schema {
				switch c {
				case 'I', 'R':
					op.ID = next()
				case 'P', 'Q':
					op.Parent, op.Prev = next(), next()
				case 'N', 'M', 'O':
					op.Name = str()
				case 'T', 'V', 'C', 'J':
					op.Text = str()
				case 'A':
					for range next() % 5 {
						op.Attrs = append(op.Attrs, wire.Attr{Name: str(), Value: str()})
					}
				}
			}
			fixed, every := numsOf(k)
			for range fixed + every*int(next()%6) {
				op.Nums = append(op.Nums, int64(next())<<(next()%40))
			}
			if k == wire.KindTouch {
				for i := range op.Nums {
					op.Nums[i] &= 0xffffff
				}
			}
			ops = append(ops, op)
		}
		e.BeginEpoch(1)
		d.Reset()
		for half := range 2 {
			part := ops[half*len(ops)/2 : (half+1)*len(ops)/2]
			if len(part) == 0 {
				continue
			}
			for i := range part {
				e.Append(&part[i])
			}
			got, err := copyOps(&d, e.AppendSegment(nil))
			if err != nil || !reflect.DeepEqual(got, part) {
				t.Fatalf("part %d: %v\n got %+v\nwant %+v", half, err, got, part)
			}
		}
	})
}
