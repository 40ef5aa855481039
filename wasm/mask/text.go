package mask

// Level is the privacy level of a page.
type Level uint8

// Levels. The zero value is the tightest.
const (
	Strict   Level = 0
	Balanced Level = 1
)

// Mode is the effective privacy of one node: the page's level and the nearest marker.
type Mode uint8

// Modes. The zero value masks; Blocked lets nothing out, not even masked.
const (
	Masked  Mode = 0 // page level strict, or a mask marker
	Shown   Mode = 1 // page level balanced: text shown less personal data, inputs masked
	Allowed Mode = 2 // an allow marker: as Shown, inputs of non-secret kinds too
	Blocked Mode = 3 // a block marker: a box
)

// Text has passed the policy. Only Policy makes one. It is valid until Policy.Reset.
type Text struct{ b []byte }

// Bytes returns the masked bytes. The caller must not change them.
func (t Text) Bytes() []byte { return t.b }

// Empty reports whether nothing is left.
func (t Text) Empty() bool { return len(t.b) == 0 }

// InputMask stands for any value somebody could have typed, whatever its length.
const InputMask = "••••••"

// Policy makes Text out of raw page data.
type Policy struct {
	level  Level
	skip   bool   // only by UnsafeSkipDetection
	out    []byte // arena of the Texts made since Reset
	spans  []span // personal data found in the text at hand
	text   []byte // what detect reads
	run    int    // up to here numbers were read
	done   int    // end of the last span
	num    number
	idCode codeScratch
	tmp    []byte // scratch of one call
	names  renames
	typed  typedTable
	lists  lists
	src    source // style at hand
	url    source // URL at hand
	// Drawn says of the element at hand whether what is typed is drawn around it.
	Drawn Drawn
	// Posted says that the visitor gave the page a file, a paste, a drop or the camera. A data
	// URL may hold that from then on, so only an allow marker shows it.
	Posted bool
	// Handed counts what was masked of that which the site hands over in code (meta.go).
	Handed int
	// What detection reads a second time, in ASCII, and where each byte of it stands.
	folded   []byte
	foldedAt []uint32
	word     [16]byte // scratch of detection
	shown    shown    // addresses of images and fonts in the Texts
}

// New returns the policy of one page view.
func New(level Level) *Policy {
	p := new(Policy)
	p.Init(level)
	return p
}

// Init makes the zero Policy that of a page view. An unknown level is Strict.
func (p *Policy) Init(level Level) {
	if level != Balanced {
		level = Strict
	}
	p.level = level
	p.out, p.spans, p.tmp = make([]byte, 0, 4096), make([]span, 0, 32), make([]byte, 0, 512)
	p.names.init()
	p.typed.init()
	p.lists.init()
}

// PageMode is the mode of a document without any marker.
func (p *Policy) PageMode() Mode {
	if detects && p.level == Balanced {
		return Shown
	}
	return Masked
}

// Reset ends the life of all Texts made so far.
func (p *Policy) Reset() {
	p.out = p.out[:0]
	p.shown.reset()
}

func (p *Policy) since(start int) Text { return Text{p.out[start:len(p.out):len(p.out)]} }

func (p *Policy) lit(s string) Text {
	start := len(p.out)
	p.str(s)
	return p.since(start)
}

// Text is the data of a text node.
func (p *Policy) Text(s []byte, m Mode) Text {
	start := len(p.out)
	p.appendText(s, m)
	return p.since(start)
}

func (p *Policy) appendText(s []byte, m Mode) {
	switch {
	case m.shows():
		p.appendShown(s)
	case m != Blocked:
		p.appendMasked(s)
	}
}

// FieldText is text inside something that is filled in or computed from what was: options,
// output, textarea content. Only an allow marker shows it.
func (p *Policy) FieldText(s []byte, m Mode) Text {
	if m == Shown {
		m = Masked
	}
	return p.Text(s, m)
}

// EditableText is text that the visitor may have typed: contenteditable, role=textbox,
// textarea. Where it is not allowed it becomes InputMask, or of white space alone one blank.
func (p *Policy) EditableText(s []byte, m Mode) Text {
	switch {
	case m.Opens():
		return p.Text(s, m)
	case m == Blocked:
		return Text{}
	case OnlySpace(s):
		return p.lit(" "[:min(len(s), 1)])
	default:
		return p.lit(InputMask)
	}
}

