// Package pack makes the WebAssembly file of a core a fifth smaller than brotli does.
//
// The stream is an arithmetic code over the bits of the file. The probability of each bit
// is mixed from predictions in several contexts (logistic mixing over counters of adaptive
// rate, as in the PAQ family: Mahoney, "Adaptive Weighing of Context Models for Lossless
// Data Compression", 2005), and the contexts know WebAssembly (Core Specification 1.0,
// section 5): which byte is an op code and which an immediate, the op codes before, the
// locals used last, the depth of the operand stack. Where that is a guess, for an
// instruction that the reader of code simplifies, a wrong one makes the code longer and
// leaves it right.
//
// The reader runs in the worker, before there is any core: jsbridge/worker/unpack.ts,
// step for step the model here. Both calculate in 64-bit floats with + - * / alone, each
// product rounded by a conversion before it is added, which Go then must not fuse; so both
// come to the same bits.
package pack

const (
	slotBits = 18
	setBits  = 12

	rate      = 0.003        // of the mixers
	weight    = 0.3 / mixers // of an input at first
	limit     = 20           // of a counter: how many bits it remembers at most
	surprised = 4            // how many it remembers of those before one that it did not expect
)

// What contexts are made of.
const (
	key  = iota // what kind of byte comes next: state, op code, immediates left
	part        // bytes of the number begun, LEB128
	h0          // bytes before, newest first
	h1
	h2
	h3
	o0 // op codes before, newest first
	o1
	o2
	o3
	same // number behind the op code when it stood last
	l0   // locals used last, newest first
	l1
	depth // of the operand stack, about
	stk   // op code that last left this depth
	word  // letters before, up to the last other byte
	elements
)

// States of the reader of code.
const (
	outside = iota
	size    // of a body
	groups  // of locals, how many
	locals  // count and type of each group
	op
	immediate
)

// A shape is the number of immediates, plus the change of the operand stack's depth in
// fours: less2 to more1, or nothing where the depth is taken to begin at 0 again.
const (
	less2 = 4 * (iota + 1)
	less1
	level
	more1
)

// shapes holds op codes, each the last of a run that has one shape.
var shapes = [...][2]byte{
	{0x01, 0},
	{0x03, 1}, // block, loop
	{0x04, less1 + 1},
	{0x0b, 0},
	{0x0c, 1},
	{0x0d, less1 + 1},
	{0x0e, 1}, // br_table: its numbers are taken for op codes
	{0x0f, 0},
	{0x10, 1},
	{0x11, 2},
	{0x19, 0},
	{0x1a, less1},
	{0x1b, less2},
	{0x1f, 0},
	{0x20, more1 + 1},
	{0x21, less1 + 1},
	{0x22, level + 1},
	{0x23, more1 + 1},
	{0x24, less1 + 1},
	{0x27, 0},
	{0x35, level + 2}, // loads
	{0x3e, less2 + 2}, // stores
	{0x3f, more1 + 1},
	{0x40, level + 1},
	{0x42, more1 + 1}, // constants
	{0x45, level},
	{0x4f, less1},
	{0x50, level},
	{0x66, less1},
	{0x69, level},
	{0x78, less1},
	{0x7b, level},
	{0x8a, less1},
	{0xfb, level},
	{0xfc, 1},
	{0xff, 0},
}

// model predicts the next bit.
type model struct {
	masks []uint16 // elements of each context, and behind them of each mixer, those of class 0 first

	stretch [4096]float64
	rates   [limit + 1]int // of counters, by how often they were used, in 1/32768
	weights []float64      // of each mixer, by its elements
	slots   []uint32       // 16 bits probability of a 1, 8 bits how often seen, 8 bits check

	// The byte at hand.
	view       [elements]uint32
	hashes     []uint32
	lines      []uint32
	stack      [16]uint32
	last       [256]uint32 // number last read behind each op code
	class      uint32
	state      uint32
	left       uint32
	shift      uint32
	number     uint32
	body       uint32
	pos        int
	begin, end int // of the bodies of the code section

	// The bit at hand.
	half uint32 // bits of this half of the byte, below a leading 1
	at   []uint32
	in   []float64
	sets [mixers]int
	p    float64
}

// squash is 1/(1+e^-x), by (1+x/1024)^1024.
func squash(x float64) float64 {
	t := 1 - x/1024
	for range 10 {
		t = float64(t * t)
	}
	return 1 / (1 + t)
}

func newModel(masks []uint16, begin, end int) *model {
	m := &model{
		masks: masks, begin: begin, end: end,
		weights: make([]float64, mixers<<setBits*contexts),
		slots:   make([]uint32, contexts<<slotBits),
		hashes:  make([]uint32, contexts+mixers), lines: make([]uint32, contexts),
		at: make([]uint32, contexts), in: make([]float64, contexts),
	}
	x := -12.0
	for i := range m.stretch {
		for squash(x) < (float64(i)+0.5)/4096 {
			x += 1.0 / 256
		}
		m.stretch[i] = x
	}
	for i := range m.rates {
		m.rates[i] = 65536 / (2*i + 3)
	}
	for i := range m.weights {
		m.weights[i] = weight
	}
	for i := range m.slots {
		m.slots[i] = 1 << 31
	}
	return m
}

