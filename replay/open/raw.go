package open

import "encoding/binary"

// AppendRaw appends the op decompressed: all that the segment holds of it, every string
// whole and in the clear, so that a search through the bytes finds what is in a
// recording. Numbers are varints (encoding/binary), Nums zigzag, strings have their length
// in front:
//
//	kind, atMs, id, parent, prev, name, text,
//	count of attributes, (name, 0 for a withheld value or 1 + value)…,
//	count of nums, nums…
func (e *Event) AppendRaw(b []byte) []byte {
	op := e.Op
	b = binary.AppendUvarint(b, uint64(op.Kind))
	b = binary.AppendVarint(b, op.AtMs)
	for _, id := range []uint32{op.ID, op.Parent, op.Prev} {
		b = binary.AppendUvarint(b, uint64(id))
	}
	b = appendBytes(b, op.Name)
	b = appendBytes(b, op.Text)
	b = binary.AppendUvarint(b, uint64(len(op.Attrs)))
	for _, a := range op.Attrs {
		b = appendBytes(b, a.Name)
		if a.Null {
			b = append(b, 0)
			continue
		}
		b = appendBytes(append(b, 1), a.Value)
	}
	b = binary.AppendUvarint(b, uint64(len(op.Nums)))
	for _, n := range op.Nums {
		b = binary.AppendVarint(b, n)
	}
	return b
}

func appendBytes(b, s []byte) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
