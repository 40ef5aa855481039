package mask

import "unicode/utf8"

// typedTable remembers what was typed into inputs in this page view, so that it is found
// where the page shows it again. It stays in the core's memory; nothing derived from it
// leaves. Values are kept as letters and digits in lower case.
type typedTable struct {
	vals  []typedValue
	heads [1024]uint16 // first value (index+1) whose first two bytes have this hash; chain by next
	batch uint8
	at    int    // the next to be replaced
	word  []byte // scratch
}

type typedValue struct {
	field  uint32 // node id
	text   []byte
	next   uint16
	secret bool
	inside bool // long enough to be looked for in longer words too
	cut    bool // only its beginning is kept
	again  bool // it was told again since its turn to be replaced
	batch  uint8
}

const (
	// Far more than pages have fields: a value that is not remembered is shown.
	maxTyped      = 4096
	maxTypedBytes = 96 // of one value; a longer one is kept by its beginning
	maxParted     = 64 // of a value that is known by its words too, in the strict form
	// Shorter values stand everywhere. An ideograph counts as two characters.
	minTyped       = 4 // as a whole word, with a letter
	minTypedDigits = 5 // of digits alone
	minInside      = 6 // as a part of a longer word
	minDigitsIn    = 8
	minSecretIn    = 5
	recentBatches  = 40
	maxTypedGap    = 4 // bytes of other characters between two of a value
)

func (t *typedTable) init() {
	t.word = make([]byte, 0, maxTypedBytes+utf8.UTFMax)
}

// Typed tells the policy a raw value of a field. The table is bounded; the one that was told longest ago goes, or nearly that. Field 0 is one that is
// not known yet: if it turns out to be shown, ShownValue takes that back.
func (p *Policy) Typed(field uint32, value []byte) {
	p.typed.learn(field, value, false)
	if !detects && len(value) < maxParted {
		p.learnWords(field, value)
	}
	if detects && field != 0 {
		p.learnShort(field, value)
		p.learnParts(field, value)
		p.learnSpelt(field, value)
	}
}

// learnWords remembers the words of a value that begin with a capital, as names do, and all of an address: of these pages
// make names. Others would be found in the names of many a stylesheet.
func (p *Policy) learnWords(field uint32, value []byte) {
	isName := charInAll(value, "@")
	for from, i := 0, 0; i <= len(value); i++ {
		if i == len(value) || !wordAlnum(value[i]) {
			if isName || from < i && value[from]-'a' > 'z'-'a' {
				p.typed.learn(field|partOf, value[from:i], false)
			}
			from = i + 1
		}
	}
}

// partOf is a bit of the field of what is a part of its value.
const partOf = 1 << 31

// Joined is a bit of what stands for several fields that are shown as one.
const Joined = 1 << 30

// learnParts remembers what pages make of a value: of an address what stands before and behind the @, of a list
// its items, of a text its lines, and of up to three words those that begin with a capital, as names do.
func (p *Policy) learnParts(field uint32, value []byte) {
	if p.learnAddress(field, value) {
		return
	}
	from, commas := 0, 0
	for i := 0; i <= len(value); i++ {
		switch {
		case i == len(value), value[i] == '\n':
			if line := value[from:i]; commas > 0 && commas < 16 && p.learnList(field, line) {
				// by its items
			} else {
				if len(line) < len(value) && len(line) > 5 {
					p.learnPart(field, line)
				}
				p.learnNames(field, line)
			}
			from, commas = i+1, 0
		case value[i] == ',' || value[i] == ';':
			commas++
		case value[i] == '@' && from == 0 && commas == 0:
			p.learnPart(field, value[:i])
			if charInAll(value[i:], ",;") { // a list of them
				continue
			}
			for k := i + 1; k+2 < len(value); k++ {
				if value[k] == '.' {
					p.learnPart(field, value[i+1:])
					break
				}
			}
			return
		}
	}
}

