//go:build wasip1

// Command player is package view as WebAssembly for the viewer's browser: exported
// functions around one Session, and nothing else. It is built by the standard compiler
//
//	GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -trimpath -ldflags='-s -w -buildid=' ./wasm/player
//
// and hosted by replay/ui/player/core.ts, which has the few functions of WASI that the
// runtime asks for. Call _initialize once, then:
//
//	player_version() i32              protocol version, below
//	player_in(n) ptr                  buffer for n bytes of input, valid until the next call
//	player_add(n, number) i32         input: 32 bytes page view id (hex), n-32 bytes opened segment; 0 or a code
//	player_seek(atMs f64) i32         patches to atMs; their count of ints; read by player_ints, player_text
//	player_ints() ptr                 address of the ints
//	player_text() ptr, player_text_size() i32
//	player_timeline() i32             size of the timeline's JSON, at player_text()
//	player_assets(from i32) i32       size, at player_text(), of the JSON of the assets from that place on:
//	                                  [{"id","key","type","bytes"},…], key in hexadecimal
//	player_html(atMs f64) i32         size of the page at atMs as HTML, at player_text()
//	player_pin(index)                 page view to show whatever the time, -1: the active one
//	player_forget()                   the next player_seek writes the whole document
//	player_reset()                    a new, empty Session
//
// Codes of player_add: 0 taken (or known, or waiting for an earlier one), 1 not readable,
// 2 over the limits of the player, 3 of another version of the format.
package main

import (
	"errors"
	"unsafe"

	"afterimage/wasm/view"
	"afterimage/wasm/wire"
)

// version must equal the one in replay/ui/player/core.ts.
const version = 2

var (
	session = view.NewSession()
	in      []byte
	ints    []int32
	text    []byte
)

func main() {}

//go:wasmexport player_version
func playerVersion() int32 { return version }

//go:wasmexport player_in
func playerIn(n int32) unsafe.Pointer {
	if n < 0 {
		n = 0
	}
	if cap(in) < int(n)+1 {
		in = make([]byte, n+1)
	}
	in = in[:n+1]
	return unsafe.Pointer(&in[0])
}

//go:wasmexport player_add
func playerAdd(n int32, number int32) int32 {
	if n < 32 || int(n) > len(in) {
		return 1
	}
	err := session.AddSegment(string(in[:32]), uint32(number), in[32:n])
	switch {
	case err == nil:
		return 0
	case errors.Is(err, view.ErrLimit):
		return 2
	case errors.Is(err, wire.ErrVersion):
		return 3
	}
	return 1
}

//go:wasmexport player_seek
func playerSeek(atMs float64) int32 {
	p := session.SeekTo(int64(atMs))
	ints, text = p.Ints, p.Text
	return int32(len(ints))
}

//go:wasmexport player_ints
func playerInts() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(ints)) }

//go:wasmexport player_text
func playerText() unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(text)) }

//go:wasmexport player_text_size
func playerTextSize() int32 { return int32(len(text)) }

//go:wasmexport player_timeline
func playerTimeline() int32 {
	text = session.AppendTimeline(nil)
	return int32(len(text))
}

//go:wasmexport player_assets
func playerAssets(from int32) int32 {
	text = session.AppendAssets(text[:0:0], int(from))
	return int32(len(text))
}

//go:wasmexport player_html
func playerHTML(atMs float64) int32 {
	text = []byte(session.HTML(int64(atMs)))
	return int32(len(text))
}

//go:wasmexport player_pin
func playerPin(index int32) { session.Pin(int(index)) }

//go:wasmexport player_forget
func playerForget() { session.Forget() }

//go:wasmexport player_reset
func playerReset() { session = view.NewSession() }
