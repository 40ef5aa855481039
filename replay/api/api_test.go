package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"iter"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

// rig is a store with one managed and one held session behind the handler.
type rig struct {
	st            *store.Store
	managed, held *opentest.Session
	log           bytes.Buffer
	h             http.Handler
}

func newRig(t *testing.T, opt api.Options) *rig {
	t.Helper()
	a, b := opentest.NewSite(t, "shopsite", store.Managed), opentest.NewSite(t, "heldsite", store.Held)
	r := &rig{st: opentest.Store(t, t.TempDir(), a, b)}
	r.managed = a.Session(t, 1, opentest.View{Epochs: [][]int{{3, 2}, {4}}}, opentest.View{Epochs: [][]int{{2}}})
	r.held = b.Session(t, 1, opentest.View{Epochs: [][]int{{2, 2}}})
	r.managed.Put(t, r.st)
	r.held.Put(t, r.st)
	opt.Log = slog.New(slog.NewTextHandler(&r.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	r.h = api.Handler(open.FromStore(r.st, opentest.Unwrap), opt)
	return r
}

func (r *rig) do(method, path string, body io.Reader, header ...string) *httptest.ResponseRecorder {
	req := httptest.NewRequest(method, path, body)
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.h.ServeHTTP(w, req)
	return w
}

func decode[T any](t *testing.T, w *httptest.ResponseRecorder) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
		t.Fatalf("status %d, not JSON: %v", w.Code, err)
	}
	return v
}

