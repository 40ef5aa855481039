package pack

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
)

// wasm is a module with one code section, whose content is what the test gives.
func wasm(code []byte, after ...byte) []byte {
	out := append([]byte(magic), 10)
	out = binary.AppendUvarint(out, uint64(len(code)))
	return append(append(out, code...), after...)
}

// Every module comes back, whatever its code holds: the reader of code only guesses.
func TestPackedAnyCode(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	for name, module := range map[string][]byte{
		"no function":          wasm([]byte{0}),
		"one":                  wasm([]byte{1, 4, 1, 1, 0x7f, 0x0b}),
		"body longer than all": wasm([]byte{1, 0x7f, 0, 0x41, 1}),
		"body of length 0":     wasm([]byte{2, 0, 0, 0x0b}),
		"long numbers":         wasm(append([]byte{1, 40, 0}, bytes.Repeat([]byte{0x41, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}, 5)...)),
		"br_table":             wasm([]byte{1, 8, 0, 0x0e, 3, 0, 1, 2, 3, 0x0b}),
		"section behind":       wasm([]byte{1, 2, 0, 0x0b}, 11, 3, 'a', 'b', 'c'),
		"noise":                wasm(noise(5000)),
		"zeros":                wasm(make([]byte, 70000)),
	} {
		file, err := Packed(module)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got, err := Unpacked(file); err != nil || !bytes.Equal(got, module) {
			t.Errorf("%s: %d bytes came back as %d (%v)", name, len(module), len(got), err)
		}
	}
}

// A packed file is a module: its one section ends where the file ends.
func TestPackedFileIsAModule(t *testing.T) {
	file, err := Packed(wasm([]byte{1, 2, 0, 0x0b}))
	if err != nil {
		t.Fatal(err)
	}
	size, n := binary.Uvarint(file[9:])
	if string(file[:8]) != magic || file[8] != 0 || n != 4 || 9+n+int(size) != len(file) {
		t.Errorf("header %x of a file of %d bytes", file[:paramsAt], len(file))
	}
}

func TestPackedRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		module []byte
		want   string
	}{
		"nothing":         {nil, "not a WebAssembly module"},
		"text":            {[]byte("<!doctype html><html>"), "not a WebAssembly module"},
		"version 2":       {[]byte("\x00asm\x02\x00\x00\x00\x00"), "not a WebAssembly module"},
		"cut off":         {wasm([]byte{1, 2, 0, 0x0b})[:12], "cut off"},
		"no code":         {append([]byte(magic), 1, 1, 0), "without code"},
		"length unending": {append([]byte(magic), 10, 0xff, 0xff), "cut off"},
	} {
		if _, err := Packed(c.module); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for name, file := range map[string][]byte{"nothing": nil, "a plain module": wasm(make([]byte, 500))} {
		if _, err := Unpacked(file); err == nil || !strings.Contains(err.Error(), "not a packed") {
			t.Errorf("unpack %s: %v", name, err)
		}
	}
}
