package view

import "testing"

func TestFrontIsBounded(t *testing.T) {
	tests := []struct {
		name  string
		times []uint32
		want  []span32
	}{
		{"one", []uint32{7}, []span32{{7, 7}}},
		{"close ones are a span", []uint32{0, 1000, 2000}, []span32{{0, 2000}}},
		{"distant ones are two", []uint32{0, 1001}, []span32{{0, 0}, {1001, 1001}}},
		{"an earlier one changes nothing", []uint32{5000, 4000}, []span32{{5000, 5000}}},
	}
	for _, test := range tests {
		var v pageView
		for _, at := range test.times {
			v.front(at)
		}
		if len(v.active) != len(test.want) {
			t.Errorf("%s: got %v, want %v", test.name, v.active, test.want)
			continue
		}
		for i := range test.want {
			if v.active[i] != test.want[i] {
				t.Errorf("%s: got %v, want %v", test.name, v.active, test.want)
			}
		}
	}
	var v pageView
	for i := range uint32(maxFront + 100) {
		v.front(i * 2000)
	}
	if last := v.active[len(v.active)-1].to; len(v.active) != maxFront || last != (maxFront+99)*2000 {
		t.Errorf("after too many: got %d spans up to %d, want %d up to %d", len(v.active), last, maxFront, (maxFront+99)*2000)
	}
}

func TestJumpsInAnyOrderOfArrival(t *testing.T) {
	times := &timeline{starts: []int64{100}}
	for _, order := range [][]uint32{{10, 20, 30}, {30, 10, 20}, {20, 30, 10}} {
		var v pageView
		for _, at := range order {
			v.addJump(at, int64(at)*1000)
		}
		for at, want := range map[uint32]int64{0: 100, 9: 109, 10: 10_110, 19: 10_119, 20: 30_120, 30: 60_130, 99: 60_199} {
			if got := v.toSession(at, times); got != want {
				t.Errorf("%v: %d ms of the page view: got session ms %d, want %d", order, at, got, want)
			}
			if got := v.fromSession(want, times); got != at {
				t.Errorf("%v: session ms %d: got %d ms of the page view, want %d", order, want, got, at)
			}
		}
	}
}
