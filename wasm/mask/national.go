package mask

// The numbers by which states know persons: those of one digit string are judged here by
// form, check digits and, where these are weak, by what stands around them.

// nationalID reports whether the window is one.
func (p *Policy) nationalID(w window, ctx uint8) bool {
	n := &p.num
	d := n.digits[w.from:w.to]
	if n.plus && w.g == 0 || w.seps&sepParen != 0 {
		return false
	}
	if ctx&ctxID != 0 && w.g == 0 && w.last == n.groups && len(d) >= 6 {
		return !n.glued(w, ctx)
	}
	if few(d) {
		return false
	}
	glued := n.glued(w, ctx)
	one := w.last == w.g
	// A bare number is whole: what stands beside it over a dash or dot is part of it.
	alone := !glued && ctx&ctxThing == 0 && (w.g == 0 || n.sep[w.g] == sepSpace || n.sep[w.g]&(n.sep[w.g]-1) != 0) &&
		(w.last == n.groups || n.sep[w.last+1] == sepSpace || n.sep[w.last+1]&(n.sep[w.last+1]-1) != 0)
	switch len(d) {
	case 7, 8: // Chile, with a K
		if n.shape(w, "\x01\x03\x03\x01") && w.seps == sepDot|sepDash {
			return rutCheck(d[:7]) == int(d[7])
		}
		return n.rut(w) && w.last == n.groups && p.ch(n.end) == '-' && p.ch(n.end+1)|0x20 == 'k' && !wordAlnum(p.ch(n.end+2)) && rutCheck(d) == 10
	case 9:
		switch {
		case n.shape(w, "\x02\x03\x03\x01") && w.seps == sepDot|sepDash: // Chile
			return rutCheck(d[:8]) == int(d[8])
		case n.shape(w, "\x03\x02\x04"): // United States
			return (alone || !glued && w.seps == sepDash && w.g == 0) && (w.seps == sepDash || w.seps == sepSpace) && d[0] < 9 && !(d[0]|d[1]|d[2] == 0 || d[0] == 6 && d[1] == 6 && d[2] == 6) && d[3]|d[4] != 0 && d[5]|d[6]|d[7]|d[8] != 0
		case n.shape(w, "\x03\x03\x03"): // Canada
			return alone && (w.seps == sepDash || w.seps == sepSpace) && (luhn(d) || weigh(d, "\x01\x04\x03\x07\x05\x08\x06\x09\x0a")%11 == 0) // and Australia
		case one || n.shape(w, "\x04\x02\x03"): // the Netherlands
			return alone && (one || w.seps == sepDot) && !same(d) && (weigh(d[:8], "\x09\x08\x07\x06\x05\x04\x03\x02")-int(d[8])+110)%11 == 0 && !round(d)
		}
	case 10:
		switch {
		case one, n.shape(w, "\x06\x04") && w.seps == sepDash: // Sweden; Denmark in the second form
			return alone && d[2] < 2 && dated(d[4:6], d[2:4]) && luhn(d) || alone && !one && dated(d[0:2], d[2:4])
		case n.shape(w, "\x06\x04") && w.seps == sepSlash: // Czechia, Slovakia
			return mod(d, 11) == 0
		case n.shape(w, "\x04\x06"): // Austria
			return dated(d[4:6], d[6:8]) && weigh(d, "\x03\x07\x09\x00\x05\x08\x04\x02\x01\x06")%11 == int(d[3])
		}
	case 11:
		if !(alone && (one || !n.shape(w, "\x03\x03\x03\x02")) || n.shape(w, "\x03\x03\x03\x02") && !glued) || same(d) {
			return false
		}
		switch {
		case n.shape(w, "\x03\x03\x03\x02"): // Brazil; Russia's SNILS
			return w.seps&sepDash != 0 && (cpf(d) || weigh(d[:9], "\x09\x08\x07\x06\x05\x04\x03\x02\x01")%101%100 == int(d[9])*10+int(d[10]))
		case n.shape(w, "\x02\x08\x01"): // Argentina
			return w.seps == sepDash && (weigh(d[:10], "\x05\x04\x03\x02\x07\x06\x05\x04\x03\x02")+int(d[10]))%11 == 0
		case n.shape(w, "\x02\x02\x02\x03\x02"): // Belgium
			return dated(d[4:6], d[2:4]) && belgian(d)
		case n.shape(w, "\x02\x03\x03\x03"), n.shape(w, "\x06\x05"):
			return steuerID(d) || norwegian(d)
		case one:
			return cpf(d) || steuerID(d) || dated(d[4:6], d[2:4]) && (belgian(d) || pesel(d)) || norwegian(d) || turkish(d)
		}
	case 12:
		switch {
		case one, n.shape(w, "\x04\x04\x04") && w.seps&(sepDash|sepSpace) != 0: // India, Japan, Russia's INN
			return alone && (one || n.edges(w, ctx)) && (d[0] >= 2 && verhoeff(d) && !same(d) || !one && myNumber(d) || one && inn(d) || one && dated(d[6:8], d[4:6]) && d[0] <= 2 && luhn(d[2:]))
		case n.shape(w, "\x06\x02\x04") && w.seps == sepDash: // Malaysia
			return dated(d[4:6], d[2:4])
		case n.shape(w, "\x08\x04") && w.seps == sepDash: // Sweden
			return dated(d[6:8], d[4:6]) && luhn(d[2:])
		}
	case 13:
		switch {
		case n.shape(w, "\x03\x04\x04\x02"): // Switzerland
			return d[0] == 7 && d[1] == 5 && d[2] == 6
		case n.shape(w, "\x05\x07\x01"): // Pakistan
			return w.seps == sepDash
		case n.shape(w, "\x01\x04\x05\x02\x01"): // Thailand
			return (weigh(d, "\x0d\x0c\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02\x00")+int(d[12]))%11%10 == 0 || w.seps == sepDash
		case n.shape(w, "\x06\x07") && w.seps == sepDash: // Korea
			return dated(d[4:6], d[2:4]) && d[6] >= 1 && d[6] <= 8
		case one: // South Africa; Romania
			return alone && (dated(d[4:6], d[2:4]) && d[10] <= 1 && luhn(d) || d[0] > 0 && dated(d[5:7], d[3:5]) && weigh(d[:12], "\x02\x07\x09\x01\x04\x06\x03\x05\x08\x02\x07\x09")%11 == int(d[12]))
		}
	case 14, 16:
		// Egypt; Indonesia
		return one && alone && (len(d) == 14 && (d[0] == 2 || d[0] == 3) && dated(d[5:7], d[3:5]) && d[3] < 2 && d[5] < 4 ||
			len(d) == 16 && d[0] > 0 && d[0]*10+d[1] >= 11 && dated(d[6:8], d[8:10]) && d[8] < 2)
	case 15:
		// France; a month above 12 stands for one that is not known.
		m := d[3]*10 + d[4]
		if (d[0] == 1 || d[0] == 2 || d[0] == 7 || d[0] == 8) && (m >= 1 && m <= 12 || m >= 20) && !glued {
			return (mod(d[:13], 97)+int(d[13])*10+int(d[14]))%97 == 0 && (one || n.shape(w, "\x01\x02\x02\x02\x03\x03\x02") || n.shape(w, "\x0d\x02"))
		}
	case 17, 18:
		if one && d[0] > 0 && dated(d[12:14], d[10:12]) && (d[6] == 1 && d[7] == 9 || d[6] == 2 && d[7] == 0) { // China
			check := weigh(d[:17], "\x07\x09\x0a\x05\x08\x04\x02\x01\x06\x03\x07\x09\x0a\x05\x08\x04\x02") % 11
			want := "10X98765432"[check]
			if len(d) == 17 {
				return want == 'X' && w.last == n.groups && p.ch(n.end)|0x20 == 'x' && !wordAlnum(p.ch(n.end+1))
			}
			return want == d[17]+'0'
		}
	}
	return false
}

