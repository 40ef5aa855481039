package mask

// What privacy must remember when another instance goes on with a page view: the values
// typed. That an element was secret once is known to the bridge, which says so again in each
// snapshot. One value is its length, its flags and its bytes; the oldest comes first.

const (
	memorySecret = 1 << iota
	memoryInside
	memoryCut
)

// AppendMemory appends what TakeMemory reads. It never leaves the worker.
func (p *Policy) AppendMemory(dst []byte) []byte {
	t := &p.typed
	for k := range t.vals {
		i := (t.at + k) % len(t.vals)
		v := &t.vals[i]
		flags := byte(0)
		if v.secret {
			flags |= memorySecret
		}
		if v.inside {
			flags |= memoryInside
		}
		if v.cut {
			flags |= memoryCut
		}
		dst = append(dst, uint8(len(v.text)), flags)
		dst = append(dst, v.text...)
	}
	return dst
}

// TakeMemory gives a policy that has seen nothing the memory of another one. It answers false
// where that is not what AppendMemory wrote: then this one must not be used.
func (p *Policy) TakeMemory(b []byte) bool {
	t := &p.typed
	for len(b) > 0 {
		if len(b) < 2 || b[0] < 2 || b[0] > maxTypedBytes || int(b[0]) > len(b)-2 || len(t.vals) == maxTyped {
			return false
		}
		n, flags := int(b[0]), b[1]
		text := b[2 : 2+n]
		if detects { // the lean form knows no letters without their accents
			if text, _, _, _ = t.plain(text); len(text) < 2 {
				return false
			}
			if isUnspaced(text) {
				flags |= memoryInside
			}
		}
		// Ids of another epoch name no field of this one.
		t.add(typedValue{field: noField, secret: flags&memorySecret != 0, inside: flags&memoryInside != 0, cut: flags&memoryCut != 0}, text)
		b = b[2+n:]
	}
	return true
}
