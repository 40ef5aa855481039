package mask

import "bytes"

// Keys of op meta (jsbridge/PROTOCOL.md). Never renumber.
const (
	MetaEntryURL    = 1
	MetaReferrer    = 2
	MetaTitle       = 3
	MetaUserAgent   = 4
	MetaRelease     = 15
	MetaEnvironment = 16
	MetaUTMSource   = 17
	MetaUTMContent  = 21
	MetaVisitorID   = 22
	MetaPredecessor = 23
	MetaTabID       = 25
	metaLast        = 29
)

// Meta is a fact about the page view. ok is false for a key that is not known.
func (p *Policy) Meta(key int, s []byte) (t Text, ok bool) {
	start := len(p.out)
	switch {
	case key < 1 || key > metaLast:
		return
	case key == MetaEntryURL || key == MetaReferrer:
		p.appendURL(s, p.PageMode())
	case key == MetaTitle:
		p.appendText(s, p.PageMode())
	case key == MetaVisitorID || key == MetaPredecessor || key == MetaTabID:
		if len(s) == 32 && allHex(s) {
			p.add(s)
		}
	case key >= MetaUTMSource && key <= MetaUTMContent, key == MetaRelease, key == MetaEnvironment:
		// What the site hands over: shown in both levels, less what looks like a person.
		if len(s) > 128 {
			s = s[:128]
		}
		p.addLabel(s)
	default:
		// The browser's own words: a bounded length, and characters of such words.
		for i, c := range s {
			if i == 256 {
				break
			}
			if isAlnum(c) || charIn(c, " .,;:/()-_+\"=@") {
				p.put(c)
			} else {
				p.put('?')
			}
		}
	}
	return p.since(start), true
}

// looksPersonal: a detector finds something, or it has the form of an e-mail.
func (p *Policy) looksPersonal(s []byte) bool {
	for _, c := range s {
		if c == '@' || c == '%' || c < ' ' {
			return true
		}
	}
	return p.HasPersonalData(s)
}

// Label is a name that the site gives in code: an event, a dialog, an identity it made up.
// What looks like a person becomes "x".
func (p *Policy) Label(s []byte) Text {
	start := len(p.out)
	if len(s) > 256 {
		s = s[:256]
	}
	p.addLabel(s)
	return p.since(start)
}

func (p *Policy) addLabel(s []byte) {
	if p.looksPersonal(s) {
		p.put('x')
		p.Handed++
	} else {
		p.add(s)
	}
}

// personalKeys: a property of this name is masked whatever its value.
const personalParts = "mail phone mobile firstname lastname fullname surname username givenname familyname middlename displayname nick address street birth ssn pass secret token iban card cvc cvv"

// JSON is a flat or nested object that the site hands over. Strings go through the
// detection, values under a key that names personal data are masked, numbers that a
// detector takes for a card or a phone become strings. What is not JSON becomes nothing.
func (p *Policy) JSON(s []byte) Text {
	start := len(p.out)
	personal, depth, personalDepth := false, 0, 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c <= ' ':
			i++
		case c == '{' || c == '[':
			depth++
			if personal && personalDepth == 0 {
				personalDepth = depth
			}
			p.put(c)
			i++
		case c == '}' || c == ']':
			if depth == personalDepth {
				personalDepth = 0
			}
			depth--
			if depth < 0 {
				p.out = p.out[:start]
				return Text{}
			}
			p.put(c)
			i++
		case c == ',' || c == ':':
			p.put(c)
			i++
		case c == '"':
			end := jsonString(s, i)
			if end < 0 {
				p.out = p.out[:start]
				return Text{}
			}
			in := s[i+1 : end-1]
			k := end
			for k < len(s) && s[k] <= ' ' {
				k++
			}
			key := k < len(s) && s[k] == ':'
			p.put('"')
			at := len(p.out)
			switch {
			case !plainString(in): // an escape could hide what a detector looks for
				p.put('x')
			case personalDepth > 0 || personal && !key:
				p.put('x')
			default:
				p.appendShown(in)
			}
			if bytes.Compare(p.out[at:], in) != 0 {
				p.Handed++
			}
			p.put('"')
			if key && personalDepth == 0 {
				personal = personalKey(in)
			}
			i = end
		case eqAt(s, i, "true"), eqAt(s, i, "null"), eqAt(s, i, "false"):
			n := 4
			if c == 'f' {
				n = 5
			}
			p.add(s[i : i+n])
			i += n
		case isDigit(c) || c == '-':
			end := i + 1
			for end < len(s) && (isDigit(s[end]) || s[end] == '.' || s[end] == 'e' || s[end] == 'E' || s[end] == '-' || s[end] == '+') {
				end++
			}
			if personal || personalDepth > 0 || p.HasPersonalData(s[i:end]) {
				p.str("\"x\"")
				p.Handed++
			} else {
				p.add(s[i:end])
			}
			i = end
		default:
			p.out = p.out[:start]
			return Text{}
		}
	}
	if depth != 0 {
		p.out = p.out[:start]
		return Text{}
	}
	return p.since(start)
}

func jsonString(s []byte, i int) int {
	for i++; i < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case s[i] == '"':
			return i + 1
		case s[i] < ' ':
			return -1
		}
	}
	return -1
}

func eqAt(s []byte, i int, w string) bool { return i+len(w) <= len(s) && eqFold(s[i:i+len(w)], w) }

func personalKey(key []byte) bool {
	var buf [48]byte
	n := 0
	for _, c := range key {
		if isAlnum(c) && n < len(buf) {
			buf[n] = lower(c)
			n++
		}
	}
	if Listed(" name tel fax dob ip ", buf[:n]) {
		return true
	}
	return containsAny(buf[:n], personalParts)
}
