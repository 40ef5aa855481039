package wire

// bytes reads the n bytes of a new string.
func (d *Decoder) bytes(class, n int) []byte {
	z := &d.m.lz
	start, end := len(d.text), len(d.text)+n
	first := 0
	for len(d.text) < end {
		if d.rc.over > maxOver {
			d.fail(ErrTruncated)
			return nil
		}
		if d.rc.adaptive(&z.match[class][z.after][first]) == 0 {
			b := d.literal(class)
			z.put(b)
			d.text = append(d.text, b)
			z.after, first = 0, 1
			continue
		}
		var length uint64
		if d.rc.adaptive(&z.isRep[z.after]) == 1 {
			k := 0
			for k < reps-1 && d.rc.adaptive(&z.repIdx[k]) == 1 {
				k++
			}
			length = d.plain(ctxMatch+1) + minRep
			z.use(k)
		} else {
			length = d.plain(ctxMatch) + minMatch
			if length > uint64(end-len(d.text)) {
				d.fail(ErrLimit)
				return nil
			}
			dist := d.plain(distCtx(int(length))) + 1
			if dist > windowSize {
				d.fail(ErrLimit)
				return nil
			}
			z.newDist(uint32(dist))
		}
		dist := z.rep[0]
		if length > uint64(end-len(d.text)) || dist > z.pos {
			d.fail(ErrLimit)
			return nil
		}
		for range length {
			b := z.window[(z.pos-dist)&windowMask]
			z.put(b)
			d.text = append(d.text, b)
		}
		z.after, first = 1, 1
	}
	s := d.text[start:end:end]
	for _, b := range s {
		d.crc = crcByte(d.crc, b)
	}
	d.raw += n
	if d.KeepRaw {
		d.form = append(d.form, s...)
	}
	return s
}

func (d *Decoder) literal(class int) byte {
	z := &d.m.lz
	low, hash := z.literal(class)
	node := uint32(1)
	for range 2 {
		high := z.nibble(hash, node)
		sub := uint32(1)
		for range 4 {
			pl, ph := &low[node], &high[sub]
			bit := d.rc.bit(blend(*pl, *ph))
			*pl, *ph = pl.adapted(bit), ph.adapted(bit)
			node, sub = node<<1|uint32(bit), sub<<1|uint32(bit)
		}
	}
	return byte(node)
}
