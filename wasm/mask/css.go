package mask

// source is the style text at hand, and where in it we are. It stands in the Policy and not
// in parameters: a slice that is handed on costs 20 bytes of WebAssembly a call.
type source struct {
	s      []byte
	i, end int
}

// at is the byte k after the present one, 0 beyond the end.
//
//go:noinline
func (c *source) at(k int) byte {
	if k += c.i; k < c.end {
		return c.s[k]
	}
	return 0
}

func (c *source) open(s []byte) { c.s, c.i, c.end = s, 0, len(s) }

// until steps to one of chars, or the end, and returns what it stepped over.
//
//go:noinline
func (c *source) until(chars string) []byte {
	from := c.i
	for c.i < c.end && !charIn(c.s[c.i], chars) {
		c.i++
	}
	return c.s[from:c.i]
}

// CSS is the text of a sheet, of a style element or of a rule. Structure, lengths, colours
// and names are kept; comments go; strings, url(), custom properties and the values in
// attribute selectors are masked by the rules of POLICY.md "CSS".
func (p *Policy) CSS(s []byte, m Mode) Text {
	if m == Blocked {
		return Text{}
	}
	start := len(p.out)
	p.appendSheet(s, false, m)
	return p.since(start)
}

// What appendTokens reads.
const (
	cssValue    = iota // of a declaration
	cssCustom          // of a custom property, or of one that no browser knows: anything may stand
	cssNames           // where strings are names: fonts, grid areas
	cssAtRule          // an at-rule's prelude, which may hold selectors
	cssSelector        // a rule's prelude
)

// appendSheet goes by statements: what ends with '{' is a rule's prelude, all else is a
// declaration or an at-statement. Nested rules work the same. inline: a style attribute.
func (p *Policy) appendSheet(s []byte, inline bool, m Mode) {
	c := &p.src
	c.open(s)
	for c.i < len(s) {
		c.end = len(s)
		switch b := c.at(0); {
		case b <= ' ' || b == '/' && c.at(1) == '*':
			c.skipSpace()
		case b == '}' || b == ';' || b == '{':
			if !inline || b == ';' {
				p.put(b)
			}
			c.i++
		default:
			from := c.i
			c.skipStatement()
			end := c.i
			brace := !inline && c.at(0) == '{'
			c.i, c.end = from, end
			switch {
			case brace && b == '@':
				p.appendTokens(cssAtRule, m)
			case brace && strayAt(s[from:end]):
				p.put('x')
			case brace:
				p.appendTokens(cssSelector, m)
			case b == '@':
				if hasPrefixFold(s[from:end], "@layer") {
					p.appendTokens(cssAtRule, m)
				}
			default:
				p.appendDeclaration(m)
			}
			c.i = end
			if brace {
				p.put('{')
				c.i++
			}
		}
	}
}

// strayAt reports whether an @ stands in a prelude that is no at-rule's: this is no selector
// but text, of which an address would be left in words. Escaped it is part of a name.
func strayAt(s []byte) bool {
	for i, c := range s {
		if c == '@' && s[i-1] != '\\' {
			return true
		}
	}
	return false
}

// skipSpace skips white space and comments, which could say anything.
func (c *source) skipSpace() {
	for c.i < c.end {
		switch {
		case c.at(0) == '/' && c.at(1) == '*':
			c.i += 2
			for c.i < c.end && (c.at(0) != '*' || c.at(1) != '/') {
				c.i++
			}
			c.i += 2
		case c.at(0) <= ' ':
			c.i++
		default:
			return
		}
	}
	c.i = min(c.i, c.end)
}

// quoted returns what stands in the string at hand, and steps over it.
func (c *source) quoted() []byte {
	q := c.at(0)
	c.i++
	from := c.i
	for c.i < c.end && c.at(0) != q && c.at(0) != '\n' {
		if c.at(0) == '\\' {
			c.i++
		}
		c.i++
	}
	c.i = min(c.i, c.end)
	in := c.s[from:c.i]
	if c.at(0) == q {
		c.i++
	}
	return in
}

