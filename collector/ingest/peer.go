package ingest

import (
	"context"
	"errors"
	"slices"
	"time"

	"afterimage/collector/store"
)

// Messages of the collector. Field names go over the wire.
type (
	welcome struct {
		T               string                 `json:"t"` // welcome
		ServerTimeMs    int64                  `json:"serverTimeMs"`
		SettingsVersion int64                  `json:"settingsVersion"`
		Watch           bool                   `json:"watch"`
		Assets          bool                   `json:"assets"` // frames of type 2 are taken
		PageViews       map[string][][2]uint32 `json:"pageViews"`
	}
	ack struct {
		T        string      `json:"t"` // ack
		PageView string      `json:"pageView"`
		Ranges   [][2]uint32 `json:"ranges"`
	}
	refused struct {
		T        string   `json:"t"` // refused
		PageView string   `json:"pageView"`
		Numbers  []uint32 `json:"numbers"` // empty: the page view itself
		Code     string   `json:"code"`
		Reason   string   `json:"reason"`
	}
	watch struct {
		T  string `json:"t"` // watch
		On bool   `json:"on"`
	}
	stop struct {
		T      string `json:"t"` // stop
		Reason string `json:"reason"`
	}
)

// reasons of refused segments, for the console of the page's developer.
var reasons = map[string]string{
	store.RefusedConflict:  "other bytes are stored under this number",
	store.RefusedMalformed: "the segment does not match its own header",
	store.RefusedDeleted:   "the session was deleted",
	store.RefusedLate:      "the session ended more than 7 days ago",
	store.RefusedLimit:     "over the limit of session, page view or segment",
	store.RefusedUnknown:   "no hello on this socket named the page view",
	CodeOtherWriter:        "the page view belongs to another writer",
	CodeNoEnvelope:         "a new page view came without its envelope",
	CodeOptedOut:           "the visitor opted out on the collector's privacy page",
	CodeWrongKey:           "the envelope is sealed to another key than the site's; load the settings anew",
}

// peer is one recorder as both ways in know it: what its hellos have opened. Not safe for
// concurrent use.
type peer struct {
	s       *Server
	origin  string
	address addressHash
	site    string            // "" before the first hello
	privacy string            // the site's privacy version at the first hello
	views   map[string]string // page view to session
	session string            // that the recorder is in, as its latest hello says; "" where it was refused
	barred  map[string]string // page view to the code with which it was refused
}

// hello admits the page views of a hello. The error is a *refusal or of the store.
func (p *peer) hello(ctx context.Context, text []byte) (welcome, []refused, error) {
	id, sessions, counts, err := readHello(text)
	if err != nil {
		return welcome{}, nil, err
	}
	if p.site != "" && p.site != id {
		return welcome{}, nil, refuseHello("another site than the first hello named")
	}
	site, err := p.s.sites.get(ctx, id)
	if err != nil {
		return welcome{}, nil, err
	}
	first := p.site == ""
	p.site = id
	switch {
	case !allowedOrigin(site.Origins, p.origin):
		return welcome{}, nil, refuseOrigin(id, p.origin)
	case !site.Enabled:
		return welcome{}, nil, refuseDisabled(id)
	}
	now, err := RunningOf(site)
	if err != nil {
		return welcome{}, nil, err
	}
	if first {
		p.privacy = now.PrivacyVersion
	}
	w := welcome{T: "welcome", Assets: true, SettingsVersion: site.SettingsVersion, PageViews: map[string][][2]uint32{}}
	var no []refused
	for _, a := range sessions {
		if len(p.views)+len(a.PageViews) > MaxKnownViews {
			return welcome{}, nil, refuseHello("more than %d page views on one socket; open another", MaxKnownViews)
		}
		a.SealingKey, a.PrivacyVersion = site.SealingKey, now.PrivacyVersion
		admission := p.s.admission(source{id, p.address})
		a.KnownOnly = admission.Tokens() < 1
		got, err := p.s.store.Admit(ctx, a)
		if errors.Is(err, store.ErrBusy) {
			return welcome{}, nil, refuseBusy // it comes again, with all it has
		}
		if err != nil {
			return welcome{}, nil, err
		}
		w.Watch = w.Watch || p.s.store.Watched(a.Session)
		for _, g := range got {
			if g.New {
				admission.ReserveN(time.Now(), 1) // may go below zero by one hello
			}
			if g.Err != nil {
				no = append(no, p.refuseView(g.PageView, admitCode(g.Err)))
				continue
			}
			p.views[g.PageView] = a.Session
			delete(p.barred, g.PageView)
			w.PageViews[g.PageView] = append([][2]uint32{}, g.Durable...)
		}
	}
	// What follows the first session is left over from earlier page views.
	p.session = ""
	if in := sessions[0]; len(in.PageViews) > 0 && p.views[in.PageViews[0].ID] == in.Session {
		p.session = in.Session
	}
	if len(w.PageViews) == 0 && len(p.views) == 0 && no[0].Code == CodeOtherWriter {
		return welcome{}, nil, refuseOtherWriter
	}
	// Last of what is stored: a hello that is refused comes again with the same counts.
	if err := p.s.store.AddRecorderCounts(ctx, id, counts); err != nil {
		return welcome{}, nil, err
	}
	if p.session != "" {
		p.s.store.Here(p.session)
	}
	w.ServerTimeMs = p.s.now().UnixMilli() // last, so that the work above does not shift the visitor's clock
	return w, no, nil
}

