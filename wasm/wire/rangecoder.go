package wire

// Adaptive binary range coder, carry-propagating, as in LZMA. A probability is that of a
// 0 bit in 1/4096 in the upper 12 bits; the lower 4 count how often it was used, for a
// new one learns faster. It is kept less one half, so that cleared memory holds new ones.
type prob uint16

const (
	probBits = 12
	probHalf = prob(1 << (probBits - 1) << 4)
	topValue = 1 << 24
)

// rates[n] is the share of the error, in 1/65536, by which a probability moves at its
// n-th use. The last one holds for ever: a probability stays within 31/4096 of the ends,
// which bounds how much may be decoded from a byte.
var rates = [16]uint32{32768, 21845, 16384, 13107, 10923, 9362, 8192, 6554, 5461, 4681, 4096, 3641, 3277, 2731, 2341, 2048}

// adapted is p after bit.
func (p prob) adapted(bit int) prob {
	n := p & 15
	v := p.of4096()
	if bit == 0 {
		v += (1<<probBits - v) * rates[n] >> 16
	} else {
		v -= v * rates[n] >> 16
	}
	if n < 15 {
		n++
	}
	return (prob(v)<<4 | n) ^ probHalf
}

// of4096 is the probability of a 0, in 1/4096.
func (p prob) of4096() uint32 { return uint32((p ^ probHalf) >> 4) }

type rangeEncoder struct {
	low     uint64
	width   uint32
	pending int // 0xff bytes that a carry may still turn
	cache   byte
	cached  bool
	out     []byte
}

func (r *rangeEncoder) reset() {
	r.low, r.width, r.pending, r.cached, r.out = 0, 1<<32-1, 0, false, r.out[:0]
}

// bit codes bit where a 0 has probability p/4096.
func (r *rangeEncoder) bit(p uint32, bit int) {
	bound := r.width >> probBits * p
	if bit == 0 {
		r.width = bound
	} else {
		r.low += uint64(bound)
		r.width -= bound
	}
	for r.width < topValue {
		r.width <<= 8
		r.shift()
	}
}

func (r *rangeEncoder) adaptive(p *prob, bit int) {
	r.bit(p.of4096(), bit)
	*p = p.adapted(bit)
}

func (r *rangeEncoder) shift() {
	if r.low < 0xff000000 || r.low>>32 != 0 {
		carry := byte(r.low >> 32)
		if r.cached {
			r.out = append(r.out, r.cache+carry)
		}
		for ; r.pending > 0; r.pending-- {
			r.out = append(r.out, 0xff+carry)
		}
		r.cache, r.cached = byte(r.low>>24), true
	} else {
		r.pending++
	}
	r.low = r.low & 0x00ffffff << 8
}

// finish ends the output with as few bytes as tell the last bit: a reader takes zeros
// beyond the end, so of the last four bytes the three or four that can be zero are left
// out.
func (r *rangeEncoder) finish() {
	left := 4
	v := (r.low + 1<<32 - 1) >> 32 << 32
	if v >= r.low+uint64(r.width) {
		left = 3
		v = (r.low + 1<<24 - 1) >> 24 << 24
	}
	r.low = v
	for range 4 {
		r.shift()
	}
	r.out = append(r.out, r.cache)
	for ; r.pending > 0; r.pending-- {
		r.out = append(r.out, 0xff)
	}
	r.out = r.out[:len(r.out)-left]
}

// rangeDecoder reads what rangeEncoder wrote.
type rangeDecoder struct {
	code, width uint32
	in          []byte
	over        int // zero bytes taken beyond the end
}

// maxOver is how far beyond the end a whole segment can be read.
const maxOver = 4

func (r *rangeDecoder) reset(in []byte) {
	r.in, r.width, r.code, r.over = in, 1<<32-1, 0, 0
	for range 4 {
		r.fill()
	}
}

func (r *rangeDecoder) fill() {
	r.code <<= 8
	if len(r.in) > 0 {
		r.code |= uint32(r.in[0])
		r.in = r.in[1:]
	} else {
		r.over++
	}
}

func (r *rangeDecoder) bit(p uint32) int {
	bound := r.width >> probBits * p
	bit := 0
	if r.code < bound {
		r.width = bound
	} else {
		r.code -= bound
		r.width -= bound
		bit = 1
	}
	for r.width < topValue {
		r.width <<= 8
		r.fill()
	}
	return bit
}

func (r *rangeDecoder) adaptive(p *prob) int {
	bit := r.bit(p.of4096())
	*p = p.adapted(bit)
	return bit
}
