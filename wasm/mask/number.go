package mask

// number is a run of digits with the separators that people put into numbers.
type number struct {
	digits [32]byte
	group  [33]uint8 // group of each digit
	pos    [32]int   // where each digit stands
	n      int
	groups int       // after the first
	sep    [16]uint8 // bits of the separators before each group
	size   [16]uint8
	first  [17]uint8 // first digit of each group; behind the last, n
	plus   bool
	cut    bool // it goes on
	end    int
}

const (
	sepSpace = 1 << iota
	sepThin  // no-break and narrow spaces: what groups thousands
	sepDash
	sepDot
	sepSlash
	sepParen
)

// window is a range of whole groups of the number at hand.
type window struct {
	from, to int // digits
	g, last  int // groups
	seps     uint8
}

// numbers marks cards, phone numbers and the like that start between from and to.
func (p *Policy) numbers(from, to int) {
	for k := from; k < to; {
		c := p.ch(k)
		if !isDigit(c) && c != '+' && c != '(' {
			k++
			continue
		}
		if isDigit(c) {
			if prev := p.ch(k - 1); isLetter(prev) || charIn(prev, "_#$-") {
				if end := p.code(k); end > 0 {
					k = max(end, k+1)
					continue
				}
				if prev != '-' || isAlnum(p.ch(k-2)) {
					if end := p.gluedCard(k); end > 0 {
						k = end
						continue
					}
					// part of a word, a colour, an order number: skip its digits
					for k < to && isAlnum(p.ch(k)) {
						k++
					}
					continue
				}
			} else if end := p.code(k); end > 0 {
				k = max(end, k+1)
				continue
			}
		}
		p.read(k)
		if p.num.n == 0 {
			k = max(k+1, p.num.end)
			continue
		}
		k = p.judge(k)
		p.run = k
	}
}

// gluedCard marks a card that directly follows a word, and answers its end; 0 if none does.
func (p *Policy) gluedCard(k int) int {
	n := &p.num
	p.read(k)
	w := window{}
	for w.last = 0; w.last <= n.groups && n.n >= 13; w.last++ {
		w.seps |= n.sep[w.last]
		w.to = int(n.first[w.last+1])
		if w.to >= 13 && w.to <= 19 && !(isHex(p.ch(k-1)) && isHex(p.ch(k-2))) && p.card(w) {
			p.mark(k, n.pos[w.to-1]+1, findCard)
			return n.pos[w.to-1] + 1
		}
	}
	return 0
}

// read reads the number at k.
func (p *Policy) read(k int) {
	n := &p.num
	n.n, n.groups, n.plus, n.cut = 0, 0, p.ch(k) == '+', false
	n.end = k
	n.size[0], n.sep[0], n.first[0] = 0, 0, 0
	if n.plus {
		k++
	}
	sep, kinds := 0, uint8(0)
	for ; ; k++ {
		c := p.ch(k)
		if isDigit(c) {
			if n.cut = n.n == len(n.digits) || n.groups == len(n.size)-1 && sep > 0; n.cut {
				break
			}
			if sep > 0 && n.n > 0 {
				n.groups++
				n.size[n.groups], n.sep[n.groups], n.first[n.groups] = 0, kinds, uint8(n.n)
			} else if sep > 0 {
				n.sep[0] = kinds
			}
			sep, kinds = 0, 0
			n.digits[n.n], n.group[n.n], n.pos[n.n] = c-'0', uint8(n.groups), k
			n.size[n.groups]++
			n.n++
			n.end = k + 1
			continue
		}
		kind := uint8(0)
		switch c {
		case ' ':
			kind = sepSpace
		case '-':
			kind = sepDash
		case '.':
			kind = sepDot
		case '/':
			kind = sepSlash
		case '(', ')':
			kind = sepParen
		case 0xc2: // no-break space, soft hyphen
			switch p.ch(k + 1) {
			case 0xa0:
				k++
				kind = sepThin
			case 0xad:
				k++
				continue // nobody sees it
			}
		case 0xe2: // hyphens and narrow spaces, U+2000 to U+203F
			if p.ch(k+1) == 0x80 && p.ch(k+2) != 0 {
				k += 2
				kind = sepThin
				if c := p.ch(k); c >= 0x90 && c <= 0x95 {
					kind = sepDash
				}
			}
		}
		if sep++; kind == 0 || sep > 3 {
			break
		}
		kinds |= kind
	}
	if n.cut && sep == 0 { // in the middle of a group, which is left to the next read
		n.n = int(n.first[n.groups])
		if n.groups--; n.groups < 0 { // a single one: no number of anybody
			n.groups = 0
			for isDigit(p.ch(k)) {
				k++
			}
			n.end = k
		} else {
			n.end = n.pos[n.n-1] + 1
		}
	}
	n.first[n.groups+1], n.group[n.n] = uint8(n.n), uint8(n.groups+1)
}

