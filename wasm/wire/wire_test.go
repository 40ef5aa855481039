package wire_test

import (
	"math/rand/v2"
	"reflect"
	"testing"

	"afterimage/wasm/wire"
)

var kinds = []wire.Kind{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
	32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48}

// numsOf says how many Nums a kind has; a list has any multiple of every beyond fixed.
func numsOf(k wire.Kind) (fixed, every int) {
	switch k {
	case wire.KindSnapshotBegin, wire.KindMouse, wire.KindViewport:
		return 5, 0
	case wire.KindElement, wire.KindOther, wire.KindShadowRoot, wire.KindChecked, wire.KindSheet, wire.KindDialogState,
		wire.KindKey, wire.KindVisibility, wire.KindNavigate, wire.KindMeta, wire.KindDegraded, wire.KindClockJump:
		return 1, 0
	case wire.KindScroll, wire.KindRuleInsert, wire.KindRuleDelete, wire.KindAnchor, wire.KindActivity:
		return 2, 0
	case wire.KindBox, wire.KindResize:
		return 3, 0
	case wire.KindSelected, wire.KindAdopted:
		return 0, 1
	case wire.KindPointer:
		return 0, 3
	case wire.KindTouch:
		return 1, 4
	}
	return 0, 0
}

func randomString(r *rand.Rand, pool [][]byte) []byte {
	if r.IntN(3) > 0 {
		return pool[r.IntN(len(pool))]
	}
	n := []int{0, 1, 3, 20, 254, 255, 256, 3000}[r.IntN(8)]
	if n == 0 {
		return nil
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(' ' + r.IntN(1+r.IntN(200)))
	}
	return b
}

// randomOp makes an op with exactly the fields that its kind carries.
func randomOp(r *rand.Rand, at int64, pool [][]byte) wire.Op {
	op := wire.Op{Kind: kinds[r.IntN(len(kinds))], AtMs: at}
	id := func() uint32 {
		if r.IntN(10) == 0 {
			return r.Uint32()
		}
		return uint32(r.IntN(50))
	}
	switch op.Kind {
	case wire.KindElement, wire.KindText, wire.KindOther, wire.KindShadowRoot, wire.KindFrameDocument, wire.KindMove:
		op.ID, op.Parent, op.Prev = id(), id(), id()
	case wire.KindSnapshotBegin, wire.KindSnapshotEnd, wire.KindTouch, wire.KindResize, wire.KindVisibility, wire.KindNavigate,
		wire.KindLeave, wire.KindViewport, wire.KindMeta, wire.KindTrack, wire.KindIdentify, wire.KindClockJump, wire.KindAnchor:
	default:
		op.ID = id()
	}
	switch op.Kind {
	case wire.KindElement, wire.KindOther, wire.KindAttr, wire.KindAttrRemoved, wire.KindTrack, wire.KindIdentify:
		op.Name = randomString(r, pool)
	}
	switch op.Kind {
	case wire.KindText, wire.KindAttr, wire.KindSetText, wire.KindValue, wire.KindSheet, wire.KindRuleInsert,
		wire.KindNavigate, wire.KindMeta, wire.KindTrack, wire.KindIdentify:
		op.Text = randomString(r, pool)
	}
	if op.Kind == wire.KindElement {
		for range r.IntN(5) {
			a := wire.Attr{Name: randomString(r, pool), Value: randomString(r, pool)}
			if r.IntN(8) == 0 {
				a.Null, a.Value = true, nil
			}
			op.Attrs = append(op.Attrs, a)
		}
	}
	fixed, every := numsOf(op.Kind)
	for range fixed + every*r.IntN(7) {
		n := int64(r.IntN(400)) - 50
		if op.Kind == wire.KindTouch {
			n += 50 // one of the numbers is a node id
		} else if r.IntN(20) == 0 {
			n = r.Int64N(2*wire.MaxNum+1) - wire.MaxNum
		}
		op.Nums = append(op.Nums, n)
	}
	return op
}

func copyOps(d *wire.Decoder, b []byte) (ops []wire.Op, err error) {
	_, err = d.ReadSegment(b, func(op *wire.Op) error {
		ops = append(ops, *op)
		return nil
	})
	return ops, err
}

func TestRandomOpsComeBackAsTheyWere(t *testing.T) {
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		pool := make([][]byte, 1+r.IntN(3000))
		for i := range pool {
			for range 1 + r.IntN(40) {
				pool[i] = append(pool[i], byte('a'+r.IntN(20)))
			}
		}
		var e wire.Encoder
		var d wire.Decoder
		var at int64
		for epoch := uint32(1); epoch <= 2; epoch++ {
			e.BeginEpoch(epoch)
			for index := range uint32(4) {
				var want []wire.Op
				for range r.IntN(800) {
					at += int64(r.IntN(40))
					op := randomOp(r, at, pool)
					want = append(want, op)
					e.Append(&op)
				}
				b := e.AppendSegment(nil)
				if len(want) == 0 {
					if len(b) != 0 {
						t.Fatalf("seed %d: a segment of %d bytes without ops", seed, len(b))
					}
					break
				}
				var got []wire.Op
				info, err := d.ReadSegment(b, func(op *wire.Op) error { got = append(got, *op); return nil })
				if err != nil {
					t.Fatalf("seed %d, epoch %d, segment %d: %v", seed, epoch, index, err)
				}
				if info.Epoch != epoch || info.Index != index || info.BaseMs != want[0].AtMs {
					t.Fatalf("seed %d: got %+v, want epoch %d index %d", seed, info, epoch, index)
				}
				for i := range want {
					if i >= len(got) || !reflect.DeepEqual(got[i], want[i]) {
						t.Fatalf("seed %d, epoch %d, segment %d, op %d of %d:\n got %+v\nwant %+v", seed, epoch, index, i, len(want), got[min(i, len(got)-1)], want[i])
					}
				}
			}
		}
	}
}
