// Package api serves an open.Source over HTTP: the one API that the player, the
// command line with --server and a collector's socket speak.
//
//	GET    /api/v1/sites                     {"sites":[…],"local":bool,"readOnly":bool}
//	GET    /api/v1/sessions?site=&before=&beforeId=&limit=   {"sessions":[…],"nextBeforeMs":n,"nextBeforeId":id}
//	GET    /api/v1/sessions/{id}             the session, its keys and closed envelopes; here the first 8 digits of the id do
//	GET    /api/v1/sessions/{id}/segments?cursor=&wait=1   u32 LE length, sealed segment, repeated
//	GET    /api/v1/sessions/{id}/segments?first=1          the same of its first segment alone
//	GET    /api/v1/sessions/{id}/assets      {"assets":[id…]}
//	GET    /api/v1/sessions/{id}/assets/{asset}            a sealed image or font that it shows
//	GET    /api/v1/sessions/{id}/export[?sealed=1]         the recording file
//	POST   /api/v1/sessions/{id}/exported[?sealed=1]       204: the client makes the file itself, noted in the audit
//	DELETE /api/v1/sessions/{id}             the receipt
//	GET    /api/v1/sessions/{id}/shares      {"shares":[{"id","madeAtMs","by","pageViews"}]}
//	POST   /api/v1/sessions/{id}/shares      {"id","keys"}: keys sealed for a share link, 204
//	GET    /api/v1/sessions/{id}/shares/{share}            {"id","keys"}
//	DELETE /api/v1/sessions/{id}/shares/{share}            204: the link opens nothing any more
//	POST   /api/v1/sessions[?site=]          a recording file in, 201 and its session out
//
// Times are epoch milliseconds, ids lower-case hexadecimal, bytes base64url without
// padding. An answer that is not 2xx is {"error","hint","code"}.
//
// Segments come sealed; whoever may view a session gets its content keys with it and
// opens it on their own machine. The cursor is opaque: it holds which segments were sent,
// so that a late one, which stands before others, still comes. With wait=1 the answer is
// held back up to 20 s until there is something new, or X-Afterimage-Live has changed. An
// answer is cut at about 4 MB; X-Afterimage-More: 1 then says to ask again. A session that
// is not live but X-Afterimage-Continuable may go on.
//
// The handler knows no login: the collector wraps it in its own and gives Options.Allow;
// `replay serve` puts it on loopback. It refuses requests that another site's page makes
// (Sec-Fetch-Site, Origin), sends no CORS header, and every answer is Cache-Control:
// no-store. Logs hold method, route, session id and status, never what is recorded, no
// keys and no cursor.
package api

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"afterimage/collector/store"
	"afterimage/replay/open"
)

// Action is what a request wants to do with a site's sessions.
type Action string

// The actions that Options.Allow decides on.
const (
	View   Action = "view"
	Export Action = "export"
	Delete Action = "delete"
	Import Action = "import"
	Share  Action = "share"
)

// Options of Handler. The zero value allows all to everybody who reaches it.
type Options struct {
	// Log gets one line a request. nil discards.
	Log *slog.Logger
	// Allow decides on one site. A site that may not be viewed looks like one that is
	// not there. nil allows.
	Allow func(r *http.Request, action Action, siteID string) bool
	// Local: this takes no recordings in, so that there is no tag to install from here.
	Local bool
	// ReadOnly: sessions cannot be deleted here.
	ReadOnly bool
	// WaitFor is how long wait=1 holds an answer back; 0 means DefaultWaitFor.
	WaitFor time.Duration
	// LookEvery is how often meanwhile it is seen whether the session is still live; 0
	// means DefaultLookEvery.
	LookEvery time.Duration
	// AnswerBytes cuts an answer of segments; 0 means DefaultAnswerBytes.
	AnswerBytes int
	// ImportBytes is the largest recording file that POST takes; 0 means
	// DefaultImportBytes.
	ImportBytes int64
}

// Named defaults.
const (
	DefaultWaitFor     = 20 * time.Second
	DefaultLookEvery   = 3 * time.Second
	DefaultAnswerBytes = 4 << 20
	DefaultImportBytes = 1 << 30
)

