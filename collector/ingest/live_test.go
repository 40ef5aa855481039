package ingest_test

import (
	"bytes"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
)

// Live is a session whose recorder has a socket, or had one or sent a tail seconds ago; one
// that is only left over in a visitor's outbox is not.
func TestLiveIsWhoIsConnected(t *testing.T) {
	var now atomic.Int64
	now.Store(time.Now().UnixMilli())
	pass := func(d time.Duration) { now.Add(d.Milliseconds()) }
	b := start(t, ingest.Limits{}, store.Config{Now: func() time.Time { return time.UnixMilli(now.Load()) }})
	info := func(v *ingesttest.View) store.SessionInfo {
		t.Helper()
		one, err := b.st.Session(t.Context(), v.Session)
		if err != nil {
			t.Fatal(err)
		}
		list, err := b.st.Sessions(t.Context(), store.SessionFilter{})
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range list {
			if s.ID == v.Session && (s.Live != one.Live || s.Continuable != one.Continuable) {
				t.Errorf("the list says live %v, continuable %v, the session %v, %v", s.Live, s.Continuable, one.Live, one.Continuable)
			}
		}
		return one
	}
	want := func(when string, v *ingesttest.View, live bool) {
		t.Helper()
		if i := info(v); i.Live != live || !i.Continuable {
			t.Errorf("%s: got live %v, continuable %v, want %v and true", when, i.Live, i.Continuable, live)
		}
	}
	v, left := b.view(1), b.view(1)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v, left))
	s.Next()
	s.Binary(v.Frame(0))
	s.Next()
	s.Binary(left.Frame(0))
	s.Next()
	want("connected", v, true)
	want("left over", left, false)
	pass(time.Minute)
	for deadline := time.Now().Add(20 * time.Second); !info(v).Live; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("connected and still for a minute: not live")
		}
	}
	s.Close()
	for deadline := time.Now().Add(20 * time.Second); b.in.Sockets() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the socket does not go")
		}
	}
	want("just gone", v, true)
	pass(store.LiveFor)
	want("gone", v, false)
	again := b.dial(origin)
	again.Text(ingesttest.Hello(v))
	again.Next()
	want("back", v, true)
	again.Close()

	by := b.view(1)
	r, err := http.NewRequest("POST", b.http.URL+"/v1/tail", bytes.NewReader(ingesttest.Tail(ingesttest.Hello(by), by.Frame(0))))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("tail: got %+v, %v", resp, err)
	}
	resp.Body.Close()
	want("by a tail", by, true)
	pass(store.LiveFor)
	want("a while after a tail", by, false)
	pass(store.SessionIdle)
	if i := info(by); i.Live || i.Continuable {
		t.Errorf("after the end: got live %v, continuable %v, want neither", i.Live, i.Continuable)
	}
}
