package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// systemd takes the unit without a word; it only warns of a setting that it does not know.
func TestUnit(t *testing.T) {
	analyze := need(t, "systemd-analyze")
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "afterimage.service")
	write(t, file, example(t, "afterimage.service", "/usr/local/bin/collector", program))
	if out, err := exec.Command(analyze, "verify", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}

// Each setting of the examples is one that the collector has: a misspelt variable would be ignored.
func TestExamplesSetWhatTheCollectorKnows(t *testing.T) {
	help, err := exec.Command("go", "run", "..", "serve", "--help").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, help)
	}
	known, name := map[string]bool{}, regexp.MustCompile(`AFTERIMAGE_\w+`)
	for _, n := range name.FindAllString(string(help), -1) {
		known[n] = true
	}
	flag := regexp.MustCompile(` (--[a-z-]+)`)
	for _, file := range []string{"afterimage.service", "Containerfile", "compose.yaml", "nginx.conf", "Caddyfile", "README.md"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range name.FindAllString(string(b), -1) {
			if !known[n] {
				t.Errorf("%s sets %s, which the collector does not have", file, n)
			}
		}
		for _, line := range strings.Split(string(b), "\n") {
			if _, command, found := strings.Cut(line, "collector --"); found {
				for _, f := range flag.FindAllString(" --"+command, -1) {
					if !strings.Contains(string(help), strings.TrimSpace(f)+"=") {
						t.Errorf("%s: the collector has no %s", file, f)
					}
				}
			}
		}
	}
}