// skipStatement steps to the ';', '{' or '}' that ends the statement at hand, or the end. A
// custom property may hold braces.
func (c *source) skipStatement() {
	depth := 0
	custom := c.at(0) == '-' && c.at(1) == '-'
	for c.i < c.end {
		switch b := c.at(0); b {
		case '"', '\'':
			c.quoted()
			continue
		case '\\':
			c.i++
		case '/':
			if c.at(1) == '*' {
				c.skipSpace()
				continue
			}
		case '(', '[':
			depth++
		case ')', ']':
			depth = max(0, depth-1)
		case '{', '}', ';':
			if custom && b == '{' {
				depth++
				break
			}
			if depth == 0 {
				return
			}
			if custom && b == '}' {
				depth--
			}
		}
		c.i++
	}
	c.i = min(c.i, c.end)
}

// ident steps over an identifier and returns it as it is written.
func (c *source) ident() []byte {
	from := c.i
	for identByte(c.at(0)) {
		if c.at(0) == '\\' {
			c.i++
			k := 0
			for k < 6 && isHex(c.at(k)) {
				k++
			}
			if k > 0 && c.at(k) == ' ' {
				k++ // one blank belongs to a hexadecimal escape
			}
			c.i += max(k, 1)
			continue
		}
		c.i++
	}
	c.i = min(c.i, c.end)
	return c.s[from:c.i]
}

func identByte(b byte) bool { return wordAlnum(b) || b == '-' || b == '_' || b == '\\' }

// appendDeclaration masks one "name: value".
func (p *Policy) appendDeclaration(m Mode) {
	c := &p.src
	name := c.ident()
	c.skipSpace()
	if len(name) == 0 || c.at(0) != ':' {
		return
	}
	c.i++
	if Detects() && p.Drawn != NotDrawn && p.isCaretAt(name) {
		return
	}
	p.appendIdent(name)
	p.put(':')
	kind := cssValue
	switch {
	case hasPrefixFold(name, "font"), hasPrefixFold(name, "grid"), eqFold(name, "src"):
		kind = cssNames
	case !p.styles(name):
		kind = cssCustom
		if m.shows() && p.HasPersonalData(c.s[c.i:c.end]) { // in words, token by token, it would stay
			p.put('x')
			return
		}
	}
	if m.shows() && p.joinsPerson(c.s[c.i:c.end]) {
		m = Masked
	}
	p.appendTokens(kind, m)
}

// styles tells from its first word whether a property may be one that browsers know and that says more than
// listed words and numbers do. Custom properties and those of one browser are none, nor are the descriptors of
// a counter style, whose words are shown as text.
func (p *Policy) styles(name []byte) bool {
	n := 0
	for n < len(name) && name[n] != '-' {
		n++
	}
	rule := p.lists.css.find(name[:n])
	return rule == 'k' || rule == 'p'
}

// appendCSSValue is a CSS value that stands in an attribute. No browser has looked whether it
// is one, so in Masked only listed words stay, as in a custom property.
func (p *Policy) appendCSSValue(s []byte, m Mode) {
	if m.shows() && p.HasPersonalData(s) {
		if !isTransform(s) {
			p.put('x')
			return
		}
		m = Masked // long decimals look like numbers of persons; a transform of "x" would be none
	}
	p.src.open(s)
	kind := cssValue
	if !m.shows() {
		kind = cssCustom
	}
	p.appendTokens(kind, m)
}

// isTransform: numbers in a function, and nothing that an address has.
func isTransform(s []byte) bool {
	open := false
	for _, c := range s {
		if c == '@' {
			return false
		}
		open = open || c == '('
	}
	return open
}

// cssUnits are what a number may be glued to in a masked custom property.
const cssUnits = " px em rem ex ch lh vh vw vmin vmax svh dvh lvh cqw cqh s ms deg rad turn fr pt cm mm in x n "

