package mask

// phone: the international form, national forms with a trunk 0, the forms of groups that
// are no count and no date, or any number after a word that says so.
func (p *Policy) phone(w window, start int, ctx uint8) bool {
	n := &p.num
	d := n.digits[w.from:w.to]
	size := len(d)
	if w.g == 0 && n.plus {
		return size >= 8 && d[0] != 0 && !isAlnum(p.ch(start-1)) || size >= 7 && w.last > w.g && d[0] != 0
	}
	whole := w.g == 0 && w.last == n.groups
	if ctx&ctxPhone != 0 && w.g == 0 {
		return !n.glued(w, ctx) && !isDate(n, w)
	}
	if ctx&ctxThing != 0 || n.glued(w, ctx) || same(d) || isDate(n, w) || size < 8 {
		return false
	}
	// The window ends where the writing changes, not in the middle of a list of numbers.
	if !whole && !n.edges(w, ctx) {
		return false
	}
	s := n.size[w.g : w.last+1]
	paren := p.ch(n.pos[w.from]-1) == '(' || w.last > w.g && s[0] == 1 && n.sep[w.g+1]&sepParen != 0
	if d[0] == 0 {
		if d[1] == 0 {
			return d[2] != 0 && size >= 10 && (len(s) > 1 || size >= 11) && !pairs(s)
		}
		if len(s) == 1 {
			return size >= 9 && size <= 12
		}
		// Bytes in hexadecimal are pairs too: more than five, or with letters around.
		if pairs(s) && (len(s) != 5 || p.hexAround(start)) {
			return false
		}
		return size <= 13 && (s[0] >= 2 || size >= 9) && maxGroup(s) >= 2
	}
	if s[0] == 1 && len(s) >= 4 && size == 11 && (d[0] == 1 || d[0] == 8) {
		return s[1] == 3 && s[2] == 3 // a trunk prefix of North America or of Russia
	}
	if paren && w.seps&sepSlash == 0 {
		return s[0] >= 2 && s[0] <= 5 && size <= 12 && len(s) > 1 && !(s[0] == 4 && (d[0] == 1 && d[1] == 9 || d[0] == 2 && d[1] == 0))
	}
	if len(s) < 3 || size > 13 {
		return false
	}
	if count(n, w) {
		// 601 111 248 is a phone number, 601.111.248 a count.
		return size == 9 && w.seps == sepSpace && d[0] >= 2 && !alike(d) || size == 9 && w.seps == sepDash
	}
	switch {
	case len(s) == 3 && s[0] == 3 && s[1] == 3 && s[2] == 4:
		return d[0] >= 2 || n.sep[w.g+1] != n.sep[w.g+2]
	case w.seps&sepDot != 0, w.seps&sepSlash != 0 && s[0] < 3:
		return false
	case len(s) == 3 && s[0] == 3 && s[1] == 4 && s[2] == 4:
		return w.seps != sepSlash
	case len(s) >= 4 && size >= 8 && size <= 11:
		// 2-2-2-2, 3-2-2-2, 3-3-2-2, 2-3-2-2 and the like
		for _, g := range s[1:] {
			if g < 2 || g > 4 {
				return false
			}
		}
		return s[0] >= 2 && s[0] <= 4 && s[len(s)-1] <= 4 && w.seps&(sepSpace|sepDash) != 0 && !(pairs(s) && p.hexAround(start)) && !(s[0] == 4 && s[1] == 4)
	case len(s) == 3 && size >= 9 && size <= 11:
		return s[0] >= 2 && s[0] <= 4 && s[1] >= 2 && s[1] <= 4 && s[2] >= 3 && s[2] <= 5 && w.seps&(sepSpace|sepDash) != 0
	}
	return false
}

// inList: four groups that it has a part in, each as much more or less than the one before: sizes, ticks of an axis, pages.
func (n *number) inList(w window) bool {
	if n.plus && w.g == 0 {
		return false
	}
	if n.digits[w.from] == 0 && n.digits[w.from+1] > 0 && w.last == w.g+4 && pairs(n.size[w.g:w.last+1]) {
		return n.steps(w.g) // 06 12 34 56 78
	}
	for g := max(w.g-3, 0); g <= w.last && g+3 <= n.groups; g++ {
		if n.steps(g) {
			return true
		}
	}
	return false
}

