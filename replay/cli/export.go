package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"afterimage/replay/open"
)

type exportCmd struct {
	Session string `arg:"" help:"Session or recording file."`
	Format  string `help:"Form of the file." default:"afterimage" placeholder:"NAME"`
	Sealed  bool   `help:"Leave the keys out: the file opens only with the site's private key."`
	Out     string `without:"the session's id with the form's ending" help:"Where to; - is standard output." short:"o" placeholder:"FILE"`
	Force   bool   `help:"Write over a file that is there."`
}

func (c *exportCmd) Run(r *run) error {
	if c.Format != "afterimage" {
		return usage{hint(fmt.Errorf("--format %q: this version does not write that", c.Format), "formats that exist: afterimage")}
	}
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	write := func(w io.Writer) error {
		if err := open.NoteExport(r.ctx, src, id, c.Sealed); err != nil {
			return err
		}
		return open.Export(r.ctx, src, id, w, open.ExportOptions{Sealed: c.Sealed})
	}
	if c.Out == "-" {
		out := bufio.NewWriter(r.env.Stdout)
		if err := write(out); err != nil {
			return keyHint(r.ctx, src, id, err)
		}
		return out.Flush()
	}
	path := c.Out
	if path == "" {
		path = id + ".afterimage"
	}
	if err := writeFile(path, c.Force, func(f *os.File) error { return write(f) }); err != nil {
		return keyHint(r.ctx, src, id, err)
	}
	fmt.Fprintln(r.env.Stdout, path)
	if c.Sealed {
		fmt.Fprintln(r.env.Stderr, "the file holds no keys; it opens with the site's private key (managed: in its collector, after replay import)")
	} else {
		fmt.Fprintln(r.env.Stderr, "the file holds the keys of this session: whoever has it can watch it (--sealed leaves them out)")
	}
	return nil
}

// writeFile writes a new file of mode 0600 in one step: it stands under its name only
// when it is whole.
func writeFile(path string, force bool, write func(*os.File) error) (err error) {
	if _, err := os.Lstat(path); err == nil && !force {
		return hint(fmt.Errorf("%s: it is there already", path), "name another file with --out, or write over it with --force")
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".afterimage-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
