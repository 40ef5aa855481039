package mask

// span is a half-open range of a text that holds personal data.
type span struct {
	from, to int
	kind     find
}

// find is the kind of a find.
type find uint8

const (
	findEmail find = iota
	findCard
	findPhone
	findID
	findIBAN
	findToken
	findEcho
	findAddress
)

// appendShown writes text less the personal data found in it.
func (p *Policy) appendShown(s []byte) {
	if !detects {
		if p.plain(s) {
			p.add(s)
		} else {
			p.put('x')
		}
		return
	}
	p.detect(s)
	at := 0
	for _, sp := range p.spans {
		p.add(s[at:sp.from])
		p.appendMasked(s[sp.from:sp.to])
		at = sp.to
	}
	p.add(s[at:])
}

// TextBetween is Text with the first pre and the last suf bytes masked: finds over several
// nodes cover them.
func (p *Policy) TextBetween(s []byte, m Mode, pre, suf int) Text {
	start := len(p.out)
	pre = min(max(pre, 0), len(s))
	suf = min(max(suf, 0), len(s)-pre)
	if pre+suf == 0 || !m.shows() {
		p.appendText(s, m)
		return p.since(start)
	}
	p.detect(s)
	p.appendMasked(s[:pre])
	at, end := pre, len(s)-suf
	for _, sp := range p.spans {
		from, to := max(sp.from, at), min(sp.to, end)
		if from < to {
			p.add(s[at:from])
			p.appendMasked(s[from:to])
			at = to
		}
	}
	p.add(s[at:end])
	p.appendMasked(s[end:])
	return p.since(start)
}

// Run looks for personal data in the joined text of several nodes, and answers the number
// of finds; RunFind is one of them, strong if not only its grouping tells what it is.
func (p *Policy) Run(s []byte) int {
	p.detect(s)
	return len(p.spans)
}

// RunFind is a find of the last Run.
func (p *Policy) RunFind(i int) (from, to int, strong bool) {
	sp := p.spans[i]
	return sp.from, sp.to, sp.kind != findPhone && sp.kind != findID || p.ch(sp.from) == '+'
}

// RunEcho reports whether a find of the last Run is something typed.
func (p *Policy) RunEcho(i int) bool { return p.spans[i].kind == findEcho }

// HasPersonalData reports whether a detector finds something.
func (p *Policy) HasPersonalData(s []byte) bool {
	if !detects {
		return !p.plain(s)
	}
	p.detect(s)
	return len(p.spans) > 0
}

// mark notes a find. Finds of one chunk may come in any order and overlap.
func (p *Policy) mark(from, to int, kind find) {
	if from < to {
		p.spans = append(p.spans, span{from, to, kind})
		p.done = max(p.done, to)
	}
}

// settle puts the finds in order and makes one of those that overlap.
func (p *Policy) settle() {
	s := p.spans
	for i := 1; i < len(s); i++ {
		for k := i; k > 0 && s[k].from < s[k-1].from; k-- {
			s[k], s[k-1] = s[k-1], s[k]
		}
	}
	n := 0
	for i := 1; i < len(s); i++ {
		if s[i].from < s[n].to {
			s[n].to = max(s[n].to, s[i].to)
			if s[i].kind == findEcho {
				s[n].kind = findEcho
			}
			continue
		}
		n++
		s[n] = s[i]
	}
	p.spans = s[:n+1]
}

// ch is a byte of the text that detect reads, 0 outside of it.
//
//go:noinline
func (p *Policy) ch(k int) byte {
	if uint(k) < uint(len(p.text)) {
		return p.text[k]
	}
	return 0
}

// detect finds personal data in s, in one pass over its chunks (runs without white space).
// A chunk of prose costs the loop that counts its kinds of characters and no more.
//
//go:noinline
func (p *Policy) detect(s []byte) {
	p.spans, p.run = p.spans[:0], 0
	if p.skip {
		p.text = s
		return
	}
	if p.chunks(s) {
		p.detectFolded(s)
	}
	if len(p.spans) > 1 {
		p.settle()
	}
}

