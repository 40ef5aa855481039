package wire

import "fmt"

// Decoder reads the segments of one page view in order. The zero value is ready. It
// never panics on any input; beside its fixed state of about 2 MB it keeps at most four
// times what the largest segment decodes to, and a segment of n bytes decodes to at most
// 8192·(n+1024) bytes (FORMAT.md §3). Not safe for concurrent use.
type Decoder struct {
	// KeepRaw makes ReadSegment answer the raw form in SegmentInfo.Raw.
	KeepRaw bool

	m     *model
	epoch uint32
	next  uint32 // index of the segment that may follow
	live  bool   // an epoch is being read
	lost  bool   // nothing more of this epoch can be read

	rc     rangeDecoder
	crc    uint32
	raw    int
	budget uint64
	err    error // first one found in this segment

	ops   []Op // arenas of the segment
	text  []byte
	attrs []Attr
	nums  []int64
	form  []byte // the raw form, if kept
}

// SegmentInfo is what a segment's header says, and what was found in it.
type SegmentInfo struct {
	Epoch  uint32
	Index  uint32 // in its epoch, from 0
	BaseMs int64  // time of the first op
	// RawBytes is the size of the ops in raw form (FORMAT.md §5).
	RawBytes int
	Raw      []byte // where KeepRaw asks for it; the decoder's until the next call
}

// Reset forgets everything, as if no segment had been read.
func (d *Decoder) Reset() { d.live, d.lost = false, false }

// ReadSegment decodes one segment, which is all of b, and calls visit for each op.
//
// A segment is decoded whole and its checksum compared before the first visit. An error
// of visit ends the visits and is answered as it is; the segment counts as read. Every
// other error wraps ErrTruncated, ErrChecksum, ErrVersion, ErrOrder or ErrLimit, nothing
// was visited, and the rest of the epoch then answers ErrOrder. What visit is given may be
// kept until the next call.
func (d *Decoder) ReadSegment(b []byte, visit func(*Op) error) (SegmentInfo, error) {
	info, want, err := d.readHeader(b)
	if err != nil {
		return SegmentInfo{}, err
	}
	d.lost = true // until the end is reached
	if err := d.readOps(); err != nil {
		return SegmentInfo{}, fmt.Errorf("segment %d of epoch %d: %w", info.Index, info.Epoch, err)
	}
	if ^d.crc != want {
		return SegmentInfo{}, fmt.Errorf("segment %d of epoch %d: %w", info.Index, info.Epoch, ErrChecksum)
	}
	d.lost = false
	d.next++
	info.RawBytes = d.raw
	if d.KeepRaw {
		info.Raw = d.form
	}
	info.BaseMs = d.m.state.atMs
	if len(d.ops) > 0 {
		info.BaseMs = d.ops[0].AtMs
	}
	for i := range d.ops {
		if err := visit(&d.ops[i]); err != nil {
			return info, err
		}
	}
	return info, nil
}

// ReadHeader answers epoch and index of a segment without reading its ops.
func ReadHeader(b []byte) (SegmentInfo, error) {
	info, _, err := parseHeader(b)
	return info, err
}

// parseHeader answers the length of the header too.
func parseHeader(b []byte) (info SegmentInfo, n int, err error) {
	if len(b) == 0 {
		return info, 0, fmt.Errorf("segment header: %w", ErrTruncated)
	}
	if b[0] != Version {
		return info, 0, fmt.Errorf("segment header: version %d, want %d: %w", b[0], Version, ErrVersion)
	}
	n = 1
	for _, to := range [...]*uint32{&info.Epoch, &info.Index} {
		v, k := readVarint(b[n:])
		if k == 0 {
			return SegmentInfo{}, 0, fmt.Errorf("segment header: %w", ErrTruncated)
		}
		if k < 0 || v > 1<<32-1 {
			return SegmentInfo{}, 0, fmt.Errorf("segment header, offset %d: number over 32 bits: %w", n, ErrLimit)
		}
		*to = uint32(v)
		n += k
	}
	if len(b) < n+4 {
		return SegmentInfo{}, 0, fmt.Errorf("segment header: %w", ErrTruncated)
	}
	return info, n + 4, nil
}

