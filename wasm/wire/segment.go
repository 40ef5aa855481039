package wire

import "errors"

// Version is the first byte of every segment.
const Version = 1

// Limits of version 1 (FORMAT.md §3). A writer stays inside them by cutting what is too
// long; a reader answers [ErrLimit] beyond them.
const (
	// MaxString is the length of one string in bytes.
	MaxString = 8 << 20
	// MaxAttrs is the number of attributes of one element.
	MaxAttrs = 4096
	// MaxNums is the number of Nums of one op.
	MaxNums = 1 << 16
	// MaxNum bounds the size of a number: |n| <= MaxNum.
	MaxNum = 1<<53 - 1

	// A segment of n bytes may decode to at most expansion·(n+expansionFloor) bytes of
	// ops as [opCost] counts them, and to no more than MaxDecoded. A writer pads a segment
	// that would pass the first; none of ours comes near the second.
	expansion      = 8192
	expansionFloor = 1024
	// MaxDecoded is the most that one segment may decode to, in bytes.
	MaxDecoded = 256 << 20
)

// Errors of [Decoder.ReadSegment], for callers to decide on. What it answers wraps one.
var (
	// ErrTruncated: the segment ends before its ops do.
	ErrTruncated = errors.New("segment is truncated")
	// ErrChecksum: the ops are not those that were written.
	ErrChecksum = errors.New("checksum of the segment does not match")
	// ErrVersion: another version of the format, or an op that this version cannot skip.
	ErrVersion = errors.New("segment is of another version of the format")
	// ErrOrder: a segment of this epoch is missing or was read before. The next epoch can be read.
	ErrOrder = errors.New("segment is out of order")
	// ErrLimit: a length or number is over a limit of the format.
	ErrLimit = errors.New("segment is over a limit of the format")
)

// What an op and an attribute count against the expansion limit, beside their bytes.
const (
	opOverhead   = 128
	attrOverhead = 64
)

// opCost is the memory of one op that counts against the expansion limit, but for its
// numbers, of which each that is coded counts 8.
func opCost(op *Op) uint64 {
	n := uint64(opOverhead + len(op.Name) + len(op.Text))
	for i := range op.Attrs {
		n += uint64(attrOverhead + len(op.Attrs[i].Name) + len(op.Attrs[i].Value))
	}
	return n
}

// crcTable is CRC-32C (Castagnoli, reflected, as in RFC 3720 §B.4), filled at run time:
// hash/crc32 would be 2 KB of the core.
type crcTable [256]uint32

func (t *crcTable) fill() {
	for i := range t {
		c := uint32(i)
		for range 8 {
			c = c>>1 ^ 0x82f63b78&-(c&1)
		}
		t[i] = c
	}
}

func (t *crcTable) add(c uint32, b byte) uint32 { return t[byte(c)^b] ^ c>>8 }

func (t *crcTable) addVarint(c uint32, v uint64) uint32 {
	for v >= 0x80 {
		c = t.add(c, byte(v)|0x80)
		v >>= 7
	}
	return t.add(c, byte(v))
}

// begin starts the checksum of a segment with its header.
func (t *crcTable) begin(epoch, index uint32) uint32 {
	return t.addVarint(t.addVarint(t.add(^uint32(0), Version), uint64(epoch)), uint64(index))
}

func varintLen(v uint64) int {
	n := 1
	for ; v >= 0x80; v >>= 7 {
		n++
	}
	return n
}

func appendVarint(b []byte, v uint64) []byte {
	for v >= 0x80 {
		b = append(b, byte(v)|0x80)
		v >>= 7
	}
	return append(b, byte(v))
}

// readVarint answers n == 0 where b ends inside the number, n < 0 beyond 64 bits.
func readVarint(b []byte) (v uint64, n int) {
	for i := 0; i < len(b); i++ {
		if i == 9 && b[i] > 1 {
			return 0, -1
		}
		v |= uint64(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }
