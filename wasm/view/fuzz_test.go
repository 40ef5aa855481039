package view_test

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"testing"

	"afterimage/wasm/view"
	"afterimage/wasm/view/oplist"
	"afterimage/wasm/wire"
)

// Strings that a fuzzer would be long in finding.
var fuzzWords = []string{"", "div", "style", "script", "noscript", "iframe", "svg", "a", "link", "meta", "template", "object", "input", "select",
	"href", "src", "style", "onload", "http-equiv", "content", "media", "xlink:href", "attributeName", "javascript:alert(1)", "@import 'x';",
	"url(https://evil.example/)", "\\75rl(x)", "</style><script>", "data:image/png;base64,AA==", "\xff\xfe", "\U0001f642", "a{b:c}"}

// fuzzOps reads ops out of bytes: 8 bytes an op, words by index.
func fuzzOps(b []byte) []wire.Op {
	kinds := []wire.Kind{1, 2, 3, 3, 3, 4, 4, 5, 6, 7, 8, 9, 9, 10, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48}
	word := func(b byte) []byte { return []byte(fuzzWords[int(b)%len(fuzzWords)]) }
	var ops []wire.Op
	at := int64(0)
	for ; len(b) >= 8; b = b[8:] {
		at += int64(b[7] % 16)
		o := wire.Op{Kind: kinds[int(b[0])%len(kinds)], AtMs: at, ID: uint32(b[1] % 32), Parent: uint32(b[2] % 32), Prev: uint32(b[3] % 32),
			Name: word(b[4]), Text: word(b[5]), Nums: []int64{int64(int8(b[6])), int64(b[5]), int64(b[4]), int64(b[3]), int64(b[2])}}
		if o.Kind == wire.KindElement {
			o.Nums = []int64{int64(b[6] % 4)}
			o.Attrs = []wire.Attr{{Name: word(b[5]), Value: word(b[6])}}
		}
		if o.Kind == wire.KindOther {
			o.Nums = []int64{[]int64{8, 10}[b[6]%2]}
		}
		ops = append(ops, o)
	}
	return ops
}

// FuzzOps: whatever ops say, seeking in any direction never panics, ends in the page that a
// fresh player shows, and that page is inert.
func FuzzOps(f *testing.F) {
	for _, file := range attacks(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, uint16(7))
	}
	f.Add([]byte("\x02\x05\x01\x00\x02\x00\x00\x01\x05\x06\x05\x00\x00\x19\x00\x01\x0b\x05\x01\x00\x00\x00\x00\x01"), uint16(2))
	f.Fuzz(func(t *testing.T, b []byte, turn uint16) {
		ops := fuzzOps(b[:min(len(b), 4096)])
		if len(ops) == 0 {
			return
		}
		preamble, err := oplist.Parse(attackPreamble)
		if err != nil {
			t.Fatal(err)
		}
		s, fresh := session(t, append(preamble, ops...)), session(t, append(preamble, ops...))
		m := newModel()
		end := s.DurationMs()
		for _, at := range []int64{0, int64(turn) % (end + 1), end, int64(turn) % (end + 1), end} {
			check(t, s, m, at, "fuzz")
			inert(t, m)
			want := newModel()
			fresh.Forget()
			check(t, fresh, want, at, "fresh")
			if got := m.String(); got != want.String() {
				t.Fatalf("at %d ms: %s", at, firstDifference(got, want.String()))
			}
			inertHTML(t, s.HTML(at))
		}
		if line := s.AppendTimeline(nil); !json.Valid(line) {
			t.Errorf("timeline is not JSON: %q", line)
		}
	})
}

// FuzzSegment: bytes that are no segment are refused, and the session stays usable.
func FuzzSegment(f *testing.F) {
	var enc wire.Encoder
	enc.BeginEpoch(1)
	ops, err := oplist.Parse(attackPreamble + `text 6 5 0 "x"`)
	if err != nil {
		f.Fatal(err)
	}
	for i := range ops {
		enc.Append(&ops[i])
	}
	first := enc.AppendSegment(nil)
	enc.Append(&wire.Op{AtMs: 50, Kind: wire.KindSetText, ID: 6, Text: []byte("y")})
	second := enc.AppendSegment(nil)
	f.Add(first, uint32(0))
	f.Add(second, uint32(1))
	f.Add(second[:len(second)/2], uint32(1))
	f.Fuzz(func(t *testing.T, b []byte, number uint32) {
		s := view.NewSession()
		_ = s.AddSegment("fuzzed", number, b)
		if err := s.AddSegment("good", 0, first); err != nil {
			t.Fatalf("a good segment after a bad one: %v", err)
		}
		s.Pin(-1)
		for _, at := range []int64{0, s.DurationMs()} {
			newModel().apply(s.SeekTo(at))
		}
		if line := s.AppendTimeline(nil); !json.Valid(line) {
			t.Errorf("timeline is not JSON: %q", line)
		}
	})
}