// readHeader also begins the epoch that the segment names, where it is a new one.
func (d *Decoder) readHeader(b []byte) (info SegmentInfo, crc uint32, err error) {
	info, n, err := parseHeader(b)
	if err != nil {
		return info, 0, err
	}
	if info.Index == 0 && (!d.live || info.Epoch > d.epoch) {
		if d.m == nil {
			d.m = new(model)
		}
		d.m.reset()
		d.epoch, d.next, d.live, d.lost = info.Epoch, 0, true, false
	}
	if !d.live || d.lost || info.Epoch != d.epoch || info.Index != d.next {
		return info, 0, fmt.Errorf("segment %d of epoch %d: expected %s: %w", info.Index, info.Epoch, d.expected(), ErrOrder)
	}
	d.crc = d.m.crc.begin(info.Epoch, info.Index)
	d.raw, d.err = 0, nil
	d.budget = min(expansion*uint64(len(b)+expansionFloor), MaxDecoded)
	d.ops, d.text, d.attrs, d.nums, d.form = d.ops[:0], d.text[:0], d.attrs[:0], d.nums[:0], d.form[:0]
	d.rc.reset(b[n:])
	return info, uint32(b[n-4]) | uint32(b[n-3])<<8 | uint32(b[n-2])<<16 | uint32(b[n-1])<<24, nil
}

func (d *Decoder) expected() string {
	switch {
	case !d.live:
		return "segment 0 of an epoch"
	case d.lost:
		return fmt.Sprintf("segment 0 of an epoch after %d", d.epoch)
	}
	return fmt.Sprintf("segment %d of epoch %d", d.next, d.epoch)
}

func (d *Decoder) fail(err error) {
	if d.err == nil {
		d.err = err
	}
}

// spend takes n bytes off what the segment may decode to.
func (d *Decoder) spend(n int) bool {
	if uint64(n) > d.budget {
		d.fail(ErrLimit)
		return false
	}
	d.budget -= uint64(n)
	return true
}

// readOps fills the arenas. The first error ends it.
func (d *Decoder) readOps() error {
	for d.err == nil {
		kind := d.num(ctxKind)
		if kind == uint64(KindEnd) || d.err != nil {
			break
		}
		if kind >= uint64(KindSkippable) {
			if kind > 255 {
				d.fail(ErrVersion)
				break
			}
			d.skippable(Kind(kind))
			continue
		}
		schema, ok := schemaOf(Kind(kind))
		if !ok {
			d.fail(ErrVersion)
			break
		}
		if !d.spend(opOverhead) {
			break
		}
		d.ops = append(d.ops, Op{Kind: Kind(kind)})
		d.readOp(&d.ops[len(d.ops)-1], schema)
	}
	if d.err != nil {
		return fmt.Errorf("op %d: %w", len(d.ops), d.err)
	}
	for _, b := range d.rc.in { // only padding may follow the end
		if b != 0 {
			return fmt.Errorf("behind the end: %w", ErrChecksum)
		}
	}
	return nil
}

