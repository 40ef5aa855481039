package e2e

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// What chance makes is no leak, and nothing that leaks is called chance.
//
// No two canaries of a run share what makes a find (see draws). There remain eight letters that begin in one
// value and end in the next, or in words of the page. A run prints how many finds they are expected to
// make (see odds). So a canary of which no more than one and the same fragment of the fewest letters was
// found (letters of a text that may be shown, and is whole there, do not count) is not judged yet: its route is repeated with fresh canaries, on a page of the same routes
// and alone. A find on one of those, of whatever length, is a leak, and so is the first. More fragments than chance
// can have made in one run are leaks at once, and so are two in one route.
const (
	repeats = 3 // of both pages
	// A run of 31,000 canaries expects 0.3 fragments: five or more come once in 60,000 runs, and two in
	// one of 500 routes once in 10,000. Nine letters that no text which may be shown explains, or twelve
	// digits, come by chance once in some hundred runs, and are leaks all the same.
	mostByChance = 4
)

// verdict is what is wrong with a run of pages.
type verdict struct {
	leakSums
	wrong   []string
	remarks []string // what chance made
	open    map[string]int
}

// judgePages reports leaks and lost controls of pages that were visited. visit visits others and scans what
// left the browser.
func judgePages(pages []*leakPage, s *scanner, visit func(pages []*leakPage) *scanner) *verdict {
	v := &verdict{open: map[string]int{}}
	routes, leaking := map[string]bool{}, map[string]bool{}
	type suspect struct {
		page   *leakPage
		canary *canary
	}
	var suspects []suspect
	suspected := map[string]int{}
	leak := func(c *canary, more string) {
		v.leaks++
		leaking[c.route] = true
		v.wrong = append(v.wrong, fmt.Sprintf("leak: %s %q%s%s", c.where, c.text, more, s.forms(c)))
	}
	v.pages = len(pages)
	for _, p := range pages {
		for _, c := range slices.Concat(p.canaries, p.controls) {
			if c.route != "" {
				routes[c.route] = true
			}
		}
		for _, c := range p.canaries {
			v.canaries++
			open, isOpen := openRoutes[c.route]
			isOpen = isOpen && (open.level == "" || open.level == p.level)
			if isOpen && v.open[c.route] == 0 {
				v.open[c.route] = 0
			}
			switch {
			case c.free || !s.seen(c):
			case isOpen:
				v.open[c.route]++
				v.openLeaks++
			case s.fragment(c) != "" && p.again != nil:
				suspects = append(suspects, suspect{p, c})
				suspected[p.name+c.route]++
			default:
				leak(c, "")
			}
		}
		for _, c := range p.controls {
			v.controls++
			if !s.seen(c) {
				v.lost++
				v.wrong = append(v.wrong, fmt.Sprintf("lost control: %s %q", c.where, c.text))
			}
		}
	}
	for _, x := range suspects {
		switch {
		case len(suspects) > mostByChance:
			leak(x.canary, fmt.Sprintf(" (one of %d fragments, more than chance makes)", len(suspects)))
		case suspected[x.page.name+x.canary.route] > 1:
			leak(x.canary, " (not the only fragment in its route)")
		default:
			var again []*leakPage
			for range repeats {
				again = append(again, x.page.again(len(again), x.canary.route)...)
			}
			found := judgeAgain(again, visit(again))
			if len(found) > 0 {
				leak(x.canary, " (again when repeated)")
				v.wrong = append(v.wrong, found...)
				continue
			}
			v.chance++
			v.remarks = append(v.remarks, fmt.Sprintf("CHANCE: of %s %q the letters %q alone, and nothing on %d pages with fresh canaries:%s",
				x.canary.where, x.canary.text, s.fragment(x.canary), len(again), s.forms(x.canary)))
		}
	}
	v.routes, v.leakingRoutes, v.leakSums.open = len(routes), len(leaking), len(v.open)
	return v
}

// judgeAgain lists all leaks and lost controls: a page that was not recorded acquits nobody.
func judgeAgain(pages []*leakPage, s *scanner) (wrong []string) {
	for _, p := range pages {
		for _, c := range p.canaries {
			if !c.free && s.seen(c) {
				wrong = append(wrong, fmt.Sprintf("leak when repeated: %s %q%s", c.where, c.text, s.forms(c)))
			}
		}
		for _, c := range p.controls {
			if !s.seen(c) {
				wrong = append(wrong, fmt.Sprintf("lost control when repeated: %s %q", c.where, c.text))
			}
		}
	}
	return wrong
}

