package open

import (
	"context"

	"afterimage/wasm/wire"
)

// Report is what Verify found of one session.
type Report struct {
	Session   string           `json:"session"`
	Site      string           `json:"site"`
	Custody   string           `json:"custody"`
	PageViews []PageViewReport `json:"pageViews"`
}

// PageViewReport is what Verify found of one page view.
type PageViewReport struct {
	ID            string          `json:"id"`
	Opened        bool            `json:"opened"`   // its key is there: authentication and decoding were checked
	Segments      int             `json:"segments"` // that are there
	Authentic     int             `json:"authentic"`
	Decoded       int             `json:"decoded"`
	Epochs        int             `json:"epochs"`
	Ops           int             `json:"ops"`
	SealedBytes   int64           `json:"sealedBytes"`
	RawBytes      int64           `json:"rawBytes"` // of the ops, before compression
	FromMs        int64           `json:"fromMs"`   // time of the first and last op
	ToMs          int64           `json:"toMs"`
	MissingRanges int             `json:"missingRanges"`
	Problems      []ReportProblem `json:"problems"`
}

// ReportProblem is a Problem of a page view as JSON.
type ReportProblem struct {
	Kind   ProblemKind `json:"kind"`
	From   uint32      `json:"from"`
	To     uint32      `json:"to"`
	Detail string      `json:"detail,omitempty"`
}

// Broken tells whether something in the report is wrong in a way that a loss on the way
// cannot explain: bytes that were changed, or that no recorder writes.
func (r *Report) Broken() bool {
	return r.has(Conflict, Disorder, Chain, Auth, Undecoded)
}

// Gaps tells whether segments are missing.
func (r *Report) Gaps() bool { return r.has(Missing) }

// Closed tells whether a page view could not be opened for want of a key.
func (r *Report) Closed() bool { return r.has(NoKey) }

func (r *Report) has(kinds ...ProblemKind) bool {
	for _, pv := range r.PageViews {
		for _, p := range pv.Problems {
			for _, kind := range kinds {
				if p.Kind == kind {
					return true
				}
			}
		}
	}
	return false
}

// Verify reads the whole session: the hash chain of each page view, missing numbers, the
// authentication tag of every segment, and whether all of it decodes. Without a key only
// the chain and the numbers can be checked.
//
// The chain shows that a segment was replaced or left out between two that are there; it
// cannot show that the last ones were cut off, since the last names no successor.
func Verify(ctx context.Context, src Source, id string, ring *Keyring) (*Report, error) {
	r, err := Inspect(ctx, src, id, ring)
	if err != nil {
		return nil, err
	}
	report := &Report{Session: r.Session.ID, Site: r.Session.Site, Custody: r.Custody, PageViews: []PageViewReport{}}
	at := map[string]*PageViewReport{}
	view := func(id string) *PageViewReport {
		if at[id] == nil {
			at[id] = &PageViewReport{ID: id, Opened: r.keys[id] != nil, Problems: []ReportProblem{}}
		}
		return at[id]
	}
	epochs := map[string]map[uint32]bool{}
	order := []string{}
	for _, pv := range r.Session.PageViews {
		view(pv.ID)
		order = append(order, pv.ID)
	}
	err = r.Walk(ctx, Visitor{
		Sealed: func(seg Segment) error {
			if at[seg.PageView] == nil {
				order = append(order, seg.PageView)
			}
			pv := view(seg.PageView)
			pv.Segments++
			pv.SealedBytes += int64(len(seg.Sealed))
			return nil
		},
		Plain: func(seg Segment, _ []byte) error {
			view(seg.PageView).Authentic++
			return nil
		},
		Op: func(ev *Event) error {
			pv := view(ev.PageView)
			if pv.Ops == 0 {
				pv.FromMs = ev.Op.AtMs
			}
			pv.Ops++
			pv.ToMs = max(pv.ToMs, ev.Op.AtMs)
			return nil
		},
		Decoded: func(seg Segment, info wire.SegmentInfo) error {
			pv := view(seg.PageView)
			pv.Decoded++
			pv.RawBytes += int64(info.RawBytes)
			if epochs[pv.ID] == nil {
				epochs[pv.ID] = map[uint32]bool{}
			}
			epochs[pv.ID][info.Epoch] = true
			pv.Epochs = len(epochs[pv.ID])
			return nil
		},
		Problem: func(p Problem) error {
			if at[p.PageView] == nil {
				order = append(order, p.PageView)
			}
			pv := view(p.PageView)
			out := ReportProblem{Kind: p.Kind, From: p.From, To: p.To}
			if p.Err != nil {
				out.Detail = p.Err.Error()
			}
			if p.Kind == Missing {
				pv.MissingRanges++
			}
			pv.Problems = append(pv.Problems, out)
			return nil
		},
	})
	if err != nil {
		return nil, err
	}
	for _, id := range order {
		report.PageViews = append(report.PageViews, *at[id])
	}
	return report, nil
}