type handler struct {
	src open.Source
	opt Options
}

// Handler serves src below /api/v1/.
func Handler(src open.Source, opt Options) http.Handler {
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Allow == nil {
		opt.Allow = func(*http.Request, Action, string) bool { return true }
	}
	if opt.WaitFor == 0 {
		opt.WaitFor = DefaultWaitFor
	}
	if opt.LookEvery == 0 {
		opt.LookEvery = DefaultLookEvery
	}
	if opt.AnswerBytes == 0 {
		opt.AnswerBytes = DefaultAnswerBytes
	}
	if opt.ImportBytes == 0 {
		opt.ImportBytes = DefaultImportBytes
	}
	h := &handler{src: src, opt: opt}
	mux := http.NewServeMux()
	mux.Handle("GET /api/v1/sites", h.route(h.sites))
	mux.Handle("GET /api/v1/sessions", h.route(h.sessions))
	mux.Handle("POST /api/v1/sessions", h.route(h.importFile))
	mux.Handle("GET /api/v1/sessions/{id}", h.route(h.session))
	mux.Handle("DELETE /api/v1/sessions/{id}", h.route(h.delete))
	mux.Handle("GET /api/v1/sessions/{id}/segments", h.route(h.segments))
	mux.Handle("GET /api/v1/sessions/{id}/assets", h.route(h.assets))
	mux.Handle("GET /api/v1/sessions/{id}/assets/{asset}", h.route(h.asset))
	mux.Handle("GET /api/v1/sessions/{id}/export", h.route(h.export))
	mux.Handle("POST /api/v1/sessions/{id}/exported", h.route(h.exported))
	mux.Handle("GET /api/v1/sessions/{id}/shares", h.route(h.shares))
	mux.Handle("POST /api/v1/sessions/{id}/shares", h.route(h.addShare))
	mux.Handle("GET /api/v1/sessions/{id}/shares/{share}", h.route(h.sharedKeys))
	mux.Handle("DELETE /api/v1/sessions/{id}/shares/{share}", h.route(h.revokeShare))
	mux.Handle("/api/v1/", h.route(func(w http.ResponseWriter, r *http.Request) error {
		return &open.APIError{Status: http.StatusNotFound, Code: open.CodeNoRoute, Message: "this API has no such path or method"}
	}))
	return mux
}

// route puts the headers, the cross-site check, errors and the log line around serve.
func (h *handler) route(serve func(http.ResponseWriter, *http.Request) error) http.Handler {
	cross := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Cache-Control", "no-store")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
		head.Set("Referrer-Policy", "no-referrer")
		began := time.Now()
		err := cross.Check(r)
		// CrossOriginProtection lets every GET pass. A GET here starts a download or
		// holds a connection for 20 s, and nothing of another site has a use for it.
		if site := r.Header.Get("Sec-Fetch-Site"); err == nil && (site == "cross-site" || site == "same-site") {
			err = errors.New("Sec-Fetch-Site: " + site)
		}
		if err != nil {
			err = &open.APIError{Status: http.StatusForbidden, Code: "cross-site",
				Message: "requests from other sites are refused", Hint: "open the player at its own address"}
		} else {
			err = serve(w, r)
		}
		status := http.StatusOK
		if err != nil {
			status = writeError(w, err)
		}
		attrs := []any{"method", r.Method, "route", r.Pattern, "status", status, "took", time.Since(began)}
		if id := r.PathValue("id"); open.ValidID(id) {
			attrs = append(attrs, "session", id)
		}
		// Who gave a request up made it fail: nothing is wrong here.
		if status >= http.StatusInternalServerError && r.Context().Err() == nil {
			h.opt.Log.Error("api", append(attrs, "err", err)...)
		} else {
			h.opt.Log.Debug("api", attrs...)
		}
	})
}

