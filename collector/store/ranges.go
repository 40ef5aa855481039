package store

import (
	"encoding/json"
	"fmt"
	"sort"
)

// Ranges is a set of numbers as ascending, disjoint, inclusive ranges that do not touch.
type Ranges [][2]uint32

// Has reports whether n is in the set.
func (r Ranges) Has(n uint32) bool {
	i := sort.Search(len(r), func(i int) bool { return r[i][1] >= n })
	return i < len(r) && r[i][0] <= n
}

// Add puts n into the set and reports whether it was new.
func (r *Ranges) Add(n uint32) bool {
	s := *r
	i := sort.Search(len(s), func(i int) bool { return s[i][1] >= n })
	if i < len(s) && s[i][0] <= n {
		return false
	}
	left := i > 0 && s[i-1][1]+1 == n
	right := i < len(s) && n+1 == s[i][0]
	switch {
	case left && right:
		s[i-1][1] = s[i][1]
		s = append(s[:i], s[i+1:]...)
	case left:
		s[i-1][1] = n
	case right:
		s[i][0] = n
	default:
		s = append(s, [2]uint32{})
		copy(s[i+1:], s[i:])
		s[i] = [2]uint32{n, n}
	}
	*r = s
	return true
}

// Len is how many numbers are in the set.
func (r Ranges) Len() int {
	n := 0
	for _, x := range r {
		n += int(x[1]-x[0]) + 1
	}
	return n
}

// Gaps is how many runs of numbers are missing below the highest one.
func (r Ranges) Gaps() int {
	if len(r) == 0 {
		return 0
	}
	n := len(r) - 1
	if r[0][0] > 0 {
		n++
	}
	return n
}

// Clone returns a copy that shares nothing.
func (r Ranges) Clone() Ranges { return append(Ranges(nil), r...) }

func (r Ranges) encode() string {
	if len(r) == 0 {
		return "[]"
	}
	b, err := json.Marshal(r)
	if err != nil {
		panic("store: ranges of numbers do not encode: " + err.Error()) // cannot happen: integers
	}
	return string(b)
}

func readRanges(s string) (Ranges, error) {
	var r Ranges
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		return nil, fmt.Errorf("ranges of a page view: %w", err)
	}
	for i, x := range r {
		if x[0] > x[1] || i > 0 && uint64(r[i-1][1])+1 >= uint64(x[0]) {
			return nil, fmt.Errorf("ranges of a page view: range %d is out of order", i)
		}
	}
	return r, nil
}
