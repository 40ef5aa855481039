package wire_test

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

var update = flag.Bool("update", false, "write the vectors in testdata anew")

// sentinels are the words of `expect:`.
var sentinels = map[string]error{
	"ok": nil, "truncated": wire.ErrTruncated, "checksum": wire.ErrChecksum,
	"version": wire.ErrVersion, "order": wire.ErrOrder, "limit": wire.ErrLimit,
}

// step is one segment of a vector, read by the same reader as those before it.
type step struct {
	expect  string
	payload []byte
	ops     []string // as JSON, where expect is ok
}

type vector struct {
	name, comment string
	steps         []step
}

// opJSON is the text form of an op.
type opJSON struct {
	Kind   wire.Kind   `json:"kind"`
	At     int64       `json:"at"`
	ID     uint32      `json:"id,omitempty"`
	Parent uint32      `json:"parent,omitempty"`
	Prev   uint32      `json:"prev,omitempty"`
	Name   string      `json:"name,omitempty"`
	Text   string      `json:"text,omitempty"`
	Attrs  [][2]string `json:"attrs,omitempty"` // "\u0000" alone is a withheld value
	Nums   []int64     `json:"nums,omitempty"`
}

func opText(op *wire.Op) string {
	j := opJSON{op.Kind, op.AtMs, op.ID, op.Parent, op.Prev, string(op.Name), string(op.Text), nil, op.Nums}
	for _, a := range op.Attrs {
		v := string(a.Value)
		if a.Null {
			v = "\x00"
		}
		j.Attrs = append(j.Attrs, [2]string{string(a.Name), v})
	}
	b, err := json.Marshal(j)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func (v vector) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Written by: go test ./wasm/wire -run Vectors -update\nname: %s\ncomment: %s\n", v.name, v.comment)
	for _, s := range v.steps {
		fmt.Fprintf(&b, "\nexpect: %s\npayload: %x\n", s.expect, s.payload)
		for _, op := range s.ops {
			fmt.Fprintf(&b, "op: %s\n", op)
		}
	}
	return b.Bytes()
}

func readVector(t testing.TB, file string) (v vector) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		key, value, _ := strings.Cut(lines.Text(), ": ")
		switch key {
		case "name":
			v.name = value
		case "comment":
			v.comment = value
		case "expect":
			v.steps = append(v.steps, step{expect: value})
		case "payload":
			if v.steps[len(v.steps)-1].payload, err = hex.DecodeString(value); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
		case "op":
			s := &v.steps[len(v.steps)-1]
			s.ops = append(s.ops, value)
		}
	}
	if lines.Err() != nil || len(v.steps) == 0 {
		t.Fatalf("%s: no steps: %v", file, lines.Err())
	}
	return v
}

func vectorFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.vector")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in testdata: %v", err)
	}
	return files
}

func TestVectorsAreReadAsTheySay(t *testing.T) {
	if *update {
		writeVectors(t)
	}
	seen := map[string]bool{}
	for _, file := range vectorFiles(t) {
		v := readVector(t, file)
		t.Run(v.name, func(t *testing.T) {
			if filepath.Base(file) != v.name+".vector" {
				t.Errorf("vector %q stands in %s", v.name, file)
			}
			var d wire.Decoder
			for i, s := range v.steps {
				seen[s.expect] = true
				want, known := sentinels[s.expect]
				if !known {
					t.Fatalf("segment %d expects %q", i, s.expect)
				}
				var got []string
				_, err := d.ReadSegment(s.payload, func(op *wire.Op) error { got = append(got, opText(op)); return nil })
				if !errors.Is(err, want) {
					t.Fatalf("segment %d: got %v, want %s", i, err, s.expect)
				}
				if strings.Join(got, "\n") != strings.Join(s.ops, "\n") {
					t.Errorf("segment %d:\n got %s\nwant %s", i, got, s.ops)
				}
			}
		})
	}
	for word := range sentinels {
		if !seen[word] {
			t.Errorf("no vector expects %s", word)
		}
	}
}

// The bytes that our own writer makes of the ops of a vector may change with a better
// search, never what they mean; this format has no choices, so they may not change at all.
func TestVectorsAreWhatTheEncoderWrites(t *testing.T) {
	for _, v := range makeVectors(t) {
		old := readVector(t, filepath.Join("testdata", v.name+".vector"))
		if !bytes.Equal(old.text(), v.text()) {
			t.Errorf("%s: the encoder writes another vector; a change of the format needs version 2", v.name)
		}
	}
}

