package mask

// CSS is the text of a sheet, of a style element or of a rule. Structure, lengths, colours
// and names are kept; comments go; strings, url(), custom properties and the values in
// attribute selectors are masked by the rules of POLICY.md "CSS".
func (p *Policy) CSS(s []byte, m Mode) Text {
	if m == Blocked {
		return Text{}
	}
	start := len(p.out)
	p.appendSheet(s, m)
	return p.since(start)
}

// appendSheet goes by statements: what ends with '{' is a rule's prelude, all else is a
// declaration or an at-statement. Nested rules work the same.
func (p *Policy) appendSheet(s []byte, m Mode) {
	face := false // inside @font-face and @property, where strings are names
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c <= ' ':
			i++
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			i = skipComment(s, i)
		case c == '}':
			p.put(c)
			face = false
			i++
		case c == ';' || c == '{':
			p.put(c)
			i++
		default:
			end := statementEnd(s, i)
			part := s[i:end]
			switch {
			case end < len(s) && s[end] == '{' && c == '@':
				face = hasPrefixFold(part, "@font-face")
				p.appendCSSValue(part, atRule, m)
				p.put('{')
				end++
			case end < len(s) && s[end] == '{':
				p.appendSelector(part, m)
				p.put('{')
				end++
			case c == '@':
				if hasPrefixFold(part, "@layer") {
					p.appendCSSValue(part, atRule, m)
				}
			default:
				p.appendDeclaration(part, face, m)
			}
			i = end
		}
	}
}

var atRule = []byte("@")

// appendDeclarations is a style attribute.
func (p *Policy) appendDeclarations(s []byte, m Mode) {
	start := len(p.out)
	for i := 0; i < len(s); {
		c := s[i]
		if c <= ' ' || c == ';' || c == '}' || c == '{' {
			if c == ';' && len(p.out) > start {
				p.put(c)
			}
			i++
			continue
		}
		if c == '/' && i+1 < len(s) && s[i+1] == '*' {
			i = skipComment(s, i)
			continue
		}
		end := statementEnd(s, i)
		p.appendDeclaration(s[i:end], false, m)
		i = end
	}
}

func skipComment(s []byte, i int) int {
	for i += 2; i+1 < len(s); i++ {
		if s[i] == '*' && s[i+1] == '/' {
			return i + 2
		}
	}
	return len(s)
}

// skipString returns the index after the string that starts at s[i].
func skipString(s []byte, i int) int {
	q := s[i]
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case q:
			return i + 1
		case '\n':
			return i
		}
	}
	return len(s)
}

