//go:build !strict

package mask

// Addresses of images and fonts that are shown, for the worker to fetch (POLICY.md "Assets").
// Only where the mask left an address as the page had it: what it changed looked like a
// person or a token, and is neither told to anybody nor asked for.

// shown collects the addresses of the Texts made since Reset, each followed by a zero byte.
type shown struct {
	list     []byte
	pictures int // bytes of data URLs in the Texts
	drawing  []byte
	joined   []byte
	typed    []span       // where in the address at hand something typed stands
	short    []shortValue // beside them: what only this form knows of what was typed
	heads    [32]uint32   // and with which two bytes tokens of known makers begin, by their hash
}

// maxPictures is what the data URLs of one op may have together, in bytes: a segment must have
// room for them and for what else the op says.
const maxPictures = 512 << 10

// fits takes in a data URL of n bytes, where there is room for it.
func (s *shown) fits(n int) bool {
	if s.pictures+n > maxPictures {
		return false
	}
	s.pictures += n
	return true
}

// drawsPerson reports whether a data URL, given from its type on, is an SVG whose texts hold personal data.
func (p *Policy) drawsPerson(s []byte) bool {
	at := 0
	for at < len(s) && s[at] != ',' {
		at++
	}
	if at == len(s) || !hasPrefixFold(s, "image/svg") {
		return false
	}
	b := unpercent(p.shown.drawing[:0], s[at+1:])
	if at >= 7 && eqFold(s[at-7:at], ";base64") {
		b = unbase64(b)
	}
	p.shown.drawing = b
	text := p.shown.joined[:0]
	for i := 0; i <= len(b); i++ {
		from := i
		for i < len(b) && b[i] != '<' {
			i++
		}
		text = append(text, b[from:i]...)
		from = i
		for i < len(b) && b[i] != '>' {
			i++
		}
		tag := b[from:i]
		p.shown.joined = text
		if p.tagNamesPerson(tag) {
			return true
		}
		if i < len(b) && inlineTag(tag) {
			continue
		}
		if len(text) > 0 && p.HasPersonalData(unreference(text)) {
			return true
		}
		text = text[:0]
	}
	return false
}

// inlineTag: what is before it and behind is one line of a drawing.
func inlineTag(tag []byte) bool {
	from := 0
	for from < len(tag) && charIn(tag[from], "</") {
		from++
	}
	to := from
	for to < len(tag) && isLetter(tag[to]) {
		to++
	}
	return wordIn(tag[from:to], " tspan a textpath b i u em strong span ")
}

// tagNamesPerson looks at those attributes of a drawing's element that are no numbers.
func (p *Policy) tagNamesPerson(tag []byte) bool {
	if len(tag) > 1 && (tag[1] == '!' || tag[1] == '?') {
		return p.HasPersonalData(unreference(tag))
	}
	for i := 0; i < len(tag); i++ {
		q := tag[i]
		if q != '"' && q != '\'' {
			continue
		}
		to := i
		for to > 0 && charIn(tag[to-1], " =") {
			to--
		}
		from := to
		for from > 0 && tag[from-1] > ' ' {
			from--
		}
		name := tag[from:to]
		from = i + 1
		for i++; i < len(tag) && tag[i] != q; i++ {
		}
		if rule := p.lists.attrs.find(name); rule != 'n' && rule != 'N' && rule != 'w' && p.HasPersonalData(unreference(tag[from:i])) {
			return true
		}
	}
	return false
}

// findTyped looks for what was typed in an address, over its parts: a label or a segment alone is not what was typed.
func (p *Policy) findTyped(s []byte) {
	list := p.shown.typed[:0]
	if detects && p.HasTyped() && !hasPrefixFold(s, "data:") {
		inWord := false
		for k := 0; k < len(s); {
			r, size := letter(s, k)
			if r != 0 {
				if e, _ := p.typed.echo(s, k, !inWord); e > 0 {
					list = append(list, span{from: k, to: e})
					size = e - k
				}
			}
			inWord = r != 0
			k += size
		}
	}
	p.shown.typed = list
}

// isTyped reports whether some of what findTyped found stands between from and to.
func (p *Policy) isTyped(from, to int) bool {
	for _, t := range p.shown.typed {
		if t.from < to && from < t.to {
			return true
		}
	}
	return false
}

// joinsPerson reports whether strings that stand beside each other in a value are personal data together, as
// pages write an address that is not to be collected.
func (p *Policy) joinsPerson(value []byte) bool {
	joined, strings := p.shown.joined[:0], 0
	for i := 0; i < len(value); i++ {
		q := value[i]
		if q != '"' && q != '\'' {
			continue
		}
		strings++
		for i++; i < len(value) && value[i] != q; i++ {
			if value[i] == '\\' {
				i++
			}
			if i < len(value) {
				joined = append(joined, value[i])
			}
		}
	}
	p.shown.joined = joined
	return strings > 1 && p.HasPersonalData(joined)
}

