package open_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"afterimage/collector/store"
	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/open/opentest"
)

func TestServerSourceReadsSeveralAnswers(t *testing.T) {
	a := opentest.NewSite(t, "shopsite", store.Managed)
	st := opentest.Store(t, t.TempDir(), a)
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1, 1, 1}}}, opentest.View{Epochs: [][]int{{1, 1}}})
	s.Put(t, st)
	server := httptest.NewServer(api.Handler(open.FromStore(st, opentest.Unwrap), api.Options{AnswerBytes: 1}))
	defer server.Close()
	src, err := open.OpenServer(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	var got []open.Segment
	for seg, err := range src.Segments(t.Context(), s.ID, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seg)
	}
	sameSegments(t, got, s.Segments())
}

func TestServerSourceSortsWhatCameLate(t *testing.T) {
	s := small(t)
	segs := s.Segments()
	answers := [][]open.Segment{{segs[0], segs[2]}, {segs[3], segs[1]}}
	n := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(open.HeaderCursor, string(rune('a'+n)))
		if n == 0 {
			w.Header().Set(open.HeaderMore, "1")
		}
		for _, seg := range answers[n] {
			w.Write([]byte{byte(len(seg.Sealed)), byte(len(seg.Sealed) >> 8), 0, 0})
			w.Write(seg.Sealed)
		}
		n++
	}))
	defer server.Close()
	src, err := open.OpenServer(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	var got []open.Segment
	for seg, err := range src.Segments(t.Context(), s.ID, nil) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, seg)
	}
	sameSegments(t, got, segs[:4])
}

func TestServerSourceAgainstAnswersThatAreWrong(t *testing.T) {
	id := opentest.ID("session")
	text := func(status int, contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(status)
			w.Write([]byte(body))
		}
	}
	tests := []struct {
		name   string
		answer http.HandlerFunc
		is     error
		says   string
	}{
		{"a login page", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/login", http.StatusSeeOther) }, nil, "303"},
		{"a page instead of JSON", text(200, "text/html", "<html>"), nil, "not the JSON of this API"},
		{"no such session", text(404, "application/json", `{"error":"gone","code":"not-found"}`), open.ErrNotFound, "gone"},
		{"a proxy's 404", text(404, "text/html", "not here"), open.ErrNotFound, "404"},
		{"no token", text(401, "application/json", `{"error":"log in"}`), open.ErrAccess, "log in"},
		{"a token without the right", text(403, "application/json", `{"error":"no"}`), open.ErrAccess, "no"},
		{"another session", text(200, "application/json", `{"id":"`+opentest.ID("other")+`"}`), nil, "another one"},
		{"a key of 3 bytes", text(200, "application/json", `{"id":"`+id+`","keys":{"`+id+`":"AAAA"}}`), nil, "3 bytes"},
		{"a key that is no base64url", text(200, "application/json", `{"id":"`+id+`","keys":{"`+id+`":"+/=="}}`), nil, "base64url"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(test.answer)
			defer server.Close()
			src, err := open.OpenServer(server.URL, "")
			if err != nil {
				t.Fatal(err)
			}
			_, err = src.Keys(t.Context(), id)
			if err == nil || (test.is != nil && !errors.Is(err, test.is)) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %v with %q in its text", err, test.is, test.says)
			}
		})
	}
}

func TestTokenGoesAsBearer(t *testing.T) {
	got := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Authorization")
		w.Write([]byte(`{"sites":[]}`))
	}))
	defer server.Close()
	src, err := open.OpenServer(server.URL, "tok")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := src.Sites(t.Context()); err != nil || got != "Bearer tok" {
		t.Errorf("got %q, %v; want the token", got, err)
	}
}

func TestServerSourceWatches(t *testing.T) {
	a := opentest.NewSite(t, "shopsite", store.Managed)
	st := opentest.Store(t, t.TempDir(), a)
	s := a.Session(t, 1, opentest.View{Epochs: [][]int{{1, 1}}})
	all := s.Views[0].Segments
	s.Views[0].Segments = all[:1]
	s.Put(t, st)
	server := httptest.NewServer(api.Handler(open.FromStore(st, nil), api.Options{}))
	defer server.Close()
	src, err := open.OpenServer(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	news, stop, err := src.Watch(t.Context(), s.ID)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	s.Append(t, st, s.Views[0], all[1])
	select {
	case <-news:
	case <-t.Context().Done():
	case <-time.After(30 * time.Second):
		t.Fatal("no news of a segment that came")
	}
}

func TestReadStreamCutAtEveryByte(t *testing.T) {
	s := small(t)
	var body []byte
	ends := map[int]int{0: 0}
	for i, seg := range s.Segments() {
		body = append(body, byte(len(seg.Sealed)), byte(len(seg.Sealed)>>8), 0, 0)
		body = append(body, seg.Sealed...)
		ends[len(body)] = i + 1
	}
	for n := range len(body) + 1 {
		count, failed := 0, false
		for _, err := range open.ReadStream(body[:n]) {
			if err != nil {
				failed = true
				break
			}
			count++
		}
		want, whole := ends[n]
		if failed == whole || (whole && count != want) {
			t.Fatalf("cut at %d: %d segments, error %v; whole %v with %d", n, count, failed, whole, want)
		}
	}
}

func FuzzReadStream(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{255, 255, 255, 255, 'A', 'S'})
	f.Fuzz(func(t *testing.T, b []byte) {
		read := 0
		for seg, err := range open.ReadStream(b) {
			if err != nil {
				return
			}
			read += 4 + len(seg.Sealed)
		}
		if read != len(b) {
			t.Fatalf("%d of %d bytes read without an error", read, len(b))
		}
	})
}
