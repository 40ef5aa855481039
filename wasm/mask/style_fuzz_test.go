package mask_test

import (
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// FuzzStyles: whatever stands around it, a word inside a string or an address of a style sheet does
// not stay where text is masked, and an address of a person nowhere.
func FuzzStyles(f *testing.F) {
	const canary, person = "zqxjkvbpw", "zqx.jkv@bpw-mail.example"
	places := []string{`a{content:"$"}`, `a{content:'$'}`, `a{--v:"$"}`, `a{background:url("$")}`, `a{background:url($)}`, `[title="$"]{top:0}`,
		`@media (u:"$"){a{top:0}}`, `@import "$";`, `a{quotes:"x" "$"}`, `/* $ */a{top:0}`, `@counter-style m1{suffix:"$"}`}
	for place := range places {
		for _, s := range []string{"", `"`, `\`, "'", ")", "}", "*/", "\n", "\\\n", "{", "]", "url(", "\\22 ", "<!--"} {
			f.Add(place, s, s)
		}
	}
	f.Fuzz(func(t *testing.T, place int, before, after string) {
		form := places[((place%len(places))+len(places))%len(places)]
		for _, c := range []struct {
			word string
			mode mask.Mode
		}{{canary, mask.Masked}, {person, mask.Masked}, {person, mask.Shown}, {person, mask.Allowed}} {
			// What comes first in the string is the word: nothing in front of it can end the string.
			css := strings.ReplaceAll(form, "$", c.word+" "+after) + before
			if got := string(mask.New(mask.Balanced).CSS([]byte(css), c.mode).Bytes()); strings.Contains(strings.ToLower(got), c.word) {
				t.Errorf("mode %d: %q became %q", c.mode, css, got)
			}
		}
	})
}
