package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"afterimage/replay/open"

	"github.com/mattn/go-isatty"
)

type catCmd struct {
	Session string `arg:"" help:"Session or recording file."`
	Raw     bool   `help:"The decrypted, decompressed bytes of every segment instead."`
}

// errBroken ends a command whose output is complete as far as the recording is readable.
var errBroken = errors.New("part of the recording could not be read")

func (c *catCmd) Run(r *run) error {
	if f, ok := r.env.Stdout.(*os.File); ok && c.Raw && isatty.IsTerminal(f.Fd()) {
		return usage{hint(errors.New("--raw writes bytes that a terminal may obey"), "send them to a file or a pipe")}
	}
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	rec, err := open.Open(r.ctx, src, id, nil)
	if err != nil {
		return keyHint(r.ctx, src, id, err)
	}
	out := bufio.NewWriterSize(r.env.Stdout, 64<<10)
	broken := false
	v := open.Visitor{Problem: func(p open.Problem) error {
		broken = broken || p.Kind != open.Missing
		fmt.Fprintf(r.env.Stderr, "warning: %v\n", p)
		return nil
	}}
	var line []byte
	v.Op = func(ev *open.Event) error {
		if c.Raw {
			line = ev.AppendRaw(line[:0])
		} else {
			line = append(ev.AppendJSON(line[:0]), '\n')
		}
		_, err := out.Write(line)
		return err
	}
	if err := rec.Walk(r.ctx, v); err != nil {
		return errors.Join(err, out.Flush())
	}
	if err := out.Flush(); err != nil {
		return err
	}
	if broken {
		return hint(errBroken, "replay verify says which segments and why")
	}
	return nil
}
