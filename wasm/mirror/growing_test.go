package mirror

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// A page that shows at each key what stands in a field: however many keys come in a batch, and whichever of
// value and text is told first, no text shows a value, nor the part that was there a key before.
func TestValueThatGrowsIsNotShown(t *testing.T) {
	const typed = "bclzdlgblrrnmd"
	seed := uint64(time.Now().UnixNano())
	for round := range 300 {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		core := start(t, 1)
		b := new(batch)
		build(b, "div\n\ttextarea\n\tpre")
		must(t, core, b)
		p := newPage()
		p.read(t, core, 10_000)
		at, id, last := 1000, 5, 0
		b = new(batch)
		valueFirst := r.IntN(2) == 0
		bySetText := r.IntN(2) == 0
		var said []string
		for n := 1; n <= len(typed); n++ {
			value := func() { b.op(opValue, 3, typed[:n]) }
			b.op(opTime, at)
			if valueFirst {
				value()
			}
			if last != 0 && bySetText {
				b.op(opText, last, typed[:n])
			} else {
				if last != 0 {
					b.op(opRemove, last)
				}
				b.op(opTextNode, 4, 0, id, typed[:n])
				last = id
				id++
			}
			if !valueFirst {
				value()
			}
			said = append(said, fmt.Sprint(at))
			at += []int{0, 3, 20, 200}[r.IntN(4)]
			if r.IntN(4) == 0 {
				must(t, core, b)
				b = new(batch)
				said = append(said, "|")
			}
		}
		must(t, core, b)
		p.read(t, core, 100_000)
		for _, line := range append(p.ops, p.String()) {
			for n := 5; n < len(typed); n++ {
				if strings.Contains(line, typed[:n]) {
					t.Fatalf("seed %d, round %d, value first %v, set text %v, keys at %v: told %s", seed, round, valueFirst, bySetText, said, line)
				}
			}
		}
	}
}
