package e2e

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	le "encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
)

// canary is a random text that is planted in a page by one route and may leave the browser
// in no form.
type canary struct {
	text  string
	where string // the route and its region, for the report
	route string // the route's name; empty for what belongs to the page
	free  bool   // the policy may show it: planted, looked for, and no leak
}

// Units in a row that make a find. Letters are told by 8: of 19 consonants, more than chance
// brings in any recording. Digits alone stand in times and ids, so it takes 12.
const (
	windowUnits  = 8
	windowDigits = 12
	windowBase64 = 10 // characters, 60 bits
	// What is sealed is noise: of millions of its bytes, less all but letters and digits, chance makes
	// eight of some thousands of canaries, and a thousand times more seldom ten.
	windowNoise = 10
	encodedStep = 3 // what is encoded is found by every third window: by ten letters in a row
)

// needle is one window of one form of a canary.
type needle struct {
	text   string
	canary *canary
	form   string
}

// scanner finds canaries in bytes, in every form that it knows. Needles are at least 8 bytes long and
// found by their beginning: by its first 8 bytes most bytes of what is scanned are passed over, by as
// many as keyLen says those of one needle are told from others of the same encoding.
type scanner struct {
	sieve  []uint64 // a bit for each first 8 bytes, by their hash: most bytes are no needle's
	exact  map[uint64][]needle
	folded map[uint64][]needle // in what is left of the bytes without all but letters and digits, in lower case
	short  []needle            // dates and the like, looked for one by one
	finds  map[*canary]*evidence
	// Texts that the policy shows, all of freeUnits letters. Two of them beside each other may hold
	// eight letters of a canary.
	shown map[string]bool
	odds
}

// evidence is what was found of a canary.
type evidence struct {
	places map[string]string // excerpts, by form and place
	// All that was found, if that is no more than the fewest letters that make a find, and the same everywhere;
	// else empty.
	fragment string
}

const freeUnits = 14

func newScanner(canaries ...*canary) *scanner {
	s := &scanner{sieve: make([]uint64, 1<<sieveBits/64), exact: map[uint64][]needle{}, folded: map[uint64][]needle{}, finds: map[*canary]*evidence{}, shown: map[string]bool{}, odds: newOdds()}
	for _, c := range canaries {
		s.add(c)
	}
	return s
}

// keyLengths are the lengths of beginnings, in bytes.
var keyLengths = [...]int{32, 24, 16, 8}

func keyLen(n int) int {
	for _, l := range keyLengths {
		if l <= n {
			return l
		}
	}
	return 0
}

