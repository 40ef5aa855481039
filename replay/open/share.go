package open

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"afterimage/collector/store"
)

// A share lets somebody watch one session of a held site without the site's key. The link's
// fragment is base64url(id | key), 16 random bytes each; the collector keeps under the id the
// session's content keys, (page view | content key) 16 bytes each, sealed with AES-128-GCM
// under the key (nonce of 12 zero bytes: the key is used once; additional data shareLabel, 0,
// session, id). Without that row the link opens nothing: removing it revokes the share.
const shareLabel = "afterimage share v1\x00"

// Share is one of a session. JSON as in the HTTP API.
type Share struct {
	ID        string `json:"id"`
	MadeAtMs  int64  `json:"madeAtMs"`
	By        string `json:"by"`
	PageViews int    `json:"pageViews"`
}

// Sharer is a Source that keeps shares.
type Sharer interface {
	AddShare(ctx context.Context, session, id string, keys []byte) error
	Shares(ctx context.Context, session string) ([]Share, error)
	SharedKeys(ctx context.Context, session, id string) ([]byte, error)
	RevokeShare(ctx context.Context, session, id string) error
}

// AsSharer is what keeps the shares of a source.
func AsSharer(src Source) (Sharer, error) {
	if ring, ok := src.(ringSource); ok {
		src = ring.Source
	}
	if s, ok := src.(Sharer); ok {
		return s, nil
	}
	return nil, ErrSharing
}

// noter is a Source that keeps an audit.
type noter interface {
	NoteExport(ctx context.Context, session string, sealed bool) error
}

// NoteExport writes into the audit of a source, if it keeps one, that a session is exported;
// sealed: without its keys.
func NoteExport(ctx context.Context, src Source, session string, sealed bool) error {
	if ring, ok := src.(ringSource); ok {
		src = ring.Source
	}
	if s, ok := src.(noter); ok {
		return s.NoteExport(ctx, session, sealed)
	}
	return nil
}

// Errors of shares.
var (
	ErrNoShare  = errors.New("no such share")
	ErrSharing  = errors.New("shares are kept by a collector or its data directory")
	ErrManaged  = errors.New("the site is in managed custody: whoever may sign in opens the session as it is")
	ErrNotShare = errors.New("not the key of a share")
)

const gcmTag = 16

// SealShare makes a share of content keys by page view: its id, what the collector keeps,
// and the link's fragment.
func SealShare(session string, content map[string][]byte) (id string, sealed []byte, fragment string, err error) {
	secret := make([]byte, 32)
	rand.Read(secret)
	id = hex.EncodeToString(secret[:16])
	var plain []byte
	views := make([]string, 0, len(content))
	for view := range content {
		views = append(views, view)
	}
	slices.Sort(views)
	for _, view := range views {
		b, err := hex.DecodeString(view)
		if err != nil || len(b) != 16 || len(content[view]) != 16 {
			return "", nil, "", fmt.Errorf("page view %.40q: %w", view, ErrKey)
		}
		plain = append(append(plain, b...), content[view]...)
	}
	if len(plain) == 0 {
		return "", nil, "", ErrKey
	}
	seal, aad, err := shareCipher(session, secret)
	if err != nil {
		return "", nil, "", err
	}
	return id, seal.Seal(nil, make([]byte, 12), plain, aad), base64.RawURLEncoding.EncodeToString(secret), nil
}

// OpenShare returns the content keys of a share.
func OpenShare(session, fragment string, sealed []byte) (map[string][]byte, error) {
	secret, err := base64.RawURLEncoding.DecodeString(fragment)
	if err != nil || len(secret) != 32 {
		return nil, ErrNotShare
	}
	seal, aad, err := shareCipher(session, secret)
	if err != nil {
		return nil, err
	}
	plain, err := seal.Open(nil, make([]byte, 12), sealed, aad)
	if err != nil || len(plain)%32 != 0 {
		return nil, ErrNotShare
	}
	out := map[string][]byte{}
	for ; len(plain) > 0; plain = plain[32:] {
		out[hex.EncodeToString(plain[:16])] = plain[16:32:32]
	}
	return out, nil
}