// chunks is the pass of detect. It reports whether digits, letters or an @ in another writing stand there.
func (p *Policy) chunks(s []byte) (folds bool) {
	p.text = s
	p.done = 0 // up to here everything is decided
	for i := 0; i < len(s); {
		if s[i] <= ' ' {
			i++
			continue
		}
		start := i
		digits, at, upper := 0, 0, 0
		for i < len(s) && s[i] > ' ' {
			c := s[i]
			if c <= '9' {
				if c >= '0' {
					digits++
				} else if c == '%' || c == '&' || c == '(' {
					at++
				}
			} else if c == '@' || c == '[' || c == '{' {
				at++
			} else if c <= 'Z' {
				upper++
			} else if c >= 0xd9 && !folds {
				folds = otherWriting(s[i:])
			}
			i++
		}
		// What the chunk before found may reach into this one.
		start = max(start, p.done)
		if start >= i {
			continue
		}
		if at > 0 {
			p.emails(start, i)
		}
		if digits > 1 {
			p.ibans(start, i)
		}
		if i-start >= 16 {
			p.tokens(start, i)
		}
		if digits > 0 {
			p.numbers(max(start, p.run), i)
			p.addresses(start, i)
		}
		if p.HasTyped() {
			p.echoes(start, i)
		}
	}
	return
}

// atSign finds an @ at k: the sign, its escapes, or the word in brackets. What stands before it ends at a, what stands
// behind it begins at b; 0 if there is none.
func (p *Policy) atSign(k int) (a, b int) {
	switch p.ch(k) {
	case '@':
		return k, k + 1
	case '%':
		if p.ch(k+1) == '4' && p.ch(k+2) == '0' {
			return k, k + 3
		}
	case '&':
		if b = p.entity(k, '@', "commat;"); b > 0 {
			return k, b
		}
	case '(', '[', '{':
		if b = p.inBrackets(k, " at ät @ arroba "); b > 0 {
			for a = k; p.ch(a-1) == ' ' && a > k-3; a-- {
			}
			for p.ch(b) == ' ' {
				b++
			}
		}
	}
	return
}

// entity is where a character reference ends that stands at k for a character, by its number or its name; 0: none does.
func (p *Policy) entity(k int, want byte, name string) int {
	if p.ch(k) != '&' {
		return 0
	}
	if k++; p.ch(k) != '#' {
		for i := range len(name) {
			if p.ch(k+i) != name[i] {
				return 0
			}
		}
		return k + len(name)
	}
	k++
	base := 10
	if p.ch(k)|0x20 == 'x' {
		base = 16
		k++
	}
	v := 0
	for n := 0; n < 8 && hex(p.ch(k)) >= 0 && hex(p.ch(k)) < base; n++ {
		v = v*base + hex(p.ch(k))
		k++
	}
	if v != int(want) || p.ch(k) != ';' {
		return 0
	}
	return k + 1
}

// dotBefore is where the reference to a dot begins that ends at a; a if none does.
func (p *Policy) dotBefore(a int) int {
	for k := a - 5; k >= 0 && k >= a-12; k-- {
		if p.entity(k, '.', "period;") == a {
			return k
		}
	}
	return a
}

// literalEnd is where an address of a machine in brackets ends that begins at k; 0: there is none.
func (p *Policy) literalEnd(k int) int {
	if p.ch(k) != '[' {
		return 0
	}
	k++
	parts := 0
	for ; isHex(p.ch(k)) || charIn(p.ch(k), ".:IPv"); k++ {
		if charIn(p.ch(k), ".:") {
			parts++
		}
	}
	if parts < 3 || p.ch(k) != ']' {
		return 0
	}
	return k + 1
}

// inBrackets: one of the words stands in brackets that open at k. It answers where they are closed.
func (p *Policy) inBrackets(k int, words string) int {
	if !charIn(p.ch(k), "([{") {
		return 0
	}
	a := k + 1
	for p.ch(a) == ' ' {
		a++
	}
	t := p.word[:0]
	for wordAlnum(p.ch(a)) || p.ch(a) == '@' || p.ch(a) == '.' {
		if len(t) > 8 {
			return 0
		}
		t = append(t, lower(p.ch(a)))
		a++
	}
	for p.ch(a) == ' ' {
		a++
	}
	if !charIn(p.ch(a), ")]}") || !Listed(words, t) {
		return 0
	}
	return a + 1
}

