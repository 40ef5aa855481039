package main_test

import (
	"strings"
	"testing"

	"afterimage/collector/flags/flagstest"
)

func TestHelpSaysDefaultAndEnvironmentOfEachFlag(t *testing.T) {
	b := newBench(t)
	for _, args := range []string{"", "serve", "site add", "site set", "site list", "user add", "token add", "session erase", "backup envelopes", "audit", "doctor"} {
		t.Run("collector "+args, func(t *testing.T) {
			out, errs, code := b.run(append(strings.Fields(args), "--help")...)
			if code != 0 || errs != "" {
				t.Fatalf("status %d, %s", code, errs)
			}
			flagstest.Check(t, out)
		})
	}
}