func (n *number) steps(g int) bool {
	before, step := 0, 0
	for q := g; q <= g+3; q++ {
		v := 0
		for i := n.first[q]; i < n.first[q+1]; i++ {
			v = v*10 + int(n.digits[i])
		}
		if q > g && v == before || q > g+1 && v-before != step {
			return false
		}
		before, step = v, v-before
	}
	return true
}

// alike: three groups of three that are the same, as a colour has them.
func alike(d []byte) bool {
	for i := range 6 {
		if d[i] != d[i+3] {
			return false
		}
	}
	return true
}

func pairs(s []uint8) bool {
	for _, g := range s {
		if g != 2 {
			return false
		}
	}
	return true
}

func maxGroup(s []uint8) (m uint8) {
	for _, g := range s {
		m = max(m, g)
	}
	return
}

// edges: before and behind the window other separators stand than in it, or what stands
// there over a blank is a number of another form.
func (n *number) edges(w window, ctx uint8) bool {
	if w.g > 0 {
		s := n.sep[w.g]
		if s&sepParen == 0 && s&(sepDot|sepSlash|sepDash) != 0 && s&sepSpace == 0 {
			return false
		}
		if s&w.seps != 0 && s&sepParen == 0 && !(w.g > 1 && n.sep[w.g-1] != s) && !(w.g == 1 && ctx&ctxBefore != 0) {
			return false
		}
	}
	if w.last < n.groups {
		s := n.sep[w.last+1]
		if s&(s-1) != 0 && s&sepSpace != 0 {
			return true
		}
		return s&(sepDot|sepSlash|sepDash) == 0 && (s&w.seps == 0 || w.last+2 <= n.groups && n.sep[w.last+2] != s)
	}
	return true
}

// count: up to three digits, then groups of three, all alike: thousands.
func count(n *number, w window) bool {
	for q := w.g + 1; q <= w.last; q++ {
		if n.size[q] != 3 || n.sep[q] != n.sep[w.last] {
			return false
		}
	}
	return n.size[w.g] <= 3 && w.last > w.g
}

// isDate: a year, a month and a day stand side by side in it.
func isDate(n *number, w window) bool {
	for q := w.g; q+2 <= w.last; q++ {
		a, b, c := n.size[q], n.size[q+1], n.size[q+2]
		at := n.first[q]
		if a == 4 && b <= 2 && c <= 2 && (n.digits[at] == 1 || n.digits[at] == 2) {
			return true
		}
		if a <= 2 && b <= 2 && c == 4 && n.sep[q+1] == n.sep[q+2] {
			if y := n.digits[n.first[q+2]]; y == 1 || y == 2 {
				return true
			}
		}
	}
	return w.to-w.from <= 8 && w.last == w.g+2 && n.size[w.g] <= 2 && n.size[w.g+1] <= 2
}

// hexAround: the word before or behind is two hexadecimal digits with a letter. Two letters could be a word
// ("de", "ce"): then another such pair must stand on.
func (p *Policy) hexAround(start int) bool {
	b := p.num.end
	for p.ch(b) == ' ' {
		b++
	}
	return p.ch(b) == '>' || p.ch(start-1) == ' ' && p.hexPair(start-3, start-6) || p.hexPair(b, b+3)
}

func (p *Policy) hexPair(k, next int) bool {
	if !p.isByte(k) || !isLetter(p.ch(k)) && !isLetter(p.ch(k+1)) {
		return false
	}
	return isDigit(p.ch(k)) || isDigit(p.ch(k+1)) || p.isByte(next)
}

// isByte: a word of two hexadecimal digits stands at k.
func (p *Policy) isByte(k int) bool {
	return isHex(p.ch(k)) && isHex(p.ch(k+1)) && !wordAlnum(p.ch(k-1)) && !wordAlnum(p.ch(k+2))
}

// extension steps over "x123", "ext. 12", "poste 4" behind a phone number.
func (p *Policy) extension(end int) int {
	k := end
	for charIn(p.ch(k), " ,") && k < end+3 {
		k++
	}
	a := k
	for isLetter(p.ch(k)) && k < a+10 {
		k++
	}
	if k == a && p.ch(k) != '#' || k > a && p.lists.cues.find(p.text[a:k]) != 'x' {
		return end
	}
	for charIn(p.ch(k), " .:#") {
		k++
	}
	a = k
	for isDigit(p.ch(k)) && k < a+7 {
		k++
	}
	if k == a || isAlnum(p.ch(k)) {
		return end
	}
	return k
}
