//go:build strict

package mirror

// The core of strict pages shows no images: nothing of this is in it.
type assets struct{}

func (*assets) reset() {}

func (*Core) noteAssets() {}

func (*Core) noteLink(*node, []byte, []byte) {}
