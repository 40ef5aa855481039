package wire

// bytes reads the n bytes of a new string.
func (d *Decoder) bytes(class, n int) []byte {
	t := &d.m.text
	start, end := len(d.text), len(d.text)+n
	t.begin(class, d.m.history[1])
	for len(d.text) < end {
		if d.rc.over > maxOver {
			d.fail(ErrTruncated)
			return nil
		}
		bit := 1
		if t.locate() {
			p, q := t.told(class)
			bit = d.rc.bit(p.of4096()>>1 + q.of4096()>>1)
			*p, *q = p.adapted(bit), q.adapted(bit)
			if bit == 0 {
				t.right()
			} else {
				t.wrong()
			}
		}
		b := t.expect
		if bit == 1 {
			b = d.char(class)
		}
		t.enter(b)
		d.text = append(d.text, b)
		d.crc = d.m.crc.add(d.crc, b)
	}
	s := d.text[start:end:end]
	d.raw += n
	if d.KeepRaw {
		d.form = append(d.form, s...)
	}
	return s
}

// char reads a byte that the match does not tell.
func (d *Decoder) char(class int) byte {
	t := &d.m.text
	t.open(class)
	above := uint32(1)
	for range 2 {
		t.half(above)
		node := uint32(1)
		for range 4 {
			bit := d.rc.bit(t.foretell(node))
			t.learn(node, bit)
			node = node<<1 | uint32(bit)
		}
		above = above<<4 | node&15
	}
	return byte(above)
}
