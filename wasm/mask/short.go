//go:build !strict

package mask

import "unicode/utf8"

// shortValue is a value of two or three letters that was typed, a name mostly. It is looked for as a word of its own, and
// forgotten as what stands in its field goes on: typed key by key, longer ones begin with such.
type shortValue struct {
	field   uint32
	text    [8]byte
	n       uint8
	capital bool // it began with one, and so does what shows it
	over    bool // what its field holds goes on
	batch   uint8
}

const (
	maxShort = 64
	// Words that stand everywhere.
	commonWords = " the and for you are was not but all any can has had who how why one two new get now our out his her its she him may see use way day too let put say mr ms dr der die das und les des une los las del che "
)

func (p *Policy) hasShort() bool { return len(p.shown.short) > 0 }

// learnShort takes up a value, if it is so short, and gives up what it goes on from.
func (p *Policy) learnShort(field uint32, value []byte) {
	w, chars, digits, _ := p.typed.plain(value)
	list := p.shown.short
	n := 0
	for _, s := range list {
		if s.over && s.batch != p.typed.batch {
			continue // all is written that was said while it stood there
		}
		if s.field == field && len(w) > int(s.n) && samePrefix(s.text[:s.n], w) {
			s.over, s.batch = true, p.typed.batch
		}
		list[n] = s
		n++
	}
	list = list[:n]
	defer func() { p.shown.short = list }()
	v := shortValue{field: field, n: uint8(len(w))}
	if chars < 2 || chars > 3 || digits > 0 || len(w) > len(v.text) || Listed(commonWords, w) {
		return
	}
	at := 0
	for r, size := letter(value, at); r == 0; r, size = letter(value, at) {
		at += size
	}
	if v.capital = isCapital(value[at:]); chars < 3 && !v.capital {
		return
	}
	copy(v.text[:], w)
	for i := range list {
		if s := &list[i]; s.n == v.n && s.text == v.text {
			v.capital = v.capital && s.capital
			*s = v
			return
		}
	}
	if len(list) == maxShort {
		copy(list, list[1:])
		list = list[:maxShort-1]
	}
	list = append(list, v)
}

// shortAt is where a short value ends that is the word at k, 0 if there is none.
func (p *Policy) shortAt(k int) int {
	if !p.hasShort() {
		return 0
	}
	var w [16]byte
	n, e := 0, k
	for e < len(p.text) && n <= 8 {
		r, size := letter(p.text, e)
		if r == 0 {
			break
		}
		n += utf8.EncodeRune(w[n:], r)
		e += size
	}
	for i := range p.shown.short {
		x := &p.shown.short[i]
		if int(x.n) != n || !samePrefix(x.text[:n], w[:]) || x.over && x.batch != p.typed.batch {
			continue
		}
		if !x.capital || isCapital(p.text[k:]) {
			return e
		}
	}
	return 0
}

// mayBePrefix reports whether one of tokenPrefixes may begin with the first two bytes of t: most words are passed over.
func (p *Policy) mayBePrefix(t []byte) bool {
	heads := &p.shown.heads
	if heads[0] == 0 {
		heads[0] = 1 // they are known
		for i := 0; i+1 < len(tokenPrefixes); i++ {
			if i == 0 || tokenPrefixes[i-1] == ' ' {
				h := pair(tokenPrefixes[i], tokenPrefixes[i+1])
				heads[h/32] |= 1 << (h % 32)
			}
		}
	}
	h := pair(t[0], t[1])
	return heads[h/32]>>(h%32)&1 != 0
}
