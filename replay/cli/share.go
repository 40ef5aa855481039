package cli

import (
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"afterimage/collector/admin"
	"afterimage/collector/store"
	"afterimage/replay/open"
)

type shareCmd struct {
	Session string `arg:"" help:"Session of a held site."`
	List    bool   `help:"List the shares of the session instead." xor:"what"`
	Revoke  string `help:"Revoke this share instead: its link opens nothing any more." placeholder:"ID" xor:"what"`
	URL     string `name:"url" without:"--server, or what the collector that runs on --data says" help:"How people reach the collector." placeholder:"URL"`
}

// Run makes a link that opens this one session, for whoever may sign in to the collector and
// has not the site's key.
func (c *shareCmd) Run(r *run) error {
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	keeper, err := open.AsSharer(src)
	if err != nil {
		return err
	}
	switch {
	case c.List:
		list, err := keeper.Shares(r.ctx, id)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(r.env.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SHARE\tMADE\tBY\tPAGE VIEWS")
		for _, x := range list {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\n", x.ID, time.UnixMilli(x.MadeAtMs).UTC().Format(time.RFC3339), x.By, x.PageViews)
		}
		return w.Flush()
	case c.Revoke != "":
		if err := keeper.RevokeShare(r.ctx, id, c.Revoke); err != nil {
			return err
		}
		fmt.Fprintf(r.env.Stdout, "revoked %s\n", c.Revoke)
		return nil
	}
	keys, err := src.Keys(r.ctx, id)
	if err != nil {
		return err
	}
	if keys.Custody != open.Held {
		return open.ErrManaged
	}
	if len(keys.Content) == 0 {
		return hint(fmt.Errorf("session %s: %w", id, open.ErrKey), "give the owner's sealing key: --key FILE")
	}
	link, err := c.link(r, id)
	if err != nil {
		return err
	}
	share, sealed, fragment, err := open.SealShare(id, keys.Content)
	if err != nil {
		return err
	}
	if err := keeper.AddShare(r.ctx, id, share, sealed); err != nil {
		return err
	}
	fmt.Fprintf(r.env.Stdout, "%s#key=%s\n", link, fragment)
	fmt.Fprintf(r.env.Stderr, "it opens %s of this session for whoever may sign in; revoke it with: replay share %s --revoke %s\n", admin.Count(len(keys.Content), "page view"), id, share)
	return nil
}

// link is the address of the session, without the key: by --url, --server, or the collector
// that runs on the data directory.
func (c *shareCmd) link(r *run, id string) (string, error) {
	base := c.URL
	if base == "" {
		base = r.g.Server
	}
	if base == "" {
		base = runningURL(r)
	}
	if base == "" {
		return "", usage{hint(errors.New("no collector runs on "+r.g.Data+", so the address for the link is not known"),
			"start the collector, or say how people reach it: --url https://replay.example")}
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", usage{hint(fmt.Errorf("--url %q: not a URL of scheme and host", base), "use the form https://replay.example")}
	}
	return u.JoinPath("embed", id).String(), nil
}

// runningURL is how people reach the collector on the data directory, "" where none runs.
func runningURL(r *run) string {
	socket, err := store.SocketPath(r.g.Data)
	if err != nil {
		return ""
	}
	client, err := admin.Dial(socket)
	if err != nil {
		return ""
	}
	status, err := client.Status(r.ctx, struct{}{})
	if err != nil {
		return ""
	}
	return status.URL
}
