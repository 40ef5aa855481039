package open

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// Header names of the segments stream of the HTTP API.
const (
	HeaderCursor = "X-Afterimage-Cursor" // set of segments sent so far
	HeaderLive   = "X-Afterimage-Live"   // 1: the recorder is connected, or was seconds ago
	HeaderMore   = "X-Afterimage-More"   // 1: the answer was cut, ask again at once

	HeaderContinuable = "X-Afterimage-Continuable" // 1: the session has not ended, segments may still come
)

// SessionDetail is the answer of GET /api/v1/sessions/{id}.
type SessionDetail struct {
	Session
	Custody   string            `json:"custody"`
	Keys      map[string]Binary `json:"keys"`
	Envelopes map[string]Binary `json:"envelopes"`
	KeyError  string            `json:"keyError"`
}

// APIError is the body of an answer that is not 2xx.
type APIError struct {
	Message string `json:"error"`
	Hint    string `json:"hint,omitempty"`
	Code    string `json:"code,omitempty"`
	Status  int    `json:"-"`
}

func (e *APIError) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server answered %d", e.Status)
	}
	return e.Message
}

// Is makes the sentinels of this package from status and code.
func (e *APIError) Is(target error) bool {
	switch target {
	case ErrNotFound:
		return e.Code == "not-found" || (e.Code == "" && e.Status == http.StatusNotFound)
	case ErrAccess:
		return e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
	case ErrReadOnly:
		return e.Code == "read-only"
	case ErrNoSite:
		return e.Code == "no-site"
	case store.ErrExists:
		return e.Code == "exists"
	case store.ErrDeleted:
		return e.Code == "deleted"
	}
	return false
}

// maxAnswerBytes bounds an answer of the server: a segments answer is cut by the server
// at about 4 MB, and one segment is at most maxSegmentBytes.
const maxAnswerBytes = 64 << 20

// OpenServer is the source of a collector at base (http://HOST:PORT, with a path prefix
// if it has one). token goes as a bearer token; empty for none.
func OpenServer(base, token string) (Source, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("server %q: not a URL of the form https://HOST", base)
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("server %q: only scheme, host and path may stand there; a token goes into --token", u.Redacted())
	}
	if u.Scheme == "http" && token != "" && !loopbackHost(u.Hostname()) {
		return nil, fmt.Errorf("server %s: a token over plain http can be read on the way; use https", u.Host)
	}
	client := &http.Client{CheckRedirect: noRedirect}
	return &serverSource{base: strings.TrimSuffix(u.String(), "/"), token: token, client: client}, nil
}

// openSocket is the source of the collector that listens on the unix socket at path.
func openSocket(path string) Source {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", path)
	}}
	client := &http.Client{Transport: transport, CheckRedirect: noRedirect}
	return &serverSource{base: "http://collector", client: client}
}

// noRedirect keeps a token and a recording from going anywhere else. A login page
// answers API requests with a redirect; that is no answer of the API.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func loopbackHost(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

type serverSource struct {
	base, token string
	client      *http.Client
}

func (s *serverSource) Close() error {
	s.client.CloseIdleConnections()
	return nil
}

// do sends a request without body; see send.
func (s *serverSource) do(ctx context.Context, method, path string, query url.Values) (*http.Response, error) {
	return s.send(ctx, method, path, query, nil)
}

// send sends the request and returns a 2xx answer; the caller closes its body.
func (s *serverSource) send(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	target := s.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 == 2 {
		return resp, nil
	}
	defer resp.Body.Close()
	failure := &APIError{Status: resp.StatusCode}
	answer, _ := io.ReadAll(io.LimitReader(resp.Body, 16<<10))
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		_ = json.Unmarshal(answer, failure) // without it the status alone speaks
	}
	if resp.StatusCode/100 == 3 || failure.Message == "" {
		failure.Message = fmt.Sprintf("%s answered %s to %s %s", s.base, resp.Status, method, path)
	}
	return nil, failure
}

func (s *serverSource) get(ctx context.Context, path string, query url.Values, into any) error {
	resp, err := s.do(ctx, http.MethodGet, path, query)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(io.LimitReader(resp.Body, maxAnswerBytes))
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("%s%s: the answer is not the JSON of this API: %w", s.base, path, err)
	}
	return nil
}

func (s *serverSource) Sites(ctx context.Context) ([]Site, error) {
	var answer struct{ Sites []Site }
	if err := s.get(ctx, "/api/v1/sites", nil, &answer); err != nil {
		return nil, err
	}
	return answer.Sites, nil
}

