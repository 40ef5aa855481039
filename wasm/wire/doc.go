// Package wire is the recording format of Afterimage, version 1: it writes ops into
// segments and reads them back. FORMAT.md is its manual for other implementations.
//
// In goes what has passed the mask, as [Op] values; out come segments, one a second while
// something happens, which wasm/wire/seal encrypts. The segments of an epoch build on each
// other (dictionary, window, predictions), so they are read in order and none
// may be missing; a full snapshot begins a new epoch that depends on nothing before.
//
//	var e wire.Encoder
//	e.BeginEpoch(1)
//	e.Append(&wire.Op{Kind: wire.KindScroll, AtMs: 1200, ID: 1, Nums: []int64{0, 340}})
//	segment := e.AppendSegment(nil)
//
//	var d wire.Decoder
//	info, err := d.ReadSegment(segment, func(op *wire.Op) error { … })
//
// The encoder is part of the recorder's core: it allocates nothing in steady state and uses
// nothing but the errors package. The decoder takes hostile input. Neither is safe for
// concurrent use.
package wire