// keyOf hashes the first n bytes, a multiple of 8.
func keyOf(b []byte, n int) uint64 {
	h := uint64(n)
	for i := 0; i < n; i += 8 {
		h = (h ^ le.LittleEndian.Uint64(b[i:])) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

// sieveBits is the logarithm of the sieve's bits; it fits a processor's cache.
const sieveBits = 24

func sieveBit(k uint64) uint64 { return k * 0x9e3779b97f4a7c15 >> (64 - sieveBits) }

func (s *scanner) put(index map[uint64][]needle, c *canary, form, text string) {
	if len(text) < 8 {
		s.short = append(s.short, needle{text, c, form})
		return
	}
	k := keyOf([]byte(text), keyLen(len(text)))
	for _, n := range index[k] {
		if n.text == text && n.canary == c {
			return
		}
	}
	bit := sieveBit(le.LittleEndian.Uint64([]byte(text[:8])))
	s.sieve[bit/64] |= 1 << (bit % 64)
	index[k] = append(index[k], needle{text, c, form})
}

// windows puts the runs of n units that begin at every step-th unit.
func (s *scanner) windows(index map[uint64][]needle, c *canary, form string, units []string, n, step int) {
	n = min(n, len(units))
	for i := 0; i+n <= len(units); i += step {
		s.put(index, c, form, strings.Join(units[i:i+n], ""))
	}
}

func fold[T string | []byte](b T) []byte {
	out := make([]byte, 0, len(b))
	for _, c := range []byte(b) {
		if c >= 'A' && c <= 'Z' {
			c += 32
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			out = append(out, c)
		}
	}
	return out
}

// encodings write one UTF-16 unit of a text in a form of their own.
var encodings = []struct {
	form string
	unit func(u uint16) string
}{
	{"percent", func(u uint16) string { return fmt.Sprintf("%%%02x", u) }},
	{"percent", func(u uint16) string { return fmt.Sprintf("%%%02X", u) }},
	{"entity", func(u uint16) string { return fmt.Sprintf("&#%d;", u) }},
	{"entity", func(u uint16) string { return fmt.Sprintf("&#x%x;", u) }},
	{"entity", func(u uint16) string { return fmt.Sprintf("&#x%X;", u) }},
	{"escape", func(u uint16) string { return fmt.Sprintf(`\u%04x`, u) }},
	{"escape", func(u uint16) string { return fmt.Sprintf(`\x%02x`, u) }},
	{"css escape", func(u uint16) string { return fmt.Sprintf(`\%x `, u) }},
	{"css escape", func(u uint16) string { return fmt.Sprintf(`\%06x`, u) }},
	{"hex", func(u uint16) string { return fmt.Sprintf("%02x", u) }},
	{"hex", func(u uint16) string { return fmt.Sprintf("%02X", u) }},
	{"codes", func(u uint16) string { return fmt.Sprintf("%d,", u) }},
	{"codes", func(u uint16) string { return fmt.Sprintf("%d ", u) }},
	{"codes", func(u uint16) string { return fmt.Sprintf("%d;", u) }},
	{"utf-16le", func(u uint16) string { return string([]byte{byte(u), byte(u >> 8)}) }},
	{"utf-16be", func(u uint16) string { return string([]byte{byte(u >> 8), byte(u)}) }},
	{"utf-32", func(u uint16) string { return string([]byte{byte(u), byte(u >> 8), 0, 0}) }},
}

var digests = []struct {
	form string
	sum  func(b []byte) []byte
}{
	{"md5", func(b []byte) []byte { h := md5.Sum(b); return h[:] }},
	{"sha1", func(b []byte) []byte { h := sha1.Sum(b); return h[:] }},
	{"sha256", func(b []byte) []byte { h := sha256.Sum256(b); return h[:] }},
	{"sha384", func(b []byte) []byte { h := sha512.Sum384(b); return h[:] }},
	{"sha512", func(b []byte) []byte { h := sha512.Sum512(b); return h[:] }},
	{"fnv64", func(b []byte) []byte { h := fnv.New64a(); h.Write(b); return h.Sum(nil) }},
}

// unitsOf is how many units of a text in a row make a find.
func unitsOf(text string) int {
	if len(bytes.Trim(fold(text), "0123456789")) == 0 {
		return windowDigits
	}
	return windowUnits
}

// clearWindow is a run of units by which a text is found where it is not encoded.
type clearWindow struct {
	form, text string
	folded     bool // in what is left of the bytes without all but letters and digits, in lower case
}

// clearWindows are all of a text.
func clearWindows(text string) (list []clearWindow) {
	n, plain := unitsOf(text), fold(text)
	if n == windowDigits && len(plain) < n { // a date: as it is written, and no other way
		return []clearWindow{{"exact", text, false}}
	}
	add := func(form string, units []string, folded bool) {
		for i := range len(units) - min(n, len(units)) + 1 {
			list = append(list, clearWindow{form, strings.Join(units[i:min(i+n, len(units))], ""), folded})
		}
	}
	chars := strings.Split(text, "")
	add("exact", chars, false)
	if len(plain) >= n {
		letters := strings.Split(string(plain), "")
		add("case or separators", letters, true)
		slices.Reverse(letters)
		add("reversed", letters, true)
	} else {
		slices.Reverse(chars)
		add("reversed", chars, false)
	}
	return list
}

func (s *scanner) add(c *canary) {
	text := c.text
	n, plain := unitsOf(text), fold(text)
	if c.free && len(plain) == freeUnits {
		s.shown[string(plain)] = true
	}
	for _, w := range clearWindows(text) {
		if w.folded {
			s.put(s.folded, c, w.form, w.text)
			s.needle(w.text)
		} else {
			s.put(s.exact, c, w.form, w.text)
		}
	}
	if n == windowDigits && len(plain) < n {
		return
	}
	cases := []string{text, strings.ToLower(text), strings.ToUpper(text), string(plain)}
	slices.Sort(cases)
	cases = slices.Compact(cases)
	for _, form := range cases {
		for _, e := range encodings {
			var units []string
			for _, u := range utf16.Encode([]rune(form)) {
				units = append(units, e.unit(u))
			}
			s.windows(s.exact, c, e.form, units, n, encodedStep)
		}
		for shift := range 3 {
			b := base64.StdEncoding.EncodeToString(append(make([]byte, shift), form...))
			from, to := (shift*8+5)/6, (shift+len(form))*8/6 // characters that hold nothing but the text
			units := strings.Split(b[from:to], "")
			s.windows(s.exact, c, "base64", units, windowBase64, encodedStep)
			for i := range units {
				units[i] = strings.NewReplacer("+", "-", "/", "_").Replace(units[i])
			}
			s.windows(s.exact, c, "base64", units, windowBase64, encodedStep)
		}
	}
	// Also of its beginnings, as of a value that grows key by key, and of the parts of an address.
	hashed := append([]string{}, cases...)
	for n := windowUnits; n < len(text); n++ {
		hashed = append(hashed, text[:n])
	}
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '@' || r == '.' }) {
		if len(part) >= windowUnits {
			hashed = append(hashed, part)
		}
	}
	slices.Sort(hashed)
	for _, form := range slices.Compact(hashed) {
		for _, d := range digests {
			sum := d.sum([]byte(form))
			s.put(s.exact, c, d.form, string(sum[:8]))
			s.put(s.exact, c, d.form, hex.EncodeToString(sum)[:16])
			s.put(s.exact, c, d.form, strings.ToUpper(hex.EncodeToString(sum)[:16]))
			s.put(s.exact, c, d.form, base64.StdEncoding.EncodeToString(sum)[:10])
			s.put(s.exact, c, d.form, base64.URLEncoding.EncodeToString(sum)[:10])
		}
	}
}

