package mask

// Postal addresses, as far as a house number beside the word for a street, or the code of a place, tells them: "12 Main
// Street", "Hauptstraße 12", "12 rue de la Paix", "Calle Mayor 12", "IL 62704", "SW1A 1AA", "K1A 0B6". What stands between such
// a street and a code of a place behind it is part of the address.

const (
	// Behind a number and a name: kinds of streets in English.
	streetWords = " street st avenue ave road rd lane ln boulevard blvd drive dr court ct terrace square sq parkway pkwy highway hwy crescent "
	// More of them, which are other things too: behind these the code of a place must follow.
	weakWords = " way place pl loop circle cir alley path walk row plaza mews grove hill close gardens green park trail pass view run "
	// Of streetWords, which are other things too, before a word in lower case or behind one of the others.
	otherWords = " drive dr court ct square highway road "
	notStreets = " the google hard flash usb one best "
	// Before a number that is no house's.
	partsOfBook = " chapter page fig figure level version step part section volume vol episode season table angular vue react "
	// Between a number and a name.
	streetsBefore = " rue avenue boulevard bd chemin impasse allée quai place route cours "
	// Before a name and a number.
	streetsNamed = " calle avenida avda av rua viale via piazza corso carrer plaza praça paseo "
	particles    = " de du des la le les del della dei di da do dos das el los las van der den of the "
	// Ends of words before a number.
	streetEnds = "straße strasse gasse straat laan gatan vägen veien gade"
	states     = " AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY DC PR "
)

// maxPlace is how far behind a street the code of its place is looked for.
const maxPlace = 64

// addresses marks the postal address of which the chunk from..to has a number.
func (p *Policy) addresses(from, to int) {
	for from < to && charIn(p.ch(from), "(\"'") {
		from++
	}
	if c := p.ch(from); isUpper(c) || !isDigit(c) {
		if end := p.postcode(from); end > 0 {
			p.mark(from, end, findAddress)
		}
		return
	}
	end := from
	for isDigit(p.ch(end)) {
		end++
	}
	n := end - from
	if n == 5 {
		if a := p.state(from); a > 0 {
			p.mark(a, p.zipEnd(end), findAddress)
			return
		}
	}
	if n > 5 || p.ch(from) == '0' || charIn(p.ch(from-1), ".,-/:#") {
		return
	}
	if isLetter(p.ch(end)) {
		end++
	}
	if wordAlnum(p.ch(end)) {
		return
	}
	a, b := p.streetBefore(from), end
	if a == from || n == 5 {
		a = from
		b = p.streetBehind(end)
	}
	if b > 0 && !p.partOfBook(from) {
		p.mark(a, p.place(b), findAddress)
	}
}

// wordEnd is where the word at k ends, marks of abbreviation and of elision left out.
func (p *Policy) wordEnd(k int) int {
	for wordAlnum(p.ch(k)) || p.ch(k) == '-' && wordAlnum(p.ch(k+1)) {
		k++
	}
	return k
}

// partOfBook: the word before the number at k says that it is of a page, a chapter, a version.
func (p *Policy) partOfBook(k int) bool {
	b := k
	for b > 0 && charIn(p.ch(b-1), " .") {
		b--
	}
	a := b
	for a > 0 && b-a < 12 && isLetter(p.ch(a-1)) {
		a--
	}
	return p.listedAt(partsOfBook, a, b)
}

// listedAt: the word from a to b stands in a list in lower case.
func (p *Policy) listedAt(list string, a, b int) bool {
	return b <= len(p.text) && wordIn(p.text[a:b], list)
}

// capital: a word begins with a capital letter at k, or one beyond ASCII.
func (p *Policy) capital(k int) bool { return isUpper(p.ch(k)) || p.ch(k) >= 0x80 }

