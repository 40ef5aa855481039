//go:build !strict

package mask

// Addresses of images and fonts that are shown, for the worker to fetch (POLICY.md "Assets").
// Only where the mask left an address as the page had it: what it changed looked like a
// person or a token, and is neither told to anybody nor asked for.

// shown collects the addresses of the Texts made since Reset, each followed by a zero byte.
type shown struct {
	list     []byte
	pictures int // bytes of data URLs in the Texts
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

// charInAll reports whether one of chars stands in s.
func charInAll(s []byte, chars string) bool {
	for _, c := range s {
		if charIn(c, chars) {
			return true
		}
	}
	return false
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