// appendTokens masks token by token up to the end of the source.
func (p *Policy) appendTokens(kind int, m Mode) {
	c := &p.src
	shown := m.shows()
	prev := byte(0) // the byte before the token
	digits := 0     // of the numbers without unit that stand together
	for c.i < c.end {
		b := c.at(0)
		if b <= ' ' || b == '/' && c.at(1) == '*' {
			c.skipSpace()
			if last := p.last(); last != ':' && last != ' ' && c.i < c.end {
				p.put(' ')
			}
			prev = ' '
			continue
		}
		switch {
		case b == '"' || b == '\'':
			in := c.quoted()
			p.put(b)
			if kind >= cssAtRule {
				p.put('x')
			} else {
				p.appendCSSString(in, b, kind == cssNames, shown)
			}
			p.put(b)
		case b == '[' && kind >= cssAtRule:
			p.appendAttrSelector(m)
		case prev == '#' && kind != cssSelector && identByte(b):
			name := p.unescape(c.ident())
			if allHex(name) && len(name) <= 8 {
				p.add(name)
			} else {
				p.appendIdent(name)
			}
		case isDigit(b):
			from := c.i
			for isDigit(c.at(0)) {
				c.i++
			}
			n := c.i - from
			unit := c.i
			for isLetter(c.at(0)) && c.i-unit < 6 {
				c.i++
			}
			// In a masked custom property anything may stand: what is glued to a number must be a
			// unit, and of numbers behind one another, as of a card or a phone, nine digits stay.
			strange := false
			if kind == cssCustom && !shown {
				if identByte(c.at(0)) || c.i > unit && !wordIn(c.s[unit:c.i], cssUnits) {
					c.ident()
					unit, strange = c.i, true
				}
				if c.i > unit {
					digits = 0
				} else if prev != '.' {
					digits += n
				}
				strange = strange || digits > 9 || n > 6
			}
			if strange || n > 10 || n > 5 && prev != '.' && kind == cssCustom && !shown || n > 4 && kind == cssSelector {
				p.put('0')
			} else {
				p.add(c.s[from : from+n])
			}
			p.add(c.s[unit:c.i])
			prev = '0'
			continue
		case identByte(b) && (b != '-' || identByte(c.at(1)) && !isDigit(c.at(1))):
			raw := c.ident()
			name := p.unescape(raw)
			from := len(p.out)
			digits = 0
			switch {
			case kind == cssSelector && prev != '.' && prev != '#' && prev != ':':
				// In :nth-child(2n+1) and :lang(de) too: a tag name that no list knows.
				tag := p.TagOf(name)
				if tag == TagUnknown && len(name) <= 4 {
					tag = TagPlain
				}
				p.appendTagName(name, tag, m)
			case c.at(0) == '(' && eqFold(name, "url"):
				c.i++
				p.appendCSSURL(shown, m)
				continue
			case (kind == cssCustom || b >= 0x80) && !shown && p.lists.css.find(name) != 'k' && b != '-':
				p.put('x')
			default:
				p.appendIdent(name)
			}
			if len(name) != len(raw) && len(p.out)-from == len(name) && samePrefix(name, p.out[from:]) {
				p.out = p.out[:from]
				p.add(raw) // as it was written, escapes and all
			}
		default:
			p.put(b)
			c.i++
		}
		prev = b
	}
}

// wordIn tells whether w stands in a list of words, each between blanks.
//
//go:noinline
func wordIn(w []byte, list string) bool {
	for i := 0; i+len(w)+1 < len(list); i++ {
		if list[i] == ' ' && list[i+len(w)+1] == ' ' && eqFold(w, list[i+1:i+1+len(w)]) {
			return true
		}
	}
	return false
}

func allHex(s []byte) bool {
	for _, c := range s {
		if !isHex(c) {
			return false
		}
	}
	return true
}

// appendCSSString masks what stands between quotes q.
func (p *Policy) appendCSSString(in []byte, q byte, names, shown bool) {
	switch {
	case iconString(in), names && nameString(in) && !p.looksLikeData(in) && !p.HasPersonalData(in):
		p.add(in)
	case shown && plainString(in):
		p.appendShown(in)
	default:
		// The mask of a text. White space that would end the string becomes a blank.
		from := len(p.out)
		p.appendMasked(in)
		for ; from < len(p.out); from++ {
			if p.out[from] < ' ' {
				p.out[from] = ' '
			}
		}
	}
}

// iconString: empty, symbols of an icon font (private use, by escape or in itself) or
// punctuation: no letter and no digit that could be read.
func iconString(s []byte) bool {
	hex := 0 // digits that the present escape may still have
	for i, c := range s {
		switch {
		case c == '\\':
			hex = 7
			// \e000 to \f8ff, with four digits
			if i+4 >= len(s) || !allHex(s[i+1:i+5]) || s[i+1]|0x20 != 'e' && (s[i+1]|0x20 != 'f' || s[i+2] > '8') || i+5 < len(s) && isHex(s[i+5]) {
				return false
			}
		case hex > 0 && isHex(c):
		case isAlnum(c) || c >= 0x80 && !(c == 0xee || c == 0xef || c < 0xc0 || c == 0xe2):
			return false
		}
		hex--
	}
	return len(s) <= 12
}

