// Command recorder is the core of the recorder as a WebAssembly module without imports: a
// thin main around wasm/mirror. TinyGo builds it (wasm/toolchain/core.sh); under the
// standard compiler it is an empty program, and the core's logic is tested in wasm/mirror.
//
// After _initialize, the worker asks core_in for a buffer, puts a batch there (ints, then
// the text as UTF-8) and calls core_apply: 0, or a negative code (mirror.Code) after which
// the core is dead and gives nothing out any more. core_segment closes what is pending into
// one plaintext wire segment and answers its length, core_out its address, core_epoch its
// epoch; again until it answers 0. A trap means the same as a negative code: the worker
// drops the instance, and what was pending goes with it.
//
// core_needs answers mirror's Need bits: a snapshot, another instance, the full form. The
// worker hands over with core_export (length; address by core_out) and, in the instance that
// goes on, core_in(0, length) and core_import, which the full form alone has.
//
// The build tag strict leaves out full.go, and with it all of detection: that is what pages of
// the default level load.
//
// Exports: core_version, core_in, core_apply, core_segment, core_out, core_epoch, core_resend
// (length in bytes of what the bridge has to send again; by core_out, told once),
// core_dropped_epoch, core_needs, core_export, core_import, core_handed (what was masked of
// track, identify and labels, since the last call).
package main
