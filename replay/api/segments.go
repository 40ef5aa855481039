package api

import (
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"afterimage/replay/open"
)

func (h *handler) segments(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, View)
	if err != nil {
		return err
	}
	cursor, err := open.ParseCursor(r.URL.Query().Get("cursor"))
	if err != nil {
		return badRequest("cursor", "one that "+open.HeaderCursor+" gave")
	}
	ctx := r.Context()
	if r.URL.Query().Get("first") == "1" {
		return h.first(w, r, s)
	}
	wait := r.URL.Query().Get("wait") == "1"
	var news <-chan struct{}
	if wait {
		// Before the first look, so that nothing falls between look and wait.
		watch, stop, err := h.src.Watch(ctx, s.ID)
		if err != nil {
			return err
		}
		defer stop()
		news = watch
	}
	body, more, err := h.collect(ctx, s.ID, cursor)
	if err != nil {
		return err
	}
	timeout := time.NewTimer(h.opt.WaitFor)
	defer timeout.Stop()
	// Nobody tells when a recorder goes.
	look := time.NewTicker(h.opt.LookEvery)
	defer look.Stop()
	wasLive := s.Live
	for wait && s.Continuable && s.Live == wasLive && len(body) == 0 {
		select {
		case <-news:
		case <-look.C:
		case <-timeout.C:
			wait = false
		case <-ctx.Done():
			return nil
		}
		if s, err = h.src.Session(ctx, s.ID); err != nil {
			return err
		}
		if body, more, err = h.collect(ctx, s.ID, cursor); err != nil {
			return err
		}
	}
	head := w.Header()
	head.Set("Content-Type", "application/octet-stream")
	head.Set(open.HeaderCursor, cursor.String())
	head.Set(open.HeaderLive, flag(s.Live))
	head.Set(open.HeaderContinuable, flag(s.Continuable))
	head.Set(open.HeaderMore, flag(more))
	_, _ = w.Write(body) // the client is gone: it asks again with its old cursor
	return nil
}

// first answers with the first segment of the session alone: it says on which page and with
// what browser the visit began.
func (h *handler) first(w http.ResponseWriter, r *http.Request, s open.Session) error {
	var body []byte
	for seg, err := range h.src.Segments(r.Context(), s.ID, &open.Cursor{}) {
		if err != nil {
			return err
		}
		body = binary.LittleEndian.AppendUint32(body, uint32(len(seg.Sealed)))
		body = append(body, seg.Sealed...)
		break
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(body) // the client is gone: it asks again
	return nil
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// collect gathers what is not in the cursor, up to AnswerBytes (one segment at least),
// and adds it to the cursor. more says that something stayed behind.
func (h *handler) collect(ctx context.Context, id string, cursor *open.Cursor) (body []byte, more bool, err error) {
	for seg, err := range h.src.Segments(ctx, id, cursor) {
		if err != nil {
			return nil, false, err
		}
		if len(body) > 0 && len(body)+4+len(seg.Sealed) > h.opt.AnswerBytes {
			return body, true, nil
		}
		body = binary.LittleEndian.AppendUint32(body, uint32(len(seg.Sealed)))
		body = append(body, seg.Sealed...)
		cursor.Add(seg.PageView, seg.Number)
	}
	return body, false, nil
}

func (h *handler) assets(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, View)
	if err != nil {
		return err
	}
	ids, err := h.src.AssetIDs(r.Context(), s.ID)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"assets": append([]string{}, ids...)})
	return nil
}

// asset answers with sealed bytes: the key is in the session's segments.
func (h *handler) asset(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, View)
	if err != nil {
		return err
	}
	sealed, err := h.src.Asset(r.Context(), s.ID, r.PathValue("asset"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	_, _ = w.Write(sealed) // the client is gone: it asks again
	return nil
}

func (h *handler) export(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, Export)
	if err != nil {
		return err
	}
	sealed := r.URL.Query().Get("sealed") == "1"
	// Before a byte goes: what cannot be noted is not handed out.
	if err := open.NoteExport(r.Context(), h.src, s.ID, sealed); err != nil {
		return err
	}
	out := &started{w: w}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="`+s.ID+`.afterimage"`)
	err = open.Export(r.Context(), h.src, s.ID, out, open.ExportOptions{Sealed: sealed})
	if err != nil && out.yes {
		// The status is sent. Cutting the connection tells the client, and the file
		// without its end is refused by every reader.
		h.opt.Log.Error("export cut off", "session", s.ID, "err", err)
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		w.Header().Del("Content-Disposition")
	}
	if errors.Is(err, open.ErrKey) {
		return &open.APIError{Status: http.StatusConflict, Code: "no-key", Message: err.Error(),
			Hint: "ask with sealed=1 for a file without keys, or export where the key is"}
	}
	return err
}

// exported is how a command that makes the file itself, from segments and keys, says so.
func (h *handler) exported(w http.ResponseWriter, r *http.Request) error {
	s, err := h.find(r, Export)
	if err != nil {
		return err
	}
	if err := open.NoteExport(r.Context(), h.src, s.ID, r.URL.Query().Get("sealed") == "1"); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// started remembers whether anything was sent.
type started struct {
	w   http.ResponseWriter
	yes bool
}

func (s *started) Write(b []byte) (int, error) {
	s.yes = true
	return s.w.Write(b)
}