func (s *serverSource) Sessions(ctx context.Context, f Filter) ([]Session, error) {
	query := url.Values{"limit": {strconv.Itoa(limit(f.Limit))}}
	if f.Site != "" {
		query.Set("site", f.Site)
	}
	if f.BeforeMs > 0 {
		query.Set("before", strconv.FormatInt(f.BeforeMs, 10))
		if f.BeforeID != "" {
			query.Set("beforeId", f.BeforeID)
		}
	}
	var answer struct{ Sessions []Session }
	if err := s.get(ctx, "/api/v1/sessions", query, &answer); err != nil {
		return nil, err
	}
	for _, info := range answer.Sessions {
		if !ValidID(info.ID) {
			return nil, errors.New("the server lists a session whose id is none")
		}
	}
	return answer.Sessions, nil
}

func (s *serverSource) detail(ctx context.Context, id string) (SessionDetail, error) {
	var d SessionDetail
	if !ValidID(id) {
		return d, fmt.Errorf("session %q: %w", id, ErrNotFound)
	}
	err := s.get(ctx, "/api/v1/sessions/"+id, nil, &d)
	if err == nil && d.ID != id {
		err = fmt.Errorf("asked for session %s, the server answered with another one", id)
	}
	return d, err
}

func (s *serverSource) Session(ctx context.Context, id string) (Session, error) {
	d, err := s.detail(ctx, id)
	return d.Session, err
}

func (s *serverSource) Keys(ctx context.Context, id string) (Keys, error) {
	d, err := s.detail(ctx, id)
	if err != nil {
		return Keys{}, err
	}
	k := Keys{Custody: d.Custody, Content: map[string][]byte{}, Envelopes: map[string][]byte{}, Problem: d.KeyError}
	for pageView, key := range d.Keys {
		if len(key) != 16 {
			return Keys{}, fmt.Errorf("page view %s: the server sent a content key of %d bytes, not 16", pageView, len(key))
		}
		k.Content[pageView] = key
	}
	for pageView, envelope := range d.Envelopes {
		k.Envelopes[pageView] = envelope
	}
	return k, nil
}

// Segments reads all answers before it yields: a segment that came late stands in a
// later answer than its place. Memory is the sealed size of what is not in have.
func (s *serverSource) Segments(ctx context.Context, id string, have *Cursor) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		segs, err := s.segments(ctx, id, have.String())
		if err != nil {
			yield(Segment{}, fmt.Errorf("segments of session %s: %w", id, err))
			return
		}
		for _, seg := range segs {
			if !yield(seg, nil) {
				return
			}
		}
	}
}

// segments are in page view order, by the first segment that came of each, then number.
func (s *serverSource) segments(ctx context.Context, id, cursor string) ([]Segment, error) {
	if !ValidID(id) {
		return nil, ErrNotFound
	}
	var segs []Segment
	place := map[string]int{}
	for {
		resp, err := s.do(ctx, http.MethodGet, "/api/v1/sessions/"+id+"/segments", url.Values{"cursor": {cursor}})
		if err != nil {
			return nil, err
		}
		body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerBytes))
		resp.Body.Close()
		if err != nil {
			return nil, err
		}
		for seg, err := range ReadStream(body) {
			if err != nil {
				return nil, err
			}
			if _, seen := place[seg.PageView]; !seen {
				place[seg.PageView] = len(place)
			}
			segs = append(segs, seg)
		}
		next := resp.Header.Get(HeaderCursor)
		if resp.Header.Get(HeaderMore) != "1" || next == cursor {
			break
		}
		cursor = next
	}
	slices.SortStableFunc(segs, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(place[a.PageView], place[b.PageView]), cmp.Compare(a.Number, b.Number))
	})
	return segs, nil
}

// ReadStream reads the body of the segments stream: u32 length, sealed segment, repeated.
// The segments are copies.
func ReadStream(body []byte) iter.Seq2[Segment, error] {
	return func(yield func(Segment, error) bool) {
		offset := 0
		for offset < len(body) {
			rest := body[offset:]
			if len(rest) < 4 || uint64(binary.LittleEndian.Uint32(rest)) > uint64(len(rest)-4) {
				yield(Segment{}, fmt.Errorf("segments stream, offset %d: %w", offset, io.ErrUnexpectedEOF))
				return
			}
			n := int(binary.LittleEndian.Uint32(rest))
			sealed := bytes.Clone(rest[4 : 4+n])
			h, err := seal.ReadHeader(sealed)
			if err != nil {
				yield(Segment{}, fmt.Errorf("segments stream, offset %d: %w", offset, err))
				return
			}
			offset += 4 + n
			if !yield(Segment{PageView: hex.EncodeToString(h.PageView[:]), Number: h.Number, Epoch: h.Epoch, Sealed: sealed}, nil) {
				return
			}
		}
	}
}

