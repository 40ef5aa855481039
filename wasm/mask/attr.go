package mask

// Element is what an attribute's rule may depend on.
type Element struct {
	Tag    Tag
	Input  Input
	Mode   Mode
	Secret bool // a secret kind now or earlier
	// Named is a meta element whose name says that its content is about the page's form
	// (viewport, theme-color, color-scheme), so that it may be sent.
	Named bool
}

// Attr returns what may be sent of an attribute; ok is false when that is nothing.
//
// It is a list of what is safe (lists.go); an unknown name is renamed, and its value kept
// only if it is one of the listed words, else "x".
func (p *Policy) Attr(e Element, name, value []byte) (n, v Text, ok bool) {
	if e.Mode == Blocked && !blockedKeeps(name) {
		return
	}
	start := len(p.out)
	rule := p.lists.attrs.find(name)
	switch rule {
	case 'b':
		ok = true
	case 'n', 'N':
		ok = numeric(value) && (rule == 'N' || single(value))
		if ok && p.isTypedNumber(value) {
			ok = false
		}
		if ok {
			p.add(value)
		}
	case 'e':
		ok = p.appendListed(value)
		if detects && !ok && e.Mode.Opens() && isChoice(value) {
			p.add(value)
			ok = true
		}
	case 'c', 'r':
		p.appendIdents(value, e.Mode)
		ok = true
	case 'i':
		p.appendIdent(value)
		ok = len(value) > 0
	case 's':
		p.appendSheet(value, true, e.Mode)
		ok = true
	case 'w':
		p.appendCSSValue(value, e.Mode)
		ok = true
	case 'l':
		ok = languageTag(value)
		if ok {
			p.add(value)
		}
	case 't':
		if e.Tag == TagOption || e.Tag == TagField {
			p.FieldText(value, e.Mode) // it stands in p.out
		} else {
			p.appendText(value, e.Mode)
		}
		ok = true
	case 'u':
		ok = e.Tag != TagFrame && e.Tag != TagObject
		if ok {
			p.appendURL(value, e.Mode)
			if e.Tag == TagImage { // of SVG
				p.shows(value, start, e.Mode)
			}
		}
	case 'm':
		ok = p.appendMedia(e, value)
		if ok && e.Tag != TagMedia {
			p.shows(value, start, e.Mode)
		}
	case 'S':
		if e.Mode.shows() {
			p.appendSrcset(value, e.Mode)
			ok = true
		}
	case 'v':
		ok = p.appendValue(e, value)
	case 'k':
		// What is selected is told by an op, when it is known whether the select is secret.
		ok = e.Mode.Opens() && !e.Secret && e.Tag != TagOption
	case 'x':
		if e.Tag == TagMeta && e.Named && eqFold(name, "content") {
			p.appendCSSValue(value, Masked)
			ok = true
		} else if detects && e.Mode.Opens() && eqFold(name, "aria-checked") {
			ok = p.appendListed(value)
		}
	default:
		return p.unknownAttr(e, name, value)
	}
	if !ok {
		p.out = p.out[:start]
		return
	}
	v = p.since(start)
	start = len(p.out)
	p.add(name) // the name is in the list, letter by letter
	return p.since(start), v, true
}

// AttrName is the name under which Attr would send an attribute, for its removal.
func (p *Policy) AttrName(e Element, name []byte) (n Text, ok bool) {
	if e.Mode == Blocked && !blockedKeeps(name) {
		return
	}
	start := len(p.out)
	if p.lists.attrs.find(name) != 0 {
		p.add(name)
		return p.since(start), true
	}
	n, _, ok = p.unknownAttr(e, name, nil)
	return
}

// blockedKeeps: what a box still says of itself.
func blockedKeeps(name []byte) bool {
	return eqFold(name, "class") || eqFold(name, "id") || eqFold(name, "hidden") || eqFold(name, "dir") || eqFold(name, "style") || eqFold(name, "slot")
}

func (p *Policy) unknownAttr(e Element, name, value []byte) (n, v Text, ok bool) {
	if len(name) == 0 || hasPrefixFold(name, "on") {
		return
	}
	start := len(p.out)
	switch {
	case eqFold(name, "part") || eqFold(name, "exportparts"):
		p.appendIdents(value, e.Mode)
		v = p.since(start)
		start = len(p.out)
		p.add(name)
		return p.since(start), v, true
	case eqFold(name, "data-afterimage"):
		if !p.appendMarker(value) {
			p.out = p.out[:start]
			return
		}
		v = p.since(start)
		return p.lit("data-afterimage"), v, true
	case eqFold(name, "name") || eqFold(name, "slot"):
		if e.Tag == TagFrame || e.Tag == TagObject || e.Tag == TagAnchor {
			return
		}
		p.appendFieldName(value, e.Named || e.Mode.shows())
		v = p.since(start)
		start = len(p.out)
		p.add(name)
		return p.since(start), v, true
	}
	// Presence and equality of unknown attributes carry styles ([data-v-…], [data-open]);
	// their names and values may carry anything.
	if p.lists.values.find(value) != 0 && (!detects || e.Mode.Opens() || !hasPrefixFold(name, "aria-value")) { // of a control that the page draws
		p.add(value)
	} else if len(value) > 0 {
		p.put('x')
	}
	v = p.since(start)
	start = len(p.out)
	p.appendAttrName(name, e.Mode)
	return p.since(start), v, true
}

