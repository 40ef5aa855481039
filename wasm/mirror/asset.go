//go:build !strict

package mirror

import (
	"afterimage/wasm/mask"
	"afterimage/wasm/wire"
)

// Addresses of images and fonts that went onto the wire, for the worker to fetch
// (jsbridge/worker/assets.ts): each once an epoch, with what it is relative to. The mask
// decides which they are (mask/asset.go); what comes back is written as op asset.
const (
	maxAssets     = 1024     // an epoch
	assetsBytes   = 64 << 10 // waiting to be told
	linksBytes    = 32 << 10 // addresses of linked sheets
	maxLinkBytes  = 2000
	assetHead     = 8
	assetPageBase = 1 // scope of the page's document
)

type assets struct {
	list  []byte // u32 scope, u16 length, u16 length, base, address; little endian
	seen  []uint32
	count int
	links []byte // u32 node, u16 length, address as the page has it
}

func (a *assets) reset() {
	a.list, a.links, a.count = a.list[:0], a.links[:0], 0
	clear(a.seen)
}

// Assets lists what is new since the last call: valid until the next Apply.
func (c *Core) Assets() []byte {
	list := c.assets.list
	c.assets.list = c.assets.list[:0]
	return list
}

// SafePath: see mask.Policy.
func (c *Core) SafePath(s []byte) bool { return c.dead == OK && c.pol.SafePath(s) }

// AddAsset writes op asset with this payload (wire.AppendAsset).
func (c *Core) AddAsset(payload []byte) {
	if c.dead == OK && c.snapshot {
		c.enc.AppendSkippable(wire.KindAsset, payload)
	}
}

// noteLink keeps the address of a linked sheet: what its rules name is relative to it.
func (c *Core) noteLink(n *node, name, value []byte) {
	if n.tag != mask.TagLink || !same(name, "href") || len(value) > maxLinkBytes {
		return
	}
	a := &c.assets
	if a.links == nil {
		a.links = make([]byte, 0, linksBytes)
	}
	if len(a.links)+6+len(value) <= linksBytes {
		a.links = appendU32(a.links, n.id)
		a.links = append(a.links, byte(len(value)), byte(len(value)>>8))
		a.links = append(a.links, value...)
	}
}

// linkOf is the address of the sheet of link element id, nil if it is not known.
func (a *assets) linkOf(id uint32) (href []byte) {
	for b := a.links; len(b) >= 6; {
		n := int(b[4]) | int(b[5])<<8
		if u32(b) == id {
			href = b[6 : 6+n] // the last one counts
		}
		b = b[6+n:]
	}
	return href
}

// noteAssets takes up what the op that was just written shows.
func (c *Core) noteAssets() {
	shown := c.pol.Shown()
	if len(shown) == 0 {
		return
	}
	scope, base := c.scopeOf()
	for i, from := 0, 0; i < len(shown); i++ {
		if shown[i] == 0 {
			c.noteAsset(scope, base, shown[from:i])
			from = i + 1
		}
	}
}

// scopeOf is what addresses of the op at hand are relative to: the link element in whose
// sheet they stand, with its address, else their document.
func (c *Core) scopeOf() (scope uint32, base []byte) {
	s := c.at
	if s == 0 {
		return assetPageBase, nil // a constructed sheet
	}
	if c.n(s).tag == mask.TagLink && (c.op.Kind == wire.KindSheet || c.op.Kind == wire.KindRuleInsert) {
		return c.n(s).wire, c.assets.linkOf(c.n(s).id)
	}
	for s != 0 && c.n(s).kind != kindDocument {
		s = c.n(s).parent
	}
	return c.n(s).wire, nil
}

func (c *Core) noteAsset(scope uint32, base, url []byte) {
	a := &c.assets
	if absolute(url) {
		scope, base = 0, nil
	} else if scope != assetPageBase && base == nil {
		return // relative to a document or sheet whose address is not known
	}
	if a.seen == nil {
		a.seen = make([]uint32, 2*maxAssets)
		a.list = make([]byte, 0, assetsBytes)
	}
	h := uint32(2166136261)
	for k := 0; k < 4; k++ {
		h = (h ^ scope>>(8*k)&0xff) * 16777619
	}
	for _, b := range url {
		h = (h ^ uint32(b)) * 16777619
	}
	h |= 1 // 0 is free
	at := h % uint32(len(a.seen))
	for a.seen[at] != 0 {
		if a.seen[at] == h {
			return
		}
		at = (at + 1) % uint32(len(a.seen))
	}
	if a.count >= maxAssets || len(a.list)+assetHead+len(base)+len(url) > assetsBytes {
		return
	}
	a.seen[at] = h
	a.count++
	a.list = appendU32(a.list, scope)
	a.list = append(a.list, byte(len(base)), byte(len(base)>>8), byte(len(url)), byte(len(url)>>8))
	a.list = append(a.list, base...)
	a.list = append(a.list, url...)
}

// absolute: with a scheme or a host.
func absolute(url []byte) bool {
	if len(url) > 1 && url[0] == '/' && url[1] == '/' {
		return true
	}
	for _, b := range url {
		if b == '/' || b == '?' {
			return false
		}
		if b == ':' {
			return true
		}
	}
	return false
}

func appendU32(b []byte, n uint32) []byte {
	return append(b, byte(n), byte(n>>8), byte(n>>16), byte(n>>24))
}

func u32(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