// learnList remembers the items between commas, if each has two words at most, numbers aside: more make a sentence.
func (p *Policy) learnList(field uint32, line []byte) bool {
	words := 0
	for i, b := range line {
		switch {
		case b == ',' || b == ';':
			words = 0
		case b > '9' && (i == 0 || line[i-1] <= ' ' || line[i-1] == ',' || line[i-1] == ';'):
			if words++; words > 2 {
				return false
			}
		}
	}
	for from, i := 0, 0; i <= len(line); i++ {
		if i < len(line) && line[i] != ',' && line[i] != ';' {
			continue
		}
		for from < i && line[from] <= ' ' {
			from++
		}
		p.learnPart(field, line[from:i])
		p.learnSegments(field, line[from:i], "@")
		p.learnNames(field, line[from:i])
		from = i + 1
	}
	return true
}

// learnNames remembers, of up to three words, those that begin with a capital.
func (p *Policy) learnNames(field uint32, value []byte) {
	words := 1
	for i, b := range value {
		if b <= ' ' && i > 0 && value[i-1] > ' ' && i < len(value)-1 {
			words++
		}
	}
	if words > 3 {
		return
	}
	for from, i := 0, 0; i <= len(value); i++ {
		if i < len(value) && value[i] > ' ' {
			continue
		}
		if from < i {
			r, _ := letter(value, from)
			if r != 0 && isCapital(value[from:i]) && words > 1 {
				p.learnShort(field|partOf, value[from:i])
				p.learnPart(field, value[from:i])
			}
		}
		from = i + 1
	}
}

// HasTyped reports whether anything typed is remembered.
func (p *Policy) HasTyped() bool { return len(p.typed.vals) > 0 || detects && p.hasShort() }

// TypedSecret is Typed of a field of a secret kind: it is looked for from four characters
// on, and masked with the signs around it, which may belong to it.
func (p *Policy) TypedSecret(field uint32, value []byte) { p.typed.learn(field, value, true) }

// IsSecretValue reports whether a value, of six characters or with a letter, was typed into a secret field.
func (p *Policy) IsSecretValue(value []byte) bool {
	t := &p.typed
	w, chars, digits, _ := t.plain(value)
	if chars < minTyped || digits == chars && chars < 6 {
		return false
	}
	for v := t.heads[pair(w[0], w[1])]; v != 0; v = t.vals[v-1].next {
		if x := &t.vals[v-1]; x.secret && !x.cut && len(x.text) == len(w) && samePrefix(w, x.text) {
			return true
		}
	}
	return false
}

// ShownValue tells a raw value of a field that is shown: it is no echo of itself.
func (p *Policy) ShownValue(value []byte) {
	t := &p.typed
	for i, b := range value {
		if detects && b == '@' {
			t.learn(partOf, value[:i], false) // an address is not shown, nor what a page makes of it
			break
		}
	}
	w, _, _, _ := t.plain(value)
	for i := range t.vals {
		if v := &t.vals[i]; v.field == 0 && !v.secret && len(v.text) == len(w) && samePrefix(w, v.text) {
			t.unlink(i) // until it is typed elsewhere
		}
	}
}

// BeginBatch says that all is written that shows again what was typed before.
func (p *Policy) BeginBatch() { p.typed.batch++ }

// noField stands for fields of another epoch.
const noField = 1<<32 - 1

// plain are the letters and digits of a value, in t.word, and what counts in them.
func (t *typedTable) plain(value []byte) (w []byte, chars, digits int, cut bool) {
	w = t.word[:0]
	for i := 0; i < len(value); {
		r, size := letter(value, i)
		i += size
		if r == 0 {
			continue
		}
		n := len(w)
		if w = appendRune(w, r); len(w) > maxTypedBytes {
			w, cut = w[:n], true
			break
		}
		chars++
		if isWide(r) {
			chars++
		}
		if r <= '9' {
			digits++
		}
	}
	return
}

func (t *typedTable) learn(field uint32, value []byte, secret bool) {
	w, chars, digits, cut := t.plain(value)
	if chars < minTyped || digits == chars && chars < minTypedDigits && !secret {
		return
	}
	v := typedValue{field: field, secret: secret, cut: cut, batch: t.batch}
	v.inside = chars >= minInside && (digits < chars || chars >= minDigitsIn) || secret && chars >= minSecretIn
	if detects && isUnspaced(w) {
		v.inside = true
	}
	for at := t.heads[pair(w[0], w[1])]; at != 0; {
		i := int(at) - 1
		x := &t.vals[i]
		at = x.next
		if len(x.text) > len(w) || !samePrefix(x.text, w) || len(x.text) < len(w) && (x.field != field || field == 0 || x.batch == t.batch) {
			continue
		}
		// The same value, or the same field typed further. What it held in this batch is not yet written
		// everywhere, and stays.
		if detects && field == 0 {
			v.field = x.field
		}
		v.secret = v.secret || x.secret
		v.inside = v.inside || x.inside
		v.again = true
		t.unlink(i)
		t.put(i, v, w)
		return
	}
	t.add(v, w)
}

