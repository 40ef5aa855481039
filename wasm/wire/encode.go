package wire

import "math/bits"

// Encoder writes the segments of one page view. The zero value is ready; it starts at
// epoch 1 unless BeginEpoch says otherwise. It copies what it is given, keeps about
// 2 MB, and allocates only while its output buffer grows to the largest segment.
// Not safe for concurrent use.
type Encoder struct {
	m     *model
	epoch uint32
	index uint32
	ops   int
	raw   int    // bytes of raw form pending
	cost  uint64 // of the pending ops, as opCost counts
	crc   uint32
	rc    rangeEncoder
}

// BeginEpoch forgets dictionary, window and predictions, and numbers the segments from 0
// again. Ops that no AppendSegment has closed are lost.
func (e *Encoder) BeginEpoch(epoch uint32) {
	if e.m == nil {
		e.m = new(model)
	}
	e.m.reset()
	e.epoch, e.index = epoch, 0
	e.begin()
}

func (e *Encoder) begin() {
	e.ops, e.raw, e.cost = 0, 0, 0
	e.rc.reset()
	e.crc = e.m.crc.begin(e.epoch, e.index)
}

// PendingBytes is the size of the ops appended since the last segment, in raw form.
func (e *Encoder) PendingBytes() int { return e.raw }

// Append adds an op to the segment that AppendSegment will close. A kind that this
// version does not have is ignored. A time before the last op's counts as the last op's,
// Nums that are missing count as 0, and what is over a limit is cut.
func (e *Encoder) Append(op *Op) {
	schema, ok := schemaOf(op.Kind)
	if !ok {
		return
	}
	if e.m == nil {
		e.BeginEpoch(1)
	}
	e.ops++
	e.cost += opCost(op)
	s := &e.m.state
	e.num(ctxKind, uint64(op.Kind))
	e.m.note(uint32(op.Kind))
	dt := op.AtMs - s.atMs
	if dt < 0 {
		dt = 0
	}
	e.num(ctxTime, uint64(dt))
	s.atMs += dt
	s.gap, s.back = 0, 0

	nums, left := op.Nums, 0
	list := -1
	for i := 0; i < len(schema); i++ {
		ctx := fieldCtx(op.Kind, i)
		switch schema[i] {
		case fieldNewID:
			e.num(ctx, zigzag(int64(op.ID)-int64(s.newID)-1))
			s.newID = op.ID
		case fieldPlace:
			code := s.placeOf(op.Parent, op.Prev)
			e.num(ctx, code)
			e.m.note(uint32(code))
			if code == placeExplicit {
				e.ref(ctxParent, op.Parent)
				e.ref(ctxPrev, op.Prev)
			}
			s.created(code, op.Parent, op.ID)
		case fieldRef:
			e.ref(ctx, op.ID)
		case fieldParent:
			e.ref(ctx, op.Parent)
		case fieldPrev:
			e.ref(ctx, op.Prev)
		case fieldTag, fieldAttrName, fieldName:
			e.str(ctx, classOf(schema[i]), op.Name)
		case fieldText, fieldValue, fieldStyle, fieldData:
			e.str(ctx, classOf(schema[i]), op.Text)
		case fieldAttrs:
			attrs := op.Attrs
			if len(attrs) > MaxAttrs {
				attrs = attrs[:MaxAttrs]
			}
			e.num(ctx, uint64(len(attrs)))
			for k := range attrs {
				e.str(ctxAttrName, classAttrName, attrs[k].Name)
				if attrs[k].Null {
					e.slot(ctxAttrValue, classValue, 1+slotNull)
				} else {
					e.str(ctxAttrValue, classValue, attrs[k].Value)
				}
			}
		case fieldList:
			group := len(schema) - i - 1
			left = len(nums)
			if left > MaxNums {
				left = MaxNums
			}
			left /= group
			e.num(ctx, uint64(left))
			if left == 0 {
				return
			}
			list = i
		default:
			var n int64
			if len(nums) > 0 {
				n, nums = nums[0], nums[1:]
			}
			e.number(ctx, schema[i], n)
		}
		if list >= 0 && i == len(schema)-1 {
			if left--; left > 0 {
				i = list
			}
		}
	}
}

// AppendSkippable adds an op of a kind from KindSkippable on, which readers that do not know
// it pass over. Its payload has 1 to MaxString bytes, else nothing is added.
func (e *Encoder) AppendSkippable(kind Kind, payload []byte) {
	if kind < KindSkippable || len(payload) == 0 || len(payload) > MaxString {
		return
	}
	if e.m == nil {
		e.BeginEpoch(1)
	}
	e.ops++
	e.cost += uint64(opOverhead + len(payload))
	e.num(ctxKind, uint64(kind))
	e.far(ctxLen+classData, uint64(len(payload)))
	e.bytes(classData, payload)
}

