package wire

const (
	maxPath   = 512 // depth of the open path; what is deeper is placed explicitly
	recentIDs = 16
)

// state is what ops are predicted from, equal in writer and reader after every op.
type state struct {
	atMs   int64
	newID  uint32            // last created
	path   [maxPath]uint32   // from some parent down to the node created last
	depth  int               // of path
	recent [recentIDs]uint32 // referenced last, newest first
	axes   [4]axis
	gap    int64 // last step between two samples of a list
	back   int64 // last fieldGap of this op's list
}

// axis predicts a coordinate from the last one and the last step.
type axis struct{ last, step int64 }

func (a *axis) predict() int64 { return a.last + a.step }

func (a *axis) update(v int64) { a.last, a.step = v, v-a.last }

// bucket tells how fast the axis moves, as a coding context of 0 to 7.
func (a *axis) bucket() int {
	s := a.step
	if s < 0 {
		s = -s
	}
	n := 0
	for ; s > 0 && n < 7; s >>= 1 {
		n++
	}
	return n
}

// Codes of a place. From placeChild on, a number n says: the node stands directly behind
// the n-1 th from the end of the path (0 behind: under it, as first child).
const (
	placeExplicit = 0
	placeChild    = 1
)

// placeOf finds the code for (parent, prev) on the open path.
func (s *state) placeOf(parent, prev uint32) uint64 {
	if s.depth == 0 {
		return placeExplicit
	}
	if prev == 0 {
		if s.path[s.depth-1] == parent {
			return placeChild
		}
		return placeExplicit
	}
	for k := 1; k < s.depth; k++ {
		if s.path[s.depth-k] == prev {
			if s.path[s.depth-k-1] == parent {
				return uint64(placeChild + k)
			}
			break
		}
	}
	return placeExplicit
}

// place answers parent and prev of a code; ok is false where the path is not that long.
func (s *state) place(code uint64) (parent, prev uint32, ok bool) {
	if code == placeExplicit || code > uint64(s.depth) {
		return 0, 0, false
	}
	k := int(code) - placeChild
	if k == 0 {
		return s.path[s.depth-1], 0, true
	}
	return s.path[s.depth-k-1], s.path[s.depth-k], true
}

// created moves the path to the node that was just placed.
func (s *state) created(code uint64, parent, id uint32) {
	if code == placeExplicit {
		s.path[0], s.path[1], s.depth = parent, id, 2
		return
	}
	s.depth -= int(code) - placeChild
	if s.depth == maxPath {
		copy(s.path[:], s.path[maxPath/2:])
		s.depth = maxPath / 2
	}
	s.path[s.depth] = id
	s.depth++
}

// Codes of a reference: explicit (a difference follows), none, then the recent ids.
const (
	refExplicit = 0
	refNone     = 1
	refRecent   = 2
)

// refOf finds the code of id and makes it the newest.
func (s *state) refOf(id uint32) uint64 {
	if id == 0 {
		return refNone
	}
	for i, r := range s.recent {
		if r == id {
			s.touch(i, id)
			return uint64(refRecent + i)
		}
	}
	return refExplicit
}

func (s *state) touch(i int, id uint32) {
	copy(s.recent[1:i+1], s.recent[:i])
	s.recent[0] = id
}
