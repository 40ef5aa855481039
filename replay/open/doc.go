// Package open finds recordings, opens them with their keys and decodes them.
//
// A Source is a place that holds sessions: a data directory (OpenDir, or FromStore when
// the store is open already), a running collector through its unix socket or by URL
// (OpenServer), or one recording file (OpenFile; FILE.md). A Source hands out sealed
// segments and whatever keys it can reach; it decodes nothing.
//
// Open joins a Source with a Keyring (key files of held sites) into a Recording, which
// opens every segment and decodes it with wasm/wire:
//
//	src, err := open.OpenDir(ctx, "./afterimage-data", open.DirOptions{})
//	rec, err := open.Open(ctx, src, sessionID, ring)
//	err = rec.Ops(ctx, func(ev *open.Event) error { … })
//
// What is missing is reported and the rest is read: a segment that is not there, that
// does not authenticate or that does not decode is a Problem, the ops that hang on it
// are left out, and decoding goes on at the next epoch. A page view without a key is
// ErrKey, with the remedy in the text.
//
// Segments come in page view order, then number order, each once, however they were
// stored. Nothing here trusts a recording: every read is bounded, and neither errors nor
// problems carry recorded content, only ids, numbers and offsets.
//
// Sources are safe for concurrent use; a Recording is not.
package open
