// Package view turns recorded ops back into pages: it is the only decoder of Afterimage.
// The player runs it as WebAssembly in a worker of the viewer's browser, `replay` and the
// tests run it natively.
//
// In come opened wire segments (wasm/wire) of the page views of one session. Out come, for
// a time t: the virtual DOM as HTML (Session.HTML), and the list of patches that turns what
// was last shown into the page at t (Session.SeekTo, PATCH.md); and for the whole session the
// timeline as JSON: page views, events, gaps, idle spans (Session.AppendTimeline).
//
//	s := view.NewSession()
//	for _, seg := range segments {
//		s.AddSegment(seg.PageView, seg.Number, seg.Plaintext)
//	}
//	patches := s.SeekTo(s.DurationMs() / 2)
//
// # Time
//
// Session time is in ms since the anchored start of the first page view. A page view is
// anchored by its anchor op: the server's clock, or the browser's own where the server's is
// missing; one without any follows the page views before it. Clock jumps forward (sleep)
// stretch session time.
//
// # State
//
// Nodes live in pages of 256 that are copied on write, so a checkpoint costs one pointer a
// page, seeking in either direction starts at the checkpoint before t, and the difference
// between two states of an epoch is found by comparing pointers. A segment that is missing
// leaves the state before it standing until the next epoch; the span is a gap.
//
// # Hostile recordings
//
// A recording is written by whoever had the site's public key. What leaves this package,
// as patch or as HTML, has no scripts, no URLs but fragments and inline images and fonts,
// no event attributes, no forms that submit, no frames with content of their own
// (sanitise.go, css.go); depth, ids, counts and bytes are bounded (limits.go). An op that
// makes no sense is left out and counted, it never ends the replay.
//
// A Session is not safe for concurrent use.
package view