// dotSign is where a dot ends that is written as a word at k: in brackets, or bare behind an @ that is.
func (p *Policy) dotSign(k int, bare bool) int {
	for p.ch(k) == ' ' {
		k++
	}
	b := p.inBrackets(k, " dot punkt punto point . ")
	if b == 0 && bare && p.ch(k-1) == ' ' && p.ch(k)|0x20 == 'd' && p.ch(k+1)|0x20 == 'o' && p.ch(k+2)|0x20 == 't' && p.ch(k+3) == ' ' {
		b = k + 3
	}
	if b > 0 {
		for p.ch(b) == ' ' {
			b++
		}
	}
	return b
}

// emails marks each address between from and to. RFC 5322 dot-atoms, also with letters of
// any script (RFC 6531), and quoted local parts.
func (p *Policy) emails(from, to int) {
	for k := from; k < to; k++ {
		if c := p.ch(k); detects && c > '(' && c != '@' && c|0x20 != '{' {
			continue
		}
		e, after := p.atSign(k)
		if after == 0 || p.ch(after) >= '0' && p.ch(after) <= '9' && p.ch(after+1) == 'x' && p.ch(after+2) == '.' { // logo@2x.png
			continue
		}
		written := after > k+1
		a := e
		if p.ch(a-1) == '"' {
			for a -= 2; a > 0 && e-a < 66 && (p.ch(a) != '"' || p.ch(a-1) == '\\') && p.ch(a) != '\n'; {
				a--
			}
			if p.ch(a) != '"' {
				continue
			}
		} else {
			for a > 0 && (a > from || written) {
				if p.ch(a-1) == ';' && p.dotBefore(a) < a {
					a = p.dotBefore(a)
				} else if wordAlnum(p.ch(a-1)) || charIn(p.ch(a-1), ".!#$%&'*+/=?^_`{|}~-") {
					a--
				} else {
					break
				}
			}
		}
		if b := p.literalEnd(after); b > 0 && a < e {
			p.mark(a, b, findEmail)
			k = b - 1
			continue
		}
		b, dot := after, 0
		for {
			for wordAlnum(p.ch(b)) || charIn(p.ch(b), ".-") {
				b++
			}
			c := p.entity(b, '.', "period;")
			if c == 0 && written && wordAlnum(p.ch(after)) {
				c = p.dotSign(b, charIn(p.ch(k), "([{"))
			}
			if c == 0 || !wordAlnum(p.ch(c)) {
				break
			}
			b, dot = c, c-1
		}
		for charIn(p.ch(b-1), ".-") {
			b--
		}
		for q := b - 1; q > after && q > dot; q-- {
			if p.ch(q) == '.' || p.ch(q) == 0x82 && p.ch(q-1) == 0x80 && p.ch(q-2) == 0xe3 && isLetter(p.ch(q+1)) { // 。
				dot = q
			}
		}
		// Quotes, brackets and marks of code before it are not part of it.
		for a < e && p.ch(e-1) != '"' && !wordAlnum(p.ch(a)) && p.ch(a) != '_' {
			a++
		}
		if e-a == 3 && p.ch(a) == 'g' && p.ch(a+1) == 'i' && p.ch(a+2) == 't' && p.ch(b) == ':' {
			continue // where a repository is
		}
		if tld := p.ch(dot + 1); a < e && dot > after && b-dot >= 3 && (isLetter(tld) || tld >= 0x80) {
			p.mark(a, b, findEmail)
			k = b - 1
		} else if p.ch(k) == '@' && b > after+2 && p.endsBackwards(a, e) {
			p.mark(a, b, findEmail)
			k = b - 1
		}
	}
}

// endsBackwards: between a and e stands the domain of an address that is written backwards, for style to draw it
// forwards, which pages do against those who collect addresses.
func (p *Policy) endsBackwards(a, e int) bool {
	t := p.word[:0]
	for ; a < e && isLetter(p.ch(a)) && len(t) < 5; a++ {
		t = append(t, lower(p.ch(a)))
	}
	return p.ch(a) == '.' && wordAlnum(p.ch(a+1)) && Listed(" moc gro ten ofni zib ude vog ed ta hc ku rf ti se tp ln eb ue es on kd if lp zc ur au rt nc pj rk rb ra ni ua ac su oi ppa ved em oc ", t)
}
