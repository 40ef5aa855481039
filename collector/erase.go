package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"afterimage/collector/admin"
)

type sessionCommand struct {
	Erase sessionErase `cmd:"" help:"Destroy the keys of a session and delete it; prints the day on which the last copy goes."`
}

type sessionErase struct {
	ID   string `arg:"" help:"Session."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (e *sessionErase) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		r, err := a.EraseSession(ctx, admin.SessionID{Session: e.ID})
		if err != nil {
			return err
		}
		return printReceipt(r, e.JSON)
	})
}

func printReceipt(r admin.Receipt, asJSON bool) error {
	if asJSON {
		return printJSON(r)
	}
	fmt.Printf("erased       %s\nenvelopes    %d destroyed: what is left anywhere cannot be opened, by the site's key neither\n", admin.Count(r.Sessions, "session"), r.Envelopes)
	if r.Backups == 0 {
		fmt.Printf("last copy    gone; no backup of envelopes holds one\n")
		return nil
	}
	fmt.Printf("last copy    goes on %s, with %s of envelopes\n", r.LastCopy, admin.Count(r.Backups, "backup"))
	return nil
}

type siteDestroyKey struct {
	ID   string `arg:"" help:"Site."`
	Yes  bool   `name:"yes" help:"Do it: no recording of the site opens again, ever."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (d *siteDestroyKey) Run(ctx context.Context, cli *commandLine) error {
	if !d.Yes {
		return &admin.Problem{What: "this ends all recordings of site " + d.ID + " for good", Hint: "say it with --yes"}
	}
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		r, err := a.DestroyKey(ctx, admin.SiteID{Site: d.ID})
		if err != nil {
			return err
		}
		if !d.JSON {
			fmt.Fprintln(os.Stderr, "the site is switched off; copies of the database that you made hold its key still, locked with the master key: delete them")
		}
		return printReceipt(r, d.JSON)
	})
}

type siteRotateKey struct {
	ID string `arg:"" help:"Site, managed."`
}

func (c *siteRotateKey) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		site, err := a.RotateKey(ctx, admin.SiteID{Site: c.ID})
		if err != nil {
			return err
		}
		fmt.Printf("site %s seals to a new key, settings version %d; old recordings open with the old one\n", site.ID, site.SettingsVersion)
		return nil
	})
}

type siteCheck struct {
	ID     string `arg:"" help:"Site."`
	Strict bool   `name:"strict" help:"Fail where there is a warning."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

func (c *siteCheck) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		list, err := a.CheckSite(ctx, admin.SiteID{Site: c.ID})
		if err != nil {
			return err
		}
		if c.JSON {
			if err := printJSON(list); err != nil {
				return err
			}
		} else {
			for _, w := range list {
				fmt.Printf("warning: %s (%s)\nhint: %s\n", w.What, w.Code, w.Hint)
			}
			if len(list) == 0 {
				fmt.Println("nothing to warn of")
			}
		}
		if c.Strict && len(list) > 0 {
			return &admin.Problem{What: fmt.Sprintf("site %s: %s", c.ID, admin.Count(len(list), "warning")), Hint: "mend them, or leave --strict out"}
		}
		return nil
	})
}

type siteReports struct {
	ID string `arg:"" help:"Site."`
}

func (c *siteReports) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		list, err := a.Reports(ctx, admin.SiteID{Site: c.ID})
		if err != nil {
			return err
		}
		return printJSON(list)
	})
}

type auditCommand struct {
	Site string `name:"site" help:"Of this site alone."`
	JSON bool   `name:"json" help:"Print JSON."`
}

func (c *auditCommand) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		list, err := a.Audited(ctx, admin.SiteID{Site: c.Site})
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(list)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "WHEN\tWHO\tWHAT\tSITE\tDETAIL")
		for _, e := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%v\n", e.At.UTC().Format(time.RFC3339), e.Who, e.Action, e.Site, detailText(e.Detail))
		}
		return w.Flush()
	})
}

// detailText is name=value of each detail, sorted by name.
func detailText(detail map[string]any) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		words = append(words, fmt.Sprintf("%s=%v", name, detail[name]))
	}
	return strings.Join(words, " ")
}

type backupCommand struct {
	Envelopes backupEnvelopes `cmd:"" help:"Back the keys of recordings up, apart from everything else and for a time of their own."`
}

type backupEnvelopes struct {
	Dir     string `arg:"" type:"path" help:"Folder outside the data directory."`
	Restore string `name:"restore" type:"existingfile" placeholder:"FILE" help:"Instead put lost ones back from this file; what was erased stays erased."`
}

func (b *backupEnvelopes) Run(ctx context.Context, cli *commandLine) error {
	dir, err := filepath.Abs(b.Dir)
	if err != nil {
		return err
	}
	return cli.withAdmin(ctx, func(a admin.Actions) error {
		if b.Restore != "" {
			file, err := filepath.Abs(b.Restore)
			if err != nil {
				return err
			}
			r, err := a.RestoreEnvelopes(ctx, admin.File{File: file})
			if err == nil {
				fmt.Printf("restored %s\n", admin.Count(r.Envelopes, "envelope"))
			}
			return err
		}
		made, err := a.BackUpEnvelopes(ctx, admin.Backup{Dir: dir, KeepDays: cli.EnvelopeDays})
		if err != nil {
			return err
		}
		fmt.Printf("%s\n%s; it goes on %s\n", made.File, admin.Count(made.Envelopes, "envelope"), made.GoesAt.UTC().Format(time.DateOnly))
		return nil
	})
}
