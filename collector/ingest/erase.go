package ingest

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
)

const (
	// MaxEraseKeys is the most keys of one request to erase.
	MaxEraseKeys    = 8
	maxEraseBytes   = 4 << 10
	tagLabel        = "afterimage visitor tag v1\x00"
	visitorTagBytes = 16
)

// VisitorTag is the tag of a visitor's key for a site (UPLOAD.md, "Visitor tag and key"); ""
// for what is no key.
func VisitorTag(key, site string) string {
	b, err := hex.DecodeString(key)
	if err != nil || len(b) != 16 {
		return ""
	}
	m := hmac.New(sha256.New, b)
	m.Write([]byte(tagLabel + site))
	return b64.EncodeToString(m.Sum(nil)[:visitorTagBytes])
}

type eraseRequest struct {
	V    int      `json:"v"`
	Site string   `json:"site"`
	Keys []string `json:"keys"`
}

// Erase deletes what bears the tags of a visitor's keys. The keys are used and forgotten:
// not in the address, not logged, not stored.
func (s *Server) Erase(w http.ResponseWriter, r *http.Request) {
	_, body, leave := s.takePost(w, r, maxEraseBytes)
	if leave == nil {
		return
	}
	defer leave()
	ctx, cancel := context.WithTimeout(r.Context(), StoreTimeout)
	defer cancel()
	site, deleted, err := s.erase(ctx, body, r.Header.Get("Origin"))
	if err != nil {
		no := asRefusal(err)
		if no == refuseInternal {
			s.log.Error("erase; the recorder asks again", "site", site, "err", err)
		}
		s.answerRefusal(w, site, no)
		return
	}
	if deleted > 0 {
		s.log.Info("a visitor's sessions were deleted", "site", site, "sessions", deleted)
	}
	writeJSON(w, http.StatusOK, map[string]int{"deleted": deleted})
}

func (s *Server) erase(ctx context.Context, body []byte, origin string) (id string, deleted int, err error) {
	var q eraseRequest
	if err := json.Unmarshal(body, &q); err != nil || q.V != 1 || len(q.Keys) == 0 || len(q.Keys) > MaxEraseKeys {
		return "", 0, refuseHello(`not {"v":1,"site":…,"keys":[1 to %d keys]}`, MaxEraseKeys)
	}
	var tags []string
	for i, key := range q.Keys {
		tag := VisitorTag(key, q.Site)
		if tag == "" {
			return "", 0, refuseHello("key %d is not 32 hexadecimal digits", i)
		}
		tags = append(tags, tag)
	}
	site, err := s.sites.get(ctx, q.Site)
	if err != nil {
		return "", 0, err
	}
	// Also of a site that is switched off: what was recorded before is still there.
	if !allowedOrigin(site.Origins, origin) {
		return site.ID, 0, refuseOrigin(site.ID, origin)
	}
	for _, tag := range tags {
		r, err := s.store.EraseVisitor(ctx, site.ID, tag, "visitor")
		deleted += r.Sessions
		if err != nil {
			return site.ID, deleted, err
		}
	}
	return site.ID, deleted, nil
}

// AllowedOrigin reports whether a site's list has an origin.
func AllowedOrigin(list []string, origin string) bool { return allowedOrigin(list, origin) }
