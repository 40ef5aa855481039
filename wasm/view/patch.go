package view

import "unicode/utf8"

// Patch opcodes (PATCH.md). The player's reconciler has the same numbers.
const (
	patchReset       = 1
	patchElement     = 2
	patchText        = 3
	patchComment     = 4
	patchShadow      = 5
	patchFrame       = 6
	patchDrop        = 7
	patchDetach      = 8
	patchInsert      = 9
	patchAttr        = 10
	patchAttrRemoved = 11
	patchSetText     = 12
	patchBox         = 13
	patchValue       = 14
	patchChecked     = 15
	patchSelected    = 16
	patchScroll      = 17
	patchCSS         = 18
	patchRule        = 19
	patchAdopted     = 20
	patchDialog      = 21

	patchViewport = 32
	patchURL      = 33
	patchPointer  = 34
	patchFocus    = 35
	patchPage     = 36
	patchVisual   = 37
	patchTouches  = 38
	patchActivity = 39
	patchHidden   = 40
	patchEmpty    = 41
)

// Patches is one list of patches: numbers, and the strings among them. A string stands in
// Ints as its length in UTF-16 units, and in Text (UTF-8) in order. Both are valid until
// the next call of SeekTo.
type Patches struct {
	Ints []int32
	Text []byte
}

func (p *Patches) clear() { p.Ints, p.Text = p.Ints[:0], p.Text[:0] }

// op begins a patch; the size is written by end.
func (p *Patches) op(code int32, args ...int32) {
	p.Ints = append(p.Ints, code|int32(len(args)+1)<<8)
	p.Ints = append(p.Ints, args...)
}

// str adds a string argument to the patch that was begun last, at index begin.
func (p *Patches) str(begin int, s string) {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x10000 {
			n++
		}
	}
	if !utf8.ValidString(s) { // cut labels may end inside a rune; never in recorded text
		s = string([]rune(s))
	}
	p.Ints = append(p.Ints, int32(n))
	p.Text = append(p.Text, s...)
	p.Ints[begin] += 1 << 8
}

func (p *Patches) num(begin int, n int32) {
	p.Ints = append(p.Ints, n)
	p.Ints[begin] += 1 << 8
}
