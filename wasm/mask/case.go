package mask

// Letters beyond those that every form knows, for what was typed and is shown in another case or without accents.

// smaller is the small letter of r in those alphabets whose pairs letter does not know.
func smaller(r rune) rune {
	switch {
	case r < 0x178:
	case r == 0x178:
		return 0xff
	case r >= 0x1c4 && r <= 0x1cc:
		return 0x1c6 + (r-0x1c4)/3*3
	case r >= 0x1cd && r <= 0x1dc, r >= 0x4c1 && r <= 0x4ce, r >= 0x1b3 && r <= 0x1b6, r == 0x18b, r == 0x187, r == 0x191, r == 0x1af:
		return r + r&1
	case r >= 0x198 && r <= 0x199, r >= 0x1a0 && r <= 0x1a5, r >= 0x1de && r <= 0x1ef, r >= 0x1f8 && r <= 0x21f, r >= 0x222 && r <= 0x233, r >= 0x246 && r <= 0x24f,
		r >= 0x460 && r <= 0x481, r >= 0x48a && r <= 0x4bf, r >= 0x4d0 && r <= 0x52f, r >= 0x1e00 && r <= 0x1e95, r >= 0x1ea0 && r <= 0x1eff:
		return r | 1
	case r >= 0x531 && r <= 0x556:
		return r + 0x30
	case r >= 0x1c90 && r <= 0x1cbf:
		return r - 0x1c90 + 0x10d0
	}
	switch r {
	case 0x181:
		return 0x253
	case 0x18a:
		return 0x257
	case 0x186:
		return 0x254
	case 0x18f:
		return 0x259
	case 0x190:
		return 0x25b
	case 0x386:
		return 0x3ac
	case 0x388, 0x389, 0x38a:
		return r + 0x25
	case 0x38c:
		return 0x3cc
	case 0x38e, 0x38f:
		return r + 0x3f
	case 0x3aa, 0x3ab:
		return r + 0x20
	case 0x3c2: // at the end of a word
		return 0x3c3
	case 0x1e9e:
		return 0xdf
	}
	return r
}

// The letters without their accents from U+00C0 and U+1E00 on; a dot where there is none.
const (
	bases     = "aaaaaa.ceeeeiiii.nooooo.ouuuuy.." + latin + "bb........d............i........oo.............uu............................aaiioouuuuuuuuuu.aaaa....ggkkoooo..j...gg..nnaa....aaaaeeeeiiiioooorrrruuuusstt..hh......aaeeooooooooyy...............b............"
	moreBases = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmmmmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvvwwwwwwwwwwxxxxyyzzzzzzhtwy......aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeeeeeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy......"
)

// isMark: vowels and accents that Arabic and Hebrew write above and below letters, mostly not, and the stroke that
// makes an Arabic word longer.
func isMark(r rune) bool {
	return r >= 0x591 && r <= 0x5c7 || r == 0x640 || r >= 0x64b && r <= 0x652 || r == 0x670
}

// isUnspaced reports whether a value is of a writing that puts no blanks between words: no word of its own stands
// anywhere. Two ideographs or syllables, four letters of Thai, Lao, Khmer or Burmese make it one.
func isUnspaced(w []byte) bool {
	n := 0
	for i := 0; i < len(w); {
		r, size := decodeRune(w[i:])
		i += size
		switch {
		case isWide(r):
			n += 2
		case r >= 0xe00 && r <= 0xeff || r >= 0x1000 && r <= 0x109f || r >= 0x1780 && r <= 0x17ff:
			n++
		default:
			return false
		}
	}
	return n >= minTyped
}

// base is a small letter without its accents, in the one of several writings of it that stands for all.
func base(r rune) rune {
	c := byte('.')
	switch {
	case r < 0xc0:
		return r
	case r < 0xc0+rune(len(bases)):
		c = bases[r-0xc0]
	case r >= 0x1e00 && r < 0x1e00+rune(len(moreBases)):
		c = moreBases[r-0x1e00]
	case r >= 0x30a1 && r <= 0x30f6: // the other of the two Japanese syllabaries
		return r - 0x60
	case r >= 0xff10 && r <= 0xff5a:
		if c := folded(r); isAlnum(c) {
			return rune(lower(c))
		}
	}
	if c != '.' {
		return rune(c)
	}
	switch r {
	case 0x622, 0x623, 0x625, 0x671:
		return 0x627
	case 0x649:
		return 0x64a
	case 0x3ac:
		return 0x3b1
	case 0x3ad:
		return 0x3b5
	case 0x3ae:
		return 0x3b7
	case 0x390, 0x3af, 0x3ca:
		return 0x3b9
	case 0x3cc:
		return 0x3bf
	case 0x3b0, 0x3cb, 0x3cd:
		return 0x3c5
	case 0x3ce:
		return 0x3c9
	case 0x439:
		return 0x438
	case 0x450, 0x451:
		return 0x435
	case 0x453:
		return 0x433
	case 0x457:
		return 0x456
	case 0x45c:
		return 0x43a
	case 0x45e:
		return 0x443
	}
	return r
}