func TestStatus(t *testing.T) {
	r := newRig(t, api.Options{Allow: func(req *http.Request, action api.Action, site string) bool {
		return site == "shopsite" && (action == api.View || req.Header.Get("X-Role") == "owner")
	}})
	id, hidden, unknown := r.managed.ID, r.held.ID, opentest.ID("unknown")
	owner := []string{"X-Role", "owner"}
	asset := opentest.ID("asset")
	if err := r.st.PutAsset(t.Context(), hidden, store.Asset{ID: asset, Sealed: make([]byte, 400)}); err != nil {
		t.Fatal(err)
	}
	shown := opentest.ID("shown")
	if err := r.st.PutAsset(t.Context(), id, store.Asset{ID: shown, Sealed: make([]byte, 400)}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, method, path string
		header             []string
		status             int
		code               string
	}{
		{"sites", "GET", "/api/v1/sites", nil, 200, ""},
		{"sessions", "GET", "/api/v1/sessions", nil, 200, ""},
		{"sessions of a site", "GET", "/api/v1/sessions?site=shopsite", nil, 200, ""},
		{"a site that is none", "GET", "/api/v1/sessions?site=../x", nil, 400, "bad-request"},
		{"a limit of 0", "GET", "/api/v1/sessions?limit=0", nil, 400, "bad-request"},
		{"a limit of 1", "GET", "/api/v1/sessions?limit=1", nil, 200, ""},
		{"the largest limit", "GET", "/api/v1/sessions?limit=1000", nil, 200, ""},
		{"a limit above it", "GET", "/api/v1/sessions?limit=1001", nil, 400, "bad-request"},
		{"before that is no number", "GET", "/api/v1/sessions?before=now", nil, 400, "bad-request"},
		{"before below 0", "GET", "/api/v1/sessions?before=-1", nil, 400, "bad-request"},
		{"beforeId that is no id", "GET", "/api/v1/sessions?before=1&beforeId=x", nil, 400, "bad-request"},
		{"session", "GET", "/api/v1/sessions/" + id, nil, 200, ""},
		{"unknown session", "GET", "/api/v1/sessions/" + unknown, nil, 404, "not-found"},
		{"no id", "GET", "/api/v1/sessions/abc", nil, 404, "not-found"},
		{"assets", "GET", "/api/v1/sessions/" + id + "/assets", nil, 200, ""},
		{"an asset", "GET", "/api/v1/sessions/" + id + "/assets/" + shown, nil, 200, ""},
		{"an asset of another session", "GET", "/api/v1/sessions/" + id + "/assets/" + asset, nil, 404, "no-asset"},
		{"an asset that is no id", "GET", "/api/v1/sessions/" + id + "/assets/x", nil, 404, "no-asset"},
		{"assets of a session that may not be seen", "GET", "/api/v1/sessions/" + hidden + "/assets", nil, 404, "not-found"},
		{"an asset of a session that may not be seen", "GET", "/api/v1/sessions/" + hidden + "/assets/" + asset, nil, 404, "not-found"},
		{"an id in capitals", "GET", "/api/v1/sessions/" + strings.ToUpper(id), nil, 404, "not-found"},
		{"a session of a site that may not be seen", "GET", "/api/v1/sessions/" + hidden, nil, 404, "not-found"},
		{"segments", "GET", "/api/v1/sessions/" + id + "/segments", nil, 200, ""},
		{"segments of a hidden site", "GET", "/api/v1/sessions/" + hidden + "/segments", nil, 404, "not-found"},
		{"segments with a cursor that is none", "GET", "/api/v1/sessions/" + id + "/segments?cursor=!!", nil, 400, "bad-request"},
		{"export without the right", "GET", "/api/v1/sessions/" + id + "/export", nil, 403, "not-allowed"},
		{"export with the right", "GET", "/api/v1/sessions/" + id + "/export", owner, 200, ""},
		{"delete without the right", "DELETE", "/api/v1/sessions/" + id, nil, 403, "not-allowed"},
		{"delete of a hidden session", "DELETE", "/api/v1/sessions/" + hidden, owner, 404, "not-found"},
		{"no such path", "GET", "/api/v1/nothing", nil, 404, "no-such-route"},
		{"no such method", "PUT", "/api/v1/sessions/" + id, nil, 404, "no-such-route"},
		{"import without the right", "POST", "/api/v1/sessions?site=shopsite", []string{"Content-Type", "application/octet-stream"}, 403, "not-allowed"},
		{"import of a form", "POST", "/api/v1/sessions?site=shopsite", []string{"Content-Type", "text/plain", "X-Role", "owner"}, 415, "bad-request"},
		{"a page of another site reads", "GET", "/api/v1/sessions", []string{"Sec-Fetch-Site", "cross-site"}, 403, "cross-site"},
		{"a page of a sibling host reads", "GET", "/api/v1/sessions", []string{"Sec-Fetch-Site", "same-site"}, 403, "cross-site"},
		{"our own page reads", "GET", "/api/v1/sessions", []string{"Sec-Fetch-Site", "same-origin"}, 200, ""},
		{"a typed address", "GET", "/api/v1/sessions", []string{"Sec-Fetch-Site", "none"}, 200, ""},
		{"a page of another site deletes", "DELETE", "/api/v1/sessions/" + id, []string{"Sec-Fetch-Site", "cross-site", "X-Role", "owner"}, 403, "cross-site"},
		{"an old browser's foreign page deletes", "DELETE", "/api/v1/sessions/" + id, []string{"Origin", "https://evil.example", "X-Role", "owner"}, 403, "cross-site"},
		{"delete with the right", "DELETE", "/api/v1/sessions/" + id, owner, 200, ""},
		{"after that it is gone", "GET", "/api/v1/sessions/" + id, nil, 404, "not-found"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := r.do(test.method, test.path, nil, test.header...)
			if w.Code != test.status {
				t.Fatalf("got %d %s, want %d", w.Code, w.Body, test.status)
			}
			if test.code != "" {
				if got := decode[open.APIError](t, w); got.Code != test.code || got.Message == "" {
					t.Errorf("got code %q (%q), want %q", got.Code, got.Message, test.code)
				}
			}
			if got := w.Header().Get("Cache-Control"); got != "no-store" {
				t.Errorf("Cache-Control: got %q, want no-store", got)
			}
			for name := range w.Header() {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("a CORS header: %s", name)
				}
			}
		})
	}
}

