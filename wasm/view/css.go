package view

import "strings"

// safeCSS rewrites a style sheet, a rule or the value of a style attribute so that nothing
// in it makes a request, and so that it means in the replayed document, where no script
// runs and nobody points or types, what it meant in the recorded one:
//
//   - url() keeps inline images and fonts and fragments; the address of an asset becomes its
//     name (assets.go), any other url("data:,")
//   - @import is taken out; image-set(), src(), image() get a name that nothing knows
//   - (scripting: …) in media queries is answered as where scripts run, reduced motion,
//     hover and pointer as the recorded browser would (media)
//   - :hover, :focus, :focus-visible, :focus-within also match attributes that the player
//     sets where the recorded pointer and focus are; :defined matches every element
//
// It reads tokens as CSS Syntax Level 3 does (https://www.w3.org/TR/css-syntax-3/), escapes
// included, so that no spelling of a name slips by.
func safeCSS(css string, m look) string {
	if !suspectCSS(css) {
		return css
	}
	c := cssScanner{s: css, look: m, featureColon: -1}
	c.out.Grow(len(css) + 32)
	c.run()
	return c.out.String()
}

// suspectCSS tells whether any token of css could be one that safeCSS changes.
func suspectCSS(css string) bool {
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '\\', '@', '<':
			return true
		case '(':
			// A function, a media feature, a pseudo-class with arguments: look closer at the
			// names that matter, all of which end in one of these letters.
			if i == 0 {
				return true
			}
			switch css[i-1] {
			case 'l', 'L', 't', 'T', 'c', 'C', 'e', 'E', ' ', '\t', '\n', '\r', '\f', ',', '(':
				return true
			}
		case ':':
			if i+1 < len(css) {
				switch css[i+1] {
				case 'h', 'H', 'f', 'F', 'd', 'D':
					return true
				}
			}
		case '/':
			if i+1 < len(css) && css[i+1] == '*' {
				return true
			}
		}
	}
	return false
}

type cssScanner struct {
	s    string
	i    int
	out  strings.Builder
	look look
	// featureColon is the colon of the media feature that was read last, as in
	// (hover:hover): what follows it is a value, not a pseudo-class.
	featureColon int
}

func (c *cssScanner) run() {
	for c.i < len(c.s) {
		start := c.i
		switch b := c.s[c.i]; {
		case b == '/' && strings.HasPrefix(c.s[c.i:], "/*"):
			c.comment()
			c.out.WriteByte(' ')
		case b == '"' || b == '\'':
			c.str()
			c.out.WriteString(c.s[start:c.i])
		case b == '@':
			c.i++
			if name := c.ident(); strings.EqualFold(name, "import") {
				c.skipRule()
			} else {
				c.out.WriteString(c.s[start:c.i])
			}
		case b == ':':
			c.pseudo()
		case b == '(':
			if !c.feature() {
				c.i++
				c.out.WriteByte('(')
			}
		case b == '#':
			c.i++
			c.ident()
			c.out.WriteString(c.s[start:c.i])
		case identStart(b) || b == '-':
			c.word()
		case b == '<':
			// "<" has no meaning in CSS but in range queries; "</" and "<!" have one in HTML.
			c.i++
			c.out.WriteByte('<')
			if c.i < len(c.s) && (c.s[c.i] == '/' || c.s[c.i] == '!') {
				c.out.WriteByte(' ')
			}
		case b >= '0' && b <= '9':
			c.i++
			for c.i < len(c.s) && (c.s[c.i] >= '0' && c.s[c.i] <= '9' || c.s[c.i] == '.') {
				c.i++
			}
			c.out.WriteString(c.s[start:c.i])
		default:
			c.i++
			c.out.WriteByte(b)
		}
	}
}

func identStart(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '_' || b >= 0x80 || b == '\\'
}

func identPart(b byte) bool { return identStart(b) || b == '-' || b >= '0' && b <= '9' }

func cssSpace(b byte) bool { return b == ' ' || b == '\t' || b == '\n' || b == '\r' || b == '\f' }

func (c *cssScanner) spaces() {
	for c.i < len(c.s) {
		if cssSpace(c.s[c.i]) {
			c.i++
		} else if strings.HasPrefix(c.s[c.i:], "/*") {
			c.comment()
		} else {
			return
		}
	}
}

func (c *cssScanner) comment() {
	if end := strings.Index(c.s[c.i+2:], "*/"); end >= 0 {
		c.i += 2 + end + 2
	} else {
		c.i = len(c.s)
	}
}