// writeError answers with err as JSON. The text of an error that has no status of its
// own stays in the log: it may name paths of this machine.
func writeError(w http.ResponseWriter, err error) (status int) {
	var failure *open.APIError
	var file *open.FileError
	switch {
	case errors.As(err, &failure):
	case errors.Is(err, open.ErrNotFound):
		failure = &open.APIError{Status: http.StatusNotFound, Code: "not-found", Message: "no such session", Hint: "it may have been deleted; list the sessions anew"}
	case errors.Is(err, open.ErrNoAsset):
		failure = &open.APIError{Status: http.StatusNotFound, Code: open.CodeNoAsset, Message: "the session shows no such asset"}
	case errors.Is(err, open.ErrNoShare):
		failure = &open.APIError{Status: http.StatusNotFound, Code: "no-share", Message: "the link was revoked, or its session deleted", Hint: "ask for a new link"}
	case errors.Is(err, open.ErrManaged):
		failure = &open.APIError{Status: http.StatusConflict, Code: "managed", Message: err.Error(), Hint: "send the address of the session itself"}
	case errors.Is(err, open.ErrSharing):
		failure = &open.APIError{Status: http.StatusConflict, Code: "no-shares", Message: err.Error(), Hint: "import the recording into a collector"}
	case errors.Is(err, store.ErrLimit):
		failure = &open.APIError{Status: http.StatusConflict, Code: "limit", Message: "the session has as many shares as one may have, or this one is too large", Hint: "revoke those that nobody needs: replay share --list SESSION"}
	case errors.Is(err, open.ErrReadOnly):
		failure = &open.APIError{Status: http.StatusConflict, Code: "read-only", Message: err.Error(), Hint: "remove the file itself; in a collector: replay delete SESSION"}
	case errors.Is(err, open.ErrNoSite):
		failure = &open.APIError{Status: http.StatusConflict, Code: "no-site", Message: err.Error(), Hint: "name the site to import into"}
	case errors.Is(err, store.ErrExists):
		failure = &open.APIError{Status: http.StatusConflict, Code: "exists", Message: "the session is there already", Hint: "delete it first, or keep what is there"}
	case errors.Is(err, store.ErrDeleted):
		failure = &open.APIError{Status: http.StatusConflict, Code: "deleted", Message: "the session was deleted here", Hint: "a deleted session stays deleted; the file itself can be watched"}
	case errors.Is(err, open.ErrKey):
		failure = &open.APIError{Status: http.StatusConflict, Code: "no-key", Message: err.Error(), Hint: "export it with its keys, or import into the site it was recorded for"}
	case errors.As(err, &file), errors.Is(err, open.ErrDamaged):
		failure = &open.APIError{Status: http.StatusBadRequest, Code: "bad-file", Message: err.Error(), Hint: "copy or export it again"}
	default:
		failure = &open.APIError{Status: http.StatusInternalServerError, Code: "internal", Message: "the recording could not be read", Hint: "the log of the server says why"}
	}
	if failure.Status < 400 {
		failure = &open.APIError{Status: http.StatusBadGateway, Code: "upstream", Message: failure.Message}
	}
	writeJSON(w, failure.Status, failure)
	return failure.Status
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(true)
	_ = enc.Encode(v) // the client is gone: nobody to tell
}

func (h *handler) sites(w http.ResponseWriter, r *http.Request) error {
	list, err := h.src.Sites(r.Context())
	if err != nil {
		return err
	}
	allowed := make([]open.Site, 0, len(list))
	for _, site := range list {
		if h.opt.Allow(r, View, site.ID) {
			allowed = append(allowed, site)
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"sites": allowed, "local": h.opt.Local, "readOnly": h.opt.ReadOnly})
	return nil
}