// add takes up a value. If there is no room, the one goes that was told longest ago, or nearly that.
func (t *typedTable) add(v typedValue, text []byte) {
	i := len(t.vals)
	if i < maxTyped {
		t.vals = append(t.vals, v)
	} else {
		for i = t.at; t.vals[i].again; i = t.at { // it stands in a field still
			t.vals[i].again = false
			t.at = (i + 1) % maxTyped
		}
		t.at = (i + 1) % maxTyped
		t.unlink(i)
	}
	t.put(i, v, text)
}

func samePrefix(short, long []byte) bool {
	for i, c := range short {
		if long[i] != c {
			return false
		}
	}
	return true
}

func (t *typedTable) put(i int, v typedValue, text []byte) {
	at := &t.heads[pair(text[0], text[1])]
	v.next = *at
	v.text = append(t.vals[i].text[:0], text...)
	t.vals[i] = v
	*at = uint16(i + 1)
}

func pair(a, b byte) uint32 { return (uint32(a)*37 + uint32(b)) & 1023 }

func (t *typedTable) unlink(i int) {
	b := t.vals[i].text
	at := &t.heads[pair(b[0], b[1])]
	for *at != 0 {
		if int(*at) == i+1 {
			*at = t.vals[i].next
			return
		}
		at = &t.vals[*at-1].next
	}
}

// letter is the character at s[i] in lower case and without its accents, 0 if it is no letter or digit, and its size:
// pages write accents apart, or leave them out.
func letter(s []byte, i int) (rune, int) {
	r, size := lowered(s, i)
	switch {
	case r < 0xc0:
	case detects:
		r = base(smaller(r))
	case r >= 0xdf && r < 0xdf+rune(len(sharp+latin)):
		r = rune((sharp + latin)[r-0xdf])
	}
	return r, size
}

// latin are the letters from U+00E0 to U+017F less their accents, '.' for those that have none; sharp is what stands for
// the one before them.
const sharp = "s"
const latin = "aaaaaa.ceeeeiiii.nooooo.ouuuuy.yaaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkk.llllll..llnnnnnn...oooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzz."

// lowered is letter with its accents, and without the alphabets that only the full form knows.
func lowered(s []byte, i int) (rune, int) {
	c := s[i]
	if c < 0x80 {
		if isAlnum(c) {
			return rune(lower(c)), 1
		}
		return 0, 1
	}
	r, size := decodeRune(s[i:])
	if detects && (r == 0x180e || r == 0x3164 || r == 0xffa0 || r >= 0xfff9 && r <= 0xfffb || isMark(r)) {
		return 0, size // nobody sees them
	}
	switch {
	case r < 0xc0 || r == 0xd7 || r == 0xf7 || r == utf8.RuneError || isSpaceRune(r) || isZeroWidth(r) ||
		r >= 0x2010 && r <= 0x2bff || r >= 0x3000 && r <= 0x3004 || r >= 0xff00 && r <= 0xff0f:
		return 0, size
	case r <= 0xde, r >= 0x391 && r <= 0x3a9, r >= 0x410 && r <= 0x42f:
		r += 0x20
	case r >= 0x400 && r <= 0x40f:
		r += 0x50
	case r >= 0x139 && r <= 0x148, r >= 0x179 && r <= 0x17e:
		r += r & 1
	case r >= 0x100 && r <= 0x177:
		r |= 1
	}
	return r, size
}