// statementEnd returns the index of the ';', '{' or '}' that ends the statement at s[i], or
// len(s). A custom property may hold braces.
func statementEnd(s []byte, i int) int {
	depth := 0
	custom := i+1 < len(s) && s[i] == '-' && s[i+1] == '-'
	for i < len(s) {
		switch c := s[i]; c {
		case '"', '\'':
			i = skipString(s, i)
			continue
		case '\\':
			i++
		case '/':
			if i+1 < len(s) && s[i+1] == '*' {
				i = skipComment(s, i)
				continue
			}
		case '(', '[':
			depth++
		case ')', ']':
			if depth > 0 {
				depth--
			}
		case '{':
			if custom {
				depth++
			} else if depth == 0 {
				return i
			}
		case '}':
			if depth == 0 {
				return i
			}
			if custom {
				depth--
			}
		case ';':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	if i > len(s) {
		i = len(s)
	}
	return i
}

func (p *Policy) appendDeclaration(s []byte, face bool, m Mode) {
	k := 0
	for k < len(s) && s[k] != ':' {
		k++
	}
	if k == len(s) || k == 0 {
		return
	}
	e := k
	for e > 0 && s[e-1] <= ' ' {
		e--
	}
	name := s[:e]
	for _, c := range name {
		if !isAlnum(c) && c != '-' && c != '_' {
			return
		}
	}
	p.appendIdent(name)
	p.put(':')
	prop := name
	if face && hasPrefixFold(name, "src") {
		// a font is loaded, not read: its URL follows the rule of pictures
		prop = atRule
	}
	p.appendCSSValue(s[k+1:], prop, m)
}

// appendCSSValue masks the value of prop (nil: unknown, atRule: an at-rule's prelude).
func (p *Policy) appendCSSValue(s, prop []byte, m Mode) {
	custom := len(prop) > 1 && prop[0] == '-' && prop[1] == '-'
	names := hasPrefixFold(prop, "font") || hasPrefixFold(prop, "grid") || eqFold(prop, "quotes") || eqFold(prop, "@") || eqFold(prop, "will-change")
	shown := m == Shown || m == Allowed
	space := false
	for i := 0; i < len(s); {
		c := s[i]
		if c <= ' ' {
			space = true
			i++
			continue
		}
		if c == '/' && i+1 < len(s) && s[i+1] == '*' {
			i = skipComment(s, i)
			space = true
			continue
		}
		if space {
			space = false
			if last := p.last(); last != ':' && last != ' ' {
				p.put(' ')
			}
		}
		switch {
		case c == '"' || c == '\'':
			end := skipString(s, i)
			p.appendCSSString(s[i:end], names, shown, m)
			i = end
		case isLetter(c) || c == '-' && i+1 < len(s) && (isLetter(s[i+1]) || s[i+1] == '-') || c == '_' || c == '\\' || c >= 0x80 || c == '@':
			end := i + 1
			for end < len(s) && (isAlnum(s[end]) || s[end] == '-' || s[end] == '_' || s[end] >= 0x80 || s[end] == '\\') {
				if s[end] == '\\' {
					end++
				}
				end++
			}
			if end > len(s) {
				end = len(s)
			}
			word := s[i:end]
			if eqFold(word, "url") && end < len(s) && s[end] == '(' {
				i = p.appendCSSURL(s, end+1, shown, m)
				continue
			}
			known := p.lists.css.find(word) == 'k' || (c == '-' && s[i+1] == '-')
			switch {
			case custom && !shown && !known, c >= 0x80 && !shown:
				p.put('x')
			default:
				p.appendIdent(word)
			}
			i = end
		case c == '#':
			end := i + 1
			for end < len(s) && (isAlnum(s[end]) || s[end] == '-' || s[end] == '_') {
				end++
			}
			if allHex(s[i+1:end]) && end-i <= 9 {
				p.add(s[i:end])
			} else {
				p.put('#')
				p.appendIdent(s[i+1 : end])
			}
			i = end
		case isDigit(c):
			end := i
			for end < len(s) && isDigit(s[end]) {
				end++
			}
			if end-i > 10 || custom && end-i > 5 && (i == 0 || s[i-1] != '.') {
				p.put('0')
			} else {
				p.add(s[i:end])
			}
			i = end
			// a unit belongs to its number
			for end < len(s) && isLetter(s[end]) && end-i < 6 {
				end++
			}
			p.add(s[i:end])
			i = end
		default:
			p.put(c)
			i++
		}
	}
}

func allHex(s []byte) bool {
	for _, c := range s {
		if !isHex(c) {
			return false
		}
	}
	return true
}

// appendCSSString masks the string s, quotes included.
func (p *Policy) appendCSSString(s []byte, names, shown bool, m Mode) {
	q := s[0]
	in := s[1:]
	if len(in) > 0 && in[len(in)-1] == q {
		in = in[:len(in)-1]
	}
	p.put(q)
	switch {
	case iconString(in):
		p.add(in)
	case names && nameString(in) && !p.looksLikeData(in) && !p.HasPersonalData(in):
		p.add(in)
	case shown && plainString(in):
		p.appendShown(in)
	default:
		// the mask of a text, with nothing in it that could end the string
		p.appendMasked(in)
		for i := len(p.out) - 1; i >= 0 && p.out[i] != q; i-- {
			if p.out[i] < ' ' {
				p.out[i] = ' '
			}
		}
	}
	p.put(q)
}

// iconString: empty, one symbol of an icon font (private use, by escape or in itself) or
// punctuation: no letter and no digit that could be read.
func iconString(s []byte) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '\\' {
			k := i + 1
			for k < len(s) && k < i+7 && isHex(s[k]) {
				k++
			}
			if k-i < 5 || (s[i+1]|0x20 != 'e' && s[i+1]|0x20 != 'f') || k-i == 5 && s[i+1]|0x20 == 'f' && s[i+2] > '8' {
				return false
			}
			i = k - 1
			continue
		}
		if isAlnum(c) || c >= 0x80 && !(c == 0xee || c == 0xef || c < 0xc0 || c == 0xe2) {
			return false
		}
	}
	return len(s) <= 12
}

