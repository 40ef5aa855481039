package mirror

import (
	"fmt"
	"testing"
)

// A code typed into boxes of one character each is known where the page shows it as one: of boxes beside each other and
// in wrappers of their own, of secret ones too, and told again after one of them changes.
func TestBoxesAreKnownAsOne(t *testing.T) {
	const code = "zqwkrt"
	for _, wrapped := range []bool{false, true} {
		for _, secret := range []bool{false, true} {
			t.Run(fmt.Sprint("wrapped ", wrapped, ", secret ", secret), func(t *testing.T) {
				core := start(t, 1)
				b := new(batch).op(opElement, 1, 0, 2, 0, "div", 0).op(opElement, 2, 0, 3, 0, "div", 0).op(opElement, 1, 2, 4, 0, "p", 0)
				before := 0
				for i := range code {
					at := 10 + 2*i
					if wrapped {
						b.op(opElement, 3, before, at, 0, "div", 0).op(opElement, at, 0, at+1, 0, "input", 0)
						before = at
					} else {
						b.op(opElement, 3, before, at+1, 0, "input", 0)
						before = at + 1
					}
				}
				must(t, core, b.op(opSnapshotEnd))
				b = new(batch)
				for i := range code {
					op := opValue
					if secret {
						op = opEcho
					}
					b.op(op, 11+2*i, code[i:i+1])
				}
				must(t, core, b.op(opTime, 5000).op(opTextNode, 4, 0, 100, "Code: "+code))
				p := newPage()
				p.read(t, core, 0)
				hides(t, p, code)
				check(t, core)
			})
		}
	}
}