func hash(a, b uint32) uint32 {
	x := (a ^ b*0x9e3779b1) * 0x85ebca6b
	return x ^ x>>15
}

// predict gives the probability that the next bit is a 1, in 1/65536; before holds the
// bits of this byte that are known, below a leading 1.
func (m *model) predict(before uint32) uint32 {
	// The bits of half a byte share one line of a cache.
	if before < 2 || before>>4 == 1 {
		m.half = 1
		for i := range m.lines {
			m.lines[i] = hash(m.hashes[i], before)
		}
	}
	known := uint32(0) // contexts that were seen before, a bit each
	for i, h := range m.lines {
		at := uint32(i)<<slotBits | h>>(32-slotBits)&^15 | m.half
		// Another context's slot is taken over, not shared.
		if (m.slots[at]^h)&255 != 0 {
			m.slots[at] = 1<<31 | h&255
		}
		m.at[i] = at
		known <<= 1
		if m.slots[at]>>8&255 > 1 {
			known |= 1
		}
		m.in[i] = m.stretch[m.slots[at]>>20]
	}
	// The first mixer goes by the contexts known, those behind it by turns also by the bits known.
	for i := range m.sets {
		x := known
		if i > 0 {
			x = before * uint32(i&1)
		}
		m.sets[i] = (i<<setBits | int(hash(m.hashes[contexts+i], x)>>(32-setBits))) * contexts
	}
	dot := 0.0
	for i, in := range m.in {
		w := 0.0
		for _, set := range m.sets {
			w += m.weights[set+i]
		}
		dot += float64(in * w)
	}
	m.p = squash(dot)
	return uint32(m.p*65535) | 1
}

func (m *model) update(bit uint32) {
	e := float64((float64(bit) - m.p) * rate)
	for i, at := range m.at {
		for _, set := range m.sets {
			m.weights[set+i] += float64(e * m.in[i])
		}
		s := m.slots[at]
		p, n := int(s>>16), int(s>>8&255)
		p += (int(bit*65535) - p) * m.rates[n] >> 15
		n = min(n+1, limit)
		if s>>31 != bit {
			n = min(n, surprised)
		}
		m.slots[at] = uint32(p<<16|n<<8) | s&255
	}
	m.half = m.half<<1 | bit
}

// next goes on behind the byte c.
func (m *model) next(c uint32) {
	v := &m.view
	copy(v[h1:o0], v[h0:])
	v[h0] = c
	v[word] = hash(v[word], c)
	if c|32-'a' > 'z'-'a' {
		v[word] = 0
	}
	m.pos++
	m.body--
	switch m.state {
	case outside:
	case op:
		m.op(c)
	default:
		v[part] = v[part]<<8 | c
		m.number |= c & 127 << (m.shift & 31) // as JavaScript shifts
		m.shift += 7
		if c < 128 {
			n := m.number
			m.number, m.shift, v[part] = 0, 0, 0
			m.whole(n)
		}
	}
	if m.body == 0 || m.pos == m.begin {
		m.state = size
	}
	if m.pos == m.end {
		m.state = outside
	}
	m.look()
}

// op takes an op code.
func (m *model) op(c uint32) {
	v := &m.view
	copy(v[o1:same], v[o0:])
	v[o0] = c
	v[same] = m.last[c]
	i := 0
	for c > uint32(shapes[i][0]) {
		i++
	}
	shape := uint32(shapes[i][1])
	m.left = shape & 3
	if m.left > 0 {
		m.state = immediate
	}
	if shape < less2 {
		v[depth] = 0
	} else {
		v[depth] = (v[depth] + shape/4 - level/4) & 15
	}
	m.stack[v[depth]] = c
}

// whole takes a number that is complete.
func (m *model) whole(n uint32) {
	v := &m.view
	m.last[v[o0]] = n
	m.left--
	switch m.state {
	case size:
		m.body = n
		m.state = groups
		v[l0], v[l1] = 0, 0
		return
	case groups:
		m.left = 2 * n
		m.state = locals
	case immediate:
		if v[o0]-0x20 < 3 { // local.get, local.set, local.tee
			v[l1] = v[l0]
			v[l0] = n + 1
		}
	}
	if m.left == 0 {
		m.state = op
	}
}

// look forms the contexts of the next byte.
func (m *model) look() {
	v := &m.view
	v[key] = m.state
	if m.state != op {
		v[key] += v[o0]<<8 + min(m.left, 3)<<4
	}
	m.class = max(m.state, locals) - locals
	v[stk] = m.stack[v[depth]]
	for i := range m.hashes {
		h := uint32(i)
		mask := m.masks[int(m.class)*len(m.hashes)+i]
		for j, x := range v {
			if mask>>j&1 != 0 {
				h = hash(h, x)
			}
		}
		m.hashes[i] = h
	}
}
