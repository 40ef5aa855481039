package wire_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"afterimage/wasm/wire"
)

func readFormat(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile("FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// rows are the lines of all tables whose cells match the pattern.
func rows(t *testing.T, text, pattern string) [][]string {
	t.Helper()
	found := regexp.MustCompile("(?m)^"+pattern+"$").FindAllStringSubmatch(text, -1)
	if len(found) == 0 {
		t.Fatalf("FORMAT.md has no table row like %s", pattern)
	}
	return found
}

func TestFormatNamesEveryOpWithItsSchema(t *testing.T) {
	ops := wire.Schemas()
	for _, row := range rows(t, readFormat(t), "\\| (\\d+) \\| ([a-zA-Z]+) \\| `?([A-Za-z*]*)`?\\s*\\|.*\\|") {
		kind, _ := strconv.Atoi(row[1])
		schema, ok := ops[kind]
		if !ok {
			t.Errorf("FORMAT.md has op %d %s, the code has not", kind, row[2])
		} else if schema != row[3] {
			t.Errorf("op %d %s: FORMAT.md says %q, the code %q", kind, row[2], row[3], schema)
		}
		delete(ops, kind)
	}
	for kind, schema := range ops {
		t.Errorf("op %d %q is not in FORMAT.md", kind, schema)
	}
}

func TestFormatStatesTheLimits(t *testing.T) {
	limits := map[string]string{}
	for _, row := range rows(t, readFormat(t), "\\| `(\\w+)` \\| (\\d+) \\|.*\\|") {
		limits[row[1]] = row[2]
	}
	for name, want := range wire.Limits {
		if got := limits[name]; got != strconv.FormatUint(want, 10) {
			t.Errorf("%s: FORMAT.md says %q, the code %d", name, got, want)
		}
	}
	if len(limits) != len(wire.Limits) {
		t.Errorf("FORMAT.md states %d limits, the code %d", len(limits), len(wire.Limits))
	}
}

func TestFormatStatesTheContexts(t *testing.T) {
	got := map[int]string{}
	for _, row := range rows(t, readFormat(t), "\\| (39\\d|40\\d) \\| (.*) \\|") {
		n, _ := strconv.Atoi(row[1])
		got[n] = row[2]
	}
	for n, want := range wire.Contexts {
		if got[n] != want {
			t.Errorf("context %d: FORMAT.md says %q, the code %q", n, got[n], want)
		}
	}
}

func TestFormatExampleIsWhatTheEncoderWrites(t *testing.T) {
	_, rest, ok := strings.Cut(readFormat(t), "<!-- example -->\n```\n")
	if !ok {
		t.Fatal("FORMAT.md has no example")
	}
	line, _, _ := strings.Cut(rest, "\n")
	var e wire.Encoder
	e.Append(&wire.Op{Kind: wire.KindScroll, AtMs: 1200, ID: 1, Nums: []int64{0, 340}})
	segment := e.AppendSegment(nil)
	want, err := hex.DecodeString(strings.ReplaceAll(line, " ", ""))
	if err != nil || !bytes.Equal(segment, want) {
		t.Errorf("the encoder writes % x, FORMAT.md shows %s", segment, line)
	}
	d := wire.Decoder{KeepRaw: true}
	info, err := d.ReadSegment(segment, func(*wire.Op) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	raw := strings.TrimSpace(strings.ReplaceAll(hexBytes(info.Raw), "  ", " "))
	if !strings.Contains(rest, "`"+raw+"`") {
		t.Errorf("raw form is `%s`, FORMAT.md shows another", raw)
	}
}

func hexBytes(b []byte) string {
	var s []string
	for _, c := range b {
		s = append(s, hex.EncodeToString([]byte{c}))
	}
	return strings.Join(s, " ")
}
