package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"

	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/store"
)

type siteCommand struct {
	Add  siteAdd  `cmd:"" help:"Make a site and print its key and script tag."`
	List siteList `cmd:"" help:"List all sites."`
	Set  siteSet  `cmd:"" help:"Change a site."`

	Check      siteCheck      `cmd:"" help:"Warn where a site's settings open a risky field or say too little."`
	RotateKey  siteRotateKey  `cmd:"" help:"Give a managed site a new sealing key; old recordings stay readable."`
	DestroyKey siteDestroyKey `cmd:"" help:"End all recordings of a site for good."`
	Reports    siteReports    `cmd:"" help:"Print what was reported about children's data."`
}

type siteAdd struct {
	Origin   []string `name:"origin" required:"" placeholder:"ORIGIN" help:"Where its pages come from, as https://shop.example or https://*.example.com; may be given again."`
	Name     string   `name:"name" without:"the first origin's host" help:"Name for people."`
	Custody  string   `name:"custody" default:"managed" enum:"managed,held" help:"Who can open recordings: managed, the collector; held, the owner's machine alone."`
	Settings string   `name:"settings" aliases:"identity" type:"existingfile" placeholder:"FILE" help:"Held custody: the signed settings that replay key new wrote."`
	Privacy  string   `name:"privacy" default:"strict" enum:"strict,balanced" help:"The most that pages of the site may let through."`
	JSON     bool     `name:"json" help:"Print JSON."`
	noticeFlags
}

func (a *siteAdd) Run(ctx context.Context, cli *commandLine) error {
	q := admin.AddSite{Name: a.Name, Origins: a.Origin, Custody: a.Custody, Settings: ingest.SiteSettings{Privacy: a.Privacy}, NoticeChange: a.change()}
	if err := readSigned(a.Settings, &q.Signed); err != nil {
		return err
	}
	return cli.withAdmin(ctx, func(act admin.Actions) error {
		site, err := act.AddSite(ctx, q)
		if err != nil {
			return err
		}
		if a.JSON {
			return printJSON(site)
		}
		status, err := act.Status(ctx, struct{}{})
		if err != nil {
			return err
		}
		base, hint := status.URL, ""
		if u, err := url.Parse(base); base == "" || err != nil {
			base = "https://COLLECTOR"
			hint = "put the collector's address in place of " + base + "; where it runs on this data, site add knows it"
		} else if loopback(u.Hostname()) {
			hint = "only this machine reaches " + base + "; for visitors elsewhere start the collector with --public-url, and put that there"
		}
		fmt.Printf("site     %s  %s\nkey      %s\norigins  %s\n\n<script async src=\"%s/afterimage.js\" data-site=\"%s\"></script>\n",
			site.ID, site.Name, site.Key, strings.Join(site.Origins, " "), base, site.Key)
		if hint != "" {
			fmt.Fprintln(os.Stderr, "hint: "+hint)
		}
		return nil
	})
}

type siteList struct {
	JSON bool `name:"json" help:"Print JSON."`
}

func (l *siteList) Run(ctx context.Context, cli *commandLine) error {
	return cli.withAdmin(ctx, func(act admin.Actions) error {
		sites, err := act.Sites(ctx)
		if err != nil {
			return err
		}
		if l.JSON {
			if sites == nil {
				sites = []store.Site{}
			}
			return printJSON(sites)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tCUSTODY\tON\tKEY\tORIGINS")
		for _, s := range sites {
			on := "yes"
			if !s.Enabled {
				on = "no"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", s.ID, s.Name, s.Custody, on, s.Key, strings.Join(s.Origins, " "))
		}
		return w.Flush()
	})
}

type siteSet struct {
	ID           string    `arg:"" help:"Site, as site list shows it."`
	Name         *string   `name:"name" help:"Name for people."`
	Origin       []string  `name:"origin" placeholder:"ORIGIN" help:"The whole list of origins anew."`
	AddOrigin    []string  `name:"add-origin" placeholder:"ORIGIN" help:"One more origin."`
	RemoveOrigin []string  `name:"remove-origin" placeholder:"ORIGIN" help:"One origin less."`
	Enabled      *bool     `name:"enabled" negatable:"" help:"Record; --no-enabled stops all recorders of the site within a minute."`
	Privacy      *string   `name:"privacy" help:"The most that pages may let through: strict or balanced."`
	Mask         *[]string `name:"mask" placeholder:"SELECTOR" help:"Selectors to mask, whatever the page says."`
	Block        *[]string `name:"block" placeholder:"SELECTOR" help:"Selectors to leave out as boxes."`
	Allow        *[]string `name:"allow" placeholder:"SELECTOR" help:"Selectors that pages may let through."`
	Consent      *string   `name:"consent" help:"none, or required: nothing is captured before consent."`
	Sample       *float64  `name:"sample" help:"Share of sessions to record, 0 to 1; drawn by the recorder when a session starts, not per visitor."`
	IgnoreDNT    *bool     `name:"unsafe-ignore-dnt" negatable:"" help:"Let pages record visitors who send Do Not Track or Global Privacy Control."`
	Settings     string    `name:"settings" aliases:"identity" type:"existingfile" placeholder:"FILE" help:"Held custody: newly signed settings."`
	JSON         bool      `name:"json" help:"Print JSON."`
	noticeFlags
}

func (s *siteSet) Run(ctx context.Context, cli *commandLine) error {
	q := admin.SetSite{Site: s.ID, Name: s.Name, Origins: s.Origin, AddOrigins: s.AddOrigin, RemoveOrigins: s.RemoveOrigin,
		Enabled: s.Enabled, Privacy: s.Privacy, Mask: s.Mask, Block: s.Block, Allow: s.Allow, Consent: s.Consent,
		Sample: s.Sample, IgnoreDNT: s.IgnoreDNT, NoticeChange: s.change()}
	if err := readSigned(s.Settings, &q.Signed); err != nil {
		return err
	}
	return cli.withAdmin(ctx, func(act admin.Actions) error {
		site, err := act.SetSite(ctx, q)
		if err != nil {
			return err
		}
		if s.JSON {
			return printJSON(site)
		}
		fmt.Printf("site %s changed, settings version %d\n", site.ID, site.SettingsVersion)
		return nil
	})
}

func readSigned(file string, into *json.RawMessage) error {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--settings: %w", err)
	}
	if !json.Valid(b) {
		return &admin.Problem{What: "--settings " + file + ": not JSON", Hint: "give the ID.settings.json that replay key new wrote"}
	}
	*into = b
	return nil
}

func printJSON(v any) error {
	e := json.NewEncoder(os.Stdout)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
