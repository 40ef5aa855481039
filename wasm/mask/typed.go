package mask

// typedTable remembers what was typed into inputs in this page view, so that it is found
// where the page shows it again. It stays in the core's memory; nothing derived from it
// leaves. Values are kept as letters and digits in lower case.
type typedTable struct {
	arena []byte
	vals  [maxTyped]typedValue
	heads [256]uint8 // first value (index+1) whose first word has this hash; chain by next
	n     int        // values in use
	at    int        // the next to be replaced
	word  []byte     // scratch
	pairs [32]uint32 // bit set of the two letters that values start with
}

type typedValue struct {
	field uint32 // node id
	next  uint8
	head  uint8 // hash of its first word
	n     uint8 // bytes used of its place in the arena
	words uint8
}

const (
	maxTyped      = 128
	maxTypedBytes = 96 // of one value; a longer one is kept by its beginning
	minTyped      = 4  // shorter values stand everywhere
)

func (t *typedTable) init() {
	t.arena = make([]byte, maxTyped*maxTypedBytes)
	t.word = make([]byte, 0, maxTypedBytes)
}

// Typed tells the policy a raw value of a field. The table is bounded; the oldest goes.
func (p *Policy) Typed(field uint32, value []byte) {
	t := &p.typed
	var buf [maxTypedBytes]byte
	n, letters, other := 0, 0, 0
	head := uint32(0)
	inFirst := true
	words := uint8(0)
	inWord := false
	for _, c := range value {
		if !wordAlnum(c) {
			if n > 0 {
				inFirst = false
			}
			inWord = false
			continue
		}
		if n == maxTypedBytes {
			break
		}
		if !inWord {
			words++
			inWord = true
		}
		c = lower(c)
		if c >= 0x80 {
			other++
		} else if !isDigit(c) {
			letters++
		}
		buf[n] = c
		n++
		if inFirst {
			head = (head ^ uint32(c)) * 16777619
		}
	}
	if n < minTyped || (other == 0 && letters == 0 && n < 5) {
		return
	}
	h := foldHash(head)
	// The same field typed further: its earlier, shorter value is replaced.
	for i := 0; i < t.n; i++ {
		v := &t.vals[i]
		old := t.arena[i*maxTypedBytes : i*maxTypedBytes+int(v.n)]
		if v.field == field && len(old) <= n && samePrefix(old, buf[:n]) {
			t.unlink(i)
			t.put(i, field, buf[:n], h, words)
			return
		}
		if len(old) == n && samePrefix(old, buf[:n]) {
			return
		}
	}
	i := t.n
	if t.n < maxTyped {
		t.n++
	} else {
		i = t.at
		t.at = (t.at + 1) % maxTyped
		t.unlink(i)
	}
	t.put(i, field, buf[:n], h, words)
}

func foldHash(h uint32) uint8 { return uint8(h ^ h>>8 ^ h>>16 ^ h>>24) }

func samePrefix(short, long []byte) bool {
	for i, c := range short {
		if long[i] != c {
			return false
		}
	}
	return true
}

func (t *typedTable) put(i int, field uint32, b []byte, head, words uint8) {
	copy(t.arena[i*maxTypedBytes:], b)
	t.vals[i] = typedValue{field: field, next: t.heads[head], head: head, n: uint8(len(b)), words: words}
	t.heads[head] = uint8(i + 1)
	t.pairs[pair(b)>>5] |= 1 << (pair(b) & 31)
}

func pair(b []byte) uint32 { return (uint32(b[0])*37 + uint32(b[1])) & 1023 }

func (t *typedTable) unlink(i int) {
	v := &t.vals[i]
	at := &t.heads[v.head]
	for *at != 0 {
		if int(*at) == i+1 {
			*at = v.next
			return
		}
		at = &t.vals[*at-1].next
	}
}

// echo returns the end of a typed value that starts at s[i], the start of a word, or 0.
func (t *typedTable) echo(s []byte, i int) int {
	h := uint32(0)
	k := i
	for k < len(s) && wordAlnum(s[k]) {
		h = (h ^ uint32(lower(s[k]))) * 16777619
		k++
	}
	best := 0
	for at := t.heads[foldHash(h)]; at != 0; at = t.vals[at-1].next {
		v := &t.vals[at-1]
		val := t.arena[(int(at)-1)*maxTypedBytes:][:v.n]
		j, n, gap := i, 0, 0
		for j < len(s) && n < len(val) {
			if !wordAlnum(s[j]) {
				if gap++; gap > 4 {
					break
				}
				j++
				continue
			}
			if lower(s[j]) != val[n] {
				break
			}
			gap = 0
			j++
			n++
		}
		if n == len(val) && (j == len(s) || !wordAlnum(s[j]) || n == maxTypedBytes) && j > best {
			best = j
		}
	}
	return best
}

// in reports whether a typed value stands anywhere in a name, also inside a word.
func (t *typedTable) in(s []byte) bool {
	w := t.word[:0]
	for _, c := range s {
		if wordAlnum(c) && len(w) < cap(w) {
			w = append(w, lower(c))
		}
	}
	for k := 0; k+minTyped <= len(w); k++ {
		if at := pair(w[k:]); t.pairs[at>>5]>>(at&31)&1 == 0 {
			continue
		}
		for i := 0; i < t.n; i++ {
			val := t.arena[i*maxTypedBytes:][:t.vals[i].n]
			if len(val) <= len(w)-k && samePrefix(val, w[k:]) {
				return true
			}
		}
	}
	return false
}