// judge marks what of the number has to be masked, and answers where to go on.
func (p *Policy) judge(start int) int {
	n := &p.num
	ctx := p.context(start)
	at := start
	for g := 0; g <= n.groups; g++ {
		w := window{from: int(n.first[g]), g: g}
		if n.cut && g > 0 && w.from+19 > n.n {
			return n.pos[w.from] // too few digits are known from here on
		}
		if g == 1 {
			ctx &^= ctxPhone | ctxID | ctxThing // of the first number alone
		}
		if g > 0 {
			if end := p.code(n.pos[w.from]); end > 0 {
				return end
			}
		}
		best, kind := 0, findPhone
		for w.last = g; w.last <= n.groups; w.last++ {
			if w.last > g {
				w.seps |= n.sep[w.last]
			}
			w.to = int(n.first[w.last+1])
			size := w.to - w.from
			if size > 19 {
				break
			}
			if size < 6 {
				continue
			}
			// A letter glued to the last digit makes it a word, a unit, or more than a number.
			if w.last == n.groups && isLetter(p.ch(n.end)) && !(n.plus || charIn(p.ch(n.end), "xX")) {
				if size >= 15 && p.card(w) {
					best, kind = w.to, findCard
				}
				break
			}
			switch {
			case size >= 13 && size != 17 && p.card(w): // of 17 digits it may be the beginning of a Chinese id
				best, kind = w.to, findCard
			case p.nationalID(w, ctx) && !n.inList(w):
				best, kind = w.to, findID
			case size == 17 && p.card(w):
				best, kind = w.to, findCard
			case size <= 15 && p.phone(w, start, ctx) && !n.inList(w):
				best, kind = w.to, findPhone
			}
		}
		if best > 0 {
			from, to := n.pos[w.from], n.pos[best-1]+1
			if g == 0 && kind == findPhone {
				from = start
			}
			if kind == findPhone {
				to = p.extension(to)
				if p.ch(from-1) == '(' {
					from--
				}
			}
			if kind == findID && p.ch(to)|0x20 == 'x' && !wordAlnum(p.ch(to+1)) {
				to++ // the check character of a Chinese one
			}
			if kind == findID && p.ch(to) == '-' && p.ch(to+1)|0x20 == 'k' && !wordAlnum(p.ch(to+2)) {
				to += 2 // and of a Chilean one
			}
			p.mark(from, to, kind)
			return to
		}
		at = n.pos[n.first[g+1]-1] + 1
		if n.plus && g == 0 {
			continue
		}
	}
	return max(at, start+1)
}

// Context of a number: the words and signs around it.
const (
	ctxPhone  = 1 << iota // a word before it says that it is a phone number
	ctxID                 // that it is a number of a person
	ctxThing              // that it is an order, a version, a price, a part of a URL or decimal
	ctxBefore             // directly before it stands a sign that makes it part of something
	ctxBehind             // likewise behind it, or a currency
)

// context looks at what stands before and behind the number.
func (p *Policy) context(start int) (ctx uint8) {
	n := &p.num
	switch p.cueBefore(start) {
	case 'p':
		ctx = ctxPhone
	case 'i':
		ctx = ctxID
	case 'o':
		ctx = ctxThing
	}
	if charIn(p.ch(start-1), ".,/:=\\_&") && ctx&(ctxPhone|ctxID) == 0 {
		ctx |= ctxBefore
	}
	e := n.end
	if charIn(p.ch(e), ",:.") && isDigit(p.ch(e+1)) || p.ch(e) == '%' {
		ctx |= ctxBehind
	}
	for charIn(p.ch(e), " \xc2\xa0") {
		e++
	}
	if p.money(e) {
		ctx = ctx&^ctxPhone | ctxBehind
	}
	if p.money(start-3) || p.money(start-4) || p.ch(start-2) == '$' || p.ch(start-2) == 0xa3 || p.ch(start-2) == 0xa5 {
		ctx = ctxThing
	}
	return
}