// appendFieldName writes the name of a field or a slot: the same name gives the same result,
// so that slots find their content.
func (p *Policy) appendFieldName(name []byte, shown bool) {
	switch {
	case len(name) == 0:
	case shown:
		p.appendIdent(name)
	default:
		p.appendRenamed("m", name)
	}
}

// appendAttrName writes an attribute's name, the same in attributes and selectors.
func (p *Policy) appendAttrName(name []byte, m Mode) {
	if p.lists.attrs.find(name) != 0 || eqFold(name, "name") || eqFold(name, "slot") || eqFold(name, "part") ||
		(m.shows() && hasPrefixFold(name, "data-") && identChars(name) && !p.looksLikeData(name)) {
		p.add(name)
		return
	}
	p.appendRenamed("data-m", name)
}

func (p *Policy) appendMarker(value []byte) bool {
	if eqFold(value, "mask") || eqFold(value, "block") || eqFold(value, "allow") {
		p.add(value)
		return true
	}
	return false
}

// isChoice: what controls that a page draws itself say of what is chosen, beside words for other states.
func isChoice(word []byte) bool {
	return eqFold(word, "checked") || eqFold(word, "unchecked") || eqFold(word, "indeterminate")
}

// appendListed writes those words of value that the list knows.
func (p *Policy) appendListed(value []byte) bool {
	if len(value) == 0 {
		return true
	}
	any := false
	for i := 0; i < len(value); {
		for i < len(value) && isSpace(value[i]) {
			i++
		}
		start := i
		for i < len(value) && !isSpace(value[i]) {
			i++
		}
		if start < i && p.lists.values.find(value[start:i]) != 0 {
			if any {
				p.put(' ')
			}
			any = true
			p.add(value[start:i])
		}
	}
	return any
}

func (p *Policy) appendMedia(e Element, value []byte) bool {
	if e.Tag == TagNoText || e.Tag == TagScript || e.Tag == TagFrame || e.Tag == TagObject {
		return false
	}
	if !e.Mode.shows() {
		return false
	}
	n := len(p.out)
	p.appendURL(value, e.Mode)
	return len(p.out) > n
}

// appendValue is the value attribute: what a field starts with, or an option's or a
// button's own.
func (p *Policy) appendValue(e Element, value []byte) bool {
	shown := e.Mode.Opens() && !e.Secret
	switch e.Tag {
	case TagInput:
		switch e.Input {
		case InputButton:
			p.appendText(value, e.Mode)
			return true
		case InputText:
			p.Value(value, e.Mode, e.Secret) // it stands in p.out
			return true
		case InputPicker, InputSlider:
			if shown && numeric(value) {
				p.appendShown(value)
				return true
			}
		}
		return false // toggles, files, hidden fields, images
	case TagPlain:
		if e.Mode.shows() && numeric(value) && single(value) && !p.isTypedNumber(value) { // li
			p.add(value)
			return true
		}
		return false
	case TagOption, TagField, TagButton:
		if shown {
			p.appendShown(value)
			return true
		}
	}
	return false
}

const units = " px em rem pt pc vh vw s ms deg rad in cm mm ex ch fr auto none indefinite "

// numeric reports whether a value is made of numbers, units and path commands: nothing of
// it can be a word, and no whole number has more than seven digits.
func numeric(s []byte) bool {
	digits, decimals := 0, false
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case isLetter(c):
			k := i
			for k < len(s) && isLetter(s[k]) {
				k++
			}
			if k-i > 2 || !pathCommand(c) || !pathCommand(s[k-1]) {
				if k-i > 10 || !Listed(units, s[i:k]) {
					return false
				}
			}
			i = k - 1
			digits, decimals = 0, false
		case isDigit(c):
			if digits++; digits > 17 || (digits > 7 && !decimals) {
				return false
			}
		case c == '.':
			digits, decimals = 0, true
		case c == ',', c == '-', c == '+', c == '%', c == ';', isSpace(c), c == '(', c == ')':
			digits, decimals = 0, false
		default:
			return false
		}
	}
	return true
}

// single reports whether a value is one number with its unit: several together could be the groups of
// a card or of a phone number.
func single(s []byte) bool {
	between := false
	for i, c := range s {
		if isDigit(c) && between {
			return false
		}
		between = between || i > 0 && c != '.' && !isDigit(c)
	}
	return true
}

// isTypedNumber: of five digits and more, typed in this page view, as a list that begins there shows it again.
func (p *Policy) isTypedNumber(s []byte) bool {
	return detects && len(s) >= minTypedDigits && len(p.typed.vals) != 0 && p.typed.in(s)
}

func pathCommand(c byte) bool { return charIn(c|0x20, "mlhvcsqtaze") }

// languageTag: two or three letters, then a script of four and a region of two letters or three digits.
func languageTag(s []byte) bool {
	part, letters := 0, 0
	for at := 0; at <= len(s); part++ {
		from, digits := at, 0
		for at < len(s) && s[at] != '-' {
			if !isAlnum(s[at]) {
				return false
			}
			if isDigit(s[at]) {
				digits++
			}
			at++
		}
		n := at - from
		if letters += n - digits; letters > 9 || part > 2 {
			return false
		}
		switch {
		case part == 0 && digits == 0 && (n == 2 || n == 3):
		case part == 1 && digits == 0 && n == 4:
		case part > 0 && (digits == 0 && n == 2 || digits == 3 && n == 3):
		default:
			return false
		}
		at++
	}
	return true
}