// nameString: a font's family, a format, the areas of a grid.
func nameString(s []byte) bool {
	for _, c := range s {
		if !isAlnum(c) && c != ' ' && c != '-' && c != '_' && c != '.' && c != '/' && c != '+' {
			return false
		}
	}
	return len(s) <= 64
}

// plainString: without escapes, which could hide what a detector looks for.
func plainString(s []byte) bool {
	for _, c := range s {
		if c == '\\' || c == '\n' {
			return false
		}
	}
	return true
}

// appendCSSURL masks what stands from s[i], after "url(", and returns the index after ')'.
func (p *Policy) appendCSSURL(s []byte, i int, shown bool, m Mode) int {
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	var url []byte
	if i < len(s) && (s[i] == '"' || s[i] == '\'') {
		end := skipString(s, i)
		url = s[i+1 : end]
		if len(url) > 0 && url[len(url)-1] == s[i] {
			url = url[:len(url)-1]
		}
		i = end
	} else {
		start := i
		for i < len(s) && s[i] != ')' {
			if s[i] == '\\' {
				i++
			}
			i++
		}
		if i > len(s) {
			i = len(s)
		}
		url = s[start:i]
		for len(url) > 0 && url[len(url)-1] <= ' ' {
			url = url[:len(url)-1]
		}
	}
	for i < len(s) && s[i] != ')' {
		i++
	}
	if i < len(s) {
		i++
	}
	p.str("url(\"")
	from := len(p.out)
	if plainString(url) && (shown || len(url) > 0 && url[0] == '#') {
		p.appendURL(url, m)
		for k := from; k < len(p.out); k++ {
			if p.out[k] == '"' {
				p.out[k] = '\''
			}
		}
	}
	p.str("\")")
	return i
}

// appendSelector masks a rule's prelude: names as in attributes, values of attribute
// selectors as the attributes' values.
func (p *Policy) appendSelector(s []byte, m Mode) {
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			i = skipComment(s, i)
		case c == '[':
			i = p.appendAttrSelector(s, i+1, m)
		case c == '"' || c == '\'':
			i = skipString(s, i)
			p.str("\"x\"")
		case identStart(s, i):
			end := identEnd(s, i)
			raw := s[i:end]
			prev := byte(0)
			if i > 0 {
				prev = s[i-1]
			}
			name := p.unescape(raw)
			from := len(p.out)
			switch prev {
			case '.', '#', ':':
				p.appendIdent(name)
			default:
				// In :nth-child(2n+1) and :lang(de) too: a tag name that no list knows.
				tag := p.TagOf(name)
				if tag == TagUnknown && len(name) <= 4 {
					p.add(name)
				} else {
					p.appendTagName(name, tag, m)
				}
			}
			if equal(p.out[from:], name) {
				p.out = p.out[:from]
				p.add(raw) // as it was written, escapes and all
			}
			i = end
		case c <= ' ':
			if p.last() != ' ' {
				p.put(' ')
			}
			i++
		case isDigit(c):
			end := i
			for end < len(s) && isDigit(s[end]) {
				end++
			}
			if end-i <= 4 {
				p.add(s[i:end])
			} else {
				p.put('0')
			}
			i = end
		default:
			p.put(c)
			i++
		}
	}
}

func equal(a, b []byte) bool {
	return len(a) == len(b) && samePrefix(a, b)
}

