package mirror

// str takes the next string of the batch: n UTF-16 units and U+0000. n is −1 for null.
// The slice aliases the batch.
func (c *Core) str(n int32) (s []byte, ok bool) {
	if n < 0 {
		return nil, n == -1
	}
	start := c.cursor
	end := advance(c.text, start, int(n))
	if end < 0 || end >= len(c.text) || c.text[end] != 0 {
		return nil, false
	}
	c.cursor = end + 1
	return c.text[start:end:end], true
}

// advance returns the index after n UTF-16 units of s from i, or −1 if s ends before or n
// falls into the middle of a character. s is UTF-8 as TextEncoder writes it; on other bytes
// the count is some other number, and never reads outside of s.
func advance(s []byte, i, n int) int {
	for n >= 8 && i+8 <= len(s) &&
		(s[i]|s[i+1]|s[i+2]|s[i+3]|s[i+4]|s[i+5]|s[i+6]|s[i+7]) < 0x80 {
		i += 8
		n -= 8
	}
	for n > 0 {
		if i >= len(s) {
			return -1
		}
		b := s[i]
		switch {
		case b < 0x80:
			i++
			// the common case is followed by more of it
			if n--; n >= 8 && i+8 <= len(s) &&
				(s[i]|s[i+1]|s[i+2]|s[i+3]|s[i+4]|s[i+5]|s[i+6]|s[i+7]) < 0x80 {
				i += 8
				n -= 8
			}
			continue
		case b < 0xe0:
			i += 2
		case b < 0xf0:
			i += 3
		default:
			i += 4
			n--
		}
		n--
	}
	if n < 0 || i > len(s) {
		return -1
	}
	return i
}

// units counts the UTF-16 units of s.
func units(s []byte) int {
	n := 0
	for _, b := range s {
		if b < 0x80 || b >= 0xc0 {
			n++
		}
		if b >= 0xf0 {
			n++
		}
	}
	return n
}

// args walks the ints of one op. After the last it must stand at the end.
type args struct {
	a []int32
	i int
}

func (a *args) next() int32 {
	if a.i >= len(a.a) {
		a.i = len(a.a) + 1 // an overrun stays one
		return 0
	}
	a.i++
	return a.a[a.i-1]
}

// take returns n ints, nil if there are not so many.
func (a *args) take(n int32) []int32 {
	if n < 0 || a.i > len(a.a) || int(n) > len(a.a)-a.i {
		a.i = len(a.a) + 1
		return nil
	}
	a.i += int(n)
	return a.a[a.i-int(n) : a.i]
}

func (a *args) done() bool { return a.i == len(a.a) }

// applyBatch applies the ops one by one.
func (c *Core) applyBatch() Code {
	for i := 0; i < len(c.ints); {
		head := uint32(c.ints[i])
		op, size := int(head&0xff), int(head>>8)
		if op == 0 || op > opLast {
			return ErrOp
		}
		if size < 1 || size > len(c.ints)-i {
			return ErrSize
		}
		if !c.hello && op != opHello && op != opAnchor && op != opTime || !c.snapshot && needsSnapshot(op) {
			return ErrOrder
		}
		if code := c.apply(op, c.ints[i+1:i+size]); code != OK {
			return code
		}
		i += size
	}
	return OK
}

// needsSnapshot: all but facts about the page view, which may come before it.
func needsSnapshot(op int) bool {
	switch op {
	case opHello, opTime, opSnapshotBegin, opMeta, opTrack, opIdentify, opAnchor, opClockJump, opVisibility, opNavigate:
		return false
	}
	return true
}
