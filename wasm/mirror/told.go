package mirror

import "afterimage/wasm/wire"

// tellings remember what the wire says of texts, attributes, boxes, places and the address, so that it is not
// said again: of most changes of a masked page nothing is left but their number and their time, and where they
// follow somebody who types these tell the keys. What they have forgotten is told.
type tellings [maxTellings][2]struct{ key, value uint32 }

const (
	maxTellings = 1024 // places for two, the newer one first
	navReplace  = 1    // kind of op navigate
	// Kinds of which they know.
	toldKinds = 1<<wire.KindText | 1<<wire.KindSetText | 1<<wire.KindAttr | 1<<wire.KindAttrRemoved |
		1<<wire.KindBox | 1<<wire.KindScroll | 1<<wire.KindNavigate
)

// again reports whether the op at hand changes nothing on the wire.
func (c *Core) again() bool {
	o := &c.op
	if c.inSnapshot || uint64(toldKinds)>>(o.Kind&63)&1 == 0 {
		return false
	}
	value := uint32(o.Kind | 8) // of a text the same when it comes and when it changes
	for _, n := range o.Nums {
		value = (value ^ uint32(n)) * 16777619
	}
	return c.note(o.Name, o.Text, value) && o.Kind != wire.KindText && (o.Kind != wire.KindNavigate || o.Nums[0] == navReplace)
}

// note takes up that the op at hand gives a name this value, and answers whether it had it.
func (c *Core) note(name, text []byte, value uint32) bool {
	key := mix(c.op.ID*2654435761, name, false)
	value = mix(value, text, c.blunt)
	t := &c.told[key>>16%maxTellings]
	if t[0].key != key {
		t[0], t[1] = t[1], t[0]
	}
	had := t[0].key == key && t[0].value == value
	t[0].key, t[0].value = key, value
	return had
}

// mix hashes; blunt: without the digits.
//
//go:noinline
func mix(h uint32, b []byte, blunt bool) uint32 {
	for _, d := range b {
		if !blunt || !digit(d) {
			h = (h ^ uint32(d)) * 16777619
		}
	}
	return h
}
