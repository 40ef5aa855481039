package wire

const (
	maxChain  = 24 // candidates looked at for a position
	niceMatch = 64 // long enough to look no further
)

// bytes codes the bytes of a new string.
func (e *Encoder) bytes(class int, s []byte) {
	for _, b := range s {
		e.crc = crcByte(e.crc, b)
	}
	e.raw += len(s)
	z := &e.m.lz
	first := 0
	length, dist, rep := z.find(s, 0)
	for i := 0; i < len(s); {
		if length == 0 {
			e.rc.adaptive(&z.match[class][z.after][first], 0)
			e.literal(class, s[i])
			z.enter(s, i)
			i++
			z.after, first = 0, 1
			length, dist, rep = z.find(s, i)
			continue
		}
		if length < niceMatch && i+1 < len(s) { // is the next position's better by enough?
			z.enter(s, i)
			l2, d2, r2 := z.find(s, i+1)
			if l2 > length || l2 == length && r2 >= 0 && rep < 0 {
				e.rc.adaptive(&z.match[class][z.after][first], 0)
				z.pos--
				e.literal(class, s[i])
				z.pos++
				i++
				z.after, first = 0, 1
				length, dist, rep = l2, d2, r2
				continue
			}
			z.pos--
		} else {
			z.pos += 0
		}
		e.rc.adaptive(&z.match[class][z.after][first], 1)
		if rep >= 0 {
			e.rc.adaptive(&z.isRep[z.after], 1)
			for k := 0; k < reps-1; k++ {
				if k == rep {
					e.rc.adaptive(&z.repIdx[k], 0)
					break
				}
				e.rc.adaptive(&z.repIdx[k], 1)
			}
			e.plain(ctxMatch+1, uint64(length-minRep))
			z.use(rep)
		} else {
			e.rc.adaptive(&z.isRep[z.after], 0)
			e.plain(ctxMatch, uint64(length-minMatch))
			e.plain(distCtx(length), uint64(dist-1))
			z.newDist(dist)
		}
		for range length {
			z.enter(s, i)
			i++
		}
		z.after, first = 1, 1
		if i < len(s) {
			length, dist, rep = z.find(s, i)
		}
	}
}

func (e *Encoder) literal(class int, b byte) {
	z := &e.m.lz
	low, hash := z.literal(class)
	node := uint32(1)
	for half := 4; half >= 0; half -= 4 {
		high := z.nibble(hash, node)
		sub := uint32(1)
		for k := half + 3; k >= half; k-- {
			pl, ph := &low[node], &high[sub]
			bit := int(b>>k) & 1
			e.rc.bit(blend(*pl, *ph), bit)
			*pl, *ph = pl.adapted(bit), ph.adapted(bit)
			node, sub = node<<1|uint32(bit), sub<<1|uint32(bit)
		}
	}
}

// enter puts s[i] into window and search index.
func (z *lz) enter(s []byte, i int) {
	if i+minMatch <= len(s) {
		h := &z.finder.heads[hash3(s[i:])]
		z.finder.chain[z.pos&windowMask] = *h
		*h = z.pos + 1
	}
	z.put(s[i])
}

func hash3(s []byte) uint32 {
	return (uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16) * 0x9e3779b1 >> 17
}

// matchLen compares s[i:] with what stands dist back.
func (z *lz) matchLen(s []byte, i int, dist uint32) int {
	from, n := z.pos-dist, len(s)-i
	if uint32(n) > dist { // the part in the window, then the part in s itself
		k := 0
		for k < int(dist) && z.window[(from+uint32(k))&windowMask] == s[i+k] {
			k++
		}
		if k < int(dist) {
			return k
		}
		for k < n && s[i+k-int(dist)] == s[i+k] {
			k++
		}
		return k
	}
	k := 0
	for k < n && z.window[(from+uint32(k))&windowMask] == s[i+k] {
		k++
	}
	return k
}

// find answers the match to take at s[i:]; rep >= 0 is the index of a repeated distance.
func (z *lz) find(s []byte, i int) (length int, dist uint32, rep int) {
	rep = -1
	n := len(s) - i
	if n < minRep {
		return 0, 0, -1
	}
	repLen := 0
	for k, d := range z.rep {
		if d > z.pos || d > windowSize {
			continue
		}
		if l := z.matchLen(s, i, d); l >= minRep && l > repLen {
			repLen, rep, dist = l, k, d
		}
	}
	if repLen >= niceMatch || n < minMatch {
		return repLen, dist, rep
	}
	var bestDist uint32
	best := 0
	at := z.finder.heads[hash3(s[i:])]
	for range maxChain {
		if at == 0 || z.pos-(at-1) > windowSize {
			break
		}
		d := z.pos - (at - 1)
		if best == 0 || i+best < len(s) && z.window[(z.pos-d+uint32(best))&windowMask] == s[i+best] || uint32(best) >= d {
			if l := z.matchLen(s, i, d); l > best && l >= minMatch {
				best, bestDist = l, d
				if l >= niceMatch || l == n {
					break
				}
			}
		}
		next := z.finder.chain[(at-1)&windowMask]
		if next >= at {
			break
		}
		at = next
	}
	if best == minMatch && bestDist > 1<<11 || best == minMatch+1 && bestDist > 1<<15 {
		best = 0
	}
	if repLen+1 >= best && repLen > 0 {
		return repLen, dist, rep
	}
	return best, bestDist, -1
}
