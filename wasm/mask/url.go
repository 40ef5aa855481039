package mask

// URL is a URL that is not loaded for its picture: a page, a link, a referrer.
func (p *Policy) URL(s []byte, m Mode) Text {
	start := len(p.out)
	p.out = p.appendURL(p.out, s, m)
	return p.since(start)
}

// appendURL writes scheme and host, the path's segments that name nobody, in balanced the
// names of the query, and of a fragment at most an element's id. POLICY.md "URLs".
func (p *Policy) appendURL(dst, s []byte, m Mode) []byte {
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
				dst = append(dst, lower(c))
			}
			dst = append(dst, ':')
			rest = s[k+1:]
		case eqFold(scheme, "about") && (eqFold(s[k+1:], "blank") || eqFold(s[k+1:], "srcdoc")):
			return append(append(dst, "about:"...), s[k+1:]...)
		case eqFold(scheme, "data"):
			if shown && hasPrefixFold(s[k+1:], "image/") && dataURL(s[k+1:]) {
				return append(dst, s...)
			}
			return append(dst, "data:,"...)
		case eqFold(scheme, "mailto"), eqFold(scheme, "tel"), eqFold(scheme, "sms"), eqFold(scheme, "javascript"),
			eqFold(scheme, "blob"), eqFold(scheme, "file"):
			for _, c := range s[:k+1] {
				dst = append(dst, lower(c))
			}
			return dst
		default:
			return append(dst, "x:"...)
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
		dst = append(dst, "//"...)
		dst = p.appendHost(dst, rest[at:e])
		rest = rest[e:]
	}
	return p.appendPath(dst, rest, shown)
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
func (p *Policy) appendHost(dst, host []byte) []byte {
	for i := 0; i < len(host); {
		k := i
		for k < len(host) && host[k] != '.' && host[k] != ':' && host[k] != '[' && host[k] != ']' {
			k++
		}
		if k > i {
			if p.looksLikeData(host[i:k]) {
				dst = append(dst, 'x')
			} else {
				dst = append(dst, host[i:k]...)
			}
		}
		if k < len(host) {
			dst = append(dst, host[k])
			k++
		}
		i = k
	}
	return dst
}

func (p *Policy) appendPath(dst, s []byte, shown bool) []byte {
	end := 0
	for end < len(s) && s[end] != '?' && s[end] != '#' {
		end++
	}
	person := false // the segment before names a kind of person
	for i := 0; i < end; {
		if isSlash(s[i]) {
			dst = append(dst, '/')
			i++
			continue
		}
		k := i
		for k < end && !isSlash(s[k]) {
			k++
		}
		seg := s[i:k]
		if person || !p.safeSegment(seg, shown) {
			dst = append(dst, 'x')
			if e := extension(seg); e > 0 && p.lists.css.find(seg[e:]) == 'e' {
				dst = append(dst, seg[e-1:]...)
			}
		} else {
			dst = append(dst, seg...)
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
					dst = append(dst, sep)
					sep = '&'
					if eq > 0 && identChars(name) && !p.looksLikeData(name) && len(name) <= 32 {
						dst = append(append(dst, name...), "=x"...)
					} else {
						dst = append(dst, 'x')
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
	if end < len(s) && s[end] == '#' && len(dst) == 0 && len(s) > 1 {
		frag := s[end+1:]
		if identChars(frag) { // an element of this page, under the name its id has
			dst = append(dst, '#')
			return p.appendIdent(dst, frag)
		}
		return append(dst, "#x"...)
	}
	return dst
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
		return false
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
func (p *Policy) appendSrcset(dst, s []byte, m Mode) []byte {
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
			dst = append(dst, ", "...)
		}
		first = false
		dst = p.appendURL(dst, url, m)
		for _, c := range s[dstart:i] {
			if isDigit(c) || c == '.' || c == 'w' || c == 'x' || c == ' ' {
				dst = append(dst, c)
			}
		}
	}
	return dst
}
