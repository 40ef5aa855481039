package open

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Cursor is a set of (page view, segment number): what a reader has already. It is a set
// and not a position because a late segment may stand before one that was sent long ago.
// The zero value is empty. Not safe for concurrent use.
type Cursor struct {
	views []cursorView
}

type cursorView struct {
	key    uint64 // first 8 bytes of the page view id
	ranges [][2]uint32
}

// maxRanges bounds the text of a cursor. A page view with more holes than this has its
// last holes counted as sent: a live viewer then sees segments that fill them only after
// a reload. Only a hostile sender makes such a page view.
const maxRanges = 64

// ErrCursor is what ParseCursor answers to a text that String did not make.
var ErrCursor = errors.New("not a cursor")

func viewKey(pageView string) uint64 {
	b, err := hex.DecodeString(pageView[:min(len(pageView), 16)])
	if err != nil || len(b) < 8 {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// Has tells whether the segment is in the set.
func (c *Cursor) Has(pageView string, number uint32) bool {
	if c == nil {
		return false
	}
	key := viewKey(pageView)
	for i := range c.views {
		if c.views[i].key != key {
			continue
		}
		for _, r := range c.views[i].ranges {
			if number >= r[0] && number <= r[1] {
				return true
			}
		}
		return false
	}
	return false
}

// Add puts the segment into the set.
func (c *Cursor) Add(pageView string, number uint32) {
	key := viewKey(pageView)
	i := slices.IndexFunc(c.views, func(v cursorView) bool { return v.key == key })
	if i < 0 {
		c.views = append(c.views, cursorView{key: key})
		i = len(c.views) - 1
	}
	c.views[i].add(number)
}

func (v *cursorView) add(n uint32) {
	rs := v.ranges
	// The first range that ends at or after n-1, so that it holds n, touches it, or
	// stands behind it.
	i := slices.IndexFunc(rs, func(r [2]uint32) bool { return uint64(r[1])+1 >= uint64(n) })
	switch {
	case i < 0:
		v.ranges = append(rs, [2]uint32{n, n})
	case n >= rs[i][0] && n <= rs[i][1]:
	case uint64(rs[i][1])+1 == uint64(n):
		rs[i][1] = n
		if i+1 < len(rs) && rs[i+1][0] == n+1 {
			rs[i][1] = rs[i+1][1]
			v.ranges = slices.Delete(rs, i+1, i+2)
		}
	case n+1 == rs[i][0]:
		rs[i][0] = n
	default:
		v.ranges = slices.Insert(rs, i, [2]uint32{n, n})
	}
	if k := len(v.ranges); k > maxRanges {
		v.ranges[k-2][1] = v.ranges[k-1][1]
		v.ranges = v.ranges[:k-1]
	}
}

// String is the set as text for a URL: base64url of, for each page view, 8 bytes of its
// id, the count of ranges, and each range as two varints (distance from the last, length).
func (c *Cursor) String() string {
	if c == nil || len(c.views) == 0 {
		return ""
	}
	var b []byte
	for _, v := range c.views {
		b = binary.BigEndian.AppendUint64(b, v.key)
		b = binary.AppendUvarint(b, uint64(len(v.ranges)))
		at := uint64(0)
		for _, r := range v.ranges {
			b = binary.AppendUvarint(b, uint64(r[0])-at)
			b = binary.AppendUvarint(b, uint64(r[1]-r[0]))
			at = uint64(r[1])
		}
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseCursor reads the text of String. "" and "0" are the empty set.
func ParseCursor(s string) (*Cursor, error) {
	c := &Cursor{}
	if s == "" || s == "0" {
		return c, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, fmt.Errorf("%w: not base64url", ErrCursor)
	}
	for len(b) > 0 {
		if len(b) < 9 {
			return nil, fmt.Errorf("%w: cut off", ErrCursor)
		}
		v := cursorView{key: binary.BigEndian.Uint64(b)}
		b = b[8:]
		count, n := binary.Uvarint(b)
		if n <= 0 || count == 0 || count > maxRanges {
			return nil, fmt.Errorf("%w: count of ranges", ErrCursor)
		}
		b = b[n:]
		at := uint64(0)
		for range count {
			gap, n1 := binary.Uvarint(b)
			if n1 <= 0 {
				return nil, fmt.Errorf("%w: cut off", ErrCursor)
			}
			length, n2 := binary.Uvarint(b[n1:])
			if n2 <= 0 {
				return nil, fmt.Errorf("%w: cut off", ErrCursor)
			}
			b = b[n1+n2:]
			const most = 1 << 32
			if gap >= most || length >= most || at+gap+length >= most {
				return nil, fmt.Errorf("%w: number above 2^32-1", ErrCursor)
			}
			from := at + gap
			at = from + length
			v.ranges = append(v.ranges, [2]uint32{uint32(from), uint32(at)})
		}
		c.views = append(c.views, v)
	}
	return c, nil
}
