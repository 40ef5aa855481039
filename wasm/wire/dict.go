package wire

const (
	slotBits      = 12
	dictSlots     = 1 << slotBits
	dictBytes     = 1 << 16
	maxDictString = 255 // longer strings are never entered

	slotEmpty = 0 // always the empty string
	slotNull  = 1 // always "withheld"
	slotFirst = 2
)

// dict holds short strings by slot: at most dictSlots of them in dictBytes of ring
// memory. Strings leave in the order in which they came; one that was used since it came
// (or was last passed over) is moved to the end instead, once. Writer and reader do the
// same steps, so slots mean the same to both.
type dict struct {
	ring  [dictBytes]byte
	off   [dictSlots]uint32 // start in ring, before masking
	size  [dictSlots]uint8
	used  [dictSlots]bool
	queue [dictSlots]uint16 // slots in ring order
	free  [dictSlots]uint16 // stack of free slots
	nFree int
	first uint32 // of queue
	last  uint32
	tail  uint32 // ring positions in use: [tail, head)
	head  uint32

	// Only the writer looks strings up.
	chain [dictSlots]uint16
	heads [dictSlots]uint16
}

// reset begins anew in cleared memory.
func (d *dict) reset() {
	for i := dictSlots - 1; i >= slotFirst; i-- {
		d.free[d.nFree] = uint16(i)
		d.nFree++
	}
}

func dictHash(s []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range s {
		h = (h ^ uint32(c)) * 16777619
	}
	return (h ^ h>>13) % dictSlots
}

// find answers the slot of s, or 0 where it is not there.
func (d *dict) find(s []byte) uint32 {
next:
	for i := d.heads[dictHash(s)]; i != 0; i = d.chain[i] {
		if int(d.size[i]) != len(s) {
			continue
		}
		off := d.off[i]
		for k, c := range s {
			if d.ring[(off+uint32(k))%dictBytes] != c {
				continue next
			}
		}
		return uint32(i)
	}
	return 0
}

// appendString appends the string of a slot that holds one.
func (d *dict) appendString(dst []byte, slot uint32) []byte {
	off, end := d.off[slot]%dictBytes, d.off[slot]%dictBytes+uint32(d.size[slot])
	if end <= dictBytes {
		return append(dst, d.ring[off:end]...)
	}
	dst = append(dst, d.ring[off:]...)
	return append(dst, d.ring[:end-dictBytes]...)
}

// holds says whether a reader may use slot.
func (d *dict) holds(slot uint32) bool {
	return slot >= slotFirst && slot < dictSlots && d.size[slot] != 0
}

// insert enters s, which has 1 to maxDictString bytes, and answers its slot.
func (d *dict) insert(s []byte) uint32 {
	for d.nFree == 0 || d.head-d.tail+uint32(len(s)) > dictBytes {
		d.evict()
	}
	d.nFree--
	slot := d.free[d.nFree]
	d.off[slot], d.size[slot], d.used[slot] = d.head, uint8(len(s)), false
	for _, c := range s {
		d.ring[d.head%dictBytes] = c
		d.head++
	}
	d.queue[d.last%dictSlots] = slot
	d.last++
	return uint32(slot)
}

// link makes slot, which holds s, known to find.
func (d *dict) link(s []byte, slot uint32) {
	h := dictHash(s)
	d.chain[slot] = d.heads[h]
	d.heads[h] = uint16(slot)
}

// evict frees the oldest string, or moves it to the end if it was used. It ends, since
// every use pays for one move.
func (d *dict) evict() {
	slot := d.queue[d.first%dictSlots]
	d.first++
	off := d.off[slot]
	d.tail += uint32(d.size[slot])
	if d.used[slot] {
		d.used[slot] = false
		d.off[slot] = d.head
		for range d.size[slot] {
			d.ring[d.head%dictBytes] = d.ring[off%dictBytes]
			d.head++
			off++
		}
		d.queue[d.last%dictSlots] = slot
		d.last++
		return
	}
	d.unlink(slot)
	d.size[slot] = 0
	d.free[d.nFree] = slot
	d.nFree++
}

func (d *dict) unlink(slot uint16) {
	h := uint32(2166136261)
	for k := range uint32(d.size[slot]) {
		h = (h ^ uint32(d.ring[(d.off[slot]+k)%dictBytes])) * 16777619
	}
	p := &d.heads[(h^h>>13)%dictSlots]
	for *p != 0 {
		if *p == slot {
			*p = d.chain[slot]
			return
		}
		p = &d.chain[*p]
	}
}
