package e2e

import (
	"os"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// README shows what is stored; these rows of its table are what the policy makes.
func TestReadmeRowsAreWhatThePolicyMakes(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	mask.WithDetection()
	strict, balanced := mask.New(mask.Strict), mask.New(mask.Balanced)
	for _, text := range []string{"Your order, Grace", "write to grace@example.org", "Call +353 1 555 0123, price €57.00"} {
		strict.Reset()
		balanced.Reset()
		row := "`" + string(strict.Text([]byte(text), mask.Masked).Bytes()) + "` | `" + string(balanced.Text([]byte(text), mask.Shown).Bytes()) + "` |"
		if line := lineWith(string(readme), text); !strings.HasSuffix(line, row) {
			t.Errorf("README says %q, the policy makes %q", line, row)
		}
	}
	url := "/orders/8731?mail=g@x.org"
	strict.Reset()
	balanced.Reset()
	row := "`" + string(strict.URL([]byte(url), mask.Masked).Bytes()) + "` | `" + string(balanced.URL([]byte(url), mask.Shown).Bytes()) + "` |"
	if line := lineWith(string(readme), url); !strings.HasSuffix(line, row) {
		t.Errorf("README says %q, the policy makes %q", line, row)
	}
}

func lineWith(text, part string) string {
	for line := range strings.Lines(text) {
		if strings.Contains(line, part) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}
