package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"afterimage/collector/admin"
	"afterimage/replay/open"
)

type listCmd struct {
	Site  string `help:"Only sessions of this site." placeholder:"ID"`
	Limit int    `help:"How many; 0 is all." default:"50"`
	JSON  bool   `help:"One JSON object a line."`
	Full  bool   `help:"Whole ids."`
}

func (c *listCmd) Run(r *run) error {
	if c.Limit < 0 {
		return usage{fmt.Errorf("--limit %d: not a number from 0 up", c.Limit)}
	}
	src, err := r.source()
	if err != nil {
		return err
	}
	defer src.Close()
	var list []open.Session
	for s, err := range open.AllSessions(r.ctx, src, open.Filter{Site: c.Site, Limit: c.Limit}) {
		if err != nil {
			return err
		}
		list = append(list, s)
	}
	if c.JSON {
		enc := json.NewEncoder(r.env.Stdout)
		for _, s := range list {
			if err := enc.Encode(s); err != nil {
				return err
			}
		}
		return nil
	}
	if len(list) == 0 {
		fmt.Fprintln(r.env.Stderr, "no sessions yet")
		return nil
	}
	digits := prefixDigits(list)
	if c.Full {
		digits = 32
	}
	w := tabwriter.NewWriter(r.env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SESSION\tSITE\tBEGAN\tLASTED\tPAGE VIEWS\tSEGMENTS\tSIZE\tSTATE")
	for _, s := range list {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\n", s.ID[:digits], s.Site,
			time.UnixMilli(s.FirstAtMs).Format("2006-01-02 15:04:05"),
			(time.Duration(s.LastAtMs-s.FirstAtMs) * time.Millisecond).Round(time.Second),
			len(s.PageViews), s.Segments, bytesText(s.SizeBytes), state(s))
	}
	return w.Flush()
}

// prefixDigits is how many digits tell the sessions of the list apart, 8 at least.
func prefixDigits(list []open.Session) int {
	for n := 8; n < 32; n++ {
		seen := make(map[string]bool, len(list))
		for _, s := range list {
			seen[s.ID[:n]] = true
		}
		if len(seen) == len(list) {
			return n
		}
	}
	return 32
}

func state(s open.Session) string {
	text := "ended"
	switch {
	case s.Live:
		text = "live"
	case s.Continuable:
		text = "left, may go on"
	}
	if s.Gaps > 0 {
		text += ", " + admin.Count(s.Gaps, "gap")
	}
	return text
}