// number codes one of Nums by its field code.
func (e *Encoder) number(ctx uint32, code byte, n int64) {
	e.cost += 8
	n = min(max(n, -MaxNum), MaxNum)
	s := &e.m.state
	switch code {
	case fieldNum:
		e.num(ctx, zigzag(n))
	case fieldNumRef:
		e.ref(ctx, uint32(n))
	case fieldGap:
		e.far(ctx, zigzag(s.back-n-s.gap))
		s.gap, s.back = s.back-n, n
	default:
		a := axisOf(code)
		e.far(ctxAxis(code, s.axes[a].bucket()), zigzag(n-s.axes[a].predict()))
		s.axes[a].update(n)
	}
}

// ref codes a reference to a node.
func (e *Encoder) ref(ctx, id uint32) {
	s := &e.m.state
	code := s.refOf(id)
	e.num(ctx, code)
	if code == refExplicit {
		e.far(ctxRef, zigzag(int64(id)-int64(s.recent[0])))
		s.touch(recentIDs-1, id)
	}
}

// str codes a string: the slot of one that is known, or its bytes.
func (e *Encoder) str(ctx uint32, class int, s []byte) {
	d := &e.m.dict
	if len(s) == 0 {
		e.slot(ctx, class, 1+slotEmpty)
		return
	}
	if len(s) <= maxDictString {
		if i := d.find(s); i != 0 {
			d.used[i] = true
			e.slot(ctx, class, 1+i)
			return
		}
	} else if len(s) > MaxString {
		s = s[:MaxString]
	}
	e.slot(ctx, class, 0)
	e.far(ctxLen+uint32(class), uint64(len(s)))
	e.bytes(class, s)
	if len(s) <= maxDictString {
		d.link(s, d.insert(s))
	}
}

// slot codes the number of a string: predicted, or new, or out of all slots.
func (e *Encoder) slot(ctx uint32, class int, v uint32) {
	e.count(uint64(v))
	if !e.predict(ctx, uint64(v)) {
		known := 0
		if v != 0 {
			known = 1
		}
		e.rc.adaptive(&e.m.known[class], known)
		if known == 1 {
			tree := &e.m.slots[class]
			node := 1
			for k := slotBits - 1; k >= 0; k-- {
				bit := int((v-1)>>k) & 1
				e.rc.adaptive(&tree[node], bit)
				node = node<<1 | bit
			}
		}
	}
	e.m.note(v)
}

// num codes a number that may be known from what came before it.
func (e *Encoder) num(ctx uint32, v uint64) {
	e.count(v)
	if !e.predict(ctx, v) {
		e.plain(ctx, v)
	}
}

// far codes a number that nothing foretells but its context.
func (e *Encoder) far(ctx uint32, v uint64) {
	e.count(v)
	e.plain(ctx, v)
}

func (e *Encoder) count(v uint64) {
	e.crc = e.m.crc.addVarint(e.crc, v)
	e.raw += varintLen(v)
}

// predict codes for each predictor that has a guess whether it is right, until one is.
func (e *Encoder) predict(ctx uint32, v uint64) bool {
	m := e.m
	done := false
	last := uint64(1 << 40)
	for o := range m.tables {
		g, check := m.guessFor(o, ctx)
		if !done && g.check == check && uint64(g.value) != last {
			p := &m.hit[o][ctx%predictCtxs][g.times]
			if uint64(g.value) == v {
				e.rc.adaptive(p, 0)
				done = true
			} else {
				e.rc.adaptive(p, 1)
			}
			last = uint64(g.value)
		}
		g.learn(check, v)
	}
	return done
}

// plain codes a number by its size.
func (e *Encoder) plain(ctx uint32, v uint64) {
	p := &e.m.nums[ctx]
	v++
	n := bits.Len64(v) - 1
	for k := range n {
		e.rc.adaptive(&p[min(k, numLens-1)], 1)
	}
	e.rc.adaptive(&p[min(n, numLens-1)], 0)
	tree := p[numLens+4*min(n, numMantissa-1):]
	node := 1
	for k := n - 1; k >= 0; k-- {
		bit := int(v>>k) & 1
		if node < 4 {
			e.rc.adaptive(&tree[node], bit)
			node = node<<1 | bit
		} else {
			e.rc.bit(1<<(probBits-1), bit)
		}
	}
}

// AppendSegment closes the pending ops into one segment and appends it to dst. Without
// pending ops it answers dst as it is.
func (e *Encoder) AppendSegment(dst []byte) []byte {
	if e.ops == 0 {
		return dst
	}
	e.num(ctxKind, uint64(KindEnd))
	e.rc.finish()
	start := len(dst)
	dst = append(dst, Version)
	dst = appendVarint(dst, uint64(e.epoch))
	dst = appendVarint(dst, uint64(e.index))
	crc := ^e.crc
	dst = append(dst, byte(crc), byte(crc>>8), byte(crc>>16), byte(crc>>24))
	dst = append(dst, e.rc.out...)
	for e.cost > expansion*uint64(len(dst)-start+expansionFloor) {
		dst = append(dst, 0)
	}
	e.index++
	e.begin()
	return dst
}