// money: a sign or code of a currency stands at k.
func (p *Policy) money(k int) bool {
	switch p.ch(k) {
	case '$':
		return true
	case 0xc2:
		return charIn(p.ch(k+1), "\xa3\xa5\xa2")
	case 0xe2:
		return p.ch(k+1) == 0x82 && p.ch(k+2) >= 0xa0
	}
	if p.ch(k) == 'k' && p.ch(k+1) == 'r' && !wordAlnum(p.ch(k+2)) || p.ch(k) == 'z' && p.ch(k+1) == 0xc5 {
		return true
	}
	if k < 0 || k+3 > len(p.text) || wordAlnum(p.ch(k+3)) || wordAlnum(p.ch(k-1)) {
		return false
	}
	return Listed(" EUR USD GBP CHF JPY SEK NOK DKK PLN BRL INR CNY ", p.text[k:k+3])
}

// glued: what stands around the window makes it part of something else.
func (n *number) glued(w window, ctx uint8) bool {
	return ctx&ctxBefore != 0 && w.g == 0 || ctx&ctxBehind != 0 && w.last == n.groups
}

// card: 13 to 19 digits in one block, or in groups as cards print them, with a prefix that
// is given to cards and the check digit of Luhn.
func (p *Policy) card(w window) bool {
	n := &p.num
	d := n.digits[w.from:w.to]
	if w.seps&(sepSlash|sepParen) != 0 || !issued(d) {
		return false
	}
	if w.last == w.g {
		if len(d) < 13 {
			return false
		}
	} else {
		// Groups of four, or 4-6-5 and 4-6-4.
		for q := w.g; q <= w.last; q++ {
			s := n.size[q]
			if s == 4 || q == w.last && s < 6 || q == w.g+1 && s == 6 && w.last == w.g+2 || q == w.g && (s == 5 || s == 6) && w.last == w.g+1 {
				continue
			}
			if q == w.last && w.last == w.g+1 && s > 6 {
				continue
			}
			return false
		}
		if len(d) < 13 {
			return false
		}
	}
	return luhn(d) && !same(d)
}

// issued: the number begins as those of a card do, of the schemes of one country too (RuPay, Uzcard, Troy, Humo, and
// JCB's of 15 digits).
func issued(d []byte) bool {
	head := (int(d[0])*10+int(d[1]))*100 + int(d[2])*10 + int(d[3])
	switch d[0] {
	case 2:
		return d[1] >= 2 && d[1] <= 7 || head == 2131 && len(d) == 15
	case 3:
		return d[1] == 0 || d[1] >= 4
	case 4, 5, 6:
		return true
	case 1:
		return head == 1800 && len(d) == 15
	}
	return len(d) >= 16 && (d[0] == 8 && (d[1] == 1 || d[1] == 2) || head == 8600 || head == 9792 || head == 9860)
}

func luhn(d []byte) bool {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i&1 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

// same: one digit throughout, or each the one after the last.
func same(d []byte) bool {
	step := (d[1] - d[0] + 10) % 10
	if step > 1 {
		return false
	}
	for i := 1; i < len(d); i++ {
		if (d[i]-d[i-1]+10)%10 != step {
			return false
		}
	}
	return true
}

// cueBefore is what the word before the number says of it, over at most one word between.
func (p *Policy) cueBefore(start int) byte {
	e, none := start, byte(0)
	for range 2 {
		for e > 0 && start-e < 16 && charIn(p.ch(e-1), " \t:#.=(-\xc2\xa0") {
			e--
		}
		a := e
		for a > 0 && start-a < 40 && wordAlnum(p.ch(a-1)) && p.ch(a-1) != 0xa0 {
			a--
		}
		if a == e {
			break
		}
		switch r := p.lists.cues.find(p.text[a:e]); r {
		case 'p', 'i', 'o':
			return r
		case 'n':
			none = 'o'
		case 'c':
		default:
			return none
		}
		e = a
	}
	return none
}
