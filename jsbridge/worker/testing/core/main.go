//go:build wasm_unknown

// Command core stands in for the recorder's core in tests of the worker: it has the same
// exports, and its segments are the batches as they came in, one after the other, ints first,
// then text, each padded to 4 bytes. So a test sees in the opened segment what it put in,
// and decides how large and how compressible that is. It masks nothing.
//
// What its ops do: 4 (snapshotBegin, where first in the batch or after hello and time) begins
// an epoch; 255 answers status -1 and ends it; 254 traps; 253 asks for node 7, by the slow way.
package main

import "unsafe"

const size = 16 << 20

var (
	words   [size / 4]int32
	pending int32 // bytes of words in use
	epoch   int32
	needs   int32
	dead    int32
	resend  int32 // bytes of pair
	pair    = [2]int32{7, 1}
	given   = &words[0]
)

//go:wasmexport core_version
func version() int32 { return 1 }

//go:wasmexport core_in
func in(ints, text int32) uintptr {
	if pending+4*ints+text > size {
		return 0
	}
	return uintptr(unsafe.Pointer(&words[pending/4]))
}

//go:wasmexport core_apply
func apply(ints, text int32) int32 {
	if dead != 0 {
		return dead
	}
	for i := pending / 4; i < pending/4+ints; {
		switch words[i] & 255 {
		case 255:
			dead, pending = -1, 0
			return dead
		case 254:
			panic("asked to")
		case 253:
			resend = 8
		case 4:
			epoch++
			needs = 0
		}
		n := words[i] >> 8
		if n <= 0 {
			break
		}
		i += n
	}
	pending = (pending + 4*ints + text + 3) &^ 3
	return 0
}

//go:wasmexport core_segment
func segment(nowMs int32) int32 {
	n := pending
	pending, given = 0, &words[0]
	return n
}

//go:wasmexport core_out
func out() uintptr { return uintptr(unsafe.Pointer(given)) }

//go:wasmexport core_epoch
func currentEpoch() int32 { return epoch }

//go:wasmexport core_resend
func resendList() int32 {
	n := resend
	resend, given = 0, &pair[0]
	return n
}

//go:wasmexport core_dropped_epoch
func droppedEpoch() { needs = 1 }

//go:wasmexport core_handed
func coreHanded(int32) int32 { return 0 }

//go:wasmexport core_needs
func needsSnapshot() int32 { return needs }

func main() {}
