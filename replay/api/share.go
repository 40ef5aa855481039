package api

import (
	"encoding/json"
	"net/http"

	"afterimage/replay/open"
)

const maxShareBody = 256 << 10

// sharer finds the session of the request and what keeps its shares.
func (h *handler) sharer(r *http.Request, action Action) (open.Sharer, string, error) {
	s, err := h.find(r, action)
	if err != nil {
		return nil, "", err
	}
	keeper, err := open.AsSharer(h.src)
	return keeper, s.ID, err
}

func (h *handler) shares(w http.ResponseWriter, r *http.Request) error {
	keeper, id, err := h.sharer(r, Share)
	if err != nil {
		return err
	}
	list, err := keeper.Shares(r.Context(), id)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, map[string]any{"shares": list})
	return nil
}

func (h *handler) addShare(w http.ResponseWriter, r *http.Request) error {
	keeper, id, err := h.sharer(r, Share)
	if err != nil {
		return err
	}
	var q open.SharedKeys
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxShareBody)).Decode(&q); err != nil || !open.ValidID(q.ID) || len(q.Keys) == 0 {
		return &open.APIError{Status: http.StatusBadRequest, Code: "bad-request", Message: `not {"id","keys"}`}
	}
	if err := keeper.AddShare(r.Context(), id, q.ID, q.Keys); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// sharedKeys gives what the link's key opens: who may view the session may ask.
func (h *handler) sharedKeys(w http.ResponseWriter, r *http.Request) error {
	keeper, id, err := h.sharer(r, View)
	if err != nil {
		return err
	}
	share := r.PathValue("share")
	keys, err := keeper.SharedKeys(r.Context(), id, share)
	if err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, open.SharedKeys{ID: share, Keys: keys})
	return nil
}

func (h *handler) revokeShare(w http.ResponseWriter, r *http.Request) error {
	keeper, id, err := h.sharer(r, Share)
	if err != nil {
		return err
	}
	if err := keeper.RevokeShare(r.Context(), id, r.PathValue("share")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
