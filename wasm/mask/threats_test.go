package mask_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every promise of THREATS.md names its tests, and each of them is there.
func TestThreatsNameTheirTests(t *testing.T) {
	text, err := os.ReadFile("THREATS.md")
	if err != nil {
		t.Fatal(err)
	}
	have := map[string]bool{}
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	root := filepath.Join("..", "..")
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".build" || d.Name() == ".git"):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		source, err := os.ReadFile(path)
		for _, found := range function.FindAllStringSubmatch(string(source), -1) {
			have[found[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	promises, inTable := 0, false
	name := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	for n, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if !strings.HasPrefix(line, "|") {
			inTable = false
			continue
		}
		if strings.TrimSpace(cells[0]) == "promise" {
			inTable = true
			continue
		}
		if !inTable || strings.HasPrefix(cells[0], "--") {
			continue
		}
		tests := strings.TrimSpace(cells[len(cells)-1])
		if tests == "(no promise)" {
			continue
		}
		promises++
		names := name.FindAllString(tests, -1)
		if len(names) == 0 {
			t.Errorf("THREATS.md:%d: a promise without a test", n+1)
		}
		for _, test := range names {
			if !have[test] {
				t.Errorf("THREATS.md:%d: there is no test %s", n+1, test)
			}
		}
	}
	if promises < 20 {
		t.Errorf("%d promises were found: the document has another form than this test reads", promises)
	}
}