func TestListsHoldWhatMayBeSeen(t *testing.T) {
	r := newRig(t, api.Options{Allow: func(_ *http.Request, _ api.Action, site string) bool { return site == "heldsite" }})
	sites := decode[struct{ Sites []open.Site }](t, r.do("GET", "/api/v1/sites", nil)).Sites
	if len(sites) != 1 || sites[0].ID != "heldsite" || sites[0].Custody != "held" || sites[0].Key != "m.heldsite" {
		t.Errorf("sites: got %+v, want heldsite alone", sites)
	}
	sessions := decode[struct{ Sessions []open.Session }](t, r.do("GET", "/api/v1/sessions", nil)).Sessions
	if len(sessions) != 1 || sessions[0].ID != r.held.ID {
		t.Errorf("sessions: got %+v, want %s alone", sessions, r.held.ID)
	}
}

func TestSessionCarriesKeys(t *testing.T) {
	r := newRig(t, api.Options{})
	d := decode[open.SessionDetail](t, r.do("GET", "/api/v1/sessions/"+r.managed.ID, nil))
	if d.Custody != "managed" || len(d.Keys) != 2 || len(d.PageViews) != 2 || d.Segments != 4 {
		t.Errorf("managed: got %+v", d)
	}
	for _, pv := range r.managed.Views {
		if !bytes.Equal(d.Keys[pv.ID], pv.ContentKey) {
			t.Errorf("content key of page view %s is another", pv.ID)
		}
	}
	d = decode[open.SessionDetail](t, r.do("GET", "/api/v1/sessions/"+r.held.ID, nil))
	pv := r.held.Views[0]
	if d.Custody != "held" || len(d.Keys) != 0 || !bytes.Equal(d.Envelopes[pv.ID], pv.Envelope) {
		t.Errorf("held: got %d keys and %d envelopes, want none and the one", len(d.Keys), len(d.Envelopes))
	}
}

// fetch reads the stream from cursor on until there is no more.
func (r *rig) fetch(t *testing.T, id, cursor string) (segs []open.Segment, next string, answers int) {
	t.Helper()
	for {
		w := r.do("GET", "/api/v1/sessions/"+id+"/segments?cursor="+url.QueryEscape(cursor), nil)
		if w.Code != 200 {
			t.Fatalf("got %d %s", w.Code, w.Body)
		}
		answers++
		for seg, err := range open.ReadStream(w.Body.Bytes()) {
			if err != nil {
				t.Fatal(err)
			}
			segs = append(segs, seg)
		}
		cursor = w.Header().Get(open.HeaderCursor)
		if w.Header().Get(open.HeaderMore) != "1" {
			return segs, cursor, answers
		}
	}
}

func TestSegmentsComeOnceEach(t *testing.T) {
	for name, answerBytes := range map[string]int{"in one answer": 0, "one an answer": 1} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, api.Options{AnswerBytes: answerBytes})
			segs, cursor, answers := r.fetch(t, r.managed.ID, "")
			want := r.managed.Segments()
			if len(segs) != len(want) {
				t.Fatalf("got %d segments, want %d", len(segs), len(want))
			}
			for i := range want {
				if !bytes.Equal(segs[i].Sealed, want[i].Sealed) {
					t.Errorf("segment %d is another", i)
				}
			}
			if answerBytes == 1 && answers != len(want) {
				t.Errorf("got %d answers, want %d", answers, len(want))
			}
			if again, _, _ := r.fetch(t, r.managed.ID, cursor); len(again) != 0 {
				t.Errorf("with the last cursor: %d segments, want none", len(again))
			}
		})
	}
}

func TestLateSegmentComesAfterLaterOnes(t *testing.T) {
	a := opentest.NewSite(t, "shopsite", store.Managed)
	st := opentest.Store(t, t.TempDir(), a)
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1, 1, 1}}})
	all := s.Views[0].Segments
	s.Views[0].Segments = append(all[:1:1], all[2:]...)
	s.Put(t, st)
	r := &rig{st: st, h: api.Handler(open.FromStore(st, nil), api.Options{})}
	first, cursor, _ := r.fetch(t, s.ID, "")
	if len(first) != 3 {
		t.Fatalf("got %d segments, want 3", len(first))
	}
	s.Append(t, st, s.Views[0], all[1])
	late, _, _ := r.fetch(t, s.ID, cursor)
	if len(late) != 1 || late[0].Number != 1 {
		t.Errorf("got %v, want segment 1 alone", late)
	}
}