// streetBehind is where the street ends whose number ends at k; 0: there is none.
func (p *Policy) streetBehind(k int) int {
	if p.ch(k) == ',' {
		k++
	}
	if p.ch(k) != ' ' {
		return 0
	}
	k++
	b := p.wordEnd(k)
	if p.listedAt(" bis ter ", k, b) && p.ch(b) == ' ' {
		k = b + 1
		b = p.wordEnd(k)
	}
	if p.listedAt(streetsBefore, k, b) && p.ch(b) == ' ' {
		// Then particles and names.
		end, named := 0, false
		sure := !p.listedAt(" place route cours ", k, b)
		for range 6 {
			a := b + 1
			if p.ch(b) != ' ' {
				break
			}
			b = p.wordEnd(a)
			elided := b == a+1 && p.ch(b) == '\'' || b > a && p.ch(b) == 0xe2
			if elided {
				b = p.wordEnd(b + 1)
			}
			switch {
			case p.listedAt(particles, a, b) || elided:
				named = true
			case p.capital(a) && (named || sure):
			case named && end == 0 && b > a:
			default:
				return end
			}
			if !p.listedAt(particles, a, b) {
				end = b
			}
		}
		return end
	}
	before := 0
	for i := range 5 {
		a := k
		if !p.capital(a) && !(isDigit(p.ch(a)) && i == 0) {
			return 0
		}
		k = p.wordEnd(a)
		if i == 0 && p.listedAt(" the ", a, k) {
			return 0
		}
		if i > 0 && p.listedAt(streetWords, a, k) {
			if p.listedAt(otherWords, a, k) && (p.listedAt(notStreets, before, a-1) || p.ch(k) == ' ' && isLetter(p.ch(k+1)) && !isUpper(p.ch(k+1))) {
				return 0
			}
			if p.ch(k) == '.' {
				k++
			}
			return k
		}
		if i > 0 && p.listedAt(weakWords, a, k) && p.place(k) > k {
			return k
		}
		before = a
		if p.ch(k) == '.' && k-a <= 2 { // N. Main
			k++
		} else if p.ch(k) == '\'' {
			k = p.wordEnd(k + 1)
		}
		if p.ch(k) != ' ' {
			return 0
		}
		k++
	}
	return 0
}

// streetBefore is where the street begins whose number begins at k; k: there is none.
func (p *Policy) streetBefore(k int) int {
	e := k - 1
	if p.ch(e) != ' ' {
		return k
	}
	if p.ch(e-1) == ',' {
		e--
	}
	for i, at := 0, e; i < 5; i++ {
		b := at
		if p.ch(b-1) == '.' && i < 4 {
			b--
		}
		a := b
		for a > 0 && (wordAlnum(p.ch(a-1)) || p.ch(a-1) == '-' && wordAlnum(p.ch(a-2))) {
			a--
		}
		if a == b {
			return k
		}
		word := p.text[a:b]
		if i == 0 && p.capital(a) && e == k-1 && (endsIn(word, streetEnds) || b < at && endsIn(word, "str")) {
			if b-a < 9 && p.ch(a-1) == ' ' { // Berliner Straße
				c := a - 1
				for c > 0 && (wordAlnum(p.ch(c-1)) || p.ch(c-1) == '-') {
					c--
				}
				if p.capital(c) && !isDigit(p.ch(c)) {
					a = c
				}
			}
			return a
		}
		if i > 0 && p.capital(a) && p.listedAt(streetsNamed, a, b) {
			return a
		}
		if b < at || !p.capital(a) && (b-a > 3 || !p.listedAt(particles, a, b)) || p.ch(a-1) != ' ' {
			if b < at && b-a < 3 && p.capital(a) && p.ch(a-1) == ' ' { // an initial
				at = a - 1
				continue
			}
			return k
		}
		at = a - 1
	}
	return k
}

// endsIn: a word longer than that ends in one of a list of words, or is one of them.
func endsIn(word []byte, list string) bool {
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to] != ' ' {
			to++
		}
		if n := to - from; len(word) >= n {
			w := word[len(word)-n:]
			k := 0
			for k < n && lower(w[k]) == list[from+k] {
				k++
			}
			if k == n {
				return true
			}
		}
		from = to + 1
	}
	return false
}