func (d *Decoder) readOp(op *Op, schema string) {
	s := &d.m.state
	d.m.note(uint32(op.Kind))
	dt := d.num(ctxTime)
	if dt > MaxNum-uint64(s.atMs) {
		d.fail(ErrLimit)
		return
	}
	s.atMs += int64(dt)
	op.AtMs = s.atMs
	s.gap, s.back = 0, 0
	firstNum := len(d.nums)
	list, left := -1, 0
	for i := 0; i < len(schema) && d.err == nil; i++ {
		ctx := fieldCtx(op.Kind, i)
		switch schema[i] {
		case fieldNewID:
			op.ID = d.id(int64(s.newID)+1, d.num(ctx))
			s.newID = op.ID
		case fieldPlace:
			code := d.num(ctx)
			d.m.note(uint32(code))
			if code == placeExplicit {
				op.Parent = d.ref(ctxParent)
				op.Prev = d.ref(ctxPrev)
			} else {
				var ok bool
				if op.Parent, op.Prev, ok = s.place(code); !ok {
					d.fail(ErrLimit)
					return
				}
			}
			s.created(code, op.Parent, op.ID)
		case fieldRef:
			op.ID = d.ref(ctx)
		case fieldParent:
			op.Parent = d.ref(ctx)
		case fieldPrev:
			op.Prev = d.ref(ctx)
		case fieldTag, fieldAttrName, fieldName:
			op.Name, _ = d.str(ctx, classOf(schema[i]))
		case fieldText, fieldValue, fieldStyle, fieldData:
			op.Text, _ = d.str(ctx, classOf(schema[i]))
		case fieldAttrs:
			d.readAttrs(op, ctx)
		case fieldList:
			n := d.num(ctx)
			group := len(schema) - i - 1
			if n > uint64(MaxNums/group) {
				d.fail(ErrLimit)
				return
			}
			if n == 0 {
				i = len(schema)
			}
			list, left = i, int(n)
		default:
			if d.spend(8) {
				d.nums = append(d.nums, d.number(ctx, schema[i]))
			}
		}
		if list >= 0 && i == len(schema)-1 {
			if left--; left > 0 {
				i = list
			}
		}
	}
	if len(d.nums) > firstNum {
		op.Nums = d.nums[firstNum:len(d.nums):len(d.nums)]
	}
}

func (d *Decoder) readAttrs(op *Op, ctx uint32) {
	n := d.num(ctx)
	if n > MaxAttrs {
		d.fail(ErrLimit)
		return
	}
	first := len(d.attrs)
	for ; n > 0 && d.err == nil && d.spend(attrOverhead); n-- {
		var a Attr
		a.Name, _ = d.str(ctxAttrName, classAttrName)
		a.Value, a.Null = d.str(ctxAttrValue, classValue)
		d.attrs = append(d.attrs, a)
	}
	if len(d.attrs) > first {
		op.Attrs = d.attrs[first:len(d.attrs):len(d.attrs)]
	}
}

func (d *Decoder) number(ctx uint32, code byte) int64 {
	s := &d.m.state
	var n int64
	switch code {
	case fieldNum:
		n = unzigzag(d.num(ctx))
	case fieldNumRef:
		n = int64(d.ref(ctx))
	case fieldGap:
		n = s.back - s.gap - unzigzag(d.far(ctx))
		s.gap, s.back = s.back-n, n
	default:
		a := &s.axes[axisOf(code)]
		n = a.predict() + unzigzag(d.far(ctxAxis(code, a.bucket())))
		a.update(n)
	}
	if n > MaxNum || n < -MaxNum {
		d.fail(ErrLimit)
	}
	return n
}

// id adds the coded difference to base.
func (d *Decoder) id(base int64, diff uint64) uint32 {
	v := base + unzigzag(diff)
	if v < 0 || v > 1<<32-1 {
		d.fail(ErrLimit)
		return 0
	}
	return uint32(v)
}

func (d *Decoder) ref(ctx uint32) uint32 {
	s := &d.m.state
	code := d.num(ctx)
	switch {
	case code == refExplicit:
		id := d.id(int64(s.recent[0]), d.far(ctxRef))
		s.touch(recentIDs-1, id)
		return id
	case code == refNone:
		return 0
	case code < refRecent+recentIDs:
		id := s.recent[code-refRecent]
		s.touch(int(code-refRecent), id)
		return id
	}
	d.fail(ErrLimit)
	return 0
}

