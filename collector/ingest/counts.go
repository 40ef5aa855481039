package ingest

import "slices"

// CountNames are the names that a hello's counts may have, as UPLOAD.md lists them: stored
// and shown on the health page, never rename.
var CountNames = []string{
	"identify-refused", "track-refused", "track-masked", "traits-masked", "label-masked",
	"degraded-pointer", "degraded-animations", "degraded-canvas", "degraded-subtree",
	"core-restarted", "core-memory", "core-failed", "queue-full", "snapshot-again",
	"segment-given-up",
}

// maxCount is the most that one hello may report of a name.
const maxCount = 10_000

// knownCounts is what of a hello's counts is taken: a newer recorder may know more names.
func knownCounts(in map[string]int) map[string]int {
	out := map[string]int{}
	for name, n := range in {
		if n >= 1 && n <= maxCount && slices.Contains(CountNames, name) {
			out[name] = n
		}
	}
	return out
}