// shape reports whether the window has groups of these sizes.
func (n *number) shape(w window, sizes string) bool {
	if w.last-w.g+1 != len(sizes) {
		return false
	}
	for i := range len(sizes) {
		if n.size[w.g+i] != sizes[i] {
			return false
		}
	}
	return true
}

// few: less than four different digits are a table's or an example's.
func few(d []byte) bool {
	seen, n := uint16(0), 0
	for _, c := range d {
		if seen>>c&1 == 0 {
			n++
		}
		seen |= 1 << c
	}
	return n < 4
}

// round: four zeros at the end are a count.
func round(d []byte) bool { return d[len(d)-1]|d[len(d)-2]|d[len(d)-3]|d[len(d)-4] == 0 }

// dated: day and month of a birth. States add 20 to 80 to the month or 40 and 60 to the day
// to tell centuries, sexes and foreigners.
func dated(day, month []byte) bool {
	a, b := day[0]*10+day[1], month[0]*10+month[1]
	return a%40 >= 1 && a%40 <= 31 && a < 92 && b%20 >= 1 && b%20 <= 12 && b < 93
}

func weigh(d []byte, weights string) (sum int) {
	for i := range d {
		sum += int(d[i]) * int(weights[i])
	}
	return
}

func mod(d []byte, m int) (r int) {
	for _, c := range d {
		r = (r*10 + int(c)) % m
	}
	return
}

