package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"afterimage/collector/admin"
	"afterimage/collector/keys"
	"afterimage/collector/server"
	"afterimage/collector/store"

	"golang.org/x/sys/unix"
)

// doctorCommand looks at this machine and, where one runs, at the collector.
type doctorCommand struct {
	Addr   string `name:"addr" env:"AFTERIMAGE_ADDR" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Where serve is to listen."`
	URL    string `name:"url" env:"AFTERIMAGE_PUBLIC_URL" placeholder:"URL" help:"How the collector is reached; its clock and its host's cookies are looked at."`
	Strict bool   `name:"strict" help:"Fail where there is a warning."`
}

// finding is one line of the doctor.
type finding struct {
	ok         bool
	what, hint string
}

func (d *doctorCommand) Run(ctx context.Context, cli *commandLine) error {
	list := []finding{cli.checkMaster(), cli.checkData(), cli.checkSpace()}
	if client := cli.running(); client != nil {
		list = append(list, checkCookies(ctx, client), checkOrigins(ctx, client))
	} else {
		list = append(list, finding{true, "no collector runs here: cookies were not looked at", ""}, checkPort(d.Addr))
		list = append(list, cli.checkStore(ctx)...)
	}
	if d.URL != "" {
		list = append(list, checkClock(ctx, d.URL))
	}
	bad := 0
	for _, f := range list {
		if f.ok {
			fmt.Printf("ok       %s\n", f.what)
			continue
		}
		bad++
		fmt.Printf("warning  %s\nhint     %s\n", f.what, f.hint)
	}
	if d.Strict && bad > 0 {
		return &admin.Problem{What: admin.Count(bad, "warning"), Hint: "mend them, or leave --strict out"}
	}
	return nil
}

func (c *commandLine) checkMaster() finding {
	file, err := server.KeyFile(c.Keys, c.Data)
	if err != nil {
		return finding{what: err.Error(), hint: "name a file outside the data directory: --keys FILE"}
	}
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return finding{true, "no master key yet; the first managed site makes " + file, ""}
	case err != nil:
		return finding{what: "master key: " + err.Error(), hint: "let this user read it"}
	case info.Mode().Perm()&0o077 != 0:
		return finding{what: fmt.Sprintf("master key %s has mode %04o: others can read it", file, info.Mode().Perm()), hint: "chmod 600 " + file}
	}
	if dir, err := os.Stat(filepath.Dir(file)); err == nil && dir.Mode().Perm()&0o022 != 0 {
		return finding{what: fmt.Sprintf("the folder of the master key has mode %04o: others can replace the file", dir.Mode().Perm()), hint: "chmod 700 " + filepath.Dir(file)}
	}
	if _, err := keys.Load(file); err != nil {
		return finding{what: err.Error(), hint: "bring the right file back; without it no managed recording opens"}
	}
	return finding{true, "master key " + file + " is readable by this user alone", ""}
}

func (c *commandLine) checkData() finding {
	info, err := os.Stat(c.Data)
	if errors.Is(err, os.ErrNotExist) {
		return finding{true, "no data directory yet", ""}
	}
	if err != nil {
		return finding{what: "data directory: " + err.Error(), hint: "let this user read it"}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return finding{what: fmt.Sprintf("data directory %s has mode %04o: others can look in", c.Data, info.Mode().Perm()), hint: "chmod 700 " + c.Data}
	}
	return finding{true, "data directory " + c.Data + " is this user's alone", ""}
}

// roomForADay is below what a busy day needs.
const roomForADay = 2 << 30

func (c *commandLine) checkSpace() finding {
	dir := c.Data
	if _, err := os.Stat(dir); err != nil {
		dir = "."
	}
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return finding{what: "free space: " + err.Error(), hint: "look at the disk"}
	}
	free := int64(st.Bavail) * st.Bsize
	if least := max(c.MinFreeMiB<<20, roomForADay); free < least {
		return finding{what: fmt.Sprintf("%d MiB are free on the disk of %s; uploads are refused below %d", free>>20, dir, c.MinFreeMiB),
			hint: "make room, or shorten retention: collector site set ID --retention-days 30"}
	}
	return finding{true, fmt.Sprintf("%d MiB are free", free>>20), ""}
}

// running is the collector on the data directory, or nil.
func (c *commandLine) running() *admin.Client {
	socket, err := store.SocketPath(c.Data)
	if err != nil {
		return nil
	}
	client, err := admin.Dial(socket)
	if err != nil {
		return nil
	}
	return client
}

