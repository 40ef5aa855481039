package wire

// The bytes of new strings are told by two models (FORMAT.md §5.5). The match model
// points to where the same bytes stood before, at most a window back: one decision a byte
// while it is right. A byte that it does not tell is coded bit by bit, from the mean of
// several contexts in the logistic domain, weighted by how well each did.
const (
	windowSize = 1 << 17 // how far back a match may stand
	windowMask = windowSize - 1
	longOrder  = 6 // bytes that must agree for a match of the long index
	shortOrder = 4
	maxAgree   = 32 // agreement is counted up to here
	staying    = 8  // a match that agrees on so many is not changed for another
	maxSince   = 15

	indexBits = 15
	startBits = 10

	contexts   = 4  // of a bit of a byte
	regionBits = 16 // probabilities a context has
	weightOne  = 1 << 16
	learnShift = 12
)

// text is the model of string bytes.
type text struct {
	window [windowSize]byte
	pos    uint32 // bytes ever entered, plus 1
	c4, c8 uint32 // the last four bytes, the four before them

	at     uint32 // where the match stands, 0 without one
	agreed uint32 // bytes before it that agree
	since  uint32 // bytes since the last wrong one, or the start
	expect byte   // what stands there; 0 without a match

	long, short [1 << indexBits]uint32 // position behind a context
	start       [1 << startBits]uint32 // position of the last string of a field

	byLength [classes][64]prob
	byByte   [1 << 16]prob

	bits    [contexts << regionBits]prob
	weights [classes][contexts]int32 // less firstWeight
	mix     *[contexts]int32
	hash    [contexts]uint32
	cell    [contexts]uint32 // where the 16 probabilities of a half byte begin
	drawn   [contexts]int32
	p       uint32

	squash  [4096]uint16
	stretch [4096]int16
}

// reset begins anew in cleared memory.
func (t *text) reset() {
	t.pos = 1
	t.fillTables()
}

// logistic is 4096/(1+e^-x) at x = -8, -7.5, …, 8.
var logistic = [33]uint16{1, 2, 4, 6, 10, 17, 27, 45, 74, 120, 194, 311, 488, 747, 1102, 1546, 2048,
	2550, 2994, 3349, 3608, 3785, 3902, 3976, 4022, 4051, 4069, 4079, 4086, 4090, 4092, 4094, 4095}

// fillTables makes squash, by straight lines between the points of logistic, and its
// inverse. Filled at run time they cost the core no bytes.
func (t *text) fillTables() {
	next := 0
	for i := range t.squash {
		lo, hi := int(logistic[i>>7]), int(logistic[i>>7+1])
		v := (lo*(128-i&127) + hi*(i&127) + 64) >> 7
		t.squash[i] = uint16(min(max(v, 31), 4065))
		for ; next <= v && next < 4096; next++ {
			t.stretch[next] = int16(i - 2048)
		}
	}
	for ; next < 4096; next++ {
		t.stretch[next] = 2047
	}
}

// enter puts a byte into the window.
func (t *text) enter(b byte) {
	t.window[t.pos&windowMask] = b
	t.pos++
	t.c8 = t.c8<<8 | t.c4>>24
	t.c4 = t.c4<<8 | uint32(b)
}

// begin starts a string: one byte of the window tells its class, and the match stands at
// the last string that came behind the same number (an attribute's name, for its value).
func (t *text) begin(class int, before uint32) {
	t.enter(byte(class))
	last := &t.start[(before^uint32(class)<<24)*0x9e3779b1>>(32-startBits)]
	t.at, t.agreed, t.since = *last, 0, maxSince
	if t.at != 0 {
		t.agreed = 1
	}
	*last = t.pos
}

// locate moves the match to where more bytes agree, and answers whether there is one.
func (t *text) locate() bool {
	long := &t.long[(t.c4^(t.c8&0xffff)*0x85ebca6b)*0x9e3779b1>>(32-indexBits)]
	short := &t.short[t.c4*0xc2b2ae35>>(32-indexBits)]
	if t.agreed < staying {
		if n := t.agree(*long); n >= longOrder && n > t.agreed {
			t.at, t.agreed = *long, n
		} else if n := t.agree(*short); n >= shortOrder && n > t.agreed {
			t.at, t.agreed = *short, n
		}
	}
	*long, *short = t.pos, t.pos
	if t.at == 0 || t.pos-t.at >= windowSize {
		t.at, t.agreed, t.expect = 0, 0, 0
		return false
	}
	t.expect = t.window[t.at&windowMask]
	return true
}

// agree counts the bytes before position at that are those before pos.
func (t *text) agree(at uint32) (n uint32) {
	if at == 0 || t.pos-at >= windowSize-maxAgree {
		return 0
	}
	for n < maxAgree && n+1 < at && t.window[(at-1-n)&windowMask] == t.window[(t.pos-1-n)&windowMask] {
		n++
	}
	return n
}

// told answers the two probabilities, to be averaged, that the match is right.
func (t *text) told(class int) (a, b *prob) {
	n := t.agreed
	switch {
	case n >= 24:
		n = 14
	case n > 15:
		n = 15
	}
	return &t.byLength[class][n<<2|t.since>>2], &t.byByte[uint32(t.expect)<<8|t.c4&0xff]
}

func (t *text) right() {
	t.at++
	t.agreed = min(t.agreed+1, maxAgree)
	t.since = min(t.since+1, maxSince)
}

// wrong keeps the match: after a digit that differs the same may go on.
func (t *text) wrong() {
	t.at++
	t.agreed, t.since = 0, 0
}

// open sets the contexts of the byte to come.
func (t *text) open(class int) {
	c := t.c4
	t.hash[0] = (c&0xff | uint32(class)<<8 | 1<<24) * 0x9e3779b1
	t.hash[1] = (c&0xffff | 2<<24) * 0x9e3779b1
	t.hash[2] = (c&0xffffff | 3<<24) * 0x9e3779b1
	t.hash[3] = (uint32(t.expect)<<8 | uint32(class) | 4<<24) * 0x9e3779b1
	t.mix = &t.weights[class]
}

// half finds the cells for the upper (above == 1) or lower half of the byte, where above
// is 1 followed by the bits already known.
func (t *text) half(above uint32) {
	for i, h := range t.hash {
		h = (h ^ above*0x85ebca6b) * 0xc2b2ae35
		h ^= h >> 15
		h *= 0x9e3779b1
		t.cell[i] = h>>(32-regionBits)&^15 + uint32(i)<<regionBits
	}
}

// foretell answers the probability of a 0, where node is 1 followed by the known bits of
// this half.
func (t *text) foretell(node uint32) uint32 {
	var sum int32
	for i, c := range t.cell {
		s := int32(t.stretch[t.bits[c+node].of4096()])
		t.drawn[i] = s
		sum += s * ((t.mix[i] + firstWeight) >> 4) >> 8
	}
	t.p = uint32(t.squash[min(max(sum>>4+2048, 0), 4095)])
	return t.p
}

// learn tells what the bit was: weights move towards those that were right.
func (t *text) learn(node uint32, bit int) {
	miss := int32(1-bit)<<12 - int32(t.p)
	for i, c := range t.cell {
		w := t.mix[i] + t.drawn[i]*miss>>learnShift
		t.mix[i] = min(max(w, -maxWeight-firstWeight), maxWeight-firstWeight)
		p := &t.bits[c+node]
		*p = p.adapted(bit)
	}
}

// maxWeight keeps the sum of a mix inside 32 bits.
const (
	maxWeight   = 8 * weightOne
	firstWeight = weightOne * 36 / 100
)
