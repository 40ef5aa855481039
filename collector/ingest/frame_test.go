package ingest

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"testing"
)

// twoSegments is a frame of two segments, the second by reference to the first.
func twoSegments() []byte {
	b := append([]byte{1}, bytes.Repeat([]byte{7}, 16)...)
	b = binary.LittleEndian.AppendUint16(b, 2)
	b = append(b, 0, 3, 0, 0, 0, 1, 0, 0, 0)
	b = append(b, bytes.Repeat([]byte{9}, 32)...)
	b = binary.LittleEndian.AppendUint32(b, 20)
	b = append(b, bytes.Repeat([]byte{1}, 20)...)
	b = append(b, 1, 4, 0, 0, 0, 1, 0, 0, 0)
	b = binary.LittleEndian.AppendUint32(b, 16)
	return append(b, bytes.Repeat([]byte{2}, 16)...)
}

func TestFrameRebuildsTheChain(t *testing.T) {
	_, segs, err := readFrame(twoSegments())
	if err != nil || len(segs) != 2 {
		t.Fatalf("got %d segments, %v", len(segs), err)
	}
	if segs[0].Number != 3 || segs[1].Number != 4 || len(segs[0].Sealed) != 80 || len(segs[1].Sealed) != 76 {
		t.Errorf("got %+v", segs)
	}
	want := sha256.Sum256(segs[0].Sealed)
	if !bytes.Equal(segs[1].Sealed[28:60], want[:]) {
		t.Error("the second header does not hold the hash of the first segment")
	}
	if !bytes.Equal(segs[0].Sealed[28:60], bytes.Repeat([]byte{9}, 32)) {
		t.Error("the first header does not hold the hash that was sent")
	}
}

func TestFrameCutAtEveryByteIsRefused(t *testing.T) {
	whole := twoSegments()
	for n := range whole {
		if _, segs, err := readFrame(whole[:n]); err == nil || segs != nil {
			t.Errorf("cut at %d of %d: got %d segments, %v, want a refusal", n, len(whole), len(segs), err)
		}
	}
	if _, _, err := readFrame(append(whole, 0)); err == nil {
		t.Error("one byte too many: got no refusal")
	}
}

func TestFrameRefuses(t *testing.T) {
	cases := []struct {
		name   string
		change func(b []byte) []byte
	}{
		{"another type", func(b []byte) []byte { b[0] = 2; return b }},
		{"no segment", func(b []byte) []byte { b[17] = 0; return b[:19] }},
		{"65535 segments claimed", func(b []byte) []byte { b[17], b[18] = 255, 255; return b }},
		{"a first segment that follows", func(b []byte) []byte { b[19] = 1; return b }},
		{"an unknown flag", func(b []byte) []byte { b[19] = 2; return b }},
		{"a follower with another number", func(b []byte) []byte { b[19+45+20+1] = 9; return b }},
		{"a length of 2^32-1", func(b []byte) []byte { copy(b[60:], "\xff\xff\xff\xff"); return b }},
		{"shorter than a tag", func(b []byte) []byte { b[60] = 15; return b }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, segs, err := readFrame(c.change(twoSegments())); err == nil || segs != nil {
				t.Errorf("got %d segments, %v, want a refusal", len(segs), err)
			}
		})
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add(twoSegments())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, segs, err := readFrame(b)
		if err != nil && segs != nil {
			t.Fatal("segments beside an error")
		}
		total := 0
		for _, g := range segs {
			total += len(g.Sealed)
		}
		// A header is 60 bytes and costs the sender 13 at least.
		if total > 5*len(b) {
			t.Fatalf("%d bytes out of %d", total, len(b))
		}
	})
}

func FuzzReadHello(f *testing.F) {
	f.Add([]byte(`{"v":1,"site":"testsite1","sessions":[{"session":"00000000000000000000000000000001","tab":"00000000000000000000000000000002","pageViews":[{"id":"00000000000000000000000000000003","secret":"AAAAAAAAAAAAAAAAAAAAAA","envelope":""}]}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, sessions, _, err := readHello(b)
		if err == nil && len(sessions) == 0 || err != nil && sessions != nil {
			t.Fatalf("got %d sessions, %v", len(sessions), err)
		}
	})
}

func TestCloseReasonFits(t *testing.T) {
	longest := strings.Repeat("s", 32)
	for _, no := range []*refusal{refuseUnknownSite, refuseDisabled(longest), refuseTooLarge, refuseRate, refuseFull, refuseBusy, refuseInternal,
		refuseGoingAway, refuseOtherWriter, refuseOrigin(longest, strings.Repeat("x", 500))} {
		if n := len(no.reason); n == 0 || n > maxCloseReason {
			t.Errorf("%s: reason of %d bytes, want 1 to %d: %s", no.code, n, maxCloseReason, no.reason)
		}
	}
	if want := "https://evil.example is not listed; add it with: collector site set " + longest + " --add-origin"; refuseOrigin(longest, "https://evil.example").reason != want {
		t.Errorf("got %q, want %q", refuseOrigin(longest, "https://evil.example").reason, want)
	}
	// Where both do not fit, the origin is what nobody else knows.
	long := "https://" + strings.Repeat("a", 40) + ".example"
	if got := refuseOrigin(longest, long).reason; !strings.HasPrefix(got, long+" is not listed") || !strings.Contains(got, "site set ID --add-origin") {
		t.Errorf("got %q, want the whole origin", got)
	}
	if got := cutReason("é" + string(bytes.Repeat([]byte("é"), 80))); len(got) != 122 {
		t.Errorf("cut inside a rune: got %d bytes", len(got))
	}
}

func TestOrigins(t *testing.T) {
	cases := []struct{ in, want string }{
		{"https://Shop.Example", "https://shop.example"},
		{"https://shop.example/", "https://shop.example"},
		{"https://shop.example:443", "https://shop.example"},
		{"http://localhost:3000", "http://localhost:3000"},
		{"https://*.shop.example", "https://*.shop.example"},
		{"capacitor://localhost", "capacitor://localhost"},
		{"shop.example", ""},
		{"https://shop.example/path", ""},
		{"https://*.example", ""},
		{"https://a.*.example", ""},
		{"*", ""},
		{"javascript://x", ""},
		{"https://user@shop.example", ""},
		{"", ""},
	}
	for _, c := range cases {
		got, err := ParseOrigin(c.in)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
		}
	}
}
