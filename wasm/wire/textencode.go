package wire

// fullBytes is how long a segment may become before its writer leaves the rest of a long string
// blank: what still follows, blanks among it, keeps it below what can be sent (FORMAT.md §3). A
// short string is whole in any case: the dictionary has it.
const fullBytes = 900 << 10

// bytes codes the bytes of a new string.
func (e *Encoder) bytes(class int, s []byte) {
	t := &e.m.text
	t.begin(class, e.m.history[1])
	for _, b := range s {
		if len(e.rc.out) > fullBytes && len(s) > maxDictString {
			b = 0
		}
		e.crc = e.m.crc.add(e.crc, b)
		if t.locate() {
			p, q := t.told(class)
			bit := 0
			if b != t.expect {
				bit = 1
			}
			e.rc.bit(p.of4096()>>1+q.of4096()>>1, bit)
			*p, *q = p.adapted(bit), q.adapted(bit)
			if bit == 0 {
				t.right()
				t.enter(b)
				continue
			}
			t.wrong()
		}
		e.char(class, b)
		t.enter(b)
	}
	e.raw += len(s)
}

// char codes a byte that the match does not tell.
func (e *Encoder) char(class int, b byte) {
	t := &e.m.text
	t.open(class)
	for shift := 4; shift >= 0; shift -= 4 {
		t.half(1<<(4-shift) | uint32(b)>>4>>shift)
		node := uint32(1)
		for k := shift + 3; k >= shift; k-- {
			bit := int(b>>k) & 1
			e.rc.bit(t.foretell(node), bit)
			t.learn(node, bit)
			node = node<<1 | uint32(bit)
		}
	}
}