// scan looks for all canaries in data, and in what is compressed in it.
func (s *scanner) scan(source string, data []byte) { s.scanFor(source, data, windowUnits) }

// scanSealed is scan for data that is sealed for the most part.
func (s *scanner) scanSealed(source string, data []byte) { s.scanFor(source, data, windowNoise) }

func (s *scanner) scanFor(source string, data []byte, folded int) {
	s.searchBoth(source, data, folded)
	for _, n := range s.short {
		if at := bytes.Index(data, []byte(n.text)); at >= 0 {
			s.found(n, source, data, at, "")
		}
	}
	for i := 0; i+2 < len(data); i++ {
		var r io.Reader
		var err error
		switch {
		case data[i] == 0x1f && data[i+1] == 0x8b && data[i+2] == 8:
			r, err = gzip.NewReader(bytes.NewReader(data[i:]))
		case data[i] == 0x78 && (data[i+1] == 1 || data[i+1] == 0x5e || data[i+1] == 0x9c || data[i+1] == 0xda):
			r, err = zlib.NewReader(bytes.NewReader(data[i:]))
		default:
			continue
		}
		if err != nil {
			continue
		}
		// What was read before an error counts too: the stream may be cut off.
		if inner, _ := io.ReadAll(io.LimitReader(r, 1<<24)); len(inner) > 64 {
			s.searchBoth(source+" (compressed)", inner, windowUnits)
		}
	}
}

// searchBoth looks for all needles; of what is found by its letters and digits alone, least must stand in a row.
func (s *scanner) searchBoth(source string, data []byte, least int) {
	s.search(s.exact, source, data, windowUnits)
	plain := fold(data)
	s.search(s.folded, source, plain, least)
	s.count(plain, least > windowUnits)
}

// search looks for the needles of an index; of the canary around one, least units must stand there.
func (s *scanner) search(index map[uint64][]needle, source string, data []byte, least int) {
	for i := 0; i+8 <= len(data); i++ {
		k := le.LittleEndian.Uint64(data[i:])
		if bit := sieveBit(k); s.sieve[bit/64]>>(bit%64)&1 == 0 {
			continue
		}
		for _, l := range keyLengths {
			if i+l > len(data) {
				continue
			}
			for _, n := range index[keyOf(data[i:], l)] {
				if len(n.text) > len(data)-i || string(data[i:i+len(n.text)]) != n.text {
					continue
				}
				from, to, all := n.run(data, i)
				if to-from < min(least, all) || !n.canary.free && s.isShown(data, i, i+len(n.text)) {
					continue
				}
				fragment := ""
				// Letters of a text that may be shown count for nothing. Twelve digits are more.
				if to-from < all && to-from-s.shownUnits(data, from, to) <= least {
					fragment = string(fold(data[from:to]))
				}
				s.found(n, source, data, i, fragment)
			}
		}
	}
}