// nameString: a font's family, a format, the areas of a grid.
func nameString(s []byte) bool { return len(s) <= 64 && only(s, " -_./+") }

// plainString: without escapes, which could hide what a detector looks for, and without
// what could end it.
func plainString(s []byte) bool {
	for _, c := range s {
		if c == '\\' || c == '\n' || c == '"' {
			return false
		}
	}
	return true
}

// appendCSSURL masks what stands after "url(", and steps over the ')'.
func (p *Policy) appendCSSURL(shown bool, m Mode) {
	c := &p.src
	c.skipSpace()
	var url []byte
	if b := c.at(0); b == '"' || b == '\'' {
		url = c.quoted()
	} else {
		from := c.i
		for c.i < c.end && c.at(0) != ')' && c.at(0) > ' ' {
			c.escaped()
			c.i++
		}
		c.i = min(c.i, c.end)
		url = c.s[from:c.i]
	}
	for c.i < c.end && c.at(0) != ')' {
		c.escaped()
		c.i++
	}
	c.i = min(c.i+1, c.end)
	p.str("url(\"")
	if plainString(url) && (shown || len(url) > 0 && url[0] == '#') {
		at := len(p.out)
		p.appendURL(url, m)
		p.shows(url, at, m)
	}
	p.str("\")")
}

// escaped steps over the backslash at hand.
func (c *source) escaped() {
	if c.at(0) == '\\' {
		c.i++
	}
}

// unescape returns the name that a CSS identifier means (css-syntax §4.3.7). It is valid
// until the next call.
func (p *Policy) unescape(s []byte) []byte {
	if plainString(s) {
		return s
	}
	t := p.tmp[:0]
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			t = append(t, s[i])
			continue
		}
		i++
		k, r := i, rune(0)
		for k < len(s) && k < i+6 && isHex(s[k]) {
			d := rune(s[k]|0x20) - 'a' + 10
			if isDigit(s[k]) {
				d = rune(s[k] - '0')
			}
			r = r*16 + d
			k++
		}
		if k > i {
			t = appendRune(t, r)
			if k == len(s) || s[k] != ' ' {
				k--
			}
			i = k
		} else if i < len(s) {
			t = append(t, s[i])
		}
	}
	p.tmp = t
	return t
}

// appendAttrSelector masks an attribute selector: the name as the attribute's, a value as
// the attribute's value.
func (p *Policy) appendAttrSelector(m Mode) {
	c := &p.src
	c.i++
	c.skipSpace()
	name := p.unescape(c.ident())
	p.put('[')
	p.appendAttrName(name, m)
	rule := p.lists.attrs.find(name)
	field := eqFold(name, "slot") || eqFold(name, "name")
	c.skipSpace()
	if b := c.at(0); b != '=' && c.at(1) == '=' && b != ']' && b > ' ' && b < 0x7f && !isAlnum(b) {
		p.put(b) // ~= |= ^= $= *=
		c.i++
	}
	if c.at(0) == '=' {
		c.i++
		c.skipSpace()
		var value []byte
		if b := c.at(0); b == '"' || b == '\'' {
			value = c.quoted()
		} else {
			value = c.ident()
		}
		p.str("=\"")
		safe := plainString(value)
		switch {
		case p.lists.values.find(value) != 0, detects && m.shows() && isChoice(value), rule == 'n' && numeric(value):
			p.add(value)
		case field && safe:
			p.appendFieldName(value, m.shows())
		case (rule == 'c' || rule == 'i' || rule == 'r') && safe:
			p.appendIdent(value)
		default:
			// A value that no attribute has after masking: the selector matches nothing.
			p.put('-')
		}
		p.put('"')
		c.skipSpace()
		if b := c.at(0) | 0x20; b == 'i' || b == 's' {
			p.put(' ')
			p.put(b)
		}
	}
	for c.i < c.end && c.at(0) != ']' {
		c.i++
	}
	c.i = min(c.i+1, c.end)
	p.put(']')
}
