package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"afterimage/collector/admin"
	"afterimage/replay/open"
)

type importCmd struct {
	File string `arg:"" help:"Recording file."`
	Site string `without:"the site it was recorded for" help:"Put it into this site." placeholder:"ID"`
}

func (c *importCmd) Run(r *run) error {
	ring, err := r.ring()
	if err != nil {
		return err
	}
	f, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer f.Close()
	src, err := r.bareSource()
	if err != nil {
		return err
	}
	defer src.Close()
	into, ok := src.(open.Importer)
	if !ok {
		return fmt.Errorf("import: %w", open.ErrReadOnly)
	}
	session, err := into.Import(r.ctx, f, open.ImportOptions{Site: c.Site, Ring: ring})
	if errors.Is(err, open.ErrNoSite) {
		sites, serr := src.Sites(r.ctx)
		if serr != nil || len(sites) == 0 {
			return hint(err, "add a site first: collector site add --origin URL")
		}
		list := ""
		for _, s := range sites {
			list += fmt.Sprintf(" %s (%s)", s.ID, s.Name)
		}
		return hint(err, "say which site it goes to with --site; there are:%s", list)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(c.File), err)
	}
	fmt.Fprintf(r.env.Stdout, "imported %s\n", session.ID)
	fmt.Fprintf(r.env.Stderr, "%s, %s, into site %s\n", admin.Count(len(session.PageViews), "page view"), admin.Count(session.Segments, "segment"), session.Site)
	return nil
}