func identStart(s []byte, i int) bool {
	c := s[i]
	if c == '-' {
		return i+1 < len(s) && (isLetter(s[i+1]) || s[i+1] == '-' || s[i+1] == '_' || s[i+1] == '\\' || s[i+1] >= 0x80)
	}
	return isLetter(c) || c == '_' || c == '\\' || c >= 0x80
}

func identEnd(s []byte, i int) int {
	for i < len(s) && (isAlnum(s[i]) || s[i] == '-' || s[i] == '_' || s[i] == '\\' || s[i] >= 0x80) {
		if s[i] == '\\' {
			i++
			k := i
			for k < len(s) && k < i+6 && isHex(s[k]) {
				k++
			}
			if k > i && k < len(s) && s[k] == ' ' {
				i = k // one blank belongs to a hexadecimal escape
			} else if k > i {
				i = k - 1
			}
		}
		i++
	}
	if i > len(s) {
		i = len(s)
	}
	return i
}

// unescape returns the name that a CSS identifier means (css-syntax §4.3.7). It is valid
// until the next call.
func (p *Policy) unescape(s []byte) []byte {
	plain := true
	for _, c := range s {
		if c == '\\' {
			plain = false
		}
	}
	if plain {
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
		if k == i {
			if i < len(s) {
				t = append(t, s[i])
			}
			continue
		}
		t = appendRune(t, r)
		i = k - 1
		if k < len(s) && s[k] == ' ' {
			i = k
		}
	}
	p.tmp = t
	return t
}

func (p *Policy) appendAttrSelector(s []byte, i int, m Mode) int {
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	end := i
	for end < len(s) && s[end] != ']' && s[end] != '=' && s[end] > ' ' && !matcher(s, end) {
		if s[end] == '\\' {
			end++
		}
		end++
	}
	if end > len(s) {
		end = len(s)
	}
	name := p.unescape(s[i:end])
	p.put('[')
	p.appendAttrName(name, m)
	rule := p.lists.attrs.find(name)
	i = end
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	if i < len(s) && s[i] != ']' {
		if s[i] != '=' {
			if matcher(s, i) {
				p.put(s[i])
			}
			i++
		}
		if i < len(s) && s[i] == '=' {
			i++
		}
		p.put('=')
		for i < len(s) && s[i] <= ' ' {
			i++
		}
		var value []byte
		if i < len(s) && (s[i] == '"' || s[i] == '\'') {
			end = skipString(s, i)
			value = s[i+1 : end]
			if len(value) > 0 && value[len(value)-1] == s[i] {
				value = value[:len(value)-1]
			}
		} else {
			for end = i; end < len(s) && s[end] != ']' && s[end] > ' '; end++ {
			}
			value = s[i:end]
		}
		i = end
		p.put('"')
		switch {
		case len(value) <= 40 && p.lists.values.find(value) != 0, rule == 'n' && numeric(value):
			p.add(value)
		case (eqFold(name, "slot") || eqFold(name, "name")) && noQuote(value):
			p.appendFieldName(value, m == Shown || m == Allowed)
		case (rule == 'c' || rule == 'i' || rule == 'r') && noQuote(value):
			p.appendIdent(value)
		default:
			// A value that no attribute has after masking: the selector matches nothing.
			p.put('-')
		}
		p.put('"')
		for i < len(s) && s[i] <= ' ' {
			i++
		}
		if i < len(s) && s[i] != ']' && (s[i]|0x20 == 'i' || s[i]|0x20 == 's') {
			p.put(' ')
			p.put(s[i])
		}
	}
	for i < len(s) && s[i] != ']' {
		i++
	}
	p.put(']')
	return min(i+1, len(s))
}

func matcher(s []byte, i int) bool {
	switch s[i] {
	case '~', '|', '^', '$', '*':
		return i+1 < len(s) && s[i+1] == '='
	}
	return false
}

func noQuote(s []byte) bool {
	for _, c := range s {
		if c == '"' || c == '\'' || c == '<' || c == '\\' || c == '\n' {
			return false
		}
	}
	return true
}