func (h *handler) sessions(w http.ResponseWriter, r *http.Request) error {
	query := r.URL.Query()
	f := open.Filter{Site: query.Get("site"), Limit: open.DefaultLimit}
	if f.Site != "" && !open.ValidSiteID(f.Site) {
		return badRequest("site", "a site id: 8 to 32 of a-z and 0-9")
	}
	if s := query.Get("before"); s != "" {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return badRequest("before", "epoch milliseconds")
		}
		f.BeforeMs = n
	}
	if f.BeforeID = query.Get("beforeId"); f.BeforeID != "" && !open.ValidID(f.BeforeID) {
		return badRequest("beforeId", "a session id")
	}
	if s := query.Get("limit"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > open.MaxLimit {
			return badRequest("limit", "1 to "+strconv.Itoa(open.MaxLimit))
		}
		f.Limit = n
	}
	list, err := h.src.Sessions(r.Context(), f)
	if err != nil {
		return err
	}
	allowed := make([]open.Session, 0, len(list))
	for _, s := range list {
		if h.opt.Allow(r, View, s.Site) {
			allowed = append(allowed, s)
		}
	}
	next, nextID := int64(0), ""
	if len(list) == f.Limit {
		next, nextID = list[len(list)-1].LastAtMs, list[len(list)-1].ID
	}
	writeJSON(w, http.StatusOK, map[string]any{"sessions": allowed, "nextBeforeMs": next, "nextBeforeId": nextID})
	return nil
}

func badRequest(name, want string) error {
	return &open.APIError{Status: http.StatusBadRequest, Code: "bad-request", Message: "parameter " + name + ": not " + want}
}

// shortDigits of an id name a session to people: the dashboard shows as many.
const shortDigits = 8

// whole is the session id of the request, which may be its beginning. Sessions that may not
// be viewed neither fit nor make another one ambiguous.
func (h *handler) whole(r *http.Request) (string, error) {
	id := r.PathValue("id")
	if open.ValidID(id) || len(id) < shortDigits || len(id) > 32 {
		return id, nil
	}
	found := ""
	for s, err := range open.AllSessions(r.Context(), h.src, open.Filter{}) {
		switch {
		case err != nil:
			return "", err
		case !strings.HasPrefix(s.ID, id) || !h.opt.Allow(r, View, s.Site):
		case found != "":
			return "", &open.APIError{Status: http.StatusConflict, Code: "ambiguous", Message: open.ErrAmbiguous.Error(), Hint: "take all of its id: the list of sessions has it"}
		default:
			found = s.ID
		}
	}
	return found, nil
}

// find is the session of the request, if the action is allowed on it.
func (h *handler) find(r *http.Request, action Action) (open.Session, error) {
	return h.findID(r, r.PathValue("id"), action)
}

func (h *handler) findID(r *http.Request, id string, action Action) (open.Session, error) {
	if !open.ValidID(id) {
		return open.Session{}, open.ErrNotFound
	}
	s, err := h.src.Session(r.Context(), id)
	if err != nil {
		return open.Session{}, err
	}
	if !h.opt.Allow(r, View, s.Site) {
		return open.Session{}, open.ErrNotFound
	}
	if action != View && !h.opt.Allow(r, action, s.Site) {
		return open.Session{}, &open.APIError{Status: http.StatusForbidden, Code: "not-allowed",
			Message: "this account may not " + string(action) + " sessions of this site", Hint: "ask an owner of the site"}
	}
	return s, nil
}

func (h *handler) session(w http.ResponseWriter, r *http.Request) error {
	id, err := h.whole(r)
	if err != nil {
		return err
	}
	s, err := h.findID(r, id, View)
	if err != nil {
		return err
	}
	keys, err := h.src.Keys(r.Context(), s.ID)
	if err != nil {
		return err
	}
	d := open.SessionDetail{Session: s, Custody: keys.Custody, KeyError: keys.Problem,
		Keys: map[string]open.Binary{}, Envelopes: map[string]open.Binary{}}
	for pageView, key := range keys.Content {
		d.Keys[pageView] = key
	}
	for pageView, envelope := range keys.Envelopes {
		d.Envelopes[pageView] = envelope
	}
	writeJSON(w, http.StatusOK, d)
	return nil
}

func (h *handler) delete(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, Delete)
	if err != nil {
		return err
	}
	receipt, err := h.src.Delete(r.Context(), s.ID)
	if err != nil {
		return err
	}
	h.opt.Log.Info("session deleted", "session", s.ID, "site", s.Site)
	writeJSON(w, http.StatusOK, receipt)
	return nil
}