func shareCipher(session string, secret []byte) (cipher.AEAD, []byte, error) {
	s, err := hex.DecodeString(session)
	if err != nil || len(s) != 16 {
		return nil, nil, fmt.Errorf("session %.40q: %w", session, ErrNotFound)
	}
	block, err := aes.NewCipher(secret[16:])
	if err != nil {
		return nil, nil, err
	}
	gcm, err := cipher.NewGCM(block)
	return gcm, append(append([]byte(shareLabel), s...), secret[:16]...), err
}

func noShare(id string, err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return fmt.Errorf("share %.40q: %w", id, ErrNoShare)
	}
	return err
}

func (s *storeSource) AddShare(ctx context.Context, session, id string, keys []byte) error {
	info, err := s.st.Session(ctx, session)
	if err != nil {
		return notFound(session, err)
	}
	if site, err := s.st.Site(ctx, info.Site); err != nil || site.Custody != Held {
		return errors.Join(ErrManaged, err)
	}
	return notFound(session, s.st.AddShare(ctx, session, id, keys, store.Actor(ctx)))
}

func (s *storeSource) Shares(ctx context.Context, session string) ([]Share, error) {
	list, err := s.st.Shares(ctx, session)
	out := make([]Share, 0, len(list))
	for _, x := range list {
		out = append(out, Share{x.ID, ms(x.MadeAt), x.Who, (x.Bytes - gcmTag) / 32})
	}
	return out, err
}

func (s *storeSource) SharedKeys(ctx context.Context, session, id string) ([]byte, error) {
	b, err := s.st.SharedKeys(ctx, session, id)
	return b, noShare(id, err)
}

func (s *storeSource) RevokeShare(ctx context.Context, session, id string) error {
	return noShare(id, s.st.RevokeShare(ctx, session, id, store.Actor(ctx)))
}

func none[T any](_ T, err error) error { return err }

func (d *dirSource) AddShare(ctx context.Context, session, id string, keys []byte) error {
	return none(with(ctx, d, func(src Source) (int, error) { return 0, src.(Sharer).AddShare(ctx, session, id, keys) }))
}

func (d *dirSource) Shares(ctx context.Context, session string) ([]Share, error) {
	return with(ctx, d, func(src Source) ([]Share, error) { return src.(Sharer).Shares(ctx, session) })
}

func (d *dirSource) SharedKeys(ctx context.Context, session, id string) ([]byte, error) {
	return with(ctx, d, func(src Source) ([]byte, error) { return src.(Sharer).SharedKeys(ctx, session, id) })
}

func (d *dirSource) RevokeShare(ctx context.Context, session, id string) error {
	return none(with(ctx, d, func(src Source) (int, error) { return 0, src.(Sharer).RevokeShare(ctx, session, id) }))
}

// sharesPath is where the API has the shares of a session.
func sharesPath(session, id string) string {
	path := "/api/v1/sessions/" + session + "/shares"
	if id != "" {
		path += "/" + id
	}
	return path
}

func (s *serverSource) AddShare(ctx context.Context, session, id string, keys []byte) error {
	if !ValidID(session) {
		return notFoundID(session)
	}
	body, err := json.Marshal(SharedKeys{ID: id, Keys: keys})
	if err != nil {
		return err
	}
	resp, err := s.send(ctx, "POST", sharesPath(session, ""), nil, bytes.NewReader(body))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (s *serverSource) Shares(ctx context.Context, session string) ([]Share, error) {
	if !ValidID(session) {
		return nil, notFoundID(session)
	}
	var answer struct {
		Shares []Share `json:"shares"`
	}
	err := s.get(ctx, sharesPath(session, ""), nil, &answer)
	return answer.Shares, err
}

func (s *serverSource) SharedKeys(ctx context.Context, session, id string) ([]byte, error) {
	if !ValidID(session) || !ValidID(id) {
		return nil, fmt.Errorf("share %.40q: %w", id, ErrNoShare)
	}
	var answer SharedKeys
	err := s.get(ctx, sharesPath(session, id), nil, &answer)
	return answer.Keys, err
}

func (s *serverSource) RevokeShare(ctx context.Context, session, id string) error {
	if !ValidID(session) || !ValidID(id) {
		return fmt.Errorf("share %.40q: %w", id, ErrNoShare)
	}
	resp, err := s.do(ctx, "DELETE", sharesPath(session, id), nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// SharedKeys is what the API takes and gives.
type SharedKeys struct {
	ID   string `json:"id"`
	Keys Binary `json:"keys"`
}

func notFoundID(session string) error { return fmt.Errorf("session %.40q: %w", session, ErrNotFound) }
