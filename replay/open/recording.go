package open

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"afterimage/wasm/wire"
	"afterimage/wasm/wire/seal"
)

// Recording is one session with the keys that open it.
type Recording struct {
	Session Session
	Custody string
	// Closed says, by page view, why it cannot be opened (each an ErrKey).
	Closed map[string]error

	src  Source
	keys map[string][]byte
}

// Event is one decoded op and where it came from. The op is valid only during the call
// it is passed to.
type Event struct {
	PageView string
	Segment  uint32
	Epoch    uint32
	// AnchorMs is the anchored start of the page view in epoch milliseconds, 0 as long
	// as no anchor op came: AnchorMs + Op.AtMs is the time of the event.
	AnchorMs int64
	Op       *wire.Op
}

// ProblemKind names what is wrong with a range of segments.
type ProblemKind string

// What can be wrong. stored: never rename, scripts read them from `replay verify --json`.
const (
	Missing    ProblemKind = "missing"    // the numbers are not there
	Conflict   ProblemKind = "conflict"   // two different segments of one number
	Disorder   ProblemKind = "disorder"   // it came behind a higher number
	Chain      ProblemKind = "chain"      // it names another predecessor than the one that is there
	Auth       ProblemKind = "auth"       // it does not authenticate under the content key
	Undecoded  ProblemKind = "undecoded"  // it opens, but is not the wire format
	Unreadable ProblemKind = "unreadable" // it hangs on a segment that is missing or broken
	NoKey      ProblemKind = "no-key"     // its page view cannot be opened
)

// Problem is something wrong with the segments From to To of a page view.
type Problem struct {
	PageView string
	Kind     ProblemKind
	From, To uint32
	Err      error // detail; may be nil
}

func (p Problem) String() string {
	which := fmt.Sprintf("segment %d", p.From)
	if p.From != p.To {
		which = fmt.Sprintf("segments %d to %d", p.From, p.To)
	}
	text := fmt.Sprintf("page view %s, %s: %s", p.PageView, which, p.Kind)
	if p.Kind == NoKey {
		text = fmt.Sprintf("page view %s: %s", p.PageView, p.Kind)
	}
	if p.Err != nil {
		text += ": " + p.Err.Error()
	}
	return text
}

// Visitor is called by Walk. A nil function is skipped; an error of a function ends the
// walk and is what Walk returns.
type Visitor struct {
	Sealed  func(Segment) error                   // every segment, once, before it is opened
	Plain   func(Segment, []byte) error           // opened: the bytes of wire format
	Op      func(*Event) error                    // decoded
	Decoded func(Segment, wire.SegmentInfo) error // after its last op
	Problem func(Problem) error
}

// Open finds the session id in src and opens its content keys, those that src cannot
// open with ring. It is ErrKey if no page view opens; if some do, the others are in
// Closed.
func Open(ctx context.Context, src Source, id string, ring *Keyring) (*Recording, error) {
	r, err := Inspect(ctx, src, id, ring)
	if err != nil {
		return nil, err
	}
	if len(r.keys) == 0 && len(r.Closed) > 0 {
		for _, pv := range r.Session.PageViews {
			return nil, fmt.Errorf("session %s: %w", id, r.Closed[pv.ID])
		}
	}
	return r, nil
}

// Inspect is Open that does not mind if nothing opens: chain and gaps can be looked at
// without a key.
func Inspect(ctx context.Context, src Source, id string, ring *Keyring) (*Recording, error) {
	session, err := src.Session(ctx, id)
	if err != nil {
		return nil, err
	}
	keys, err := src.Keys(ctx, id)
	if err != nil {
		return nil, err
	}
	r := &Recording{Session: session, Custody: keys.Custody, src: src}
	r.keys, r.Closed = openKeys(keys, session, ring)
	return r, nil
}

// Ops calls visit for every op of every page view, in page view order, and problem (may
// be nil) for what could not be read.
func (r *Recording) Ops(ctx context.Context, visit func(*Event) error, problem func(Problem) error) error {
	return r.Walk(ctx, Visitor{Op: visit, Problem: problem})
}

// stopped marks an error of a Visitor function on its way out through the decoder.
type stopped struct{ err error }

func (s stopped) Error() string { return s.err.Error() }

// Walk reads every segment once, in the order of the source, and tells v of it.
func (r *Recording) Walk(ctx context.Context, v Visitor) error {
	var w *viewWalk
	for seg, err := range r.src.Segments(ctx, r.Session.ID, nil) {
		if err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if w == nil || w.pageView != seg.PageView {
			if err := w.finish(); err != nil {
				return err
			}
			if w, err = r.begin(seg.PageView, v); err != nil {
				return err
			}
		}
		if err := w.segment(seg); err != nil {
			return err
		}
	}
	return w.finish()
}

// viewWalk is the state of Walk inside one page view.
type viewWalk struct {
	pageView string
	key      []byte // nil: closed
	v        Visitor
	anchorMs int64

	any      bool // a segment was seen
	last     uint32
	lastHash [sha256.Size]byte

	dec        wire.Decoder
	epoch      uint32
	brokenRun  bool // unreadable is pending
	unreadable Problem
}