func TestWaitAnswersWhenSomethingComes(t *testing.T) {
	a := opentest.NewSite(t, "shopsite", store.Managed)
	st := opentest.Store(t, t.TempDir(), a)
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1}}})
	all := s.Views[0].Segments
	s.Views[0].Segments = all[:1]
	s.Put(t, st)
	st.Here(s.ID)
	watched := make(chan struct{})
	r := &rig{st: st, h: api.Handler(watchSpy{open.FromStore(st, nil), watched}, api.Options{WaitFor: time.Minute})}
	_, cursor, _ := r.fetch(t, s.ID, "")
	answer := make(chan *httptest.ResponseRecorder)
	go func() {
		answer <- r.do("GET", "/api/v1/sessions/"+s.ID+"/segments?wait=1&cursor="+url.QueryEscape(cursor), nil)
	}()
	<-watched
	s.Append(t, st, s.Views[0], all[1])
	w := <-answer
	n := 0
	for _, err := range open.ReadStream(w.Body.Bytes()) {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 1 || w.Header().Get(open.HeaderLive) != "1" {
		t.Errorf("got %d segments, live %q; want 1 and live 1", n, w.Header().Get(open.HeaderLive))
	}
}

// A player that waits is told when the visitor goes, and when he comes back.
func TestWaitAnswersWhenTheRecorderComesAndGoes(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().UnixMilli())
	st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir(), Now: func() time.Time { return time.UnixMilli(now.Load()) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	a := opentest.NewSite(t, "shopsite", store.Managed)
	if err := st.AddSite(t.Context(), a.Site); err != nil {
		t.Fatal(err)
	}
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1}}})
	s.Put(t, st)
	st.Here(s.ID)
	for _, x := range []struct {
		name, live string
		change     func()
	}{
		{"he goes", "0", func() { now.Add(store.LiveFor.Milliseconds()) }},
		{"he comes back", "1", func() { st.Here(s.ID) }},
	} {
		began := make(chan struct{})
		r := &rig{st: st, h: api.Handler(watchSpy{open.FromStore(st, nil), began}, api.Options{WaitFor: time.Hour, LookEvery: time.Millisecond})}
		_, cursor, _ := r.fetch(t, s.ID, "")
		answer := make(chan *httptest.ResponseRecorder)
		go func() {
			answer <- r.do("GET", "/api/v1/sessions/"+s.ID+"/segments?wait=1&cursor="+url.QueryEscape(cursor), nil)
		}()
		<-began
		x.change()
		w := <-answer
		if h := w.Header(); h.Get(open.HeaderLive) != x.live || h.Get(open.HeaderContinuable) != "1" {
			t.Errorf("%s: got live %q, continuable %q; want %q and 1", x.name, h.Get(open.HeaderLive), h.Get(open.HeaderContinuable), x.live)
		}
	}
}

func TestFirstSegmentAlone(t *testing.T) {
	r := newRig(t, api.Options{})
	w := r.do("GET", "/api/v1/sessions/"+r.managed.ID+"/segments?first=1&wait=1", nil)
	n := 0
	for seg, err := range open.ReadStream(w.Body.Bytes()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; seg.Number != 0 || seg.PageView != r.managed.Views[0].ID {
			t.Errorf("got segment %d of page view %s, want the first of %s", seg.Number, seg.PageView, r.managed.Views[0].ID)
		}
	}
	if n != 1 {
		t.Errorf("got %d segments, want 1", n)
	}
}

// watchSpy tells when a watch has begun.
type watchSpy struct {
	open.Source
	began chan struct{}
}

func (s watchSpy) Watch(ctx context.Context, id string) (<-chan struct{}, func(), error) {
	defer close(s.began)
	return s.Source.Watch(ctx, id)
}

