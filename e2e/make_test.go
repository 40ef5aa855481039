package e2e

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// `make` alone lists every target, each with its comment.
func TestMakeListsEveryTarget(t *testing.T) {
	file, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("make", "-C", "..", "--no-print-directory").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(file), "\n.PHONY: ")
	list, _, _ = strings.Cut(list, "\n")
	targets := strings.Fields(list)
	if len(targets) < 20 {
		t.Fatalf("the Makefile has the targets %v, so the test shows nothing", targets)
	}
	for _, name := range targets {
		if !regexp.MustCompile(`(?m)^` + name + ` +\w`).Match(out) {
			t.Errorf("make does not list %s", name)
		}
	}
}