func (r *Recording) begin(pageView string, v Visitor) (*viewWalk, error) {
	w := &viewWalk{pageView: pageView, key: r.keys[pageView], v: v}
	if w.key != nil {
		return w, nil
	}
	closed := r.Closed[pageView]
	if closed == nil {
		// It came after the list of page views was read.
		closed = fmt.Errorf("%w: the page view began after the session was opened", ErrKey)
	}
	return w, w.problem(Problem{Kind: NoKey, Err: closed})
}

func (w *viewWalk) problem(p Problem) error {
	if w.v.Problem == nil {
		return nil
	}
	p.PageView = w.pageView
	return w.v.Problem(p)
}

func (w *viewWalk) one(kind ProblemKind, number uint32, err error) error {
	return w.problem(Problem{Kind: kind, From: number, To: number, Err: err})
}

// finish reports what is pending at the end of the page view.
func (w *viewWalk) finish() error {
	if w == nil || !w.brokenRun {
		return nil
	}
	w.brokenRun = false
	return w.problem(w.unreadable)
}

func (w *viewWalk) segment(seg Segment) error {
	h, err := seal.ReadHeader(seg.Sealed)
	if err == nil && (hex.EncodeToString(h.PageView[:]) != seg.PageView || h.Number != seg.Number) {
		err = errors.New("its clear header names another place than the one it was stored at")
	}
	if err != nil {
		return w.one(Auth, seg.Number, err)
	}
	hash := sha256.Sum256(seg.Sealed)
	switch {
	case w.any && seg.Number == w.last:
		if hash == w.lastHash {
			return nil // an equal repeat
		}
		return w.one(Conflict, seg.Number, nil)
	case w.any && seg.Number < w.last:
		return w.one(Disorder, seg.Number, fmt.Errorf("after segment %d", w.last))
	}
	next := uint32(0)
	if w.any {
		next = w.last + 1
	}
	if seg.Number != next {
		if err := w.problem(Problem{Kind: Missing, From: next, To: seg.Number - 1}); err != nil {
			return err
		}
	} else if !bytes.Equal(h.PrevHash[:], w.lastHash[:]) { // zeros before number 0
		if err := w.one(Chain, seg.Number, nil); err != nil {
			return err
		}
	}
	w.any, w.last, w.lastHash = true, seg.Number, hash
	if w.v.Sealed != nil {
		if err := w.v.Sealed(seg); err != nil {
			return err
		}
	}
	if w.key == nil {
		return nil
	}
	plain, _, err := seal.OpenSegment(w.key, seg.Sealed)
	if err != nil {
		return w.one(Auth, seg.Number, err)
	}
	if w.v.Plain != nil {
		if err := w.v.Plain(seg, plain); err != nil {
			return err
		}
	}
	return w.decode(seg, h.Epoch, plain)
}

func (w *viewWalk) decode(seg Segment, epoch uint32, plain []byte) error {
	if w.v.Op == nil && w.v.Decoded == nil {
		return nil
	}
	if epoch != w.epoch {
		if err := w.finish(); err != nil {
			return err
		}
		w.epoch = epoch
	}
	ev := Event{PageView: w.pageView, Segment: seg.Number, Epoch: epoch}
	info, err := w.dec.ReadSegment(plain, func(op *wire.Op) error {
		if op.Kind == wire.KindAnchor && len(op.Nums) > 0 {
			w.anchorMs = op.Nums[0]
		}
		if w.v.Op == nil {
			return nil
		}
		ev.AnchorMs, ev.Op = w.anchorMs, op
		if err := w.v.Op(&ev); err != nil {
			return stopped{err}
		}
		return nil
	})
	var stop stopped
	switch {
	case errors.As(err, &stop):
		return stop.err
	case errors.Is(err, wire.ErrOrder):
		return w.cannotRead(seg.Number)
	case err != nil:
		return w.one(Undecoded, seg.Number, err)
	case info.Epoch != epoch:
		return w.one(Undecoded, seg.Number, fmt.Errorf("epoch %d inside, %d in the clear header", info.Epoch, epoch))
	}
	if w.v.Decoded != nil {
		return w.v.Decoded(seg, info)
	}
	return nil
}

// cannotRead joins neighbouring unreadable segments into one problem, which is reported
// when the run ends.
func (w *viewWalk) cannotRead(number uint32) error {
	if w.brokenRun {
		w.unreadable.To = number
		return nil
	}
	w.brokenRun = true
	w.unreadable = Problem{Kind: Unreadable, From: number, To: number,
		Err: errors.New("a segment of its epoch before it is missing or broken; the next epoch is read again")}
	return nil
}

// ClosedErrors is Closed in page view order.
func (r *Recording) ClosedErrors() []error {
	var out []error
	for _, pv := range r.Session.PageViews {
		if err := r.Closed[pv.ID]; err != nil {
			out = append(out, err)
		}
	}
	return slices.Clip(out)
}
