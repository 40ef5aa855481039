package mirror

import "afterimage/wasm/mask"

// joined are short values of fields beside each other, as the boxes of a code have them: the page shows them as one.
type joined struct {
	boxes [24]joinedBox // in the order of their ids, which is that in which they came into the page
	n     int
	text  [24 * maxBox]byte
}

type joinedBox struct {
	field, group uint32
	text         [maxBox]byte
	n            uint8
}

// maxBox is the length in bytes of what is taken for a part.
const maxBox = 6

// joinBoxes takes in what stands in a masked field, and tells the policy what those in the same group say together.
func (c *Core) joinBoxes(n *node, value []byte) {
	if n.tag != mask.TagInput {
		return
	}
	up := c.n(c.n(n.parent).parent)
	j := &c.joined
	i := 0
	for i < j.n && j.boxes[i].field < n.id {
		i++
	}
	known := i < j.n && j.boxes[i].field == n.id
	if len(value) > maxBox || len(value) == 0 {
		if known {
			j.boxes[i].n = 0
		}
		return
	}
	if !known {
		if j.n == len(j.boxes) { // the first goes
			if i == 0 {
				return
			}
			copy(j.boxes[:], j.boxes[1:i])
			i--
		} else {
			copy(j.boxes[i+1:], j.boxes[i:j.n])
			j.n++
		}
	}
	b := &j.boxes[i]
	b.field, b.group = n.id, up.id
	b.n = uint8(copy(b.text[:], value))
	text, parts := j.text[:0], 0
	for k := range j.boxes[:j.n] {
		if b := &j.boxes[k]; b.group == up.id && b.n > 0 {
			text = append(text, b.text[:b.n]...)
			parts++
		}
	}
	if parts < 2 {
		return
	}
	if n.flags&secret != 0 {
		c.pol.TypedSecret(up.id|mask.Joined, text)
	} else {
		c.pol.Typed(up.id|mask.Joined, text)
	}
}
