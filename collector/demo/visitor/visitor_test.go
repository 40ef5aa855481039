package visitor

import (
	"math"
	"testing"
)

func TestWayOfAHand(t *testing.T) {
	for _, c := range []struct {
		name           string
		x0, y0, x1, y1 float64
		bend           float64
	}{
		{"long and bent", 10, 20, 1300, 700, 0.08},
		{"bent the other way", 800, 600, 100, 40, -0.08},
		{"no distance at all", 50, 50, 50, 50, 0.05},
		{"one pixel", 50, 50, 51, 50, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			list := way(c.x0, c.y0, c.x1, c.y1, c.bend)
			if len(list) < 2 {
				t.Fatalf("got %d samples, want 2 at least", len(list))
			}
			if last := list[len(list)-1]; last != [2]float64{c.x1, c.y1} {
				t.Errorf("last sample is %v, want the target %v,%v", last, c.x1, c.y1)
			}
			length := math.Hypot(c.x1-c.x0, c.y1-c.y0)
			x, y := c.x0, c.y0
			for i, p := range list {
				if step := math.Hypot(p[0]-x, p[1]-y); step > length*0.25+1 {
					t.Errorf("sample %d is a jump of %.0f px on a way of %.0f px", i, step, length)
				}
				x, y = p[0], p[1]
			}
		})
	}
}

func TestVisitsAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, v := range All {
		if v.Name == "" || seen[v.Name] || v.walk == nil || v.Width == 0 || v.Height == 0 || v.Scale == 0 {
			t.Errorf("visit %q is incomplete or there twice", v.Name)
		}
		seen[v.Name] = true
	}
	if len(seen) != 3 {
		t.Errorf("got %d visits, want desktop, phone and error", len(seen))
	}
}