func (s *serverSource) AssetIDs(ctx context.Context, id string) ([]string, error) {
	if !ValidID(id) {
		return nil, fmt.Errorf("session %q: %w", id, ErrNotFound)
	}
	var answer struct{ Assets []string }
	if err := s.get(ctx, "/api/v1/sessions/"+id+"/assets", nil, &answer); err != nil {
		return nil, err
	}
	return answer.Assets, nil
}

func (s *serverSource) Asset(ctx context.Context, id, asset string) ([]byte, error) {
	if !ValidID(id) || !ValidID(asset) {
		return nil, fmt.Errorf("asset %.40q: %w", asset, ErrNoAsset)
	}
	resp, err := s.do(ctx, http.MethodGet, "/api/v1/sessions/"+id+"/assets/"+asset, nil)
	var failure *APIError
	if errors.As(err, &failure) && failure.Code == CodeNoAsset {
		return nil, fmt.Errorf("asset %s: %w", asset, ErrNoAsset)
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, store.MaxAssetBytes+1))
	if err == nil && len(b) > store.MaxAssetBytes {
		err = fmt.Errorf("asset %s: more than %d bytes", asset, store.MaxAssetBytes)
	}
	return b, err
}

// CodeNoRoute is the code of the API's answer to a path that it does not have.
const CodeNoRoute = "no-such-route"

// CodeNoAsset is the code of the API's answer where the session shows no such asset.
const CodeNoAsset = "no-asset"

// watchEvery is how often a remote source is asked for news.
const watchEvery = time.Second

// Watch asks the server each second whether there are more segments.
func (s *serverSource) Watch(ctx context.Context, id string) (<-chan struct{}, func(), error) {
	first, err := s.Session(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	news := make(chan struct{}, 1)
	go func() {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		count := first.Segments
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			now, err := s.Session(ctx, id)
			if err != nil || now.Segments == count {
				continue
			}
			count = now.Segments
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}()
	return news, cancel, nil
}

// NoteExport tells the collector, whose audit it is. An older one has no word for it.
func (s *serverSource) NoteExport(ctx context.Context, id string, sealed bool) error {
	if !ValidID(id) {
		return fmt.Errorf("session %q: %w", id, ErrNotFound)
	}
	query := url.Values{}
	if sealed {
		query.Set("sealed", "1")
	}
	resp, err := s.do(ctx, http.MethodPost, "/api/v1/sessions/"+id+"/exported", query)
	var failure *APIError
	if errors.As(err, &failure) && failure.Code == CodeNoRoute {
		return nil
	}
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (s *serverSource) Delete(ctx context.Context, id string) (receipt Receipt, err error) {
	if !ValidID(id) {
		return Receipt{}, fmt.Errorf("session %q: %w", id, ErrNotFound)
	}
	resp, err := s.do(ctx, http.MethodDelete, "/api/v1/sessions/"+id, nil)
	if err != nil {
		return Receipt{}, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswerBytes)).Decode(&receipt); err != nil {
		return Receipt{}, fmt.Errorf("session %s was deleted, but the answer is no receipt of this API: %w", id, err)
	}
	return receipt, nil
}

// Import sends the recording file to the collector.
func (s *serverSource) Import(ctx context.Context, r io.ReaderAt, opt ImportOptions) (Session, error) {
	if opt.Ring != nil {
		return Session{}, errors.New("a key file cannot be used through a collector; export with the key first, then import")
	}
	query := url.Values{}
	if opt.Site != "" {
		query.Set("site", opt.Site)
	}
	resp, err := s.send(ctx, http.MethodPost, "/api/v1/sessions", query, io.NewSectionReader(r, 0, 1<<62))
	if err != nil {
		return Session{}, err
	}
	defer resp.Body.Close()
	var session Session
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxAnswerBytes)).Decode(&session); err != nil {
		return Session{}, fmt.Errorf("the answer to an import is not the JSON of this API: %w", err)
	}
	return session, nil
}
