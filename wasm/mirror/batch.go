package mirror

import "afterimage/wasm/mask"

// fail notes why the recording ends: the first reason counts. What still runs of the op has
// no effect, since nothing that is pending is given out any more.
//
//go:noinline
func (c *Core) fail(code Code) {
	if c.code == OK {
		c.code = code
	}
}

// str takes the next string of the batch: n UTF-16 units and U+0000. n is −1 for null.
// The slice aliases the batch.
//
//go:noinline
func (c *Core) str(n int32) []byte {
	c.null = n < 0
	from := c.i
	if n < -1 || n >= 0 && (c.advance(int(n), true) != 0 || !c.eat("\x00")) {
		c.fail(ErrText)
	}
	if n < 0 || c.code != OK {
		return nil
	}
	return c.text[from : c.i-1 : c.i-1]
}

// next takes the next int of the op.
//
//go:noinline
func (c *Core) next() int32 {
	if c.argAt >= len(c.args) {
		c.fail(ErrSize)
		return 0
	}
	c.argAt++
	return c.args[c.argAt-1]
}

// take takes n times size ints of the op.
//
//go:noinline
func (c *Core) take(n, size int32) []int32 {
	from := c.argAt
	if n < 0 || int(n) > (len(c.args)-from)/int(size) {
		c.fail(ErrSize)
		return nil
	}
	c.argAt += int(n * size)
	return c.args[from:c.argAt]
}

// ahead learns what the batch says of fields, before anything of it is written: the same task may show it
// in an attribute or a subtree, which come first. Of a field that is new it is not known whether it is
// shown, so that its value counts as typed in any case. What is malformed is left to apply.
func (c *Core) ahead() {
	c.pol.BeginBatch()
	for i := 0; i < len(c.ints) && c.code == OK; {
		op, size := int(c.ints[i]&0xff), int(uint32(c.ints[i])>>8)
		if op > opLast || size < 1 || size > len(c.ints)-i {
			break
		}
		args, spec := c.ints[i+1:i+size], opSpecs[op]
		i += size
		for k, v := range args {
			switch {
			case op == opTree:
				if k < len(args)-1 {
					continue
				}
			case op == opElement && k > 5:
			case k+1 >= len(spec) || spec[k+1] != 's':
				continue
			}
			text := c.str(v)
			if c.code != OK {
				break
			}
			if op == opValue {
				if n := c.n(c.slot(uint32(args[0]))); !n.mode.Opens() {
					c.pol.Typed(n.id, text)
					if mask.Detects() {
						c.joinBoxes(n, text)
					}
				}
			} else if mask.Detects() && op == opEcho {
				c.echo(args[0], text)
			}
		}
	}
	c.i, c.code = 0, OK
}

// applyBatch applies the ops one by one.
func (c *Core) applyBatch() Code {
	c.ahead()
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
		i += size
		c.args, c.argAt = c.ints[i-size+1:i], 0
		c.apply(op)
		if c.code != OK {
			break
		}
	}
	if c.code == OK {
		c.flowFlush(0)
	}
	return c.code
}

// needsSnapshot: all but facts about the page view, which may come before it.
func needsSnapshot(op int) bool {
	switch op {
	case opHello, opTime, opSnapshotBegin, opMeta, opTrack, opIdentify, opAnchor, opClockJump, opVisibility, opNavigate, opPosted:
		return false
	}
	return true
}