// str goes past a quoted string, or to the line end that makes it a bad one.
func (c *cssScanner) str() string {
	quote := c.s[c.i]
	c.i++
	start := c.i
	for c.i < len(c.s) {
		switch b := c.s[c.i]; b {
		case quote:
			c.i++
			return c.s[start : c.i-1]
		case '\n', '\f', '\r':
			return c.s[start:c.i]
		case '\\':
			c.i++
			if c.i < len(c.s) {
				c.i++
			}
		default:
			c.i++
		}
	}
	return c.s[start:]
}

// ident reads a name and answers it with its escapes resolved.
func (c *cssScanner) ident() string {
	start := c.i
	for c.i < len(c.s) && identPart(c.s[c.i]) && c.s[c.i] != '\\' {
		c.i++
	}
	if c.i >= len(c.s) || c.s[c.i] != '\\' {
		return c.s[start:c.i]
	}
	var b strings.Builder
	b.WriteString(c.s[start:c.i])
	for c.i < len(c.s) && identPart(c.s[c.i]) {
		if c.s[c.i] != '\\' {
			b.WriteByte(c.s[c.i])
			c.i++
			continue
		}
		r, ok := c.escape()
		if !ok {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escape reads an escape; ok is false where a backslash is none (before a line end).
func (c *cssScanner) escape() (r rune, ok bool) {
	if c.i+1 >= len(c.s) {
		c.i = len(c.s)
		return '�', true
	}
	if b := c.s[c.i+1]; b == '\n' || b == '\r' || b == '\f' {
		c.i++
		return 0, false
	}
	c.i++
	n := 0
	for n < 6 && c.i < len(c.s) {
		d, isHex := hexDigit(c.s[c.i])
		if !isHex {
			break
		}
		r = r<<4 | d
		c.i++
		n++
	}
	if n > 0 {
		if c.i < len(c.s) && cssSpace(c.s[c.i]) {
			if c.s[c.i] == '\r' && c.i+1 < len(c.s) && c.s[c.i+1] == '\n' {
				c.i++
			}
			c.i++
		}
		return r, true
	}
	for _, r := range c.s[c.i:] {
		c.i += len(string(r))
		return r, true
	}
	return '�', true
}

func hexDigit(b byte) (rune, bool) {
	switch {
	case b >= '0' && b <= '9':
		return rune(b - '0'), true
	case b >= 'a' && b <= 'f':
		return rune(b-'a') + 10, true
	case b >= 'A' && b <= 'F':
		return rune(b-'A') + 10, true
	}
	return 0, false
}

// word copies an identifier or begins a function.
func (c *cssScanner) word() {
	start := c.i
	name := c.ident()
	if c.i == start { // a lone backslash or dash
		c.i++
		c.out.WriteString(c.s[start:c.i])
		return
	}
	if c.i >= len(c.s) || c.s[c.i] != '(' {
		c.out.WriteString(c.s[start:c.i])
		return
	}
	switch strings.ToLower(name) {
	case "url":
		c.i++
		c.url()
	case "image-set", "-webkit-image-set", "src", "image", "expression":
		c.out.WriteString("afterimage-none")
	default:
		c.out.WriteString(c.s[start:c.i])
	}
}

// url copies the rest of a url token, or the beginning of a url function with a string.
func (c *cssScanner) url() {
	value, closed := c.readURL()
	if !allowedCSSURL(value) {
		if name := c.look.find(value); name != "" {
			value = name
		} else {
			value = "data:,"
		}
	}
	c.out.WriteString(`url("`)
	c.out.WriteString(quoteCSS(value))
	c.out.WriteByte('"')
	if closed || c.i >= len(c.s) {
		c.out.WriteByte(')')
	}
}

// readURL reads what follows "url(". After a string, modifiers and the closing bracket may
// follow: closed is false then, and they are left to be read as other tokens are.
func (c *cssScanner) readURL() (value string, closed bool) {
	for c.i < len(c.s) && cssSpace(c.s[c.i]) {
		c.i++
	}
	if c.i < len(c.s) && (c.s[c.i] == '"' || c.s[c.i] == '\'') {
		return unescapeCSS(c.str()), false
	}
	start := c.i
	for c.i < len(c.s) && c.s[c.i] != ')' {
		if c.s[c.i] == '\\' && c.i+1 < len(c.s) {
			c.i++
		}
		c.i++
	}
	c.i = min(c.i, len(c.s))
	value = unescapeCSS(strings.TrimRight(c.s[start:c.i], " \t\n\r\f"))
	if c.i < len(c.s) {
		c.i++
	}
	return value, true
}

func quoteCSS(s string) string {
	if !strings.ContainsAny(s, "\"\\\n\r\f<") {
		return s
	}
	return strings.NewReplacer(`"`, `\22 `, `\`, `\5c `, "\n", `\a `, "\r", `\d `, "\f", `\c `, "<", `\3c `).Replace(s)
}

func unescapeCSS(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	c := cssScanner{s: s}
	var b strings.Builder
	for c.i < len(s) {
		if s[c.i] != '\\' {
			b.WriteByte(s[c.i])
			c.i++
			continue
		}
		if r, ok := c.escape(); ok {
			b.WriteRune(r)
		} else {
			c.i++ // an escaped line end continues the string
		}
	}
	return b.String()
}

func allowedCSSURL(u string) bool {
	if u == "" || u[0] == '#' {
		return true
	}
	return inlineImage(u) || inlineFont(u)
}

// skipRule goes past the rest of an at-rule without a block, or past its block.
func (c *cssScanner) skipRule() {
	depth := 0
	for c.i < len(c.s) {
		switch b := c.s[c.i]; {
		case b == '"' || b == '\'':
			c.str()
		case strings.HasPrefix(c.s[c.i:], "/*"):
			c.comment()
		case b == '(' || b == '[' || b == '{':
			depth++
			c.i++
		case b == ')' || b == ']' || b == '}':
			if depth == 0 {
				return
			}
			depth--
			c.i++
			if depth == 0 && b == '}' {
				return
			}
		case b == ';' && depth == 0:
			c.i++
			return
		case identStart(b):
			start := c.i
			name := c.ident()
			if strings.EqualFold(name, "url") && c.i < len(c.s) && c.s[c.i] == '(' {
				c.i++
				if _, closed := c.readURL(); !closed {
					depth++
				}
			} else if c.i == start {
				c.i++
			}
		default:
			c.i++
		}
	}
}

// feature rewrites a media feature at "(" whose answer the replayed document cannot give.
func (c *cssScanner) feature() bool {
	start := c.i
	c.i++
	c.spaces()
	name := strings.ToLower(c.ident())
	c.spaces()
	value, colon := "", -1
	if c.i < len(c.s) && c.s[c.i] == ':' {
		colon = c.i
		c.i++
		c.spaces()
		value = strings.ToLower(c.ident())
		c.spaces()
	}
	closed := c.i < len(c.s) && c.s[c.i] == ')'
	holds, known := c.look.media.answer(name, value)
	if !closed || !known || colon >= 0 && value == "" {
		if mediaFeature[name] {
			c.featureColon = colon
		}
		c.i = start
		return false
	}
	c.i++
	if holds {
		c.out.WriteString("(min-width:0)")
	} else {
		c.out.WriteString("(max-width:0)")
	}
	return true
}

// Attributes that the player sets; CSS that asks for the state asks for them too.
const (
	attrHover       = "data-afterimage-hover"
	attrFocus       = "data-afterimage-focus"
	attrFocusWithin = "data-afterimage-focus-within"
)

var pseudoAs = map[string]string{
	"hover":         ":is(:hover,[" + attrHover + "])",
	"focus":         ":is(:focus,[" + attrFocus + "])",
	"focus-visible": ":is(:focus-visible,[" + attrFocus + "=visible])",
	"focus-within":  ":is(:focus-within,[" + attrFocusWithin + "])",
	"defined":       ":not(.afterimage-undefined)",
}

// pseudo rewrites a pseudo-class at ":". A colon between a name and a value, as in
// (hover:hover) or color:red, is followed by ")", ";" or "}" in that place and left alone.
func (c *cssScanner) pseudo() {
	start := c.i
	afterValueStart := start > 0 && c.s[start-1] == ':'
	c.i++
	if afterValueStart || c.i >= len(c.s) || !identStart(c.s[c.i]) {
		c.out.WriteByte(':')
		return
	}
	name := c.ident()
	as, ok := pseudoAs[strings.ToLower(name)]
	if !ok || c.isValue(start) {
		c.i = start + 1
		c.out.WriteByte(':')
		return
	}
	c.out.WriteString(as)
}

// isValue tells "name:word" in a declaration or media feature from a selector, by what
// stands around it; c.i is behind the word.
func (c *cssScanner) isValue(colon int) bool {
	if colon == c.featureColon {
		return true
	}
	after := strings.TrimLeft(c.s[c.i:], " \t\n\r\f")
	if after == "" {
		return colon > 0 && !strings.Contains(c.s, "{")
	}
	return after[0] == ';' || after[0] == '}' || after[0] == '!'
}
