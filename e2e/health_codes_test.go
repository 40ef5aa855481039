package e2e

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"afterimage/collector/ingest"
)

// Every code that refusals are counted under, and every name that recorders count, is told on the
// health page in words of its own; one that is nobody's attack does not read like one.
func TestHealthPageKnowsEveryCode(t *testing.T) {
	read := func(file string) string {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	page, document := read("../replay/ui/app/health.ts"), read("../collector/UPLOAD.md")
	refused, _, _ := strings.Cut(document[strings.Index(document, "Codes of `refused`:"):], "A handshake that is refused")
	codes := map[string]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| (?:\\d{4} \\| )?`([a-z-]+)`").FindAllStringSubmatch(refused, -1) {
		codes[row[1]] = true
	}
	if len(codes) < 20 {
		t.Fatalf("UPLOAD.md has %d codes, so the test shows nothing", len(codes))
	}
	for code := range codes {
		if !strings.Contains(page, "case '"+code+"':") {
			t.Errorf("the health page does not know the code %q", code)
		}
	}
	for _, name := range ingest.CountNames {
		if !strings.Contains(page, "'"+name+"': '") {
			t.Errorf("the health page does not know the count %q", name)
		}
	}
	line := regexp.MustCompile(`(?m)^.*case 'too-large':.*$`).FindString(page)
	if !strings.Contains(line, "data-afterimage") || strings.Contains(line, "damaged") {
		t.Errorf("of a message that is too large it says %q, want the remedy", strings.TrimSpace(line))
	}
}