func TestWaitEnds(t *testing.T) {
	r := newRig(t, api.Options{WaitFor: time.Millisecond})
	_, cursor, _ := r.fetch(t, r.managed.ID, "")
	w := r.do("GET", "/api/v1/sessions/"+r.managed.ID+"/segments?wait=1&cursor="+url.QueryEscape(cursor), nil)
	if w.Code != 200 || w.Body.Len() != 0 || w.Header().Get(open.HeaderCursor) != cursor {
		t.Errorf("got %d with %d bytes, want 200, nothing, and the same cursor", w.Code, w.Body.Len())
	}
}

// A tab that is closed gives up what it waits for: that is nobody's fault and no line for who reads the log.
func TestRequestThatIsGivenUpIsNoErrorOfTheLog(t *testing.T) {
	r := newRig(t, api.Options{})
	ctx, giveUp := context.WithCancel(t.Context())
	giveUp()
	r.h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, "GET", "/api/v1/sessions/"+r.managed.ID, nil))
	if log := r.log.String(); !strings.Contains(log, "/api/v1/sessions/") || strings.Contains(log, "level=ERROR") {
		t.Errorf("the log says:\n%s\nwant the request, and no error", log)
	}
}

func TestExportIsARecordingFile(t *testing.T) {
	r := newRig(t, api.Options{})
	w := r.do("GET", "/api/v1/sessions/"+r.managed.ID+"/export", nil)
	file, err := open.ReadFile(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Keys().Content) != 2 || file.Session().Segments != 4 {
		t.Errorf("got %+v", file.Session())
	}
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="`+r.managed.ID+`.afterimage"` {
		t.Errorf("Content-Disposition: got %q", got)
	}
	w = r.do("GET", "/api/v1/sessions/"+r.held.ID+"/export", nil)
	if got := decode[open.APIError](t, w); w.Code != 409 || got.Code != "no-key" || got.Hint == "" {
		t.Errorf("held without key: got %d %+v, want 409 no-key with a hint", w.Code, got)
	}
	w = r.do("GET", "/api/v1/sessions/"+r.held.ID+"/export?sealed=1", nil)
	if file, err = open.ReadFile(bytes.NewReader(w.Body.Bytes())); err != nil {
		t.Fatal(err)
	}
	if keys := file.Keys(); len(keys.Content) != 0 || len(keys.Envelopes) != 1 {
		t.Errorf("sealed: got %d content keys, %d envelopes; want 0, 1", len(keys.Content), len(keys.Envelopes))
	}
}

// failing yields one segment and then an error.
type failing struct{ open.Source }

func (f failing) Segments(ctx context.Context, id string, have *open.Cursor) iter.Seq2[open.Segment, error] {
	return func(yield func(open.Segment, error) bool) {
		for seg, err := range f.Source.Segments(ctx, id, have) {
			for range 1000 { // beyond any buffer
				if !yield(seg, err) {
					return
				}
			}
			yield(open.Segment{}, io.ErrUnexpectedEOF)
			return
		}
	}
}

func TestExportThatFailsIsCutOff(t *testing.T) {
	r := newRig(t, api.Options{})
	server := httptest.NewServer(api.Handler(failing{open.FromStore(r.st, opentest.Unwrap)}, api.Options{}))
	defer server.Close()
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	resp, err := http.Get(server.URL + "/api/v1/sessions/" + r.managed.ID + "/export")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err == nil {
		t.Errorf("got a whole answer of %d bytes, want it cut off", len(body))
	}
}

func TestImport(t *testing.T) {
	r := newRig(t, api.Options{ImportBytes: 1 << 16})
	binary := []string{"Content-Type", "application/octet-stream"}
	export := r.do("GET", "/api/v1/sessions/"+r.managed.ID+"/export", nil).Body.Bytes()
	sealed := r.do("GET", "/api/v1/sessions/"+r.managed.ID+"/export?sealed=1", nil).Body.Bytes()
	if w := r.do("DELETE", "/api/v1/sessions/"+r.held.ID, nil); w.Code != 200 {
		t.Fatal(w.Code)
	}
	other := opentest.NewSite(t, "othersite", store.Managed)
	fresh := &rig{st: opentest.Store(t, t.TempDir(), other)}
	fresh.h = api.Handler(open.FromStore(fresh.st, opentest.Unwrap), api.Options{ImportBytes: 1 << 16})
	tests := []struct {
		name   string
		rig    *rig
		query  string
		file   []byte
		status int
		code   string
	}{
		{"it is there already", r, "", export, 409, "exists"},
		{"its site is not there", fresh, "", export, 409, "no-site"},
		{"no keys for another site", fresh, "?site=othersite", sealed, 409, "no-key"},
		{"cut off", fresh, "?site=othersite", export[:len(export)-1], 400, "bad-file"},
		{"not a recording", fresh, "", []byte("GIF89a"), 400, "bad-file"},
		{"too large", fresh, "?site=othersite", make([]byte, 1<<16+1), 413, "too-large"},
		{"into another site", fresh, "?site=othersite", export, 201, ""},
		{"twice", fresh, "?site=othersite", export, 409, "exists"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			w := test.rig.do("POST", "/api/v1/sessions"+test.query, bytes.NewReader(test.file), binary...)
			if w.Code != test.status {
				t.Fatalf("got %d %s, want %d", w.Code, w.Body, test.status)
			}
			if test.code != "" && decode[open.APIError](t, w).Code != test.code {
				t.Errorf("got %s, want code %s", w.Body, test.code)
			}
		})
	}
	d := decode[open.SessionDetail](t, fresh.do("GET", "/api/v1/sessions/"+r.managed.ID, nil))
	if d.Site != "othersite" || !bytes.Equal(d.Keys[r.managed.Views[0].ID], r.managed.Views[0].ContentKey) {
		t.Errorf("imported: got site %s and %d keys, want othersite and the content keys", d.Site, len(d.Keys))
	}
}

func TestLogHoldsNoKeysCursorsOrQueries(t *testing.T) {
	r := newRig(t, api.Options{})
	d := decode[open.SessionDetail](t, r.do("GET", "/api/v1/sessions/"+r.managed.ID, nil))
	_, cursor, _ := r.fetch(t, r.managed.ID, "")
	r.fetch(t, r.managed.ID, cursor)
	r.do("GET", "/api/v1/sessions?site=canaryquery", nil)
	r.do("GET", "/api/v1/sessions/canarypath", nil)
	log := r.log.String()
	if !strings.Contains(log, r.managed.ID) || !strings.Contains(log, "status=200") {
		t.Errorf("the log has no line of a request: %q", log)
	}
	for pageView, key := range d.Keys {
		text, _ := key.MarshalText()
		if strings.Contains(log, string(text)) {
			t.Errorf("the log holds the content key of page view %s", pageView)
		}
	}
	for _, canary := range []string{cursor, "canaryquery", "canarypath"} {
		if strings.Contains(log, canary) {
			t.Errorf("the log holds %q", canary)
		}
	}
}

func TestTheBeginningOfAnIDNamesASession(t *testing.T) {
	r := newRig(t, api.Options{Allow: func(_ *http.Request, _ api.Action, site string) bool { return site == "shopsite" }})
	a := opentest.NewSite(t, "shopsite", store.Managed)
	twin := a.Session(t, 7, opentest.View{Epochs: [][]int{{1}}})
	for _, test := range []struct {
		name, id string
		want     int
	}{
		{"8 digits, as lists show it", r.managed.ID[:8], 200},
		{"all but one", r.managed.ID[:31], 200},
		{"too few", r.managed.ID[:7], 404},
		{"of a site that may not be viewed", r.held.ID[:8], 404},
		{"of none", twin.ID[:12], 404},
		{"no digits", "zzzzzzzzzz", 404},
	} {
		w := r.do("GET", "/api/v1/sessions/"+test.id, nil)
		if w.Code != test.want {
			t.Errorf("%s: got %d, want %d", test.name, w.Code, test.want)
		} else if w.Code == 200 && decode[open.SessionDetail](t, w).ID != r.managed.ID {
			t.Errorf("%s: got another session", test.name)
		}
	}
	if w := r.do("DELETE", "/api/v1/sessions/"+r.managed.ID[:8], nil); w.Code != 404 {
		t.Errorf("deletion by the beginning of an id: got %d, want 404", w.Code)
	}
}
