package view

// Bounds on what one recording may claim. They are far above what pages do, and far below
// what takes a viewer's tab down.
const (
	maxNodeID     = 1 << 24 // ids of an epoch
	maxNodes      = 1 << 20 // living nodes of one document
	maxDepth      = 1024    // composed depth; deeper layout trees overflow a renderer's stack
	maxAttrs      = 1024    // of one element
	maxNameBytes  = 256     // of an element or attribute
	maxTextBytes  = 1 << 23 // of one text, value or style sheet
	maxHeldBytes  = 1 << 29 // ops kept in memory, all page views together
	maxPageViews  = 1 << 12
	maxEvents     = 1 << 17 // timeline entries of one page view
	maxFront      = 1 << 14 // spans in which a tab was certainly in front, of one page view
	maxJumps      = 1 << 12 // clock jumps of one page view
	maxSamples    = 1 << 20 // pointer samples of one page view
	maxPending    = 1 << 12 // segments that wait for an earlier one
	maxDecoders   = 16
	maxAssets     = 1 << 14 // addresses with an asset, all page views together
	maxProblems   = 64      // messages kept; the count goes on
	maxSheets     = 1 << 12 // style sheets of one owner
	maxCoordinate = 1 << 24 // px
	maxJumpMs     = 7 * 24 * 3600 * 1000
	maxPageMs     = 1<<31 - 1 // about 24 days

	checkpointOps   = 2048      // ops between two checkpoints, at least
	checkpointBytes = 256 << 20 // copies that checkpoints may keep alive before they are thinned
)

func clampCoordinate(n int64) int32 {
	return int32(min(max(n, -maxCoordinate), maxCoordinate))
}
