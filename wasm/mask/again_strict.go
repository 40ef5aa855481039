//go:build strict

package mask

// toldAgain is of the full form alone.
type toldAgain struct{}

func (toldAgain) note(int)      {}
func (toldAgain) take(int) bool { return false }
