package mask_test

import (
	"fmt"
	"strings"
	"testing"

	"afterimage/wasm/mask"
)

// A long list of addresses, pasted, does not put out what else was typed.
func TestLongListOfAddressesLeavesTheRest(t *testing.T) {
	p := mask.New(mask.Balanced)
	p.Typed(1, []byte("zanthorpe"))
	var list strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&list, "user%d@mail%d.example,", i, i)
	}
	p.Typed(2, []byte(list.String()))
	p.BeginBatch()
	if got := string(p.Text([]byte("so zanthorpe"), mask.Shown).Bytes()); got != "so xxxxxxxxxx" {
		t.Errorf("told: %q", got)
	}
}
