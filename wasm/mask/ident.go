package mask

// renames gives every name that looks like data a number in order of appearance, the same
// in class attributes, id references and selectors, so that styles still apply. The number
// tells that two names are equal and nothing else; the name itself is not kept, only a
// fingerprint in the core's memory.
type renames struct {
	keys []uint32
	nums []uint16
	n    int
}

// maxRenames bounds the table; names beyond it share number 0.
const maxRenames = 8192

func (r *renames) init() {
	r.keys = make([]uint32, 256)
	r.nums = make([]uint16, 256)
}

func (r *renames) number(name []byte) int {
	key := fingerprint(name)
	i := r.find(key)
	if r.keys[i] == key {
		return int(r.nums[i])
	}
	if r.n >= maxRenames {
		return 0
	}
	r.n++
	r.keys[i], r.nums[i] = key, uint16(r.n)
	if r.n*2 > len(r.keys) {
		r.grow()
	}
	return r.n
}

// find is where a key stands, or is to stand.
//
//go:noinline
func (r *renames) find(key uint32) uint32 {
	mask := uint32(len(r.keys) - 1)
	i := key & mask
	for r.keys[i] != 0 && r.keys[i] != key {
		i = (i + 1) & mask
	}
	return i
}

func (r *renames) grow() {
	keys, nums := r.keys, r.nums
	r.keys = make([]uint32, len(keys)*2)
	r.nums = make([]uint16, len(nums)*2)
	for k, key := range keys {
		if key != 0 {
			i := r.find(key)
			r.keys[i], r.nums[i] = key, nums[k]
		}
	}
}

//go:noinline
func fingerprint(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(c)) * 16777619
	}
	h ^= h >> 15
	return max(h, 1)
}

// appendRenamed writes prefix and the name's number: "m12".
func (p *Policy) appendRenamed(prefix string, name []byte) {
	p.str(prefix)
	p.appendInt(p.names.number(name))
}

func (p *Policy) appendInt(n int) {
	var b [12]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			p.add(b[i:])
			return
		}
	}
}

// appendIdent writes a class, id or CSS name: itself, or renamed when it looks like data.
//
//go:noinline
func (p *Policy) appendIdent(name []byte) {
	if p.looksLikeData(name) {
		p.appendRenamed("m", name)
	} else {
		p.add(name)
	}
}

// appendIdents writes a white-space separated list of names, but for those that say what is checked: a control that the
// page draws tells no more than one of the browser. Where what was typed stands in several names, it is known by all of
// them together; the strict form has no room for that.
func (p *Policy) appendIdents(s []byte, m Mode) {
	first := true
	until := 0 // where the last of such names ends
	for i := 0; i < len(s); {
		for i < len(s) && isSpace(s[i]) {
			i++
		}
		start := i
		for i < len(s) && !isSpace(s[i]) {
			i++
		}
		if start < i && (detects && m.Opens() || !containsAny(s[start:i], "hecked")) {
			if !first {
				p.put(' ')
			}
			first = false
			if detects && p.typed.in(s[start:]) {
				end := i
				for !p.typed.in(s[start:end]) && end < len(s) {
					end++
				}
				if !p.typed.in(s[i:end]) {
					until = end
				}
			}
			if detects && start < until {
				p.appendRenamed("m", s[start:i])
			} else {
				p.appendIdent(s[start:i])
			}
		}
	}
}

// looksLikeData reports whether a name is likelier to hold a value than to name a thing:
// an e-mail, many digits, a token, letters of no stylesheet, or something that was typed.
func (p *Policy) looksLikeData(s []byte) bool {
	if len(s) > 64 {
		return true
	}
	digits, run, glued := 0, 0, 0 // glued: letters directly behind a digit
	segLetters, segDigits, segLen, turns := 0, 0, 0, 0
	for i, c := range s {
		switch {
		case isDigit(c):
			digits++
			run++
			segDigits++
			segLen++
			if run >= 5 {
				return true
			}
		case isLetter(c):
			run = 0
			segLetters++
			segLen++
			if i > 0 && isDigit(s[i-1]) {
				glued++
			}
			if i > 0 && (isDigit(s[i-1]) || (isLetter(s[i-1]) && isUpper(s[i-1]) != isUpper(c))) {
				turns++
			}
		case c >= 0x80:
			return true
		case c == '@':
			if i > 0 && isAlnum(s[i-1]) {
				return true
			}
			fallthrough
		default:
			run, segLetters, segDigits, segLen, turns = 0, 0, 0, 0, 0
		}
		if segLen >= 12 && segDigits >= 2 && segLetters >= 2 || segLen >= 20 && turns >= 5 {
			return true
		}
	}
	if digits >= 8 || glued >= 5 {
		return true
	}
	return len(p.typed.vals) != 0 && p.typed.in(s)
}

// TagName is the qualified name of an element. Unknown names are renamed in strict.
func (p *Policy) TagName(name []byte, tag Tag, m Mode) Text {
	start := len(p.out)
	p.appendTagName(name, tag, m)
	return p.since(start)
}

func (p *Policy) appendTagName(name []byte, tag Tag, m Mode) {
	if tag != TagUnknown {
		p.add(name)
		return
	}
	if m.shows() && !p.looksLikeData(name) && identChars(name) {
		p.add(name)
		return
	}
	p.appendRenamed("x-m", name)
}

func identChars(s []byte) bool { return len(s) > 0 && only(s, "-_:.") }