// str reads a string into the arena; null says that it is withheld.
func (d *Decoder) str(ctx uint32, class int) (s []byte, null bool) {
	v := d.slot(ctx, class)
	switch {
	case v == 1+slotEmpty:
		return nil, false
	case v == 1+slotNull:
		return nil, true
	case v == 0:
		n := d.far(ctxLen + uint32(class))
		if n == 0 || n > MaxString {
			d.fail(ErrLimit)
		}
		if d.err != nil || !d.spend(int(n)) {
			return nil, false
		}
		s = d.bytes(class, int(n))
		if d.err == nil && n <= maxDictString {
			d.m.dict.insert(s)
		}
		return s, false
	}
	slot := uint32(v - 1)
	if v > dictSlots || !d.m.dict.holds(slot) {
		d.fail(ErrLimit)
		return nil, false
	}
	if !d.spend(int(d.m.dict.size[slot])) {
		return nil, false
	}
	d.m.dict.used[slot] = true
	start := len(d.text)
	d.text = d.m.dict.appendString(d.text, slot)
	return d.text[start:len(d.text):len(d.text)], false
}

// skippable reads an op that carries its length: KindAsset is visited, with its payload as
// Text and the time of the op before it; all others are passed over.
func (d *Decoder) skippable(kind Kind) {
	n := d.far(ctxLen + classData)
	if n > MaxString {
		d.fail(ErrLimit)
	}
	known := kind == KindAsset
	if d.err != nil || known && !d.spend(opOverhead) || !d.spend(int(n)) {
		return
	}
	payload := d.bytes(classData, int(n))
	if known && d.err == nil {
		d.ops = append(d.ops, Op{Kind: kind, AtMs: d.m.state.atMs, Text: payload})
	}
}

// slot reads the number of a string.
func (d *Decoder) slot(ctx uint32, class int) uint32 {
	v, ok := d.predict(ctx)
	if !ok {
		v = 0
		if d.rc.adaptive(&d.m.known[class]) == 1 {
			tree := &d.m.slots[class]
			node := 1
			for range slotBits {
				node = node<<1 | d.rc.adaptive(&tree[node])
			}
			v = uint64(node - dictSlots + 1)
		}
		d.learn(ctx, v)
	}
	d.count(v)
	d.m.note(uint32(v))
	return uint32(v)
}

// num reads a number that may be known from what came before it.
func (d *Decoder) num(ctx uint32) uint64 {
	v, ok := d.predict(ctx)
	if !ok {
		v = d.plain(ctx)
		d.learn(ctx, v)
	}
	d.count(v)
	return v
}

// far reads a number that nothing foretells but its context.
func (d *Decoder) far(ctx uint32) uint64 {
	v := d.plain(ctx)
	d.count(v)
	return v
}

func (d *Decoder) count(v uint64) {
	if d.rc.over > maxOver {
		d.fail(ErrTruncated)
	}
	d.crc = d.m.crc.addVarint(d.crc, v)
	d.raw += varintLen(v)
	if d.KeepRaw {
		d.form = appendVarint(d.form, v)
	}
}

// predict asks each predictor that has a guess whether it is right.
func (d *Decoder) predict(ctx uint32) (v uint64, ok bool) {
	m := d.m
	last := uint64(1 << 40)
	for o := range m.tables {
		g, check := m.guessFor(o, ctx)
		if g.check != check || uint64(g.value) == last {
			continue
		}
		if last = uint64(g.value); d.rc.adaptive(&m.hit[o][ctx%predictCtxs][g.times]) == 0 {
			d.learn(ctx, last)
			return last, true
		}
	}
	return 0, false
}

func (d *Decoder) learn(ctx uint32, v uint64) {
	for o := range d.m.tables {
		g, check := d.m.guessFor(o, ctx)
		g.learn(check, v)
	}
}

// plain reads a number by its size.
func (d *Decoder) plain(ctx uint32) uint64 {
	p := &d.m.nums[ctx]
	n := 0
	for d.rc.adaptive(&p[min(n, numLens-1)]) == 1 {
		if n++; n > maxNumLen {
			d.fail(ErrLimit)
			return 0
		}
	}
	tree := p[numLens+4*min(n, numMantissa-1):]
	node, v := 1, uint64(1)
	for range n {
		var bit int
		if node < 4 {
			bit = d.rc.adaptive(&tree[node])
			node = node<<1 | bit
		} else {
			bit = d.rc.bit(1 << (probBits - 1))
		}
		v = v<<1 | uint64(bit)
	}
	return v - 1
}