func cpf(d []byte) bool {
	return weigh(d[:9], "\x0a\x09\x08\x07\x06\x05\x04\x03\x02")*10%11%10 == int(d[9]) &&
		weigh(d[:10], "\x0b\x0a\x09\x08\x07\x06\x05\x04\x03\x02")*10%11%10 == int(d[10])
}

func pesel(d []byte) bool {
	return weigh(d, "\x01\x03\x07\x09\x01\x03\x07\x09\x01\x03\x01")%10 == 0
}

func belgian(d []byte) bool {
	key := int(d[9])*10 + int(d[10])
	r := mod(d[:9], 97)
	return 97-r == key || 97-(r+2*(1000000000%97))%97 == key
}

func norwegian(d []byte) bool {
	return dated(d[0:2], d[2:4]) && weigh(d, "\x03\x07\x06\x01\x08\x09\x04\x05\x02\x01\x00")%11 == 0 &&
		weigh(d, "\x05\x04\x03\x02\x07\x06\x05\x04\x03\x02\x01")%11 == 0
}

func turkish(d []byte) bool {
	if d[0] == 0 {
		return false
	}
	odd := int(d[0] + d[2] + d[4] + d[6] + d[8])
	even := int(d[1] + d[3] + d[5] + d[7])
	return (odd*7-even+1000)%10 == int(d[9]) && (odd+even+int(d[9]))%10 == int(d[10])
}

// steuerID: ISO 7064 mod 11,10; of the first ten digits one stands two or three times and
// the others at most once.
func steuerID(d []byte) bool {
	var times [10]uint8
	twice, more := 0, 0
	for _, c := range d[:10] {
		times[c]++
	}
	for _, t := range times {
		switch {
		case t == 2 || t == 3:
			twice++
		case t > 3:
			more++
		}
	}
	if d[0] == 0 || twice != 1 || more > 0 {
		return false
	}
	at := 10
	for _, c := range d[:10] {
		s := (int(c) + at) % 10
		if s == 0 {
			s = 10
		}
		at = 2 * s % 11
	}
	return (11-at)%10 == int(d[10])
}

// rut: one or two digits, then two groups of three over dots.
func (n *number) rut(w window) bool {
	return w.seps == sepDot && (n.shape(w, "\x02\x03\x03") || n.shape(w, "\x01\x03\x03"))
}

// rutCheck is the check digit of a Chilean number, 10 for K.
func rutCheck(d []byte) int {
	sum := 0
	for i := range d {
		sum += int(d[len(d)-1-i]) * (2 + i%6)
	}
	return (11 - sum%11) % 11
}

