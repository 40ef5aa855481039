package mask

// URL is a URL that is not loaded for its picture: a page, a link, a referrer.
func (p *Policy) URL(s []byte, m Mode) Text {
	start := len(p.out)
	p.appendURL(s, m)
	return p.since(start)
}

// appendURL writes scheme and host, the path's segments that name nobody, in balanced the
// names of the query, and of a fragment at most an element's id. POLICY.md "URLs".
func (p *Policy) appendURL(s []byte, m Mode) {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	shown := m == Shown || m == Allowed
	// scheme
	k := 0
	for k < len(s) && (isAlnum(s[k]) || s[k] == '+' || s[k] == '-' || s[k] == '.') {
		k++
	}
	rest := s
	if k > 0 && k < len(s) && s[k] == ':' {
		scheme := s[:k]
		switch {
		case eqFold(scheme, "http"), eqFold(scheme, "https"), eqFold(scheme, "ws"), eqFold(scheme, "wss"):
			for _, c := range scheme {
				p.put(lower(c))
			}
			p.put(':')
			rest = s[k+1:]
		case eqFold(scheme, "about") && (eqFold(s[k+1:], "blank") || eqFold(s[k+1:], "srcdoc")):
			p.str("about:")
			p.add(s[k+1:])
			return
		case eqFold(scheme, "data"):
			if shown && hasPrefixFold(s[k+1:], "image/") && dataURL(s[k+1:]) {
				p.add(s)
				return
			}
			p.str("data:,")
			return
		case eqFold(scheme, "mailto"), eqFold(scheme, "tel"), eqFold(scheme, "sms"), eqFold(scheme, "javascript"),
			eqFold(scheme, "blob"), eqFold(scheme, "file"):
			for _, c := range s[:k+1] {
				p.put(lower(c))
			}
			return
		default:
			p.str("x:")
			return
		}
	}
	if len(rest) >= 2 && isSlash(rest[0]) && isSlash(rest[1]) {
		rest = rest[2:]
		e := 0
		at := 0
		for e < len(rest) && !isSlash(rest[e]) && rest[e] != '?' && rest[e] != '#' {
			if rest[e] == '@' {
				at = e + 1 // user:password@ is not sent
			}
			e++
		}
		p.str("//")
		p.appendHost(rest[at:e])
		rest = rest[e:]
	}
	p.appendPath(rest, shown, len(rest) == len(s))
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// dataURL reports whether the characters are those of a data URL, so that it can be copied.
func dataURL(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// appendHost keeps a host name but for labels that look like data (user names as
// subdomains are not told apart from others).
func (p *Policy) appendHost(host []byte) {
	for i := 0; i < len(host); {
		k := i
		for k < len(host) && host[k] != '.' && host[k] != ':' && host[k] != '[' && host[k] != ']' {
			k++
		}
		if k > i {
			if p.looksLikeData(host[i:k]) {
				p.put('x')
			} else {
				p.add(host[i:k])
			}
		}
		if k < len(host) {
			p.put(host[k])
			k++
		}
		i = k
	}
}

func (p *Policy) appendPath(s []byte, shown, whole bool) {
	end := 0
	for end < len(s) && s[end] != '?' && s[end] != '#' {
		end++
	}
	person := false // the segment before names a kind of person
	for i := 0; i < end; {
		if isSlash(s[i]) {
			p.put('/')
			i++
			continue
		}
		k := i
		for k < end && !isSlash(s[k]) {
			k++
		}
		seg := s[i:k]
		if person || !p.safeSegment(seg, shown) {
			p.put('x')
			if e := extension(seg); e > 0 && p.lists.css.find(seg[e:]) == 'e' {
				p.add(seg[e-1:])
			}
		} else {
			p.add(seg)
		}
		person = p.lists.cues.find(seg) == 'u'
		i = k
	}
	if end < len(s) && s[end] == '?' {
		i := end + 1
		sep := byte('?')
		for i < len(s) && s[i] != '#' {
			k, eq := i, 0
			for k < len(s) && s[k] != '&' && s[k] != '#' {
				if s[k] == '=' && eq == 0 {
					eq = k
				}
				k++
			}
			if shown {
				name := s[i:k]
				if eq > 0 {
					name = s[i:eq]
				}
				if len(name) > 0 {
					p.put(sep)
					sep = '&'
					if eq > 0 && identChars(name) && !p.looksLikeData(name) && len(name) <= 32 {
						p.add(name)
						p.str("=x")
					} else {
						p.put('x')
					}
				}
			}
			i = k
			if i < len(s) && s[i] == '&' {
				i++
			}
		}
		end = i
	}
	if end == 0 && len(s) > 1 && s[0] == '#' && whole {
		frag := s[end+1:]
		if identChars(frag) { // an element of this page, under the name its id has
			p.put('#')
			p.appendIdent(frag)
			return
		}
		p.str("#x")
	}
}

func extension(seg []byte) int {
	for i := len(seg) - 1; i > 0; i-- {
		if seg[i] == '.' {
			return i + 1
		}
		if !isAlnum(seg[i]) {
			break
		}
	}
	return 0
}

// safeSegment: in strict the listed words; in balanced what does not look like a person or
// a token.
func (p *Policy) safeSegment(seg []byte, shown bool) bool {
	if p.lists.segments.find(seg) != 0 || eqFold(seg, ".") || eqFold(seg, "..") {
		return true
	}
	if !shown {
		e := extension(seg)
		return e > 0 && p.lists.css.find(seg[e:]) == 'e' && p.lists.segments.find(seg[:e-1]) != 0
	}
	digits, letters, dots := 0, 0, 0
	for _, c := range seg {
		switch {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		case c == '.':
			dots++
		case c == '-' || c == '_':
		default: // @ ~ % + = ; and all else
			return false
		}
	}
	if digits > 0 && letters == 0 {
		return digits <= 3
	}
	if dots > 0 && extension(seg) == 0 { // jane.doe
		return false
	}
	if e := extension(seg); e > 0 && p.lists.css.find(seg[e:]) != 'e' {
		return false
	}
	return !p.looksLikeData(seg) && len(seg) <= 64
}

// appendSrcset masks the URL of each candidate and keeps its descriptor.
func (p *Policy) appendSrcset(s []byte, m Mode) {
	first := true
	for i := 0; i < len(s); {
		for i < len(s) && (isSpace(s[i]) || s[i] == ',') {
			i++
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		url := s[start:i]
		comma := false
		for len(url) > 0 && url[len(url)-1] == ',' {
			url, comma = url[:len(url)-1], true
		}
		dstart := i
		if !comma {
			for i < len(s) && s[i] != ',' {
				i++
			}
		}
		if len(url) == 0 {
			continue
		}
		if !first {
			p.str(", ")
		}
		first = false
		p.appendURL(url, m)
		for _, c := range s[dstart:i] {
			if isDigit(c) || c == '.' || c == 'w' || c == 'x' || c == ' ' {
				p.put(c)
			}
		}
	}
}
