package flags_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"afterimage/collector/flags"

	"github.com/alecthomas/kong"
)

func TestEveryFlagSaysDefaultAndEnvironmentOnce(t *testing.T) {
	var cli struct {
		Data  string        `env:"X_DATA" default:"here" placeholder:"DIR" help:"Data directory."`
		Size  int           `env:"X_SIZE" default:"7" help:"Size."`
		Every time.Duration `env:"X_EVERY" default:"30s" help:"How often."`
		Mail  string        `env:"X_MAIL" placeholder:"URL" help:"Where to."`
		Demo  bool          `env:"X_DEMO" help:"Show it."`
		Keys  string        `env:"X_KEYS" placeholder:"FILE" without:"in the user's folder" help:"Keys."`
		Run   struct {
			Limit int  `default:"50" help:"How many; 0 is all."`
			JSON  bool `help:"As JSON."`
		} `cmd:"" help:"Run it."`
	}
	var out bytes.Buffer
	k, err := kong.New(&cli, kong.Name("x"), kong.Writers(&out, &out), kong.Exit(func(int) {}), flags.Option())
	if err != nil {
		t.Fatal(err)
	}
	flags.Describe(k)
	k.Parse([]string{"run", "--help"})
	got := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{
		"--data=DIR Data directory (default here; $X_DATA).",
		"--size=N Size (default 7; $X_SIZE).",
		"--every=TIME How often (default 30s; $X_EVERY).",
		"--mail=URL Where to (default none; $X_MAIL).",
		"--demo Show it (default off; $X_DEMO).",
		"--keys=FILE Keys (default in the user's folder; $X_KEYS).",
		"--limit=N How many; 0 is all (default 50).",
		"--json As JSON.",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("got %s\nwant %q in it once", got, want)
		}
	}
}
