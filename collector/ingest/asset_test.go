package ingest_test

import (
	"bytes"
	"testing"

	"afterimage/collector/ingest"
	"afterimage/collector/ingest/ingesttest"
	"afterimage/collector/store"
)

func TestAssetOverASocket(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(0)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	if m := s.Next(); m.T != "welcome" || !m.Assets {
		t.Fatalf("got %+v, want a welcome that takes assets", m)
	}
	id := ingesttest.NewID()
	sealed := bytes.Repeat([]byte{7}, 300)
	steps := []struct {
		name  string
		frame []byte
		state string
	}{
		{"asked before it is there", v.Asset(id, nil), "missing"},
		{"sent", v.Asset(id, sealed), "stored"},
		{"an equal repeat", v.Asset(id, sealed), "stored"},
		{"asked again", v.Asset(id, nil), "stored"},
		{"other bytes", v.Asset(id, bytes.Repeat([]byte{8}, 300)), store.RefusedConflict},
		{"shorter than one can be", v.Asset(ingesttest.NewID(), sealed[:271]), store.RefusedLimit},
		{"longer than one can be", v.Asset(ingesttest.NewID(), make([]byte, store.MaxAssetBytes+1)), store.RefusedLimit},
		{"of a page view that this socket did not name", b.view(0).Asset(id, nil), store.RefusedUnknown},
	}
	for _, c := range steps {
		s.Binary(c.frame)
		if m := s.Next(); m.T != "asset" || m.State != c.state {
			t.Errorf("%s: got %+v, want asset %s", c.name, m, c.state)
		}
	}
	if got, err := b.st.Asset(t.Context(), v.Session, id); err != nil || !bytes.Equal(got, sealed) {
		t.Errorf("stored: %d bytes, %v", len(got), err)
	}
	if _, err := b.st.EraseSession(t.Context(), v.Session, "test"); err != nil {
		t.Fatal(err)
	}
	s.Binary(v.Asset(id, sealed))
	if m := s.Next(); m.State != store.RefusedDeleted {
		t.Errorf("of a deleted session: got %+v, want deleted", m)
	}
	s.Binary(v.Asset(id, nil)[:32])
	if code, _ := s.Closed(); code != ingest.CloseFrame {
		t.Errorf("a head that is cut: got close %d, want %d", code, ingest.CloseFrame)
	}
}

func TestAnotherWriterAddsNoAssets(t *testing.T) {
	b := start(t, ingest.Limits{}, store.Config{})
	v := b.view(1)
	s := b.dial(origin)
	s.Text(ingesttest.Hello(v))
	s.Next()
	s.Binary(v.Frame(0))
	s.Next()
	thief, own := *v, b.view(0)
	thief.Secret = make([]byte, 16)
	s = b.dial(origin)
	s.Text(ingesttest.Hello(own, &thief)) // its own page view keeps the socket open
	s.Next()
	s.Next()
	s.Binary(thief.Asset(ingesttest.NewID(), make([]byte, 300)))
	if m := s.Next(); m.State != ingest.CodeOtherWriter {
		t.Errorf("got %+v, want %s", m, ingest.CodeOtherWriter)
	}
}