// run is where in data the needle's canary stands in a row, around the needle at i, and of how many
// units all of it is. Of what is encoded it is the needle alone, as if that were all.
func (n needle) run(data []byte, i int) (from, to, all int) {
	from, to, all = i, i+len(n.text), len(n.text)
	whole := []byte(n.canary.text)
	switch n.form {
	case "exact":
	case "case or separators":
		whole = fold(whole)
	case "reversed":
		whole = fold(whole)
		slices.Reverse(whole)
	default:
		return from, to, all
	}
	at := bytes.Index(whole, []byte(n.text))
	if at < 0 {
		return from, to, all
	}
	for k := at - 1; k >= 0 && from > 0 && data[from-1] == whole[k]; k-- {
		from--
	}
	for k := at + len(n.text); k < len(whole) && to < len(data) && data[to] == whole[k]; k++ {
		to++
	}
	return from, to, len(whole)
}

// isShown reports whether data consists there of parts of texts, whole in data, that may be shown.
func (s *scanner) isShown(data []byte, from, to int) bool {
	return s.shownUnits(data, from, to) == to-from
}

// shownUnits is how many bytes there belong to such texts.
func (s *scanner) shownUnits(data []byte, from, to int) (n int) {
	end := 0 // of the last such text
	for at := max(0, from-freeUnits+1); at < to && at+freeUnits <= len(data); at++ {
		if s.shown[string(data[at:at+freeUnits])] {
			n += min(to, at+freeUnits) - max(from, at, end)
			end = at + freeUnits
		}
	}
	return n
}

func (s *scanner) found(n needle, source string, data []byte, at int, fragment string) {
	e := s.finds[n.canary]
	if e == nil {
		e = &evidence{places: map[string]string{}, fragment: fragment}
		s.finds[n.canary] = e
	}
	if e.fragment != fragment {
		e.fragment = ""
	}
	what := n.form + " in " + source
	if _, known := e.places[what]; !known {
		e.places[what] = fmt.Sprintf("%.240q", data[max(0, at-100):min(len(data), at+len(n.text)+40)])
	}
}

// seen reports whether a canary stands in what was scanned, in any form.
func (s *scanner) seen(c *canary) bool { return s.finds[c] != nil }

// fragment is all that was found of a canary, if that is so little that chance can have made it.
func (s *scanner) fragment(c *canary) string {
	if e := s.finds[c]; e != nil {
		return e.fragment
	}
	return ""
}

// forms lists the forms and places of a canary's finds, with an excerpt of each place.
func (s *scanner) forms(c *canary) string {
	if !s.seen(c) {
		return ""
	}
	var lines []string
	for what, excerpt := range s.finds[c].places {
		lines = append(lines, "\n\t"+what+": "+excerpt)
	}
	slices.Sort(lines)
	if len(lines) > 4 {
		lines = append(lines[:4], fmt.Sprintf("\n\tand in %d more", len(lines)-4))
	}
	return strings.Join(lines, "")
}

// scanEvents scans the lines of `replay cat`, and the texts and numbers of each member strung
// together over all events, by op and by op and node: what is split over them shows there.
func (s *scanner) scanEvents(source string, lines []byte) error {
	s.scan(source, lines)
	streams := map[string]*bytes.Buffer{}
	add := func(name, text string) {
		if streams[name] == nil {
			streams[name] = &bytes.Buffer{}
		}
		streams[name].WriteString(text)
	}
	var walk func(names []string, v any)
	walk = func(names []string, v any) {
		switch v := v.(type) {
		case string:
			for _, name := range names {
				add(name, v)
			}
		case json.Number:
			code, err := strconv.Atoi(v.String())
			for _, name := range names {
				add(name+" as codes", v.String()+",")
				if err == nil && code > 31 && code < 0xd800 {
					add(name+" as characters", string(rune(code)))
				}
			}
		case []any:
			for _, item := range v {
				walk(names, item)
			}
		case map[string]any:
			for _, name := range slices.Sorted(mapKeys(v)) {
				var inner []string
				for _, outer := range names {
					inner = append(inner, outer+"."+name)
				}
				for _, outer := range names {
					add(outer+" names", name)
				}
				walk(inner, v[name])
			}
		}
	}
	for line := range bytes.Lines(lines) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		var event map[string]any
		if err := d.Decode(&event); err != nil {
			return fmt.Errorf("replay cat printed %.200q: %w", line, err)
		}
		for name, v := range event {
			if name == "pageView" || name == "atMs" || name == "time" {
				continue
			}
			walk([]string{name, fmt.Sprint(event["op"], ".", name), fmt.Sprint(event["op"], " ", event["id"], ".", name)}, v)
		}
	}
	for name, text := range streams {
		s.searchBoth(source+", strung over "+name, text.Bytes(), windowUnits)
	}
	return nil
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