// FuzzCSS: no spelling of a style sheet loads anything.
func FuzzCSS(f *testing.F) {
	for _, css := range []string{"@import 'x';a{}", "a{b:url(x)}", "a{b:\\75\\72\\6c(x)}", "a{b:u\\rl('x'", "/*", "a:hover{}", "@media (scripting:none){a{b:url('//x'", "\\", "a{b:image-set('x' 1x)}", "'\\\n'url(x)", "url(\\)x)", "@im\\70ort\"x\""} {
		f.Add(css)
	}
	f.Fuzz(func(t *testing.T, css string) {
		if len(css) > 1<<12 {
			return
		}
		ops, err := oplist.Parse(attackPreamble + `element 10 4 0 "style" 0`)
		if err != nil {
			t.Fatal(err)
		}
		ops = append(ops, wire.Op{Kind: wire.KindText, ID: 11, Parent: 10, Text: []byte(css)})
		s := session(t, ops)
		m := newModel()
		check(t, s, m, 100, "css")
		for _, css := range m.css {
			if loads := cssLoads(css); loads != "" {
				t.Errorf("%q loads %q", css, loads)
			}
		}
	})
}

// cssLoads is a second, simpler reader of what safeCSS puts out: it must hold no escape in
// a name and no url() but the allowed ones. Strings and comments are passed over.
func cssLoads(css string) string {
	for i := 0; i < len(css); i++ {
		switch css[i] {
		case '"', '\'':
			q := css[i]
			for i++; i < len(css) && css[i] != q && css[i] != '\n' && css[i] != '\r' && css[i] != '\f'; i++ {
				if css[i] == '\\' {
					i++
				}
			}
		case 'u', 'U':
			if len(css) >= i+4 && equalFold(css[i:i+4], "url(") {
				rest := css[i+4:]
				for _, ok := range []string{`""`, `"#`, `"data:,"`, `"data:image/`, `"data:font/`, `"data:application/`} {
					if len(rest) >= len(ok) && equalFold(rest[:len(ok)], ok) {
						rest = ""
						break
					}
				}
				if rest != "" {
					return css[i:min(len(css), i+40)]
				}
			}
		case '@':
			if len(css) >= i+8 && equalFold(css[i:i+7], "@import") && !nameByte(css[i+7]) {
				return css[i:]
			}
		}
	}
	return ""
}

func nameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' || b >= 0x80 || b == '\\'
}

func equalFold(a, b string) bool {
	for i := range len(a) {
		x := a[i]
		if x >= 'A' && x <= 'Z' {
			x += 'a' - 'A'
		}
		if x != b[i] {
			return false
		}
	}
	return true
}

// The engine is told in bytes, little endian, how many patches there are: sizes in the
// first int of a patch must fit what follows, also for the longest strings.
func TestPatchSizeHoldsManyAttributes(t *testing.T) {
	ops, err := oplist.Parse(attackPreamble)
	if err != nil {
		t.Fatal(err)
	}
	o := wire.Op{Kind: wire.KindElement, ID: 10, Parent: 5, Name: []byte("div"), Nums: []int64{0}}
	for i := range 2000 {
		o.Attrs = append(o.Attrs, wire.Attr{Name: binary.BigEndian.AppendUint16([]byte("data-"), uint16(0x6161+i%26+i/26<<8)), Value: []byte("v")})
	}
	s := session(t, append(ops, o))
	m := newModel()
	check(t, s, m, 100, "attributes")
	if n := len(m.nodes[10].attrs); n < 500 || n > 1024 {
		t.Errorf("attributes: got %d, want at most 1024 and most of them", n)
	}
}
