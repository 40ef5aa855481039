package mask

import "testing"

// A language tag that could be words is none.
func TestLanguageTags(t *testing.T) {
	for tag, want := range map[string]bool{
		"en": true, "en-GB": true, "zh-Hans-CN": true, "es-419": true, "yue": true, "sr-Latn": true,
		"": false, "abcd-efgh-ij": false, "jane": false, "en-smith": false, "en-1234": false, "ab-cd-ef-gh": false, "e-n": false, "en-GB-": false, "jo@x": false,
	} {
		if got := languageTag([]byte(tag)); got != want {
			t.Errorf("%q: got %v, want %v", tag, got, want)
		}
	}
}
