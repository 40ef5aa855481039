// Package flagstest looks at what --help prints.
package flagstest

import (
	"regexp"
	"strings"
	"testing"
)

var flagLine = regexp.MustCompile(`(?m)^ {2,6}(?:-\w, +)?(--[\w\[\]-]+)`)

// Check fails where a flag stands there twice, or where one with an environment variable does
// not say it and a default, each once.
func Check(t testing.TB, help string) {
	t.Helper()
	at := flagLine.FindAllStringSubmatchIndex(help, -1)
	if len(at) < 2 {
		t.Fatalf("no flags in %q", help)
	}
	seen := map[string]bool{}
	for i, m := range at {
		end := len(help)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		name := help[m[2]:m[3]]
		if seen[name] {
			t.Errorf("%s stands there twice", name)
		}
		seen[name] = true
		text, _, _ := strings.Cut(help[m[0]:end], "\nCommands:")
		if n := strings.Count(text, "$AFTERIMAGE_"); n > 0 {
			if defaults := strings.Count(strings.ToLower(text), "default"); n != 1 || defaults != 1 {
				t.Errorf("%s: %d variables and %d defaults, want one of each: %s", name, n, defaults, strings.Join(strings.Fields(text), " "))
			}
		}
	}
}