// myNumber checks a Japanese number, inn a Russian taxpayer's.
func myNumber(d []byte) bool {
	r := weigh(d[:11], "\x06\x05\x04\x03\x02\x07\x06\x05\x04\x03\x02") % 11
	if r <= 1 {
		return d[11] == 0
	}
	return 11-r == int(d[11])
}

func inn(d []byte) bool {
	return weigh(d[:10], "\x07\x02\x04\x0a\x03\x05\x09\x04\x06\x08")%11%10 == int(d[10]) &&
		weigh(d[:11], "\x03\x07\x02\x04\x0a\x03\x05\x09\x04\x06\x08")%11%10 == int(d[11])
}

// verhoeff: the dihedral group's check digit.
func verhoeff(d []byte) bool {
	c := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		for k := 0; k < i&7; k++ {
			v = int("\x01\x05\x07\x06\x02\x08\x03\x00\x09\x04"[v])
		}
		switch {
		case c < 5 && v < 5:
			c = (c + v) % 5
		case c < 5:
			c = (c+v)%5 + 5
		case v < 5:
			c = (c-v+10)%5 + 5
		default:
			c = (c - v + 10) % 5
		}
	}
	return c == 0
}

// codeScratch is what code read: letters and digits from the first digit on, in upper case,
// and where each ends.
type codeScratch struct {
	s    [18]byte
	ends [18]int
	n    int
}

// code marks a national id of letters and digits whose first digit stands at k, and answers
// its end; 0 if there is none.
func (p *Policy) code(k int) int {
	c := &p.idCode
	c.n = 0
	for j := k; c.n < len(c.s); {
		ch := p.ch(j)
		if isAlnum(ch) {
			c.s[c.n], c.ends[c.n] = upper(ch), j+1
			c.n++
		} else if c.n == 0 || !charIn(ch, " -+") || !isAlnum(p.ch(j+1)) {
			break
		}
		j++
	}
	s, n, digits := c.s[:], c.n, 0
	for digits < n && isDigit(s[digits]) {
		digits++
	}
	from, size := -1, 0
	switch {
	case digits == 8 && n > 8 && c.ends[7]-k == 8: // Spain, DNI
		if s[8] == spanish(s[:8], 0) && !isAlnum(p.ch(k-1)) {
			from, size = k, 9
		}
	case digits == 7 && n > 7 && isLetter(s[7]): // Spain, NIE; Singapore; Ireland
		if from = p.letters(k, 1); from >= 0 {
			head := upper(p.ch(from))
			if head >= 'X' && head <= 'Z' && s[7] == spanish(s[:7], int(head-'X')) || k-from == 1 && singaporean(head, s[:8]) {
				size = 8
			}
		} else if !isAlnum(p.ch(k-1)) && c.ends[6]-k == 7 {
			if n > 8 && c.ends[8] != k+9 {
				n = 8
			}
			if from, size = k, 8; !irish(s[:n]) || !isUpper(p.ch(k+7)) {
				size = 0
			} else if n > 8 {
				size = 9
			}
		}
	case digits == 4 && n >= 5 && isLetter(s[4]): // India, PAN: a letter says whose
		if from = p.letters(k, 5); from >= 0 && k-from == 5 && isUpper(p.ch(from)) && charIn(p.ch(from+3), "PCHFATBLJG") && c.ends[4]-k == 5 {
			size = 5
		}
	case digits == 9 && s[0] <= '2' && s[0] > '0' && c.ends[8]-k == 9: // Taiwan
		if from = p.letters(k, 1); from >= 0 && k-from == 1 && taiwanese(upper(p.ch(from)), s[:9]) {
			size = 9
		}
	case digits == 6 && n >= 7 && s[6] <= 'D': // United Kingdom
		if from = p.letters(k, 2); from >= 0 && !charIn(p.ch(from), "DFIQUV") && isUpper(p.ch(from)) &&
			(c.ends[5]-k == 6 || c.ends[1]-k == 2 && c.ends[3]-k == 5 && c.ends[5]-k == 8) {
			size = 7
		}
	case digits == 6 && n >= 14 && (s[6] == 'H' || s[6] == 'M'): // Mexico
		if from = p.letters(k, 4); from >= 0 && s[2] <= '1' && s[4] <= '3' && isUpper(p.ch(from)) {
			size = 14
		}
	case digits == 2 && n >= 10: // Italy
		if from = p.letters(k, 6); from >= 0 && p.fiscal(from, s[:10]) {
			size = 10
		}
	}
	if size > 0 {
		end := c.ends[size-1]
		if isAlnum(p.ch(end)) {
			return 0
		}
		p.mark(from, end, findID)
		return end
	}
	// Finland: DDMMYY, a sign of the century, a number, a check character.
	if digits >= 6 && charIn(p.ch(k+6), "-+ABCDEFUVWXY") && isAlnum(p.ch(k+10)) && !isAlnum(p.ch(k+11)) && !isAlnum(p.ch(k-1)) {
		r := 0
		for i := range 10 {
			if c := p.ch(k + i); i != 6 {
				if !isDigit(c) {
					return 0
				}
				r = (r*10 + int(c-'0')) % 31
			}
		}
		if "0123456789ABCDEFHJKLMNPRSTUVWXY"[r] == p.ch(k+10) {
			p.mark(k, k+11, findID)
			return k + 11
		}
	}
	return 0
}