func unpercent(to, s []byte) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '%' && i+2 < len(s) && hex(s[i+1]) >= 0 && hex(s[i+2]) >= 0 {
			c = byte(hex(s[i+1])<<4 | hex(s[i+2]))
			i += 2
		}
		to = append(to, c)
	}
	return to
}

// unbase64 decodes s in its place.
func unbase64(s []byte) []byte {
	n, bits, have := 0, 0, 0
	for _, c := range s {
		v := 0
		switch {
		case c >= 'A' && c <= 'Z':
			v = int(c - 'A')
		case c >= 'a' && c <= 'z':
			v = int(c-'a') + 26
		case isDigit(c):
			v = int(c-'0') + 52
		case c == '+' || c == '-':
			v = 62
		case c == '/' || c == '_':
			v = 63
		default:
			continue
		}
		bits = bits<<6 | v
		if have += 6; have >= 8 {
			have -= 8
			s[n] = byte(bits >> have)
			bits &= 1<<have - 1
			n++
		}
	}
	return s[:n]
}

// unreference replaces numeric references of ASCII characters, in its place.
func unreference(s []byte) []byte {
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '&' && i+3 < len(s) && s[i+1] == '#' {
			k, v, base := i+2, 0, 10
			if lower(s[k]) == 'x' {
				k, base = k+1, 16
			}
			from := k
			for k < len(s) && hex(s[k]) >= 0 && (base == 16 || isDigit(s[k])) && v < 128 {
				v = v*base + hex(s[k])
				k++
			}
			if k > from && k < len(s) && s[k] == ';' && v < 128 {
				c, i = byte(v), k
			}
		}
		s[n] = c
		n++
	}
	return s[:n]
}

// Shown returns them; valid until Reset.
func (p *Policy) Shown() []byte { return p.shown.list }

func (s *shown) reset() { s.list, s.pictures = s.list[:0], 0 }

// shows notes the address raw, which stands masked in p.out from a place on. A harmless
// query (sizes, formats, versions) is written out, so that two sizes are two addresses.
func (p *Policy) shows(raw []byte, from int, m Mode) {
	if m != Shown && m != Allowed {
		return
	}
	for len(raw) > 0 && raw[0] <= ' ' {
		raw = raw[1:]
	}
	for len(raw) > 0 && raw[len(raw)-1] <= ' ' {
		raw = raw[:len(raw)-1]
	}
	if !remote(raw) {
		return
	}
	query := 0
	for query < len(raw) && raw[query] != '?' {
		query++
	}
	masked := p.out[from:]
	if len(masked) < query || !samePrefix(raw[:query], masked) || len(masked) > query && masked[query] != '?' {
		return
	}
	if query < len(raw) {
		if !plainQuery(raw[query+1:]) {
			return
		}
		p.out = p.out[:from]
		p.add(raw)
	}
	p.shown.list = append(p.shown.list, raw...)
	p.shown.list = append(p.shown.list, 0)
}

// SafePath reports whether path and query of an address, both as the URL parser gives them,
// pass as they are in shown text: what is relative in the page is judged as a whole.
func (p *Policy) SafePath(s []byte) bool {
	out, list := len(p.out), len(p.shown.list)
	p.appendURL(s, Shown)
	p.shows(s, out, Shown)
	safe := len(p.shown.list) > list && len(s) > 0 && s[0] == '/'
	p.out, p.shown.list = p.out[:out], p.shown.list[:list]
	return safe
}

// remote: relative, or of http and https; short enough to be told of.
func remote(s []byte) bool {
	if len(s) == 0 || len(s) > 2000 || s[0] == '#' {
		return false
	}
	for i, c := range s {
		switch {
		case c <= ' ' || c >= 0x7f || c == '#' || c == '"' || c == '\\':
			return false
		case c == ':' && i <= 16 && !charInAll(s[:i], "/?"):
			if scheme := s[:i]; !eqFold(scheme, "https") && !eqFold(scheme, "http") {
				return false
			}
		}
	}
	return true
}

// What a harmless query is made of: these names, with up to four digits, versions of such,
// or these words.
const (
	queryNames = " w h width height size s q quality dpr v ver version fit crop format fm auto "
	queryWords = " auto webp avif jpg jpeg png gif svg crop cover contain fill max min clip format compress true false "
)

func plainQuery(s []byte) bool {
	for len(s) > 0 {
		end := 0
		for end < len(s) && s[end] != '&' {
			end++
		}
		pair := s[:end]
		s = s[min(end+1, len(s)):]
		eq := 0
		for eq < len(pair) && pair[eq] != '=' {
			eq++
		}
		if eq == len(pair) || !wordIn(pair[:eq], queryNames) || !plainValue(pair[eq+1:]) {
			return false
		}
	}
	return true
}

func plainValue(s []byte) bool {
	if wordIn(s, queryWords) {
		return len(s) > 0
	}
	digits := 0
	for _, c := range s {
		switch {
		case isDigit(c):
			digits++
		case c != '.':
			return false
		}
	}
	return digits > 0 && digits <= 4 && len(s) <= 7
}
