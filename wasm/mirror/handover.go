package mirror

import "afterimage/wasm/mask"

// An instance is the only free() there is (memory of a wasm instance never shrinks), and the
// only way from the strict form to the full one. The worker starts a second instance, takes
// the memory of the first with Export, puts it into the second with Import, and the next
// snapshot goes there as a new epoch. An instance without hello takes no op, and the bridge
// says hello once: without Import the second one records nothing.

// Needs bits.
const (
	NeedSnapshot = 1 // a new epoch is wanted
	NeedRoom     = 2 // and in an instance of its own: this one has grown
	NeedFull     = 4 // and in the full form: this one masks what is allowed
)

const (
	// instanceBytes is the linear memory past which another instance goes on, where a fresh
	// snapshot needs less.
	instanceBytes = 64 << 20
	// smallBytes is not worth another instance, whatever the first snapshot needed.
	smallBytes = 8 << 20
)

// handover is the head of what Export writes: version, flags, epoch, time.
const (
	handoverVersion = 1
	handoverHead    = 14
	handoverFull    = 1
	handoverKeys    = 2
	handoverBoxed   = 4
)

// Needs says what the core wants of the worker.
func (c *Core) Needs() int {
	if c.dead != OK || !c.snapshot || c.inSnapshot {
		return 0
	}
	needs := 0
	size := c.epochSize + c.enc.PendingBytes() - c.firstSize
	if c.dropped || size > epochBytes || (c.atMs-c.epochAt > epochMs && size*4 > c.firstSize) {
		needs = NeedSnapshot
	}
	// Past three times what the first snapshot needed, or the mark, but never at once again.
	if c.memory() > max(min(max(3*c.base, smallBytes), instanceBytes), c.base*3/2) {
		needs |= NeedRoom
	}
	if c.narrow {
		needs |= NeedFull
	}
	return needs
}

// Export returns what another instance has to know to go on, empty if this one has not given
// out all segments or is dead. It is valid until the next call.
func (c *Core) Export() []byte {
	if c.dead != OK || !c.hello || c.given != len(c.closed) || c.enc.PendingBytes() > 0 {
		return nil
	}
	c.closed, c.given = c.closed[:0], 0
	flags := byte(0)
	if c.full {
		flags |= handoverFull
	}
	if c.keys {
		flags |= handoverKeys
	}
	if mask.Detects() && c.boxed {
		flags |= handoverBoxed
	}
	b := append(c.out[:0], handoverVersion, flags)
	for k := 0; k < 32; k += 8 {
		b = append(b, byte(c.epoch>>k))
	}
	for k := 0; k < 64; k += 8 {
		b = append(b, byte(c.atMs>>k))
	}
	c.out = c.pol.AppendMemory(b)
	return c.out
}

// Import makes a core that has taken no op yet that of a page view that goes on. It reads
// In's buffer. On any other code than OK the core is dead.
func (c *Core) Import(n int) Code {
	if c.dead != OK || c.hello || n < handoverHead || n > cap(c.in) {
		return c.die(ErrOrder)
	}
	b := c.in[:n]
	if b[0] != handoverVersion {
		return c.die(ErrVersion)
	}
	c.begins(b[1]&handoverFull != 0, b[1]&handoverKeys != 0)
	if mask.Detects() {
		c.boxed = b[1]&handoverBoxed != 0
	}
	c.epoch = 0
	for k := 0; k < 4; k++ {
		c.epoch |= uint32(b[2+k]) << (8 * k)
	}
	for k := 0; k < 8; k++ {
		c.atMs |= int64(b[6+k]) << (8 * k)
	}
	c.epoch++
	c.enc.BeginEpoch(c.epoch)
	if !c.pol.TakeMemory(b[handoverHead:]) {
		return c.die(ErrInternal)
	}
	return OK
}

// begins is what hello says.
func (c *Core) begins(full, keys bool) {
	level := mask.Strict
	if full {
		level = mask.Balanced
	}
	c.pol.Init(level)
	c.full, c.keys, c.hello = full, keys, true
}