// echo returns the end of a typed value that starts at s[i], 0 if there is none. start: a
// word begins there.
func (t *typedTable) echo(s []byte, i int, start bool) (best int, secret bool) {
	// The first two bytes of what stands here without signs choose the values to compare.
	var head [8]byte
	n := 0
	for k := i; n < 2; {
		if k >= len(s) || k > i+4+maxTypedGap {
			return
		}
		r, size := letter(s, k)
		if r != 0 {
			n += utf8.EncodeRune(head[n:], r)
		}
		k += size
	}
	for v := t.heads[pair(head[0], head[1])]; v != 0; v = t.vals[v-1].next {
		x := &t.vals[v-1]
		if !start && !x.inside {
			continue
		}
		val := x.text
		k, n, gap, end := i, 0, 0, 0
		for k < len(s) && n < len(val) {
			r, size := letter(s, k)
			if r == 0 {
				if gap += size; gap > maxTypedGap && !zeroWidthAt(s, k) {
					break
				}
				k += size
				continue
			}
			want, wide := rune(val[n]), 1
			if want >= 0x80 {
				want, wide = decodeRune(val[n:])
			}
			if r != want {
				break
			}
			gap = 0
			k += size
			n += wide
			end = k
		}
		// The page writes along what was typed just now: what comes of it will go on.
		goesOn := detects && n < len(val) && n >= minInside && k >= len(s) && t.batch-x.batch < recentBatches
		if detects && !goesOn && n < len(val) && n >= minInside && ellipsisAt(s, end) {
			k, goesOn = end, true // cut off by the page
		}
		if n < len(val) && !goesOn || k <= best {
			continue
		}
		if x.cut && !goesOn {
			return len(s), x.secret // how far it goes on is not known
		}
		if k < len(s) && !x.inside {
			if r, _ := letter(s, k); r != 0 {
				continue
			}
		}
		best, secret = k, x.secret
	}
	return
}

// ellipsisAt: an ellipsis, or three dots, stand at k.
func ellipsisAt(s []byte, k int) bool {
	if k+3 > len(s) {
		return false
	}
	return s[k] == '.' && s[k+1] == '.' && s[k+2] == '.' || s[k] == 0xe2 && s[k+1] == 0x80 && s[k+2] == 0xa6
}

func zeroWidthAt(s []byte, i int) bool {
	r, _ := decodeRune(s[i:])
	return isZeroWidth(r)
}

// echoes marks what was typed between from and to.
func (p *Policy) echoes(from, to int) {
	inWord := wordAlnum(p.ch(from - 1))
	for k := from; k < to; {
		r, size := letter(p.text, k)
		if r == 0 {
			inWord = false
			k += size
			continue
		}
		if e, secret := p.typed.echo(p.text, k, !inWord); e > 0 {
			a := k
			if secret { // signs around it may belong to it
				for a > max(from, k-8) && p.ch(a-1) > ' ' && !wordAlnum(p.ch(a-1)) {
					a--
				}
				for b := e; e < b+8 && p.ch(e) > ' ' && !wordAlnum(p.ch(e)); {
					e++
				}
			}
			p.mark(a, e, findEcho)
			inWord = true
			k = e
			continue
		}
		if !inWord {
			if e := p.shortAt(k); e > 0 {
				p.mark(k, e, findEcho)
			}
		}
		inWord = true
		k += size
	}
}

// in reports whether a typed value stands anywhere in a name, also inside a word. In the strict form a short part of a value
// (its field is 0 or has partOf) must be a word of the name.
func (t *typedTable) in(s []byte) bool {
	w := t.word[:0]
	var edge [maxTypedBytes + utf8.UTFMax + 1]bool // where a word of the name may begin or end
	small := false
	for i := 0; i < len(s) && len(w) < cap(w)-4; {
		was := small
		small = s[i]-'a' <= 'z'-'a' || s[i] >= 0x80
		edge[len(w)] = edge[len(w)] || !small || !was
		r, size := letter(s, i)
		if r != 0 {
			w = appendRune(w, r)
		}
		i += size
	}
	edge[len(w)] = true
	for k := 0; k+1 < len(w); k++ {
		for v := t.heads[pair(w[k], w[k+1])]; v != 0; v = t.vals[v-1].next {
			x := &t.vals[v-1]
			if val := x.text; len(val) <= len(w)-k && samePrefix(val, w[k:]) && (detects || x.inside || x.field-1 < partOf-1 || edge[k] && edge[k+len(val)]) {
				return true
			}
		}
	}
	return false
}
