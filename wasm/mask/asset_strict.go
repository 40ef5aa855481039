//go:build strict

package mask

// The core of strict pages shows no images: nothing of this is in it.
type shown struct{}

func (*shown) reset() {}

func (*shown) fits(int) bool { return false }

func (*Policy) drawsPerson([]byte) bool { return false }

func (*Policy) findTyped([]byte) {}

func (*Policy) isTyped(int, int) bool { return false }

func (*Policy) joinsPerson([]byte) bool { return false }

func (*Policy) shows([]byte, int, Mode) {}

type built struct{}

func (*built) pass([]byte) {}

func (*Policy) builtName(built, []byte) bool { return false }

// Of what was typed this form, which shows no text, has no use for what stands in texts alone.

func (p *Policy) hasShort() bool            { return false }
func (p *Policy) learnShort(uint32, []byte) {}
func (p *Policy) shortAt(int) int           { return 0 }
func (p *Policy) mayBePrefix([]byte) bool   { return false }