// checkStore opens the data directory, which no collector has, and tries its keys.
func (c *commandLine) checkStore(ctx context.Context) []finding {
	if _, err := os.Stat(filepath.Join(c.Data, "version")); err != nil {
		return nil // serve will make it
	}
	st, err := server.OpenStore(ctx, c.storeConfig())
	if err != nil {
		return []finding{asFinding(err, "collector serve says more")}
	}
	defer st.Close()
	file, err := server.KeyFile(c.Keys, c.Data)
	if err == nil {
		err = server.TryMaster(ctx, st, file)
	}
	if err != nil {
		return []finding{asFinding(err, "name the right file with --keys")}
	}
	return []finding{{true, "the data directory opens, and its keys with it", ""}, checkOrigins(ctx, &admin.Admin{Store: st})}
}

// asFinding is an error with its remedy.
func asFinding(err error, hint string) finding {
	var p *admin.Problem
	if errors.As(err, &p) && p.Hint != "" {
		hint = p.Hint
	}
	return finding{what: err.Error(), hint: hint}
}

// checkOrigins finds sites that no page outside this machine can record for.
func checkOrigins(ctx context.Context, a interface {
	Sites(context.Context) ([]store.Site, error)
}) finding {
	sites, err := a.Sites(ctx)
	if err != nil {
		return asFinding(err, "is the collector of the same version?")
	}
	for _, s := range sites {
		if len(s.Origins) == 0 {
			return finding{what: "site " + s.ID + " lists no origin: no page records for it", hint: "collector site set " + s.ID + " --add-origin https://shop.example"}
		}
		for _, o := range s.Origins {
			if u, err := url.Parse(o); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
				return finding{what: "site " + s.ID + " lists " + o + ": browsers let no page without TLS record", hint: "serve the page over https, and list that origin"}
			}
		}
	}
	return finding{true, admin.Count(len(sites), "site") + ", all with origins that can record", ""}
}

// loopback is a host that browsers trust without TLS.
func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || err == nil && ip.IsLoopback()
}

// checkPort finds another program where the collector is to listen.
func checkPort(addr string) finding {
	l, err := net.Listen("tcp", addr)
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return finding{what: "--addr " + addr + ": another program listens there", hint: "stop it, or use another port"}
	case err != nil:
		return finding{what: "--addr " + addr + ": " + err.Error(), hint: "use an address of this machine, as in 127.0.0.1:8080 or :8080"}
	}
	l.Close()
	return finding{true, addr + " is free", ""}
}

// checkCookies asks the running collector whether recorders' requests brought cookies.
func checkCookies(ctx context.Context, client *admin.Client) finding {
	s, err := client.Status(ctx, struct{}{})
	if err != nil {
		return finding{what: "running collector: " + err.Error(), hint: "is it of the same version?"}
	}
	if s.CookieHandshakes > 0 {
		return finding{what: fmt.Sprintf("recorders brought cookies of this host in %s since the start; they were neither read nor logged", admin.Count(s.CookieHandshakes, "handshake")),
			hint: "give the collector a host name on which nothing sets cookies, and let no parent domain set one for it; people who are signed in and watch a page of their own send theirs too"}
	}
	return finding{true, "no handshake of a recorder brought a cookie", ""}
}

// maxClockSkew is what recordings of several collectors can differ by before lists look wrong.
const maxClockSkew = 2 * time.Second

func checkClock(ctx context.Context, base string) finding {
	u, err := url.JoinPath(base, "/healthz")
	if err != nil {
		return finding{what: "--url: " + err.Error(), hint: "use the form https://replay.example"}
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return finding{what: "--url: " + err.Error(), hint: "use the form https://replay.example"}
	}
	began := time.Now()
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return finding{what: "collector: " + err.Error(), hint: "is it running, and does the name lead to it?"}
	}
	resp.Body.Close()
	there, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return finding{what: "the collector's answer has no date", hint: "does a proxy take it out?"}
	}
	// The header has whole seconds: the true time lies within one of them.
	skew := there.Add(500 * time.Millisecond).Sub(began.Add(time.Since(began) / 2))
	if skew.Abs() > maxClockSkew+500*time.Millisecond {
		return finding{what: fmt.Sprintf("the collector's clock and this one differ by %v", skew.Round(time.Second)), hint: "let both follow a time server"}
	}
	return finding{true, "clocks agree", ""}
}
