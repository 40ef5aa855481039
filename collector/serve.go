package main

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"time"

	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/server"
	"afterimage/collector/store"
)

type serveCommand struct {
	Addr         string   `name:"addr" env:"AFTERIMAGE_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address to listen on; port 0 picks a free one."`
	PublicURL    string   `name:"public-url" env:"AFTERIMAGE_PUBLIC_URL" placeholder:"URL" help:"How people reach the collector, as https://replay.example, when it stands behind a proxy."`
	TrustedProxy []string `name:"trusted-proxy" env:"AFTERIMAGE_TRUSTED_PROXY" placeholder:"CIDR" help:"Peers whose X-Forwarded-For is believed (for limits per address; addresses are never stored)."`
	Demo         bool     `name:"demo" env:"AFTERIMAGE_DEMO" help:"Serve the demo shop also where --addr or --public-url is not loopback."`
	DemoHost     string   `name:"demo-host" env:"AFTERIMAGE_DEMO_HOST" placeholder:"NAME" help:"Host name of its own for the demo shop; needed there."`

	EnvelopeBackups string `name:"envelope-backups" env:"AFTERIMAGE_ENVELOPE_BACKUPS" type:"path" placeholder:"DIR" help:"Back the keys of recordings up each day into this folder, outside the data directory."`

	PingEvery time.Duration `name:"ping-every" env:"AFTERIMAGE_PING_EVERY" default:"30s" help:"How often sockets are pinged and changes of sites made by other collectors are looked for."`

	MaxSockets           int `name:"max-sockets" env:"AFTERIMAGE_MAX_SOCKETS" default:"15000" help:"Recorders at once in this process."`
	MaxSocketsPerAddress int `name:"max-sockets-per-address" env:"AFTERIMAGE_MAX_SOCKETS_PER_ADDRESS" default:"1000" help:"Recorders at once from one address."`
	MaxSocketsPerSite    int `name:"max-sockets-per-site" env:"AFTERIMAGE_MAX_SOCKETS_PER_SITE" default:"15000" help:"Recorders at once of one site."`
	MaxPageViews         int `name:"max-page-views" env:"AFTERIMAGE_MAX_PAGE_VIEWS" default:"3000" help:"New page views a minute of one site from one address."`
	MaxMessages          int `name:"max-messages" env:"AFTERIMAGE_MAX_MESSAGES" default:"20" help:"Messages a second of one recorder."`
	MaxKiB               int `name:"max-kib" env:"AFTERIMAGE_MAX_KIB" default:"256" help:"KiB a second of one recorder; faster ones are slowed down."`
}

func (s *serveCommand) Run(ctx context.Context, cli *commandLine) error {
	cfg := server.Config{
		Addr: s.Addr, Keys: cli.Keys, PublicURL: s.PublicURL, Demo: s.Demo, DemoHost: s.DemoHost,
		Store: cli.storeConfig(), Notify: cli.notify(), EnvelopeBackups: s.EnvelopeBackups,
		EnvelopesFor: time.Duration(cli.EnvelopeDays * 24 * float64(time.Hour)),
		Limits: ingest.Limits{Sockets: s.MaxSockets, SocketsPerAddress: s.MaxSocketsPerAddress, SocketsPerSite: s.MaxSocketsPerSite,
			PageViewsPerMinute: s.MaxPageViews, MessagesPerSecond: s.MaxMessages, BytesPerSecond: s.MaxKiB << 10},
		PingEvery: s.PingEvery, Parts: parts(), Out: os.Stdout, Log: cli.log(),
	}
	if s.PingEvery < 100*time.Millisecond || s.PingEvery > 40*time.Second {
		return &admin.Problem{What: fmt.Sprintf("--ping-every %v", s.PingEvery), Hint: "give 100ms to 40s: a site that is switched off must end its recorders within a minute"}
	}
	for _, p := range s.TrustedProxy {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			return &admin.Problem{What: fmt.Sprintf("--trusted-proxy %q: not a prefix of addresses", p), Hint: "use the form 10.0.0.0/8 or 127.0.0.1/32"}
		}
		cfg.TrustedProxies = append(cfg.TrustedProxies, prefix)
	}
	return server.Run(ctx, cfg)
}

func (c *commandLine) storeConfig() store.Config {
	return store.Config{Dir: c.Data, Journal: c.Journal, Blobs: c.Blobs, DB: c.DB,
		JournalMaxBytes: c.JournalMaxMiB << 20, MinFreeBytes: c.MinFreeMiB << 20, Log: c.log()}
}

// withAdmin runs f on the collector that holds the data directory, or on the directory.
func (c *commandLine) withAdmin(ctx context.Context, f func(admin.Actions) error) error {
	if socket, err := store.SocketPath(c.Data); err == nil {
		if client, err := admin.Dial(socket); err == nil {
			return f(client)
		}
	}
	cfg := c.storeConfig()
	st, err := server.OpenStore(ctx, cfg)
	if err != nil {
		return err
	}
	defer st.Close()
	a := server.NewAdmin(ctx, st, c.Keys, c.Data, os.Stderr)
	a.Announce = server.Announcer(st, c.notify(), cfg.Log)
	return f(a)
}
