package mask

import "unicode/utf8"

// otherWriting: s begins with a digit, a letter or an @ of another writing: wide as in East Asian typing, Arabic,
// Persian, Devanagari, Bengali, Thai, mathematical.
func otherWriting(s []byte) bool {
	if len(s) < 2 {
		return false
	}
	switch s[0] {
	case 0xd9, 0xdb, 0xe0, 0xef, 0xf0:
		r, _ := decodeRune(s)
		return folded(r) > '/'
	}
	return false
}

// folded is the ASCII character that r is another writing of, 0 if it is none.
func folded(r rune) byte {
	for _, zero := range [...]rune{0x660, 0x6f0, 0x966, 0x9e6, 0xe50} {
		if r >= zero && r <= zero+9 {
			return byte(r-zero) + '0'
		}
	}
	switch {
	case r >= 0xff01 && r <= 0xff5e:
		if c := byte(r - 0xfee0); isAlnum(c) || charIn(c, "@+-().%&#/") {
			return c
		}
	case r >= 0x1d7ce && r <= 0x1d7ff:
		return byte((r-0x1d7ce)%10) + '0'
	case r == 0x3000:
		return ' '
	case r == 0x2212 || r == 0x30fc:
		return '-'
	}
	return 0
}

// detectFolded looks at s again with what is written otherwise in ASCII, and adds to the finds.
func (p *Policy) detectFolded(s []byte) {
	t, at := p.folded[:0], p.foldedAt[:0]
	for i := 0; i < len(s); {
		from, size := i, 1
		if s[i] >= utf8.RuneSelf {
			r, n := decodeRune(s[i:])
			if c := folded(r); c != 0 {
				t, at = append(t, c), append(at, uint32(i))
				i += n
				continue
			}
			size = n
		}
		for i += size; from < i; from++ {
			t, at = append(t, s[from]), append(at, uint32(from))
		}
	}
	p.folded, p.foldedAt = t, append(at, uint32(len(s)))
	n := len(p.spans)
	p.run = 0
	p.chunks(t)
	for i := n; i < len(p.spans); i++ {
		sp := &p.spans[i]
		sp.from, sp.to = int(p.foldedAt[sp.from]), int(p.foldedAt[sp.to])
	}
	p.text = s
}
