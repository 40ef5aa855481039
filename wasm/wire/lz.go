package wire

import "math/bits"

const (
	windowBits = 17
	windowSize = 1 << windowBits // how far back a match may reach
	windowMask = windowSize - 1

	minMatch = 3
	minRep   = 2
	reps     = 4

	literalBits = 17
)

// lz is the model of string bytes: window, last distances, and the probabilities.
type lz struct {
	window [windowSize]byte
	pos    uint32 // bytes ever entered
	rep    [reps]uint32
	after  int // 0 behind a literal, 1 behind a match

	match  [classes][2][2]prob // by what came before, by whether the string begins
	isRep  [2]prob
	repIdx [reps]prob
	low    [classes * 256 * 256]prob // by class and the byte before
	high   [1 << literalBits]prob    // by the two bytes before, hashed

	finder finder
}

// finder is the writer's search for matches.
type finder struct {
	heads [1 << 15]uint32    // position + 1 of the newest with a hash
	chain [windowSize]uint32 // the one before it
}

func (z *lz) reset() {
	z.pos, z.after, z.rep = 0, 0, [reps]uint32{1, 2, 3, 4}
	for c := range z.match {
		fill(z.match[c][0][:])
		fill(z.match[c][1][:])
	}
	fill(z.isRep[:])
	fill(z.repIdx[:])
	fill(z.low[:])
	fill(z.high[:])
	clear(z.finder.heads[:])
}

func (z *lz) at(back uint32) byte {
	if back > z.pos {
		return 0
	}
	return z.window[(z.pos-back)&windowMask]
}

// contexts of a literal: where the trees of the last byte and the last two begin.
func (z *lz) literal(class int) (low []prob, hash uint32) {
	c1, c2 := uint32(z.at(1)), uint32(z.at(2))
	i := (uint32(class)<<8 | c1) << 8
	return z.low[i : i+256], (c1<<8 | c2 | uint32(class)<<16) * 0x9e3779b1
}

// nibble answers the tree of the order-2 context for the upper or lower half of a byte.
func (z *lz) nibble(hash, node uint32) []prob {
	h := (hash ^ node*0x85ebca6b) * 0xc2b2ae35
	i := h >> (32 - literalBits) &^ 15
	return z.high[i : i+16]
}

// blend is the probability from both contexts: the longer one counts the more the more
// often it was seen.
func blend(low, high prob) uint32 {
	n := uint32(high & 15)
	w := blendWeights[n]
	return (uint32(low>>4)*(16-w) + uint32(high>>4)*w) >> 4
}

var blendWeights = [16]uint32{0, 6, 8, 9, 10, 10, 11, 11, 12, 12, 12, 12, 12, 12, 12, 12}

func (z *lz) put(b byte) {
	z.window[z.pos&windowMask] = b
	z.pos++
}

func (z *lz) use(i int) {
	d := z.rep[i]
	copy(z.rep[1:i+1], z.rep[:i])
	z.rep[0] = d
}

func (z *lz) newDist(d uint32) {
	copy(z.rep[1:], z.rep[:reps-1])
	z.rep[0] = d
}

func distCtx(length int) uint32 { return ctxDist + uint32(min(length-minMatch, 3)) }

func bitLen(v uint64) int { return bits.Len64(v) }
