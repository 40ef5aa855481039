package store

import "crypto/sha256"

// maxRecent bounds what a session's state holds: 128 of 40 bytes are 5 KiB, 75 MiB for
// 15,000 sessions at once.
const maxRecent = 128

// recentSums are hashes of the segments of a session that came last, to tell a repeat from
// other bytes under its number without reading the session back.
type recentSums struct {
	list []segmentSum
	next int // where the next one goes once the list is full
}

type segmentSum struct {
	pageView [16]byte
	number   uint32
	sum      sum
}

// sum is the first half of SHA-256: who finds two segments of one sum has only his own
// recording acknowledged wrongly.
type sum [16]byte

func sumOf(sealed []byte) sum {
	h := sha256.Sum256(sealed)
	return sum(h[:16])
}

func (r *recentSums) add(g Segment) {
	pv, ok := idBytes(g.PageView)
	if !ok {
		return
	}
	x := segmentSum{pv, g.Number, sumOf(g.Sealed)}
	if len(r.list) < maxRecent {
		r.list = append(r.list, x)
		return
	}
	r.list[r.next] = x
	r.next = (r.next + 1) % maxRecent
}

func (r *recentSums) find(pageView string, number uint32) (sum, bool) {
	pv, ok := idBytes(pageView)
	if !ok {
		return sum{}, false
	}
	for i := range r.list {
		if r.list[i].number == number && r.list[i].pageView == pv {
			return r.list[i].sum, true
		}
	}
	return sum{}, false
}
