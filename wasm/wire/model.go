package wire

import "unsafe"

// model is everything that lives across the segments of an epoch, the same in writer and
// reader after every op. About 1.5 MB.
type model struct {
	state state
	dict  dict

	history [historyLen]uint32 // last telling numbers, newest first
	hit     [orders][predictCtxs][16]prob
	tables  [orders][1 << tableBits]guess
	nums    [ctxs][numProbs]prob
	known   [classes]prob
	slots   [classes][dictSlots]prob
	text    text
	crc     crcTable
}

const (
	historyLen  = 8
	orders      = 2
	tableBits   = 14
	predictCtxs = 64
	numProbs    = 96
)

// guess is the number that followed a context the last time.
type guess struct {
	value uint32
	check uint16
	times uint16 // in a row
}

func (m *model) reset() {
	// Assigned as a value it would lie twice in the memory of a core.
	clear(unsafe.Slice((*byte)(unsafe.Pointer(m)), unsafe.Sizeof(*m)))
	m.dict.reset()
	m.text.reset()
	m.crc.fill()
}

func (m *model) note(v uint32) {
	copy(m.history[1:], m.history[:historyLen-1])
	m.history[0] = v
}

// orderLen says how many numbers of the history each predictor looks at.
var orderLen = [orders]int{6, 3}

// guessFor finds the entry of order o for the field ctx. It is of this context only if its
// check is the one answered.
func (m *model) guessFor(o int, ctx uint32) (g *guess, check uint16) {
	h := ctx * 0x9e3779b1
	for i := range orderLen[o] {
		h = (h ^ m.history[i]) * 0x85ebca6b
		h ^= h >> 15
	}
	h *= 0xc2b2ae35
	return &m.tables[o][h>>(32-tableBits)], uint16(h) | 1
}

// learn tells an entry what came.
func (g *guess) learn(check uint16, v uint64) {
	switch {
	case g.check == check && uint64(g.value) == v:
		if g.times < 15 {
			g.times++
		}
	case g.check == check && g.times > 3:
		g.times /= 4
	default:
		*g = guess{value: uint32(v), check: check}
	}
}

// Classes of strings: what one holds is likely to be like others of its class.
const (
	classTag = iota
	classAttrName
	className
	classValue
	classText
	classStyle
	classData
	classes
)

func classOf(field byte) int {
	switch field {
	case fieldTag:
		return classTag
	case fieldAttrName:
		return classAttrName
	case fieldName:
		return className
	case fieldValue:
		return classValue
	case fieldText:
		return classText
	case fieldStyle:
		return classStyle
	}
	return classData
}

// Contexts of numbers. The field at position i of kind k has fieldCtx(k, i).
const (
	ctxKind = 392 + iota
	ctxTime
	ctxParent
	ctxPrev
	ctxRef
	ctxAttrName
	ctxAttrValue
	ctxLen                     // one a class
	ctxAxes = ctxLen + classes // eight an axis, by speed
	ctxs    = ctxAxes + 4*8
)

func fieldCtx(k Kind, i int) uint32 { return uint32(k)*8 + uint32(i) }

func axisOf(code byte) int {
	switch code {
	case fieldX:
		return 0
	case fieldY:
		return 1
	case fieldScrollX:
		return 2
	}
	return 3
}

func ctxAxis(code byte, bucket int) uint32 { return uint32(ctxAxes + 8*axisOf(code) + bucket) }

// A plain number v is coded as the length of v+1 in bits, one decision a bit of length,
// then the bits below the highest: two with probabilities of their own, the rest as they are.
const (
	numLens     = 24 // lengths beyond share a decision
	numMantissa = (numProbs - numLens) / 4
	maxNumLen   = 58 // a number has no more bits below its highest
)