// isCapital reports whether s begins with one.
func isCapital(s []byte) bool {
	if len(s) == 0 {
		return false
	}
	raw, _ := decodeRune(s)
	low, _ := lowered(s, 0)
	return low != 0 && raw != smaller(low)
}

// learnPart remembers a part of a value.
func (p *Policy) learnPart(field uint32, value []byte) {
	p.typed.learn(field|partOf, value, false)
	p.learnSpelt(field, value)
}

// learnSpelt remembers a value as it is in capitals, where ß is two letters, and as it is in addresses and names of users,
// where others are too.
func (p *Policy) learnSpelt(field uint32, value []byte) {
	for _, all := range [...]bool{false, true} {
		t, spelt := p.tmp[:0], false
		for i := 0; i < len(value) && len(t) < 2*maxTypedBytes; {
			r, size := lowered(value, i)
			r = smaller(r)
			if k := i + size; k+1 < len(value) && value[k] == 0xcc && value[k+1] == 0x88 { // its dots stand apart
				switch r {
				case 'a':
					r = 'ä'
				case 'o':
					r = 'ö'
				case 'u':
					r = 'ü'
				}
			}
			two := ""
			switch {
			case r == 'ß':
				two = "ss"
			case !all:
			case r == 'ä' || r == 'æ':
				two = "ae"
			case r == 'ö' || r == 'ø' || r == 'œ':
				two = "oe"
			case r == 'ü':
				two = "ue"
			case r == 'å':
				two = "aa"
			}
			if two != "" {
				t = append(t, two...)
				spelt = spelt || all == (r != 'ß')
			} else {
				t = append(t, value[i:i+size]...)
			}
			i += size
		}
		if p.tmp = t; spelt {
			p.typed.learn(field|partOf, t, false)
		}
	}
}

// maxSegments is how many parts of one address are remembered: a long list of addresses must not put out what else was typed.
const maxSegments = 40

// learnAddress remembers of an address of the web its host, who is named before it, and those of its segments that no list
// knows. It answers whether that is all of the value.
func (p *Policy) learnAddress(field uint32, value []byte) bool {
	from, scheme, list := 0, false, false
	for i, c := range value {
		if c <= ' ' {
			return false
		}
		list = list || c == ',' || c == ';'
		if from == 0 && c == '/' && i+1 < len(value) && value[i+1] == '/' {
			from = i + 2
			scheme = i > 0 && value[i-1] == ':'
		}
	}
	if hasPrefixFold(value[from:], "www.") {
		from += 4
	}
	end := from
	for end < len(value) && !charIn(value[end], "/?#,;") {
		end++
	}
	if from == 0 && end == len(value) { // a word with a dot, or an address of mail
		return false
	}
	for i := from; i < end; i++ {
		if value[i] == '@' {
			p.learnSegments(field, value[from:i], ":")
			from = i + 1
		}
	}
	at, dots := from, 0
	for at < end && value[at] != ':' {
		if value[at] == '.' {
			dots = at
		}
		at++
	}
	// A host ends with letters.
	if dots > 0 && dots+2 < at && isLetter(value[dots+1]) && isLetter(value[at-1]) {
		p.learnPart(field, value[from:at])
	} else if !scheme {
		return false
	} else if dots == 0 {
		at = from
	}
	p.learnSegments(field, value[at:], ":/?#&=,;@")
	return !list
}

func (p *Policy) learnSegments(field uint32, value []byte, seps string) {
	left := maxSegments
	for from, at := 0, 0; at <= len(value) && left > 0; at++ {
		if at < len(value) && !charIn(value[at], seps) {
			continue
		}
		left--
		if seg := value[from:at]; p.lists.segments.find(seg) == 0 && p.lists.persons.find(seg) == 0 {
			p.learnPart(field, seg)
		}
		from = at + 1
	}
}
