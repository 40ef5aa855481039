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
	u := &p.url
	u.open(s)
	p.findTyped(s)
	for u.i < u.end && s[u.i] <= ' ' {
		u.i++
	}
	shown := m.shows()
	from := u.i
	for isAlnum(u.at(0)) || charIn(u.at(0), "+-.") {
		u.i++
	}
	whole := u.i == from || u.at(0) != ':' // there is no scheme
	if whole {
		u.i = from
	} else {
		scheme := s[from:u.i]
		u.i++
		rest := s[u.i:]
		rule := p.lists.hints.find(scheme)
		switch rule {
		case 'u', 'm', 'f', 'd':
			if rule == 'd' && shown && (m.Opens() || !p.Posted) && hasPrefixFold(rest, "image/") && printable(rest) && p.shown.fits(len(rest)) && !p.drawsPerson(rest) {
				p.add(s[from:])
				return
			}
			for _, c := range scheme {
				p.put(lower(c))
			}
			p.put(':')
			if rule == 'd' {
				p.put(',')
			}
			if rule != 'u' {
				return
			}
		default:
			if eqFold(scheme, "about") && (eqFold(rest, "blank") || eqFold(rest, "srcdoc")) {
				p.str("about:")
				p.add(rest)
			} else {
				p.str("x:")
			}
			return
		}
	}
	if isSlash(u.at(0)) && isSlash(u.at(1)) {
		whole = false
		u.i += 2
		p.str("//")
		at := u.i
		for u.until("/\\?#@"); u.at(0) == '@'; u.until("/\\?#@") {
			u.i++ // user:password@ is not sent
			at = u.i
		}
		end := u.i
		// The host, but for labels that look like data (user names as subdomains are not told
		// apart from others).
		for u.i = at; u.i < end; {
			if label := u.until(".:[]/\\?#"); p.looksLikeData(label) || p.isTyped(u.i-len(label), u.i) {
				p.put('x')
			} else {
				p.add(label)
			}
			if u.i < end {
				p.put(u.at(0))
				u.i++
			}
		}
	}
	from = u.i
	person := false // the segment before names a kind of person
	var folders built
	for u.i < u.end && !charIn(u.at(0), "?#") {
		if isSlash(u.at(0)) {
			p.put('/')
			u.i++
			continue
		}
		seg := u.until("/\\?#")
		if person || p.isTyped(u.i-len(seg), u.i) || !p.safeSegment(seg, shown) && !(shown && p.builtName(folders, seg)) {
			p.put('x')
			if e := extension(seg); e > 0 && p.lists.css.find(seg[e:]) == 'e' {
				p.add(seg[e-1:])
			}
		} else {
			p.add(seg)
		}
		// Browsers drop a tab in the middle of such a word.
		person = p.lists.persons.find(seg) != 0 || !printable(seg)
		folders.pass(seg)
		if person {
			folders = built{}
		}
	}
	if u.at(0) == '#' && whole && u.i == from && u.end-from > 1 {
		if frag := s[from+1:]; identChars(frag) { // an element of this page, under the name its id has
			p.put('#')
			p.appendIdent(frag)
		} else {
			p.str("#x")
		}
	}
	if u.at(0) != '?' || !shown {
		return
	}
	for sep := byte('?'); u.i < u.end && u.at(0) != '#'; {
		u.i++
		name := u.until("=&#")
		named := u.at(0) == '=' && len(name) > 0
		u.until("&#")
		if len(name) > 0 || named {
			p.put(sep)
			sep = '&'
			if named && identChars(name) && !p.looksLikeData(name) && len(name) <= 32 {
				p.add(name)
				p.str("=x")
			} else {
				p.put('x')
			}
		}
	}
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// printable: such a data URL can be copied as it is.
func printable(s []byte) bool {
	for _, c := range s {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

//go:noinline
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
		end, from := i, i
		for end > start && s[end-1] == ',' {
			end--
		}
		if end == i {
			for i < len(s) && s[i] != ',' {
				i++
			}
		}
		if end == start {
			continue
		}
		if !first {
			p.str(", ")
		}
		first = false
		at := len(p.out)
		p.appendURL(s[start:end], m)
		p.shows(s[start:end], at, m)
		for _, c := range s[from:i] {
			if isDigit(c) || charIn(c, ".wx ") {
				p.put(c)
			}
		}
	}
}
