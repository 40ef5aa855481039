package mask

import (
	"strings"
	"testing"
)

// What a site hands over in code has no level, so the strict form shows it where it has the
// form of a name, and nothing that could be of a person.
func TestStrictFormShowsNamesOfThings(t *testing.T) {
	WithoutDetection()
	t.Cleanup(WithDetection)
	p := New(Strict)
	p.Typed(1, []byte("Zanthorpe"))
	for in, shown := range map[string]bool{
		"checkout": true, "checkout_step_completed_successfully": true, "Crème brûlée": true, "release 1.24.3": true, "addToCartButtonClicked": true,
		"jane.doe@example.org": false, "4111 1111 1111 1111": false, "+49 30 1234567": false, "078-05-1120": false, "DE89370400440532013000": false,
		"sk_live_4eC39HqLyjWDarjtT1zdp7dc": false, "ghp_16C7e42F292c6912E7710c838347Ae178B4a": false, "AKIAIOSFODNN7EXAMPLE": false,
		"3f2504e0-4f89-11d3-9a0c-0305e82c3301": false, "for zanthorpe": false, "myZanThorpes": false, "Z a n t h o r p e": false,
		strings.Repeat("word ", 17): false, "eyJhbGciOiJIUzI": true,
	} {
		want := "x"
		if shown {
			want = in
		}
		if got := string(p.Label([]byte(in)).Bytes()); got != want {
			t.Errorf("label %q: got %q, want %q", in, got, want)
		}
		if got := string(p.JSON([]byte(`{"plan":"` + in + `"}`)).Bytes()); got != `{"plan":"`+want+`"}` {
			t.Errorf("JSON %q: got %s, want %q", in, got, want)
		}
	}
	if got := string(p.JSON([]byte(`{"price":49.9,"account":1234567890,"email":"x y"}`)).Bytes()); got != `{"price":49.9,"account":"x","email":"x"}` {
		t.Errorf("numbers: got %s", got)
	}
}
