package mirror

import "afterimage/wasm/mask"

const (
	maxSheets = 4096    // constructed sheets that are told apart; the rest is masked
	maxAdopts = 1 << 15 // pairs of root and sheet; with more, all are masked
)

// sheets says of the constructed sheets of the epoch, by the bridge's number, where they were adopted.
type sheets struct {
	where  [maxSheets]uint8
	adopts []adopt
}

type adopt struct {
	root  uint32
	sheet uint16
}

const (
	sheetShown  = 1 << iota // in a root where text is shown
	sheetMasked             // in one where it is not
)

func (x *sheets) reset() {
	if mask.Detects() {
		x.where, x.adopts = [maxSheets]uint8{}, x.adopts[:0]
	}
}

// noteAdopted takes in the op adopted at hand, for the root of slot s. The bridge sends it before the
// rules of a sheet that is new.
func (c *Core) noteAdopted(s int32) {
	if !mask.Detects() {
		return
	}
	for k := range int(c.arg(1)) {
		id := c.arg(2 + k)
		if id < 0 || id >= maxSheets {
			continue
		}
		c.sheets.where[id] |= sheetShown
		c.sheets.adopts = append(c.sheets.adopts, adopt{c.n(s).id, uint16(id)})
	}
	c.judgeSheets(s)
	if top := c.top(s); top != 0 {
		c.judgeSheets(top)
	}
	if len(c.sheets.adopts) >= maxAdopts {
		for id := range c.sheets.where {
			c.sheets.where[id] |= sheetMasked
		}
		c.sheets.adopts = c.sheets.adopts[:0]
	}
}

// judgeSheets is called when s, if it is a root or a document's element, has adopted sheets or has another
// mode: what masks text masks its sheets, for the epoch. Slot 0 stands for a root that is not known.
func (c *Core) judgeSheets(s int32) {
	n := c.n(s)
	if !mask.Detects() || s != 0 && (n.mode == mask.Shown || n.mode == mask.Allowed) {
		return
	}
	id := n.id
	if s != 0 && n.kind < kindShadow {
		if c.top(n.parent) != s {
			return
		}
		id = c.n(n.parent).id
	}
	for _, a := range c.sheets.adopts {
		if a.root == id {
			c.sheets.where[a.sheet] |= sheetMasked
		}
	}
}

// top is the element of a document, html in most, else 0.
func (c *Core) top(document int32) int32 {
	if c.n(document).kind == kindDocument {
		for s := c.n(document).first; s != 0; s = c.n(s).next {
			if c.n(s).kind == kindElement {
				return s
			}
		}
	}
	return 0
}

// sheetMode is the mode of what a constructed sheet says: the page's, or Masked if it was adopted
// in this epoch where text is masked, or nowhere.
func (c *Core) sheetMode(id int32) mask.Mode {
	if !mask.Detects() || id < 0 || id >= maxSheets || c.sheets.where[id] != sheetShown {
		return mask.Masked
	}
	return c.pol.PageMode()
}