// refuseView refuses a page view as a whole: its frames will be refused for the same reason.
func (p *peer) refuseView(view, code string) refused {
	if len(p.barred) < MaxKnownViews {
		p.barred[view] = code
	}
	p.s.count(p.site, code, 1)
	return refused{"refused", view, []uint32{}, code, reasons[code]}
}

func admitCode(err error) string {
	switch {
	case errors.Is(err, store.ErrOtherWriter):
		return CodeOtherWriter
	case errors.Is(err, store.ErrDeleted):
		return store.RefusedDeleted
	case errors.Is(err, store.ErrOptedOut):
		return CodeOptedOut
	case errors.Is(err, store.ErrTooLate):
		return store.RefusedLate
	case errors.Is(err, store.ErrNoEnvelope):
		return CodeNoEnvelope
	case errors.Is(err, store.ErrWrongKey):
		return CodeWrongKey
	}
	return store.RefusedLimit
}

// frame stores a frame. ack.Ranges is empty when nothing of it is acknowledged.
func (p *peer) frame(ctx context.Context, b []byte) (ack, []refused, error) {
	view, segs, err := readFrame(b)
	if err != nil {
		return ack{}, nil, err
	}
	session, ok := p.views[view]
	if !ok {
		code := p.barred[view]
		if code == "" {
			code = store.RefusedUnknown
		}
		p.s.count(p.site, code, len(segs))
		no := refused{"refused", view, nil, code, reasons[code]}
		for _, g := range segs {
			no.Numbers = append(no.Numbers, g.Number)
		}
		return ack{}, []refused{no}, nil
	}
	acked, refusals, err := p.s.store.Append(ctx, session, view, segs)
	if err != nil {
		return ack{}, nil, err
	}
	return ack{"ack", view, rangesOf(acked)}, p.group(view, refusals), nil
}

// group makes one message per code.
func (p *peer) group(view string, refusals []store.Refusal) (out []refused) {
	for _, r := range refusals {
		p.s.count(p.site, r.Code, 1)
		i := slices.IndexFunc(out, func(x refused) bool { return x.Code == r.Code })
		if i < 0 {
			i = len(out)
			out = append(out, refused{"refused", view, nil, r.Code, reasons[r.Code]})
		}
		out[i].Numbers = append(out[i].Numbers, r.Number)
	}
	return out
}

func rangesOf(numbers []uint32) [][2]uint32 {
	var r store.Ranges
	for _, n := range numbers {
		r.Add(n)
	}
	return r
}