func writeVectors(t *testing.T) {
	if err := os.MkdirAll("testdata", 0o777); err != nil {
		t.Fatal(err)
	}
	for _, v := range makeVectors(t) {
		if err := os.WriteFile(filepath.Join("testdata", v.name+".vector"), v.text(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// ok is the next segment of e with the ops in it.
func ok(e *wire.Encoder, ops ...wire.Op) step {
	s := step{expect: "ok"}
	for i := range ops {
		if ops[i].Kind == wire.KindAsset {
			e.AppendSkippable(wire.KindAsset, ops[i].Text)
		} else {
			e.Append(&ops[i])
		}
		s.ops = append(s.ops, opText(&ops[i]))
	}
	s.payload = e.AppendSegment(nil)
	return s
}

func bad(expect string, payload []byte) step { return step{expect: expect, payload: payload} }

func makeVectors(t testing.TB) (all []vector) {
	add := func(name, comment string, steps ...step) {
		all = append(all, vector{name, comment, steps})
	}
	b := func(s string) []byte { return []byte(s) }
	page := []wire.Op{
		{Kind: wire.KindSnapshotBegin, AtMs: 12, Nums: []int64{1280, 720, 2000, 0, 0}},
		{Kind: wire.KindOther, AtMs: 12, ID: 2, Parent: 1, Name: b("html"), Nums: []int64{10}},
		{Kind: wire.KindElement, AtMs: 12, ID: 3, Parent: 1, Prev: 2, Name: b("html"), Nums: []int64{0}, Attrs: []wire.Attr{{Name: b("lang"), Value: b("en")}}},
		{Kind: wire.KindElement, AtMs: 12, ID: 4, Parent: 3, Name: b("head"), Nums: []int64{0}},
		{Kind: wire.KindElement, AtMs: 12, ID: 5, Parent: 4, Name: b("style"), Nums: []int64{0}},
		{Kind: wire.KindSheet, AtMs: 12, ID: 5, Nums: []int64{0}, Text: b("li { color: red } li.on { color: redder } li.off { color: reddest }")},
		{Kind: wire.KindElement, AtMs: 12, ID: 6, Parent: 3, Prev: 4, Name: b("body"), Nums: []int64{0}},
		{Kind: wire.KindElement, AtMs: 12, ID: 7, Parent: 6, Name: b("ul"), Nums: []int64{0}},
	}
	id, prev := uint32(8), uint32(0)
	for i := range 12 {
		page = append(page,
			wire.Op{Kind: wire.KindElement, AtMs: 12, ID: id, Parent: 7, Prev: prev, Name: b("li"), Nums: []int64{0},
				Attrs: []wire.Attr{{Name: b("class"), Value: b([]string{"on", "off"}[i%2])}, {Name: b("title"), Null: true}}},
			wire.Op{Kind: wire.KindText, AtMs: 12, ID: id + 1, Parent: id, Text: b(fmt.Sprintf("Zeile %d: größer, 价格, 🙂", i))})
		prev = id
		id += 2
	}
	page = append(page, wire.Op{Kind: wire.KindSnapshotEnd, AtMs: 15})

	var e wire.Encoder
	add("snapshot", "a small page: places, dictionary, matches, text beyond ASCII, a withheld value", ok(&e, page...))

	e.BeginEpoch(1)
	add("segments", "later segments of an epoch use what the first has told", ok(&e, page...),
		ok(&e,
			wire.Op{Kind: wire.KindAttr, AtMs: 900, ID: 8, Name: b("class"), Text: b("off")},
			wire.Op{Kind: wire.KindSetText, AtMs: 900, ID: 9, Text: b("Zeile 1000: größer, 价格, 🙂")},
			wire.Op{Kind: wire.KindMove, AtMs: 901, ID: 10, Parent: 7, Prev: 30},
			wire.Op{Kind: wire.KindRemove, AtMs: 901, ID: 12},
			wire.Op{Kind: wire.KindAttrRemoved, AtMs: 902, ID: 8, Name: b("title")}),
		ok(&e, wire.Op{Kind: wire.KindLeave, AtMs: 1900}))

	e.BeginEpoch(7)
	add("every-kind", "each op once", ok(&e, everyKind()...))

	e.BeginEpoch(1)
	long := bytes.Repeat(b("0123456789abcdefghijklmnopqrstuvwxyz"), 9)
	add("dictionary-edge", "strings of 254, 255 and 256 bytes: the last is never entered", ok(&e,
		wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:254]}, wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:255]},
		wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:256]}, wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:254]},
		wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:255]}, wire.Op{Kind: wire.KindSetText, ID: 1, Text: long[:256]}))

	e.BeginEpoch(1)
	var many []wire.Op
	numbered := func(n int) wire.Op {
		return wire.Op{Kind: wire.KindSetText, ID: 1, Text: fmt.Appendf(nil, "%03d%s", n, long[3:255])}
	}
	for n := range 255 {
		many = append(many, numbered(n))
		if n%50 == 49 {
			many = append(many, numbered(1)) // used: it is moved, not dropped
		}
	}
	for n := range 8 {
		many = append(many, numbered(255+n))
	}
	many = append(many, numbered(1), numbered(0), numbered(7), numbered(200))
	add("dictionary-eviction", "the ring is full: what was used stays, what was not is sent anew", ok(&e, many...))

	e.BeginEpoch(1)
	var deep []wire.Op
	for n := range uint32(530) {
		deep = append(deep, wire.Op{Kind: wire.KindElement, ID: n + 2, Parent: n + 1, Name: b("b"), Nums: []int64{0}})
	}
	deep = append(deep, wire.Op{Kind: wire.KindText, ID: 532, Parent: 530, Prev: 531, Text: b("up")},
		wire.Op{Kind: wire.KindText, ID: 533, Parent: 100, Prev: 101, Text: b("far up, beyond the path")})
	add("deep-path", "more than 512 levels", ok(&e, deep...))

	e.BeginEpoch(1)
	last := uint32(1<<32 - 1)
	add("largest-numbers", "ids of 32 bits, numbers of 53, and what follows them", ok(&e,
		wire.Op{Kind: wire.KindElement, AtMs: wire.MaxNum, ID: last, Parent: last, Prev: 1, Name: b("a"), Nums: []int64{wire.MaxNum}},
		wire.Op{Kind: wire.KindText, AtMs: wire.MaxNum, ID: 5, Parent: last, Text: b("b")},
		wire.Op{Kind: wire.KindScroll, AtMs: wire.MaxNum, ID: last, Nums: []int64{-wire.MaxNum, wire.MaxNum}},
		wire.Op{Kind: wire.KindScroll, AtMs: wire.MaxNum, ID: 0, Nums: []int64{wire.MaxNum, -wire.MaxNum}},
		wire.Op{Kind: wire.KindScroll, AtMs: wire.MaxNum, ID: 1, Nums: []int64{-wire.MaxNum, wire.MaxNum}}))

	e.BeginEpoch(1)
	e.AppendUnknown(65, b("what a later version says"))
	e.AppendUnknown(255, nil)
	skipped := ok(&e, wire.Op{Kind: wire.KindFocus, AtMs: 3, ID: 4})
	add("skipped-kinds", "kinds 65 and 255 are passed over by their length", skipped)

	e.BeginEpoch(1)
	asset := wire.AppendAsset(nil, &wire.Asset{Scope: 1, URL: b("img/a.png"), Type: wire.AssetPNG, Bytes: 100,
		ID: [16]byte(b("an id of 16 byte")), Key: [16]byte(b("a key of 16 byte"))})
	add("asset", "kind 64, which readers from before it skip", ok(&e, wire.Op{Kind: wire.KindAsset, Text: asset},
		wire.Op{Kind: wire.KindFocus, AtMs: 3, ID: 4}))

	e.BeginEpoch(1)
	one := ok(&e, page[0])
	two := ok(&e, wire.Op{Kind: wire.KindFocus, AtMs: 20, ID: 9})
	three := ok(&e, wire.Op{Kind: wire.KindFocus, AtMs: 30, ID: 8})
	e.BeginEpoch(2)
	fresh := ok(&e, wire.Op{Kind: wire.KindSnapshotEnd, AtMs: 40})
	add("missing-segment", "the epoch is lost, the next one can be read", one, bad("order", three.payload), fresh, bad("order", two.payload))
	add("late-segment", "refused out of order, read when its turn comes", one, bad("order", three.payload), two, three)
	add("repeated-segment", "a segment twice", one, bad("order", one.payload))
	add("older-epoch", "an epoch does not come again", fresh, bad("order", one.payload))
	add("begins-late", "nothing before it was read", bad("order", two.payload), one)

	add("empty", "no bytes at all", bad("truncated", nil))
	add("header-cut", "inside the checksum", bad("truncated", one.payload[:6]))
	full := all[0].steps[0].payload
	add("ops-cut", "half of the snapshot; the epoch is lost with it", bad("truncated", full[:len(full)/2]), bad("order", two.payload))
	other := bytes.Clone(full)
	other[0] = 2
	add("other-version", "version byte 2", bad("version", other))
	flip := bytes.Clone(full)
	flip[3] ^= 1
	add("checksum-differs", "one bit of the checksum turned", bad("checksum", flip))
	renamed := bytes.Clone(full)
	renamed[1] = 2
	add("epoch-renamed", "the checksum covers the header", bad("checksum", renamed))
	add("bytes-behind-the-end", "a one follows padding", bad("checksum", append(bytes.Clone(full), 0, 0, 0, 0, 0, 1)))
	add("padding", "zeros follow the end", step{expect: "ok", payload: append(bytes.Clone(full), make([]byte, 40)...), ops: all[0].steps[0].ops})
	add("epoch-too-large", "epoch of 33 bits", bad("limit", []byte{1, 0x80, 0x80, 0x80, 0x80, 0x10, 0, 0, 0, 0, 0, 0}))

	broken := func(name, expect, comment string, write func(e *wire.Encoder)) {
		e.BeginEpoch(1)
		write(&e)
		add(name, comment, bad(expect, e.AppendSegment(nil)))
	}
	broken("unknown-kind", "version", "kind 63 carries no length", func(e *wire.Encoder) { e.AppendNumbers(63) })
	broken("kind-over-255", "version", "kind 256", func(e *wire.Encoder) { e.AppendUnknown(256, b("x")) })
	broken("string-too-long", "limit", "a length of 2^32-1 is refused before it is believed", func(e *wire.Encoder) { e.AppendString(0, 1<<32-1) })
	broken("string-of-no-bytes", "limit", "a new string has at least one byte", func(e *wire.Encoder) { e.AppendString(0, 0) })
	broken("string-beyond-end", "truncated", "a string claims 8 MiB that do not come", func(e *wire.Encoder) { e.AppendString(0, wire.MaxString) })
	broken("slot-empty", "limit", "slot 2 before anything was entered", func(e *wire.Encoder) { e.AppendString(3, 0) })
	broken("place-beyond-path", "limit", "behind the fifth of an empty path", func(e *wire.Encoder) { e.AppendNumbers(wire.KindText, 0, 6, 1) })
	broken("reference-beyond-recent", "limit", "the 17th of 16 recent ids", func(e *wire.Encoder) { e.AppendNumbers(wire.KindRemove, 18) })
	broken("too-many-numbers", "limit", "65537 options", func(e *wire.Encoder) { e.AppendNumbers(wire.KindSelected, 1, wire.MaxNums+1) })
	broken("too-many-attributes", "limit", "4097 attributes", func(e *wire.Encoder) {
		e.Append(&wire.Op{Kind: wire.KindText, ID: 2, Parent: 1})
		e.AppendAttrs(wire.MaxAttrs + 1)
	})
	broken("number-too-large", "limit", "2^53", func(e *wire.Encoder) { e.AppendNumbers(wire.KindClockJump, 1<<54) })
	return all
}

// everyKind is one op of each kind with all its fields.
func everyKind() (ops []wire.Op) {
	for i, k := range kinds {
		op := wire.Op{Kind: k, AtMs: int64(10 * i)}
		schema := wire.Schemas()[int(k)]
		fixed, every := numsOf(k)
		for n := range fixed + 3*every {
			op.Nums = append(op.Nums, int64(100+7*n))
		}
		if strings.ContainsAny(schema, "IR") {
			op.ID = uint32(2 + i)
		}
		if strings.ContainsAny(schema, "PQ") {
			op.Parent, op.Prev = uint32(1+i), uint32(i)
		}
		if strings.ContainsAny(schema, "NMO") {
			op.Name = []byte("name-" + string(rune('a'+i%26)))
		}
		if strings.ContainsAny(schema, "TVCJ") {
			op.Text = []byte("text " + string(rune('a'+i%26)))
		}
		if strings.Contains(schema, "A") {
			op.Attrs = []wire.Attr{{Name: []byte("id"), Value: []byte("x")}, {Name: []byte("hidden")}, {Name: []byte("href"), Null: true}}
		}
		ops = append(ops, op)
	}
	return ops
}
