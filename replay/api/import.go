package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"afterimage/replay/open"
)

// importFile takes a recording file. It is kept in a temporary file while it is checked,
// since the reader goes over it twice.
func (h *handler) importFile(w http.ResponseWriter, r *http.Request) (err error) {
	into, ok := h.src.(open.Importer)
	if !ok {
		return fmt.Errorf("import: %w", open.ErrReadOnly)
	}
	site := r.URL.Query().Get("site")
	if site != "" && !open.ValidSiteID(site) {
		return badRequest("site", "a site id: 8 to 32 of a-z and 0-9")
	}
	if r.Header.Get("Content-Type") != "application/octet-stream" {
		return &open.APIError{Status: http.StatusUnsupportedMediaType, Code: "bad-request", Message: "Content-Type: not application/octet-stream"}
	}
	tmp, err := os.CreateTemp("", "afterimage-import-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name())) }()
	_, err = io.Copy(tmp, http.MaxBytesReader(w, r.Body, h.opt.ImportBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return &open.APIError{Status: http.StatusRequestEntityTooLarge, Code: "too-large",
			Message: fmt.Sprintf("the recording file is above %d bytes", h.opt.ImportBytes), Hint: "import it on the machine of the collector"}
	}
	if err != nil {
		return err
	}
	if site == "" {
		// Whose site it is stands in the file; it must be known before the access check.
		head, err := open.ReadHead(io.NewSectionReader(tmp, 0, 1<<62))
		if err != nil {
			return err
		}
		site = head.Site
	}
	if !h.opt.Allow(r, Import, site) {
		return &open.APIError{Status: http.StatusForbidden, Code: "not-allowed",
			Message: "this account may not import into that site", Hint: "ask an owner of the site"}
	}
	session, err := into.Import(r.Context(), tmp, open.ImportOptions{Site: site})
	if err != nil {
		return err
	}
	h.opt.Log.Info("session imported", "session", session.ID, "site", session.Site, "segments", session.Segments)
	writeJSON(w, http.StatusCreated, session)
	return nil
}
