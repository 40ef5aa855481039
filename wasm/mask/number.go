package mask

// number is a run of digits with the separators that people put into numbers.
type number struct {
	digits [32]byte
	group  [32]uint8 // group of each digit
	pos    [32]int   // where each digit stands
	n      int
	groups int
	sep    [16]uint8 // bits of the separators before each group
	size   [16]uint8
	plus   bool
	end    int
}

const (
	sepSpace = 1 << iota
	sepDash
	sepDot
	sepSlash
	sepParen
)

// numbers marks cards, phone numbers and the like that start between from and to.
func (p *Policy) numbers(from, to int) {
	num := &p.num
	for k := from; k < to; {
		c := p.ch(k)
		if !isDigit(c) && c != '+' && c != '(' {
			k++
			continue
		}
		if prev := p.ch(k - 1); isDigit(c) && (isLetter(prev) || charIn(prev, "_#$")) {
			// part of a word, a colour, an order number: skip its digits
			for k < to && isAlnum(p.ch(k)) {
				k++
			}
			continue
		}
		p.read(k)
		if num.n == 0 {
			k++
			continue
		}
		a, b := p.judge(k, k >= p.run)
		p.run = num.end
		if b > 0 {
			p.mark(a, b)
			k = b
			continue
		}
		// not one: go on after the first group, a card may follow an amount
		k = num.pos[0]
		for k < to && isDigit(p.ch(k)) {
			k++
		}
	}
}

