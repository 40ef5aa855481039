package server

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"

	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/store"
)

const (
	ownerName = "owner"
	demoName  = "Demo shop"
)

// prepare makes what a new data directory lacks, and keeps the demo site's origins level
// with the address, whose port may be another one at each start.
func (c *collector) prepare(ctx context.Context) error {
	users, err := c.store.Users(ctx)
	if err != nil {
		return err
	}
	first := len(users) == 0
	if first {
		cred, err := c.admin.AddUser(ctx, admin.User{Name: ownerName})
		if err != nil {
			return fmt.Errorf("owner account: %w", err)
		}
		link, err := c.admin.SignInLink(ctx, admin.User{Name: ownerName})
		if err != nil {
			return fmt.Errorf("owner account: %w", err)
		}
		fmt.Fprintf(c.Out, "account      %s\npassword     %s   (shown once)\nsign in      %s   (good once, for an hour)\n", cred.Name, cred.Password, link.SignIn)
	}
	return c.prepareDemo(ctx, first)
}

func (c *collector) prepareDemo(ctx context.Context, first bool) error {
	if c.Parts.Demo == nil || !c.local && !c.Demo {
		return nil
	}
	sites, err := c.store.Sites(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(sites, func(s store.Site) bool { return s.Name == demoName && s.Custody == store.Managed })
	var site store.Site
	switch {
	case i >= 0:
		site = sites[i]
		if want := c.demoOrigins(); !slices.Equal(site.Origins, want) {
			if site, err = c.admin.SetSite(ctx, admin.SetSite{Site: site.ID, Origins: want}); err != nil {
				return fmt.Errorf("demo site: %w", err)
			}
		}
	case len(sites) > 0: // somebody has sites of their own: the demo is no guest among them
		if first {
			fmt.Fprintln(c.Out, "demo shop    none, as a site was added before; to see it start on another directory: --data DIR")
		}
		return nil
	default:
		site, err = c.admin.AddSite(ctx, admin.AddSite{Name: demoName, Origins: c.demoOrigins(), Settings: ingest.SiteSettings{Privacy: "balanced"}})
		if err != nil {
			return fmt.Errorf("demo site: %w", err)
		}
		if err := c.importSamples(ctx, site.ID); err != nil {
			return err
		}
	}
	c.demoKey.Store(&site.Key)
	fmt.Fprintf(c.Out, "demo shop    %s/demo/\n", c.demoBase())
	return nil
}

func (c *collector) demoBase() string {
	if c.DemoHost == "" {
		return c.base.String()
	}
	host := c.DemoHost
	if p := c.base.Port(); p != "" {
		host = net.JoinHostPort(host, p)
	}
	return c.base.Scheme + "://" + host
}

// demoOrigins is every name under which a browser on this machine may call the demo shop.
func (c *collector) demoOrigins() []string {
	out := []string{c.demoBase()}
	if c.local && c.DemoHost == "" {
		for _, h := range []string{"127.0.0.1", "localhost", "[::1]"} {
			if o := c.base.Scheme + "://" + h + ":" + c.base.Port(); c.base.Port() != "" && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	return out
}

func (c *collector) importSamples(ctx context.Context, site string) error {
	if c.Parts.Samples == nil || c.Parts.Import == nil {
		return nil
	}
	entries, err := fs.ReadDir(c.Parts.Samples, ".")
	if err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".afterimage") {
			continue
		}
		b, err := fs.ReadFile(c.Parts.Samples, e.Name())
		if err != nil {
			return fmt.Errorf("samples: %w", err)
		}
		// A sample that this version cannot read must not keep a new collector from starting.
		if err := c.Parts.Import(ctx, c.store, bytes.NewReader(b), site); err != nil && !errors.Is(err, store.ErrExists) {
			c.Log.Error("sample recording was not imported", "file", e.Name(), "err", err)
		}
	}
	return nil
}
