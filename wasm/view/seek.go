package view

// cursorView is what of the cursor was last put out.
type cursorView struct {
	cursor
	pointerX, pointerY int32
	pointer            int32 // 0 none, 1 mouse
	activity           int32 // 0 none, else keys so far
	activityID         uint32
	page               int
	set                bool
}

// activityShownMs is how long a field shows that something was typed into it.
const activityShownMs = 1200

// SeekTo answers the patches that turn what the last SeekTo showed into the session at atMs,
// session time. The list depends on these two states alone. It aliases memory of s and is
// valid until the next call.
func (s *Session) SeekTo(atMs int64) *Patches {
	d := &s.diff
	d.p.clear()
	v, e, n, st := s.stateAt(atMs)
	sh := &s.shown
	if st == nil {
		if sh.st != nil || !sh.cur.set {
			d.p.op(patchEmpty)
		}
		sh.page, sh.epoch, sh.n, sh.st = nil, nil, 0, nil
		sh.cur = cursorView{set: true}
		return &d.p
	}
	pageChanged := sh.page != v
	if pageChanged {
		d.p.op(patchPage, int32(v.index))
		sh.cur = cursorView{}
	}
	d.assets, d.epoch = &v.assets, e.number
	switch {
	case sh.epoch != e || sh.st == nil || sh.st.cur.media != st.cur.media || // media are answered in every sheet
		sh.assets != v.assets.told: // and so are the addresses of assets
		to := st.freeze()
		s.cursorBefore(&to.cur)
		d.document(nil, to)
		sh.epoch, sh.st, sh.n, sh.assets = e, to, n, v.assets.told
	case sh.n != n:
		to := st.freeze()
		s.cursorBefore(&to.cur)
		d.document(sh.st, to)
		sh.st, sh.n = to, n
	}
	sh.page = v
	s.cursorPatches(v, v.fromSession(atMs, s.line()))
	return &d.p
}

// Forget makes the next SeekTo write the whole document.
func (s *Session) Forget() {
	s.shown.page, s.shown.epoch, s.shown.st = nil, nil, nil
	s.shown.cur = cursorView{}
}

// cursorBefore writes what the document needs to know first: its size.
func (s *Session) cursorBefore(c *cursor) {
	old := &s.shown.cur
	if !old.set || old.width != c.width || old.height != c.height || old.dpr1000 != c.dpr1000 {
		s.diff.p.op(patchViewport, c.width, c.height, c.dpr1000)
	}
}

func (s *Session) cursorPatches(v *pageView, at uint32) {
	p := &s.diff.p
	old := &s.shown.cur
	now := cursorView{cursor: s.shown.st.cur, set: true, page: v.index}
	if x, y, ok := v.pointerAt(at); ok && len(now.touches) == 0 {
		now.pointerX, now.pointerY, now.pointer = x, y, 1
	}
	if now.cursor.activityID != 0 && int64(at)-now.cursor.activityAt <= activityShownMs {
		now.activity, now.activityID = now.cursor.activityCount, now.cursor.activityID
	}
	if !old.set || old.url != now.url {
		begin := len(p.Ints)
		p.op(patchURL)
		p.str(begin, short(now.url, 2048))
	}
	if !old.set || old.focus != now.focus {
		p.op(patchFocus, int32(now.focus))
	}
	if !old.set || old.pointer != now.pointer || old.pointerX != now.pointerX || old.pointerY != now.pointerY {
		p.op(patchPointer, now.pointer, now.pointerX, now.pointerY)
	}
	if !old.set || old.visual != now.visual {
		p.op(patchVisual, now.visual[:]...)
	}
	if !old.set || !sameTouches(old.touches, now.touches) {
		begin := len(p.Ints)
		p.op(patchTouches)
		for _, t := range now.touches {
			p.num(begin, t.x)
			p.num(begin, t.y)
		}
	}
	if !old.set || old.activityID != now.activityID || old.activity != now.activity {
		p.op(patchActivity, int32(now.activityID), now.activity)
	}
	if flag := now.away(); !old.set || old.away() != flag {
		p.op(patchHidden, flag)
	}
	s.shown.cur = now
}

// away is 0 for a page in front, 1 for one that is hidden, 2 for one that was left.
func (c *cursor) away() int32 {
	switch {
	case c.left:
		return 2
	case c.hidden:
		return 1
	}
	return 0
}

func sameTouches(a, b []touchPoint) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
