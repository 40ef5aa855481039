package pack

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

var (
	tune = flag.Duration("tune", 0, "how long TestTune searches for better masks")
	core = flag.String("core", "", "the module `file` for which TestTune searches")
)

// TestTune searches for contexts that make a core shorter, and prints them as masks.go has
// them: make core; go test -run TestTune ./wasm/pack -args -tune 5m -core $PWD/.build/afterimage-core.wasm
func TestTune(t *testing.T) {
	if *tune == 0 {
		t.Log("not searched: a tool, run with -args -tune 5m")
		return
	}
	module, err := os.ReadFile(*core)
	if err != nil {
		t.Fatal(err)
	}
	best := masks
	cost := classCosts(module, best[:])
	bit := func() uint16 { return 1 << rand.IntN(elements) }
	for end := time.Now().Add(*tune); time.Now().Before(end); {
		// The classes hardly touch each other: one change in each is judged at once.
		try := best
		var at [3]int
		for class := range at {
			at[class] = class*len(masks)/3 + rand.IntN(len(masks)/3)
			m := &try[at[class]]
			switch rand.IntN(4) {
			case 0:
				*m ^= bit()
			case 1:
				*m ^= bit() ^ bit()
			case 2:
				*m = bit() | bit() | bit()
			case 3:
				*m = best[class*len(masks)/3+rand.IntN(len(masks)/3)] ^ bit()
			}
		}
		for class, c := range classCosts(module, try[:]) {
			if c < cost[class]-0.3 {
				cost[class], best[at[class]] = c, try[at[class]]
			}
		}
	}
	names := []string{"key", "part", "h0", "h1", "h2", "h3", "o0", "o1", "o2", "o3", "same", "l0", "l1", "depth", "stk", "word"}
	for i, m := range best {
		if i > 0 && i%(len(best)/3) == 0 {
			fmt.Println()
		}
		var of []string
		for j, name := range names {
			if m>>j&1 != 0 {
				of = append(of, "1<<"+name)
			}
		}
		if len(of) == 0 {
			of = []string{"0"}
		}
		fmt.Printf("\t%s,\n", strings.Join(of, " | "))
	}
	fmt.Printf("%.0f bytes outside of code, %.0f of op codes, %.0f of immediates\n", cost[0], cost[1], cost[2])
}

// classCosts is the length of the code for each class of byte.
func classCosts(module []byte, masks []uint16) (bytes [3]float64) {
	begin, end, _ := bodies(module)
	m := newModel(masks, begin, end)
	for _, b := range module {
		class, c := m.class, uint32(1)
		for i := 7; i >= 0; i-- {
			bit := uint32(b) >> i & 1
			p := float64(m.predict(c)) / 65536
			if bit == 0 {
				p = 1 - p
			}
			bytes[class] -= math.Log2(p) / 8
			m.update(bit)
			c = c<<1 | bit
		}
		m.next(uint32(b))
	}
	return bytes
}
