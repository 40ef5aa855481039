package mask

// Drawn is where an element stands to an editor that draws typed text outside of its field.
type Drawn uint8

const (
	NotDrawn    Drawn = iota
	DrawnAround       // in it, with something in itself
	DrawnLeaf         // in it, with nothing in itself: it may be a caret, a selection or a bar
)

// drawnStep rounds where and how wide something in such an editor is, px.
const drawnStep = 64

const (
	caretStates = " min-width max-width min-inline-size animation animation-name "
	caretPlaces = " left right width inline-size margin-left margin-right padding-left padding-right margin-inline-start padding-inline-start inset-inline-start inset-inline-end text-indent "
	caretMoves  = " transform translate inset margin padding background background-position background-size clip clip-path mask offset-distance "
)

// isCaretAt takes a declaration (the source stands at its value) that says how far along its line a caret is or
// how wide what is typed is. Of a leaf nothing of that is told, of others lengths in px are rounded up, and what
// has no digits or is all of the width stays.
func (p *Policy) isCaretAt(name []byte) bool {
	if wordIn(name, caretStates) {
		return true
	}
	c := &p.src
	isLeaf := p.Drawn == DrawnLeaf || isThin(c.s)
	isPlace := wordIn(name, caretPlaces)
	if !isPlace && (!isLeaf || !wordIn(name, caretMoves)) {
		return false
	}
	c.skipSpace()
	value := c.s[c.i:c.end]
	n, digits, at := 0, 0, 0
	if at < len(value) && value[at] == '-' {
		at++
	}
	for ; at < len(value) && isDigit(value[at]) && digits < 8; at++ {
		n = n*10 + int(value[at]-'0')
		digits++
	}
	rest := value[at:]
	switch {
	case !hasDigit(value) || n == 0 && !hasDigit(rest) || eqFold(value, "100%"):
		return false
	case isLeaf || digits == 0:
		return true
	}
	if len(rest) > 0 && rest[0] == '.' {
		for at = 1; at < len(rest) && isDigit(rest[at]); at++ {
		}
		rest = rest[at:]
	}
	if !hasPrefixFold(rest, "px") || hasDigit(rest) {
		return true
	}
	p.appendIdent(name)
	p.put(':')
	if value[0] == '-' {
		p.put('-')
	}
	n = (n + drawnStep - 1) / drawnStep * drawnStep
	for unit := 100000000; unit > 0; unit /= 10 {
		if n >= unit {
			p.put(byte('0' + n/unit%10))
		}
	}
	p.add([]byte("px"))
	return true
}

// isThin reports whether a style attribute makes its element less than 9 px wide, as what holds a caret or the
// field below it is.
func isThin(style []byte) bool {
	const name = "width:"
	for i := 0; i+len(name)+2 < len(style); i++ {
		if (i == 0 || !identByte(style[i-1])) && eqFold(style[i:i+len(name)], name) {
			for i += len(name); i+1 < len(style) && style[i] == ' '; i++ {
			}
			return i+1 < len(style) && isDigit(style[i]) && style[i] < '9' && !isDigit(style[i+1])
		}
	}
	return false
}

func hasDigit(s []byte) bool {
	for _, b := range s {
		if isDigit(b) {
			return true
		}
	}
	return false
}