// place is the end of an address of which the street ends at k: behind the code of the place, if one follows, and the
// name behind that.
func (p *Policy) place(k int) int {
	for q := k; q < k+maxPlace && q < len(p.text) && p.ch(q) >= ' ' && !charIn(p.ch(q), ";!?|<>=\"()"); q++ {
		if wordAlnum(p.ch(q-1)) || !isAlnum(p.ch(q)) {
			continue
		}
		if end := p.postcode(q); end > 0 {
			return end
		}
		end := q
		for isDigit(p.ch(end)) {
			end++
		}
		if n := end - q; n == 5 && p.state(q) > 0 {
			return p.zipEnd(end)
		} else if (n == 4 || n == 5) && p.ch(end) == ' ' && p.capital(end+1) && q < k+6 {
			e := p.wordEnd(end + 1)
			if e == end+3 && n == 4 && p.ch(e) == ' ' && p.capital(e+1) { // 1012 PH Amsterdam
				e = p.wordEnd(e + 1)
			}
			return e
		}
	}
	return k
}

// state is where the two letters of a state begin before the five digits at k, if a comma or a name stands before them.
func (p *Policy) state(k int) int {
	a := k - 3
	if a < 2 || p.ch(k-1) != ' ' || !p.listedState(a) || p.ch(a-1) != ' ' || wordAlnum(p.ch(k+5)) {
		return 0
	}
	return a
}

func (p *Policy) listedState(a int) bool {
	if !isUpper(p.ch(a)) || !isUpper(p.ch(a+1)) {
		return false
	}
	for i := 1; i+2 < len(states); i += 3 {
		if states[i] == p.ch(a) && states[i+1] == p.ch(a+1) {
			if p.ch(a-2) != ',' {
				return false
			}
			b := a - 2 // behind the name of a place
			for a = b; a > 0 && wordAlnum(p.ch(a-1)); {
				a--
			}
			return b-a > 2 && p.capital(a)
		}
	}
	return false
}

// zipEnd steps over the four digits that may follow five.
func (p *Policy) zipEnd(k int) int {
	if p.ch(k) == '-' && !isAlnum(p.ch(k+5)) {
		n := 1
		for n < 5 && isDigit(p.ch(k+n)) {
			n++
		}
		if n == 5 {
			return k + 5
		}
	}
	return k
}

// postcode is the end of a code of the United Kingdom or of Canada at k, in capitals; 0: there is none.
func (p *Policy) postcode(k int) int {
	if wordAlnum(p.ch(k-1)) || charIn(p.ch(k-1), "-_.#/") || !isUpper(p.ch(k)) {
		return 0
	}
	b := k + 1
	lone := !isUpper(p.ch(b))
	if !lone {
		b++
	}
	if !isDigit(p.ch(b)) {
		return 0
	}
	b++
	c := p.ch(b)
	if isDigit(c) || isUpper(c) {
		b++
	}
	if p.ch(b) != ' ' || !isDigit(p.ch(b+1)) || wordAlnum(p.ch(b+4)) {
		return 0
	}
	x, y := p.ch(b+2), p.ch(b+3)
	const inward = "ABDEFGHJLNPQRSTUWXYZ"
	switch {
	case charIn(x, inward) && charIn(y, inward) && (!lone || charIn(p.ch(k), "BEGLMNSW")):
		// 8 GB and 1ST are no end of one.
		if y == 'B' && charIn(x, "GTP") || x == 'H' && y == 'Z' || x == 'S' && y == 'T' || x == 'N' && y == 'D' || x == 'T' && y == 'H' || x == 'R' && y == 'D' {
			return 0
		}
	case isUpper(c) && b == k+3 && isDigit(p.ch(k+1)) && isUpper(x) && isDigit(y): // A1A 1A1
	default:
		return 0
	}
	return b + 4
}