// judge reports leaks and lost controls. Of the open routes it wants a leak.
func judge(t *testing.T, pages []*leakPage, s *scanner) leakSums {
	t.Helper()
	v := judgePages(pages, s, func(pages []*leakPage) *scanner { return runLeakPages(t, pages) })
	for _, text := range v.wrong {
		t.Error(text)
	}
	for _, text := range v.remarks {
		fmt.Println(text)
	}
	for name, leaks := range v.open {
		fmt.Printf("OPEN: %s: %s (%d leaks)\n", name, openRoutes[name].why, leaks)
		if leaks == 0 {
			t.Errorf("%s leaks no more: take it off openRoutes", name)
		} else if *leaksFlag || *leaksAloneFlag {
			t.Errorf("%s is open: %s", name, openRoutes[name].why)
		}
	}
	return v.leakSums
}

// odds count what chance could make a find of: the windows of canaries, and the runs of the same sorts of units in
// what was scanned that belong to no one canary, each counted once, and not those within texts that may be shown.
type odds struct {
	needles      map[sorts]int
	digitNeedles int
	letters      map[[windowUnits]byte]struct{}
	digits       map[[windowDigits]byte]struct{}
	sealedPlaces int
}

// sorts are those of eight units, a byte each: 'l' a letter of canaries, 'd' a digit, else the unit itself.
type sorts uint64

func newOdds() odds {
	return odds{needles: map[sorts]int{}, letters: map[[windowUnits]byte]struct{}{}, digits: map[[windowDigits]byte]struct{}{}}
}

var unitSorts = func() (list [256]sorts) {
	for i := range list {
		list[i] = sorts(i)
	}
	for _, unit := range []byte(canaryLetters) {
		list[unit] = 'l'
	}
	for unit := '0'; unit <= '9'; unit++ {
		list[unit] = 'd'
	}
	return list
}()

const allLetters = sorts('l') * 0x0101010101010101

func sortsOf(text string) (k sorts) {
	for i := range len(text) {
		k = k<<8 | unitSorts[text[i]]
	}
	return k
}

// needle counts a window of a canary.
func (o *odds) needle(text string) {
	if len(text) == windowDigits {
		o.digitNeedles++
	} else {
		o.needles[sortsOf(text)]++
	}
}

// count counts the runs in data, of letters and digits alone.
func (s *scanner) count(data []byte, sealed bool) {
	var k sorts
	letters, digits := 0, 0
	for i, unit := range data {
		sort := unitSorts[unit]
		k = k<<8 | sort
		letters, digits = letters+1, digits+1
		if sort != 'l' {
			letters = 0
		}
		if sort != 'd' {
			digits = 0
		}
		switch {
		case sealed && letters >= windowNoise:
			s.sealedPlaces++
		case sealed || i < windowUnits-1:
		case digits >= windowDigits:
			s.digits[[windowDigits]byte(data[i+1-windowDigits:])] = struct{}{}
		case s.needles[k] > 0:
			at := i + 1 - windowUnits
			run := [windowUnits]byte(data[at:])
			if _, known := s.letters[run]; !known && !s.isNeedle(run[:]) && !s.isShown(data, at, i+1) {
				s.letters[run] = struct{}{}
			}
		}
	}
}

// isNeedle reports whether a run is a window of a canary, and so of no other.
func (s *scanner) isNeedle(run []byte) bool {
	for _, n := range s.folded[keyOf(run, windowUnits)] {
		if n.text == string(run) {
			return true
		}
	}
	return false
}

// chances are how many finds chance is expected to make: of eight letters and of twelve digits, and of ten
// letters in what is sealed.
func (o *odds) chances() (letters, digits, sealed float64) {
	ways := func(k sorts) float64 {
		product := 1.0
		for ; k > 0; k >>= 8 {
			switch byte(k) {
			case 'l':
				product *= float64(len(canaryLetters))
			case 'd':
				product *= 10
			}
		}
		return product
	}
	for run := range o.letters {
		k := sortsOf(string(run[:]))
		letters += float64(o.needles[k]) / ways(k)
	}
	digits = float64(o.digitNeedles) * float64(len(o.digits)) / math.Pow10(windowDigits)
	sealed = float64(o.needles[allLetters]) * float64(o.sealedPlaces) / math.Pow(float64(len(canaryLetters)), windowNoise)
	return letters, digits, sealed
}
