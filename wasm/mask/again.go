//go:build !strict

package mask

// toldAgain are the places of a typedTable whose value was told again since their turn to be replaced.
type toldAgain [maxTyped]bool

func (a *toldAgain) note(i int) { a[i] = true }

// take ends the grace of a place, and reports whether it had one.
func (a *toldAgain) take(i int) bool {
	had := a[i]
	a[i] = false
	return had
}
