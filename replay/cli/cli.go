// Package cli is the command line `replay`: it parses flags, finds the source of
// recordings and connects the packages open, api and custody. Run is the whole program
// but for os.Exit, so that tests drive it.
//
// What goes wrong is told as `error:` what, then `hint:` what to do. Exit status: 0 done,
// 1 it failed or the recording is broken, 2 the command line was wrong.
//
// Every flag that is shared by the commands is an environment variable too (--help names
// them). Results go to standard output, everything else to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"

	"afterimage/collector/flags"
	"afterimage/collector/rules"
	"afterimage/collector/store"
	"afterimage/replay/custody"
	"afterimage/replay/open"

	"github.com/alecthomas/kong"
)

// Env is what the program touches of its surroundings.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	// OpenURL shows a URL to the person, in a browser if there is one. nil does nothing.
	OpenURL func(url string)
}

// grammar is the command line.
type grammar struct {
	Data   string `help:"Data directory of a collector. Where one runs on it, through the collector." env:"AFTERIMAGE_DATA" default:"./afterimage-data" placeholder:"DIR"`
	Server string `help:"A collector elsewhere, instead of --data." env:"AFTERIMAGE_SERVER" placeholder:"URL"`
	Token  string `help:"Access token for --server." env:"AFTERIMAGE_TOKEN" placeholder:"TOKEN"`
	Key    string `help:"Private sealing key of a held site (made by 'replay key new')." env:"AFTERIMAGE_KEY" placeholder:"FILE"`
	Keys   string `without:"where the collector keeps it" help:"Master key of managed sites." env:"AFTERIMAGE_KEYS" placeholder:"FILE"`

	List   listCmd   `cmd:"" help:"List sessions, newest first."`
	Cat    catCmd    `cmd:"" help:"Print every decoded event of a session as a JSON line."`
	Open   openCmd   `cmd:"" help:"Serve the player and open it at a session or a recording file."`
	Serve  serveCmd  `cmd:"" help:"Serve the player on this machine (loopback, no login)."`
	Export exportCmd `cmd:"" help:"Write a session into a file that opens elsewhere."`
	Import importCmd `cmd:"" help:"Put a recording file into the data directory."`
	Verify verifyCmd `cmd:"" help:"Check hash chain, gaps, authentication and decoding of a session."`
	Delete deleteCmd `cmd:"" help:"Delete a session for good."`
	Share  shareCmd  `cmd:"" help:"Make a link that opens one session of a held site, without the site's key; list and revoke them."`
	Key_   keyCmd    `cmd:"" name:"key" help:"Keys of a held site, on its owner's machine."`
}

// run is what every command gets.
type run struct {
	ctx context.Context
	env Env
	g   *grammar
}

// hinted is an error with its remedy.
type hinted struct {
	err  error
	hint string
}

func (h hinted) Error() string { return h.err.Error() }
func (h hinted) Unwrap() error { return h.err }

func hint(err error, format string, args ...any) error {
	return hinted{err, fmt.Sprintf(format, args...)}
}

// usage is an error of the command line: exit status 2.
type usage struct{ error }

func (u usage) Unwrap() error { return u.error }

// laterCommands are names that are kept for what is to come: no other command is meant.
var laterCommands = []string{"index", "test", "drive", "script", "minimise"}

// exitStatus leaves kong's help and version without a panic of our own type leaking.
type exitStatus int

