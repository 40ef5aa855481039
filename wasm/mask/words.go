package mask

import "unicode/utf8"

// wordSet finds words in a list by an open-addressing table that is filled once. A map
// would cost 1.3 KB of code and allocate on every lookup in TinyGo.
//
// A list is groups "r:word word word" joined by '|': r is the rule of the group's words,
// which are lower case.
type wordSet struct {
	list string
	tab  []uint16 // offset of the word in list, plus one
	rule []byte   // beside tab
}

//go:noinline
func newWordSet(list string) wordSet {
	n := 1
	for i := 0; i < len(list); i++ {
		if list[i] == ' ' || list[i] == '|' {
			n++
		}
	}
	size := 16
	for size < n*2 {
		size *= 2
	}
	s := wordSet{list, make([]uint16, size), make([]byte, size)}
	rule, start := list[0], 2
	for i := 2; i <= len(list); i++ {
		if i < len(list) && list[i] != ' ' && list[i] != '|' {
			continue
		}
		h := hashString(list[start:i]) & uint32(size-1)
		for s.tab[h] != 0 {
			h = (h + 1) & uint32(size-1)
		}
		s.tab[h], s.rule[h] = uint16(start+1), rule
		start = i + 1
		if i < len(list) && list[i] == '|' {
			rule = list[start]
			start += 2
			i = start
		}
	}
	return s
}

// find returns the rule of word (compared without ASCII case), or 0.
//
//go:noinline
func (s *wordSet) find(word []byte) byte {
	if len(word) == 0 || len(word) > 40 {
		return 0
	}
	mask := uint32(len(s.tab) - 1)
	for h := hashBytes(word) & mask; s.tab[h] != 0; h = (h + 1) & mask {
		at := int(s.tab[h]) - 1
		end := at + len(word)
		if end > len(s.list) || (end < len(s.list) && s.list[end] != ' ' && s.list[end] != '|') {
			continue
		}
		i := 0
		for i < len(word) && s.list[at+i] == lower(word[i]) {
			i++
		}
		if i == len(word) {
			return s.rule[h]
		}
	}
	return 0
}

//go:noinline
func hashString(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h ^ h>>15
}

//go:noinline
func hashBytes(b []byte) uint32 {
	h := uint32(2166136261)
	for _, c := range b {
		h = (h ^ uint32(lower(c))) * 16777619
	}
	return h ^ h>>15
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 32
	}
	return c
}

// eqFold compares with a lower-case word. bytes.Equal allocates in TinyGo.
//
//go:noinline
func eqFold(b []byte, s string) bool {
	if len(b) != len(s) {
		return false
	}
	for i := range b {
		if lower(b[i]) != s[i] {
			return false
		}
	}
	return true
}

// hasPrefixFold reports whether b starts with the lower-case word s.
//
//go:noinline
func hasPrefixFold(b []byte, s string) bool { return len(b) >= len(s) && eqFold(b[:len(s)], s) }

// charIn reports whether c is one of chars.
//
//go:noinline
func charIn(c byte, chars string) bool {
	for i := 0; i < len(chars); i++ {
		if chars[i] == c {
			return true
		}
	}
	return false
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

// only reports whether s is made of letters, digits and chars.
//
//go:noinline
func only(s []byte, chars string) bool {
	for _, c := range s {
		if !isAlnum(c) && !charIn(c, chars) {
			return false
		}
	}
	return true
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLetter(c byte) bool {
	c |= 0x20
	return c >= 'a' && c <= 'z'
}
func isUpper(c byte) bool { return c >= 'A' && c <= 'Z' }

//go:noinline
func isAlnum(c byte) bool { return isDigit(c) || isLetter(c) }
func isHex(c byte) bool   { return isDigit(c) || (c|0x20 >= 'a' && c|0x20 <= 'f') }

// hex is the value of a hexadecimal digit, -1 of another character.
func hex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case lower(c) >= 'a' && lower(c) <= 'f':
		return int(lower(c)-'a') + 10
	}
	return -1
}

func isSpace(c byte) bool { return c == ' ' || (c >= 9 && c <= 13) }

// wordAlnum: what belongs to a word in running text, bytes of non-ASCII letters included.
func wordAlnum(c byte) bool { return isAlnum(c) || c >= 0x80 }

// decodeRune is utf8.DecodeRune of what is UTF-8, without its tables. Of other bytes it makes some character,
// and never reads beyond them.
//
//go:noinline
func decodeRune(s []byte) (r rune, size int) {
	c := s[0]
	for size = 1; size < 4 && c<<size&0x80 != 0 && c >= 0xc0; size++ {
	}
	if c < 0x80 {
		return rune(c), 1
	}
	if size == 1 || size > len(s) {
		return utf8.RuneError, 1
	}
	r = rune(c & (0x7f >> size))
	for _, d := range s[1:size] {
		r = r<<6 | rune(d&0x3f)
	}
	return r, size
}

// appendRune is utf8.AppendRune in half of its size.
//
//go:noinline
func appendRune(dst []byte, r rune) []byte {
	if r>>11 == 0xd800>>11 || r > utf8.MaxRune {
		r = utf8.RuneError
	}
	var b [utf8.UTFMax]byte
	i := len(b) - 1
	for lead := rune(0x80); r >= lead; i-- {
		b[i] = byte(r&0x3f | 0x80)
		r >>= 6
		lead = 0x20 >> (len(b) - 1 - i)
		b[i-1] = byte(-lead << 1)
	}
	b[i] |= byte(r)
	return append(dst, b[i:]...)
}
