package cli_test

import (
	"strings"
	"testing"

	"afterimage/collector/flags/flagstest"
)

func TestHelpSaysDefaultAndEnvironmentOfEachFlag(t *testing.T) {
	for _, args := range []string{"", "list", "cat", "open", "serve", "export", "import", "verify", "delete", "share", "key new", "key show", "key sign", "key rotate"} {
		t.Run("replay "+args, func(t *testing.T) {
			got := run(t, append(strings.Fields(args), "--help")...)
			if got.status != 0 || got.err != "" {
				t.Fatalf("status %d, %s", got.status, got.err)
			}
			flagstest.Check(t, got.out)
		})
	}
}

func TestCommandsToComeAreSaidToBeSo(t *testing.T) {
	for _, args := range [][]string{{"index"}, {"test", "a.afterimage"}, {"drive", "--headless"}, {"script"}, {"minimise"}} {
		got := run(t, args...)
		if got.status != 2 || !strings.Contains(got.err, args[0]+": this version does not have this command") || strings.Contains(got.err, "did you mean") {
			t.Errorf("replay %s: got status %d, %s", args[0], got.status, got.err)
		}
	}
}