// Run runs the command line and returns the exit status.
func Run(ctx context.Context, args []string, env Env) (status int) {
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("replay"),
		kong.Description("Watch, check and carry recordings of Afterimage. A session is given by its id, by a prefix that only it has, or as a recording file."),
		kong.Writers(env.Stdout, env.Stderr),
		kong.Exit(func(code int) { panic(exitStatus(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		flags.Option(),
	)
	if err != nil {
		return report(env, err)
	}
	flags.Describe(parser)
	defer func() {
		if p := recover(); p != nil {
			code, ours := p.(exitStatus)
			if !ours {
				panic(p)
			}
			status = int(code)
		}
	}()
	if len(args) == 0 {
		args = []string{"--help"}
	}
	kctx, err := parser.Parse(args)
	if err != nil && slices.Contains(laterCommands, args[0]) {
		return report(env, usage{hint(fmt.Errorf("%s: this version does not have this command", args[0]), "replay --help lists those that it has")})
	}
	if err != nil {
		return report(env, usage{hint(err, "replay --help lists commands and options")})
	}
	return report(env, kctx.Run(&run{ctx: ctx, env: env, g: &g}))
}

// report tells the person about err and returns the exit status.
func report(env Env, err error) int {
	if err == nil || errors.Is(err, syscall.EPIPE) {
		return 0
	}
	fmt.Fprintf(env.Stderr, "error: %v\n", err)
	if h := hintFor(err); h != "" {
		fmt.Fprintf(env.Stderr, "hint: %s\n", h)
	}
	var u usage
	if errors.As(err, &u) {
		return 2
	}
	return 1
}

// remedies are the hints of errors that come from below, in order.
var remedies = []struct {
	is   error
	hint string
}{
	{open.ErrNoData, "start the collector once (go run ./collector), or name its directory with --data DIR"},
	{store.ErrNewerVersion, "use the version of Afterimage that wrote it, or a newer one"},
	{store.ErrNoVersion, "collector doctor looks for the cause; name another directory with --data DIR"},
	{store.ErrInUse, "another process holds it without answering; wait for it or stop it"},
	{store.ErrExists, "delete it first (replay delete), or keep what is there"},
	{store.ErrDeleted, "a deleted session stays deleted; its file can still be watched: replay open FILE"},
	{open.ErrAmbiguous, "give more digits of the id"},
	{open.ErrNotFound, "replay list shows what is there"},
	{open.ErrAccess, "give a token of an account that may see the site: --token TOKEN"},
	{open.ErrNewerFile, "a newer version of replay reads it"},
	{open.ErrTruncated, "copy or export it again; what is missing cannot be made up"},
	{open.ErrNotRecording, "recording files are made by replay export"},
	{open.ErrDamaged, "copy or export it again"},
	{open.ErrKey, "managed: --keys FILE with the collector's master key, or go through the running collector; held: --key FILE with the owner's sealing key"},
	{open.ErrManaged, "send the address of the session itself: the collector opens it for them"},
	{open.ErrNoShare, "replay share --list SESSION shows them"},
	{open.ErrSharing, "import the file into a collector: replay import FILE"},
	{open.ErrReadOnly, "remove the file itself; in a collector: replay delete SESSION"},
	{custody.ErrSignature, "sign the settings with the identity key of this site (replay key sign)"},
	{syscall.ENOTDIR, "name the directory of a collector with --data DIR"},
	{fs.ErrPermission, "the file belongs to another user"},
	{fs.ErrNotExist, "look at the path; a session is named by its id, as replay list shows it"},
}

func hintFor(err error) string {
	var h hinted
	if errors.As(err, &h) {
		return h.hint
	}
	var failure *open.APIError
	if errors.As(err, &failure) && failure.Hint != "" {
		return failure.Hint
	}
	var setting *rules.Problem
	if errors.As(err, &setting) {
		return setting.Hint
	}
	for _, r := range remedies {
		if errors.Is(err, r.is) {
			return r.hint
		}
	}
	var unreached *url.Error
	if errors.As(err, &unreached) {
		return "look whether the collector runs, and this machine reaches it: --server URL"
	}
	return ""
}

// isFile tells whether the argument names a recording file rather than a session.
func isFile(arg string) bool {
	if strings.ContainsAny(arg, `/\.`) {
		return true
	}
	info, err := os.Stat(arg)
	return err == nil && info.Mode().IsRegular()
}
