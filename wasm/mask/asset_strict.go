//go:build strict

package mask

// The core of strict pages shows no images: nothing of this is in it.
type shown struct{}

func (*shown) reset() {}

func (*shown) fits(int) bool { return false }

func (*Policy) drawsPerson([]byte) bool { return false }

func (*Policy) shows([]byte, int, Mode) {}

type built struct{}

func (*built) pass([]byte) {}

func (*Policy) builtName(built, []byte) bool { return false }
