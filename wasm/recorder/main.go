//go:build tinygo

package main

import (
	"unsafe"

	"afterimage/wasm/mirror"
)

var (
	core *mirror.Core
	out  []byte
	// inside is set while a call runs: a trap leaves it set, so that an instance which the
	// worker should have dropped answers ErrInternal instead of going on half way.
	inside bool
)

func main() {}

func get() *mirror.Core {
	if core == nil {
		core = mirror.New()
		core.Memory = memoryBytes
	}
	return core
}

//export llvm.wasm.memory.size.i32
func wasmMemorySize(index int32) int32

func memoryBytes() int { return int(wasmMemorySize(0)) << 16 }

//go:wasmexport core_version
func coreVersion() int32 { return mirror.ProtocolVersion }

//go:wasmexport core_in
func coreIn(nInts, nText int32) int32 {
	if inside {
		return 0
	}
	inside = true
	b := get().In(int(nInts), int(nText))
	inside = false
	if b == nil {
		return 0
	}
	return int32(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}

//go:wasmexport core_apply
func coreApply(nInts, nText int32) int32 {
	if inside {
		return int32(mirror.ErrInternal)
	}
	inside = true
	code := get().Apply(int(nInts), int(nText))
	inside = false
	return int32(code)
}

//go:wasmexport core_segment
func coreSegment(nowMs int32) int32 {
	if inside {
		return 0
	}
	inside = true
	out = get().Segment(int64(nowMs))
	inside = false
	return int32(len(out))
}

//go:wasmexport core_out
func coreOut() int32 { return int32(uintptr(unsafe.Pointer(unsafe.SliceData(out)))) }

//go:wasmexport core_epoch
func coreEpoch() int32 { return int32(get().Epoch()) }

//go:wasmexport core_resend
func coreResend() int32 {
	list := get().Resend()
	out = unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(list))), 4*len(list))
	get().ClearResend()
	return int32(len(out))
}

//go:wasmexport core_dropped_epoch
func coreDroppedEpoch() { get().DropEpoch() }

//go:wasmexport core_handed
func coreHanded(kind int32) int32 { return int32(get().Handed(int(kind))) }

//go:wasmexport core_needs
func coreNeeds() int32 { return int32(get().Needs()) }

//go:wasmexport core_export
func coreExport() int32 {
	if inside {
		return 0
	}
	inside = true
	out = get().Export()
	inside = false
	return int32(len(out))
}