// read reads the number at k.
func (p *Policy) read(k int) {
	n := &p.num
	n.n, n.groups, n.plus = 0, 0, p.ch(k) == '+'
	n.end = k
	n.size[0], n.sep[0] = 0, 0
	if n.plus {
		k++
	}
	sep, kinds := 0, uint8(0)
	for ; ; k++ {
		c := p.ch(k)
		if isDigit(c) {
			if n.n == len(n.digits) || n.groups == len(n.size)-1 {
				return
			}
			if sep > 0 && n.n > 0 {
				n.groups++
				n.size[n.groups], n.sep[n.groups] = 0, kinds
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
		case 0xc2: // no-break space
			if p.ch(k+1) == 0xa0 {
				k++
				kind = sepSpace
			}
		case 0xe2: // hyphens and narrow spaces, U+2000 to U+203F
			if p.ch(k+1) == 0x80 && p.ch(k+2) != 0 {
				k += 2
				kind = sepDash
			}
		}
		if sep++; kind == 0 || sep > 3 {
			return
		}
		kinds |= kind
	}
}

// between is the bits of the separators after group from, up to group to.
//
//go:noinline
func (n *number) between(from, to uint8) (bits uint8) {
	for g := from + 1; g <= to; g++ {
		bits |= n.sep[g]
	}
	return
}

// judge returns what of the number has to be masked, 0 if nothing. whole: it is not the rest
// of a longer run, which was no number of its own.
func (p *Policy) judge(start int, whole bool) (a, b int) {
	n := &p.num
	// A card may stand before or after other numbers: any run of whole groups.
	for g := 0; g < n.n; g++ {
		if g > 0 && n.group[g] == n.group[g-1] {
			continue
		}
		for e := g + 13; e <= n.n && e <= g+19; e++ {
			if e < n.n && n.group[e] == n.group[e-1] {
				continue
			}
			if n.digits[g] >= 2 && n.digits[g] <= 6 && cardShape(n, g, e) && luhn(n.digits[g:e]) && !same(n.digits[g:e]) {
				return n.pos[g], n.pos[e-1] + 1
			}
		}
	}
	if isLetter(p.ch(n.end)) && !n.plus {
		return 0, 0
	}
	if whole && n.n >= 7 && n.n <= 15 && p.phone(start) {
		return start, n.end
	}
	if whole && n.groups == 2 && n.size[0] == 3 && n.size[1] == 2 && n.size[2] == 4 && n.between(0, 2) == sepDash {
		return start, n.end // US social security number
	}
	return 0, 0
}

// cardShape: one block, or groups as cards print them.
func cardShape(n *number, g, e int) bool {
	first, last := n.group[g], n.group[e-1]
	seps := n.between(first, last)
	if seps&(sepSlash|sepParen) != 0 {
		return false
	}
	for q := first; q <= last; q++ {
		// With dots between them, shorter groups are a version or an address of a network.
		if first != last && (n.size[q] < 2 || n.size[q] > 7 || seps&sepDot != 0 && n.size[q] < 4) {
			return false
		}
	}
	return true
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

func same(d []byte) bool {
	for _, c := range d {
		if c != d[0] {
			return false
		}
	}
	return true
}

// phone: international form, national forms with a trunk 0, North American form, or a word
// before it that says so.
func (p *Policy) phone(start int) bool {
	n := &p.num
	if n.plus {
		return true
	}
	if isDate(n) || charIn(p.ch(start-1), ".,/:") {
		return false
	}
	if charIn(p.ch(n.end), ",:") && isDigit(p.ch(n.end+1)) {
		return false
	}
	if p.cueBefore(start) {
		return true
	}
	d := n.digits[:n.n]
	if d[0] == 0 {
		if d[1] == 0 && n.n >= 10 {
			return true
		}
		return n.n >= 9 && n.n <= 12 && d[1] != 0 && (n.groups == 0 && n.n >= 10 || n.groups > 0 && n.size[0] >= 2)
	}
	g := 0
	if n.groups == 3 && n.size[0] == 1 && d[0] == 1 {
		g = 1
	}
	return n.groups == g+2 && n.size[g] == 3 && n.size[g+1] == 3 && n.size[g+2] == 4 && d[g] >= 2
}

func isDate(n *number) bool {
	if n.groups < 2 {
		return false
	}
	a, b, c := n.size[0], n.size[1], n.size[2]
	return (a == 4 && b <= 2 && c <= 2) || (a <= 2 && b <= 2 && c == 4) || (a <= 2 && b <= 2 && c == 2 && n.groups == 2 && n.n <= 6)
}

// cueBefore looks for a word such as "tel" directly before the number.
func (p *Policy) cueBefore(start int) bool {
	e := start
	for e > 0 && start-e < 4 && !wordAlnum(p.ch(e-1)) {
		e--
	}
	a := e
	for a > 0 && wordAlnum(p.ch(a-1)) {
		a--
	}
	return p.lists.cues.find(p.text[a:e]) == 'p'
}

// ibanLengths: country and length (https://www.swift.com/standards/data-standards/iban).
const ibanLengths = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DK18DO28EE20EG29ES24FI18FO18FR27GB22GE22GI23GL18GR27GT28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21MC27MD24ME22MK19MR27MT31MU30NL18NO15PK24PL28PS29PT25QA29RO24RS22SA24SC31SE24SI19SK24SM27ST25SV28TN24TR26UA29VA22VG24XK20"

// ibans marks the IBANs that start in the chunk from..to; they may go on over blanks.
func (p *Policy) ibans(from, to int) {
	for k := from; k+4 <= to; k++ {
		length := 0
		for q := 0; q+4 <= len(ibanLengths); q += 4 {
			if ibanLengths[q] == p.ch(k) && ibanLengths[q+1] == p.ch(k+1) {
				length = int(ibanLengths[q+2]-'0')*10 + int(ibanLengths[q+3]-'0')
			}
		}
		if length == 0 || !isDigit(p.ch(k+2)) || !isDigit(p.ch(k+3)) || isAlnum(p.ch(k-1)) {
			continue
		}
		// The first four characters count last: the rest is read to its end, then they.
		rem, n, end := 0, 0, 0
		for j := k; n < length+4; j++ {
			c := p.ch(j)
			if !isAlnum(c) {
				if !charIn(c, " -\xc2\xa0") {
					break
				}
				continue
			}
			if n++; n > 4 {
				if isDigit(c) {
					rem = rem*10 + int(c-'0')
				} else {
					rem = rem*100 + int(c|0x20-'a') + 10
				}
				rem %= 97
			}
			if n == length {
				end = j + 1
				if isAlnum(p.ch(end)) {
					break
				}
				j = k - 1
			}
		}
		if n == length+4 && rem == 1 {
			p.mark(k, end)
			k = end
		}
	}
}