// letters is where the n letters directly before k begin, single blanks and dashes left
// out; −1 if there are fewer or more.
func (p *Policy) letters(k, n int) int {
	for k > 0 && n > 0 {
		c := p.ch(k - 1)
		if isLetter(c) {
			n--
		} else if !charIn(c, " -") || !isLetter(p.ch(k-2)) {
			return -1
		}
		k--
	}
	if n > 0 || wordAlnum(p.ch(k-1)) {
		return -1
	}
	return k
}

func spanish(digits []byte, head int) byte {
	for _, c := range digits {
		head = head%23*10 + int(c-'0')
	}
	return "TRWAGMYFPDXBNJZSQVHLCKE"[head%23]
}

func singaporean(head byte, s []byte) bool {
	sum := 0
	for i, c := range s[:7] {
		sum += int(c-'0') * int("\x02\x07\x06\x05\x04\x03\x02"[i])
	}
	switch head {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == s[7]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == s[7]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == s[7]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == s[7]
	case 'M':
		return "KLJNPQRTUWX"[(sum+3)%11] == s[7]
	}
	return false
}

func irish(s []byte) bool {
	sum := 0
	for i, c := range s[:7] {
		sum += int(c-'0') * (8 - i)
	}
	if len(s) > 8 && s[8] >= 'A' && s[8] <= 'I' {
		sum += int(s[8]-'A'+1) * 9
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == s[7]
}

func taiwanese(head byte, s []byte) bool {
	if !isLetter(head) {
		return false
	}
	n := int("\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x22\x12\x13\x14\x15\x16\x23\x17\x18\x19\x1a\x1b\x1c\x1d\x20\x1e\x1f\x21"[head-'A'])
	sum := n/10 + n%10*9
	for i, c := range s[:8] {
		sum += int(c-'0') * (8 - i)
	}
	return (sum+int(s[8]-'0'))%10 == 0
}

// fiscal checks an Italian codice fiscale: six letters at from, and what follows them.
func (p *Policy) fiscal(from int, rest []byte) bool {
	var s [16]byte
	n := 0
	for k := from; n < 6; k++ {
		if c := p.ch(k); isLetter(c) {
			s[n] = upper(c)
			n++
		} else if n != 3 || p.ch(k) != ' ' {
			return false
		}
	}
	for i := range rest {
		if isDigit(rest[i]) != (i < 2 || i == 3 || i == 4 || i > 5 && i < 9) {
			return false
		}
	}
	copy(s[6:], rest)
	if !charIn(s[8], "ABCDEHLMPRST") {
		return false
	}
	sum := 0
	for i, c := range s[:15] {
		v := int(c - 'A')
		if isDigit(c) {
			v = int(c - '0')
		}
		if i&1 == 0 {
			v = int("\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"[v])
		}
		sum += v
	}
	return byte('A'+sum%26) == s[15]
}
