package mirror

import (
	"unsafe"

	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// Limits of a page view.
const (
	// MemoryCeiling ends the recording: the page needs more than a recorder may take.
	MemoryCeiling = 128 << 20
	// segmentBytes of raw ops close a segment, so that a large snapshot goes out in parts. Half of
	// what can be sent: the rest is for the op with which it closes, or the coder cuts that.
	segmentBytes = 1 << 19
	// An epoch older or larger than this is followed by a new snapshot, so that a reader
	// never depends on more; the age counts only if the page changed much.
	epochMs    = 10 * 60 * 1000
	epochBytes = 4 << 20
)

// focusInBox has the focus in a box of which only the epoch before said which.
const focusInBox = 1<<32 - 1

// Core is one page view's mirror, policy and encoder.
type Core struct {
	tree
	reader
	flow flow
	pol  mask.Policy
	enc  wire.Encoder
	op   wire.Op
	at   int32 // slot of its node

	in    []byte // the batch: ints, then text
	ints  []int32
	args  []int32 // the op at hand, and where in it we are
	argAt int
	code  Code  // why the recording ends
	null  bool  // the string last read was null
	spot  int32 // the previous sibling that spotOf found

	// Memory tells how many bytes the instance has; nil counts the core's own arrays.
	Memory func() int

	dead     Code
	hello    bool
	snapshot bool // a snapshot has begun
	keys     bool // key kinds are recorded
	full     bool // the level is balanced
	narrow   bool // something is allowed that only the full form shows

	atMs  int64
	epoch uint32
	act   activity
	told  tellings
	leaf  bool   // the element at hand has no children, or they are not known yet
	blunt bool   // digits make no difference in what told knows
	focus uint32 // what has it, or is the box around that
	boxed bool   // that is a box

	out       []byte   // closed segments, in order
	closed    []closed // their ends and epochs
	given     int      // of closed
	lastEpoch uint32
	lastWire  uint32 // id that the wire gave last

	resend []int32
	assets assets

	joined   joined
	pressed  bool  // the pointer, on a canvas
	secretMs int64 // when something was typed into a secret field last
	goneMs   int64 // when a ghost, or what is beside one, went last
	sweptMs  int64

	handed [handedKinds]int // masked of what the site handed over, not yet told

	document   int32 // slot of node 1
	sheets     sheets
	early      uint32 // id of an element that is yet to come, and its marks
	earlyMarks uint8

	epochAt    int64
	epochSize  int // bytes of raw form since snapshotEnd
	firstSize  int // bytes of raw form of the snapshot
	base       int // memory of the instance after its first snapshot
	inSnapshot bool
	dropped    bool
}

type closed struct {
	end   int
	epoch uint32
}

// New returns the core of one page view. The level comes with hello.
func New() *Core {
	c := &Core{
		resend: make([]int32, 0, 64),
		closed: make([]closed, 0, 16),
		out:    make([]byte, 0, 64<<10),
	}
	c.op.Attrs = make([]wire.Attr, 0, 64)
	c.op.Nums = make([]int64, 0, 256)
	c.tree.reset()
	c.epoch = 1
	c.enc.BeginEpoch(1)
	return c
}

// What a site hands over in code, for Handed. Also arguments of core_handed: never renumber.
const (
	HandedLabels = iota // release, environment, campaign
	HandedEvents        // names and properties of track
	HandedTraits        // of identify
	handedKinds
)

func (c *Core) countHanded(kind int) {
	c.handed[kind] += c.pol.Handed
	c.pol.Handed = 0
}

// Handed tells how much of a kind was masked since the last call. Numbers alone leave.
func (c *Core) Handed(kind int) int {
	if kind < 0 || kind >= handedKinds {
		return 0
	}
	n := c.handed[kind]
	c.handed[kind] = 0
	return n
}

// In returns the buffer of the next batch: 4·nInts bytes of little-endian ints, then
// nText bytes of UTF-8. nil if that would pass the memory ceiling.
func (c *Core) In(nInts, nText int) []byte {
	if c.dead != OK || nInts < 0 || nText < 0 || nInts > MemoryCeiling/4 || nText > MemoryCeiling {
		return nil
	}
	n := nInts*4 + nText
	if n > cap(c.in) {
		size := 64 << 10
		for size < n {
			size *= 2
		}
		// The heap of a wasm instance doubles when it is full, so half of the rest is what
		// one may still ask for.
		if c.memory()+size > MemoryCeiling {
			c.die(ErrMemory)
			return nil
		}
		c.in = make([]byte, size)
	}
	return c.in[:cap(c.in)][:n]
}

// die ends the recording. Nothing that is pending is given out any more.
func (c *Core) die(code Code) Code {
	if c.dead == OK {
		c.dead = code
		c.given = len(c.closed)
	}
	return c.dead
}

// Apply applies the batch that was put into In's buffer.
func (c *Core) Apply(nInts, nText int) Code {
	if c.dead != OK {
		return c.dead
	}
	if nInts < 0 || nText < 0 || nInts*4+nText > cap(c.in) {
		return c.die(ErrMemory)
	}
	buf := c.in[:cap(c.in)]
	if nInts > 0 {
		c.ints = unsafe.Slice((*int32)(unsafe.Pointer(&buf[0])), nInts)
	} else {
		c.ints = c.ints[:0]
	}
	c.text = buf[nInts*4 : nInts*4+nText]
	c.i, c.end = 0, nText
	if code := c.applyBatch(); code != OK {
		return c.die(code)
	}
	if c.i != nText {
		return c.die(ErrText)
	}
	if c.memory() > MemoryCeiling {
		return c.die(ErrMemory)
	}
	return OK
}

// Segment returns the next plaintext segment, empty if nothing is pending; it is valid
// until the next call. A segment never mixes epochs: call again until it is empty.
func (c *Core) Segment(nowMs int64) []byte {
	if c.dead != OK {
		return nil
	}
	c.flushActivity(max(nowMs, c.atMs)) // the page's clock may be ahead by a little
	if c.given == len(c.closed) {
		c.out, c.closed, c.given = c.out[:0], c.closed[:0], 0
		c.closeSegment()
	}
	if c.given == len(c.closed) {
		return nil
	}
	from := 0
	if c.given > 0 {
		from = c.closed[c.given-1].end
	}
	s := c.closed[c.given]
	c.given++
	c.lastEpoch = s.epoch
	return c.out[from:s.end]
}

// Epoch is that of the segment last returned.
func (c *Core) Epoch() uint32 { return c.lastEpoch }

// closeSegment puts the pending ops, if any, into the queue of segments.
func (c *Core) closeSegment() {
	raw := c.enc.PendingBytes()
	n := len(c.out)
	c.out = c.enc.AppendSegment(c.out)
	if len(c.out) > n {
		c.closed = append(c.closed, closed{len(c.out), c.epoch})
		c.epochSize += raw
	}
}

// Resend lists (id, slow) of what the bridge has to send again.
func (c *Core) Resend() []int32 { return c.resend }

// ClearResend forgets the list: the bridge was told.
func (c *Core) ClearResend() { c.resend = c.resend[:0] }

// Pending is the size of ops that are in no segment yet.
func (c *Core) Pending() int {
	if c.dead != OK {
		return 0
	}
	return c.enc.PendingBytes()
}

// DropEpoch says that a segment will never arrive: the epoch cannot be read on.
func (c *Core) DropEpoch() { c.dropped = true }

func (c *Core) memory() int {
	if c.Memory != nil {
		return c.Memory()
	}
	return cap(c.in) + cap(c.out) + cap(c.nodes)*int(unsafe.Sizeof(node{})) + cap(c.tab)*4 + cap(c.flow.refs)*20 + cap(c.flow.arena) + cap(c.flow.raw)
}

// MemoryBytes is what the core has taken.
func (c *Core) MemoryBytes() int { return c.memory() }

func (c *Core) beginEpoch() {
	c.flushActivity(c.atMs + activityMs)
	c.flowFlush(0)
	if c.snapshot { // what came before the first snapshot belongs to its epoch
		c.closeSegment()
		c.epoch++
		c.enc.BeginEpoch(c.epoch)
	}
	if mask.Detects() {
		c.joined.n = 0
		if c.focus = 0; c.boxed {
			c.focus = focusInBox
		}
	}
	c.tree.reset()
	c.flow.reset()
	c.told = tellings{}
	c.nodes[0] = node{mode: c.pol.PageMode()}
	c.document = c.create(1, kindDocument)
	c.n(c.document).mode = c.pol.PageMode()
	c.lastWire = 1
	c.n(c.document).wire = 1
	c.resend = c.resend[:0]
	c.act, c.early = activity{}, 0
	c.assets.reset()
	c.sheets.reset()
	c.snapshot, c.inSnapshot, c.dropped = true, true, false
	c.epochAt, c.epochSize, c.firstSize = c.atMs, 0, 0
	c.begin(wire.KindSnapshotBegin, 0)
}

func (c *Core) endSnapshot() {
	c.inSnapshot = false
	c.firstSize = c.epochSize + c.enc.PendingBytes()
	if c.base == 0 {
		c.base = c.memory()
	}
}
