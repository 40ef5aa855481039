package view

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The numbers of PATCH.md and of the reconciler are those of patch.go.
func TestPatchNumbers(t *testing.T) {
	source, err := os.ReadFile("patch.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := os.ReadFile("PATCH.md")
	if err != nil {
		t.Fatal(err)
	}
	inDoc := map[string]int{}
	for _, m := range regexp.MustCompile(`(?m)^\| (\d+) \| (\w+) \|`).FindAllStringSubmatch(string(doc), -1) {
		inDoc[strings.ToLower(m[2])], _ = strconv.Atoi(m[1])
	}
	found := regexp.MustCompile(`(?m)^\tpatch(\w+)\s+= (\d+)`).FindAllStringSubmatch(string(source), -1)
	if len(found) < 30 || len(found) != len(inDoc) {
		t.Errorf("patch.go has %d kinds, PATCH.md %d", len(found), len(inDoc))
	}
	for _, m := range found {
		want, _ := strconv.Atoi(m[2])
		if got := inDoc[strings.ToLower(m[1])]; got != want {
			t.Errorf("%s: PATCH.md says %d, patch.go %d", m[1], got, want)
		}
	}
}