// Value is the live value of an input or textarea. Secret kinds are masked in every mode.
func (p *Policy) Value(s []byte, m Mode, secret bool) Text {
	if len(s) == 0 || m == Blocked {
		return Text{}
	}
	if m.Opens() && !secret {
		return p.Text(s, m)
	}
	return p.lit(InputMask)
}

// Filled is what a secret input shows: whether it is empty, no more.
func (p *Policy) Filled(filled bool) Text {
	if filled {
		return p.lit(InputMask)
	}
	return Text{}
}

// CommonName is a doctype's name: html, svg, or nothing.
func (p *Policy) CommonName(s []byte) Text {
	if eqFold(s, "html") {
		return p.lit("html")
	}
	return Text{}
}

// appendMasked keeps white space and, per word, about the width: POLICY.md "The mask".
func (p *Policy) appendMasked(s []byte) {
	n, wide := 0, 0
	for i := 0; i < len(s); {
		c := s[i]
		if c > ' ' && c < 0x7f {
			n++
			i++
			continue
		}
		if c < 0x80 {
			i++
			if c == ' ' || (c >= 9 && c <= 13) {
				p.appendWord(n, wide)
				n, wide = 0, 0
				p.put(c)
			}
			continue
		}
		r, size := decodeRune(s[i:])
		i += size
		switch {
		case r == 0xa0:
			p.appendWord(n, wide)
			n, wide = 0, 0
			p.str("\u00a0")
		case isSpaceRune(r):
			p.appendWord(n, wide)
			n, wide = 0, 0
			p.put(' ')
		case isZeroWidth(r):
		case isWide(r):
			n++
			wide++
		default:
			n++
		}
	}
	p.appendWord(n, wide)
}

// appendWord writes the mask of a word of n characters: its length is rounded, so that
// lengths in a row are no fingerprint, and a typed word that is echoed is not counted.
func (p *Policy) appendWord(n, wide int) {
	m := n
	switch {
	case n <= 2:
	case n <= 5:
		m = 4
	case n <= 8:
		m = 7
	case n <= 12:
		m = 10
	case n <= 20:
		m = 16
	default:
		m = (n + 4) &^ 7
	}
	if wide*2 > n {
		for ; m > 0; m-- {
			p.str("ｘ")
		}
		return
	}
	for ; m > 0; m-- {
		p.put('x')
	}
}

func isSpaceRune(r rune) bool {
	return r == 0x85 || r == 0x1680 || (r >= 0x2000 && r <= 0x200a) || r == 0x2028 || r == 0x2029 || r == 0x202f || r == 0x205f || r == 0x3000
}

func isZeroWidth(r rune) bool {
	return (r >= 0x300 && r <= 0x36f) || (r >= 0x200b && r <= 0x200f) || (r >= 0x202a && r <= 0x202e) ||
		(r >= 0x2060 && r <= 0x206f) || (r >= 0xfe00 && r <= 0xfe0f) || r == 0xfeff || r == 0xad
}

func isWide(r rune) bool {
	return (r >= 0x1100 && r <= 0x115f) || (r >= 0x2e80 && r <= 0xa4cf) || (r >= 0xac00 && r <= 0xd7a3) ||
		(r >= 0xf900 && r <= 0xfaff) || (r >= 0xfe30 && r <= 0xfe6f) || (r >= 0xff00 && r <= 0xff60) || r >= 0x1f300
}

// OnlySpace reports whether nothing but blanks and control characters is in s.
func OnlySpace(s []byte) bool {
	for _, c := range s {
		if c > ' ' {
			return false
		}
	}
	return true
}

// The writers of the arena. They stand apart (and are not inlined) because an append in
// place is 60 bytes of WebAssembly.

//go:noinline
func (p *Policy) put(c byte) { p.out = append(p.out, c) }

//go:noinline
func (p *Policy) add(b []byte) { p.out = append(p.out, b...) }

//go:noinline
func (p *Policy) str(s string) { p.out = append(p.out, s...) }

// last is the last byte written, 0 if there is none.
//
//go:noinline
func (p *Policy) last() byte {
	if len(p.out) == 0 {
		return 0
	}
	return p.out[len(p.out)-1]
}
