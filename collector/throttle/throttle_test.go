package throttle_test

import (
	"net/netip"
	"testing"
	"time"

	"afterimage/collector/throttle"
)

func TestKeyIsRenewedEachDay(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	h := throttle.Hasher{Now: func() time.Time { return now }}
	a := netip.MustParseAddr("203.0.113.9")
	first := h.Of(a)
	for _, c := range []struct {
		name string
		move time.Duration
		same bool
	}{
		{"a moment before the day is over", throttle.KeyFor - 1, true},
		{"when it is over", 1, false},
	} {
		now = now.Add(c.move)
		if got := h.Of(a) == first; got != c.same {
			t.Errorf("%s: same hash %v, want %v", c.name, got, c.same)
		}
	}
	second := h.Of(a)
	now = now.Add(-time.Hour)
	if h.Of(a) == second {
		t.Error("the clock went back and the key stayed")
	}
}

func TestHashIsNotThatOfAnotherProcess(t *testing.T) {
	a := netip.MustParseAddr("203.0.113.9")
	if new(throttle.Hasher).Of(a) == new(throttle.Hasher).Of(a) {
		t.Error("two keys make the same hash: it is not keyed")
	}
}

func TestHouseholdIsOneAddress(t *testing.T) {
	var h throttle.Hasher
	of := func(s string) throttle.Hash { return h.Of(netip.MustParseAddr(s)) }
	if of("2001:db8:1:2::3") != of("2001:db8:1:2:ffff::4%eth0") {
		t.Error("two addresses of one /64 differ")
	}
	if of("2001:db8:1:2::3") == of("2001:db8:1:3::3") || of("203.0.113.9") == of("203.0.113.10") {
		t.Error("two households are one")
	}
}

func TestWindowForgets(t *testing.T) {
	now := time.Now()
	clock := func() time.Time { return now }
	w := throttle.Window{Hasher: &throttle.Hasher{Now: clock}, Now: clock, Every: time.Minute, Most: 2}
	a, b := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("203.0.113.10")
	got := []bool{w.Allow(a), w.Allow(a), w.Allow(a), w.Allow(b)}
	now = now.Add(time.Minute)
	got = append(got, w.Allow(a))
	for i, want := range []bool{true, true, false, true, true} {
		if got[i] != want {
			t.Errorf("try %d: got %v, want %v", i, got[i], want)
		}
	}
}
