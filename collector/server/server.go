package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"afterimage/collector/accounts"
	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/keys"
	"afterimage/collector/store"

	"golang.org/x/sys/unix"
)

// collector is a running one.
type collector struct {
	Config
	store    *store.Store
	master   *keys.Master // nil when no file is there and no site needs one
	ingest   *ingest.Server
	accounts *accounts.Accounts
	admin    *admin.Admin
	demoKey  atomic.Pointer[string]
	base     *url.URL // as people reach it
	local    bool     // only this machine reaches it: listener and public URL are loopback
	noSignIn bool     // people reach it by plain http, over which accounts refuses to sign in
	stopping atomic.Bool
}

// Run serves until ctx is done, then stops gracefully. An *admin.Problem has a hint.
func Run(ctx context.Context, cfg Config) (err error) {
	c := &collector{Config: cfg}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	// The address first: two collectors on one address is the more common mistake, and
	// nothing has been touched yet.
	listener, err := c.listen()
	if err != nil {
		return err
	}
	defer listener.Close()
	if err := c.place(listener.Addr()); err != nil {
		return err
	}
	if c.store, err = OpenStore(ctx, c.storeConfig()); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.store.Close()) }()
	if err := c.openKeys(ctx); err != nil {
		return err
	}
	c.ingest = ingest.New(ingest.Config{Store: c.store, Limits: c.Limits, PingEvery: c.PingEvery, Log: c.Log, Now: c.Now, Client: c.client})
	c.accounts = accounts.New(accounts.Config{Store: c.store, Log: c.Log, Secure: c.base.Scheme == "https", Client: c.client, Now: c.Now})
	defer c.accounts.Close()
	c.admin = &admin.Admin{Store: c.store, Master: c.needMaster, Changed: c.siteChanged, URL: c.base.String(),
		Announce: Announcer(c.store, c.Notify, c.Log), Now: c.Now, Cookies: c.ingest.CookieHandshakes}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	local, err := c.listenLocal()
	if err != nil {
		return err
	}
	defer local.Close()
	return c.serve(ctx, listener, local)
}

func (c *collector) storeConfig() store.Config {
	s := c.Store
	s.Log, s.Now = c.Log, c.Now
	return s
}

// OpenStore opens a store and says what to do when it cannot. A directory that somebody
// reads for a moment is waited for.
func OpenStore(ctx context.Context, cfg store.Config) (*store.Store, error) {
	deadline := time.Now().Add(inUseRetry)
	for {
		st, err := store.Open(ctx, cfg)
		switch {
		case err == nil:
			return st, nil
		case errors.Is(err, store.ErrInUse):
			if runs(cfg.Dir) {
				return nil, &admin.Problem{What: err.Error(), Hint: "a collector runs on it; stop that one, or give another directory with --data"}
			}
			if time.Now().After(deadline) {
				return nil, &admin.Problem{What: err.Error(), Hint: "wait until it has ended, or give another directory with --data"}
			}
		case errors.Is(err, store.ErrNewerVersion):
			return nil, &admin.Problem{What: err.Error(), Hint: "run the newer version of afterimage on it; nothing was changed"}
		case errors.Is(err, store.ErrSetting):
			return nil, &admin.Problem{What: err.Error(), Hint: "--journal, --blobs and --db are embedded when nothing is given; collector --help lists their forms"}
		case ctx.Err() != nil:
			return nil, err
		default:
			// Of several lines, as the database's driver writes them, only the first would look like an error.
			return nil, &admin.Problem{What: strings.Join(strings.Fields(err.Error()), " "), Hint: openHint(cfg, err)}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// openHint is the remedy for a store that does not open for a reason of its surroundings.
func openHint(cfg store.Config, err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return "give a folder that this user may write to, on a disk with room, with --data DIR"
	}
	switch {
	case errors.Is(err, store.ErrNoCredentials):
		return "give the collector AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; where the machine or container has a role, do not set AWS_EC2_METADATA_DISABLED"
	case errors.Is(err, store.ErrNoBucket):
		return "make the bucket, or correct its name, region= and endpoint= in --blobs"
	case errors.Is(err, store.ErrRefused):
		return "let these credentials read, write and delete objects of the bucket; look at the key, at region= in --blobs and at this machine's clock"
	case errors.Is(err, store.ErrObjectStore):
		return "look whether endpoint= and region= of --blobs are right, as in s3://BUCKET?region=eu-west-1, and whether the store lets this machine in; one without a name for each bucket needs use_path_style=true"
	}
	for _, setting := range []string{cfg.DB, cfg.Journal, cfg.Blobs} {
		if setting != "" && setting != "embedded" {
			return "look whether what --db, --journal and --blobs name runs, and lets this machine in"
		}
	}
	return "collector doctor looks for the cause"
}

// runs reports whether a collector answers on the socket of a data directory.
func runs(dir string) bool {
	path, err := store.SocketPath(dir)
	if err != nil {
		return false
	}
	_, err = admin.Dial(path)
	return err == nil
}

func (c *collector) listen() (net.Listener, error) {
	if _, _, err := net.SplitHostPort(c.Addr); err != nil {
		return nil, &admin.Problem{What: fmt.Sprintf("--addr %q: %v", c.Addr, err), Hint: "use --addr 127.0.0.1:8080"}
	}
	l, err := net.Listen("tcp", c.Addr)
	if errors.Is(err, unix.EADDRINUSE) {
		return nil, &admin.Problem{What: fmt.Sprintf("--addr %s: another program listens there", c.Addr), Hint: "stop it, or use --addr 127.0.0.1:0 for any free port"}
	}
	if err != nil {
		return nil, &admin.Problem{What: fmt.Sprintf("--addr %s: %v", c.Addr, err), Hint: "use an address of this machine, as in 127.0.0.1:8080 or :8080"}
	}
	return l, nil
}

// place works out the address for people and checks what depends on it.
func (c *collector) place(addr net.Addr) error {
	tcp, ok := addr.(*net.TCPAddr)
	if !ok {
		return fmt.Errorf("listener: address %v is not TCP", addr)
	}
	host := tcp.IP.String()
	if tcp.IP.IsUnspecified() {
		host = "127.0.0.1"
	}
	public := c.PublicURL
	if public == "" {
		public = "http://" + net.JoinHostPort(host, fmt.Sprint(tcp.Port))
	}
	u, err := url.Parse(public)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return &admin.Problem{What: fmt.Sprintf("--public-url %q: not a URL of scheme and host", c.PublicURL), Hint: "use the form https://replay.example"}
	}
	u.Path = ""
	c.base = u
	// Behind a proxy the listener is loopback and yet strangers come: the URL decides as well.
	c.local = tcp.IP.IsLoopback() && isLoopback(u.Hostname())
	// Of a listener that others reach, a public URL of this machine says that they do not: a container's.
	trusted := isLoopback(u.Hostname()) && (tcp.IP.IsLoopback() || c.PublicURL != "") || strings.HasSuffix(u.Hostname(), ".localhost")
	c.noSignIn = u.Scheme == "http" && !trusted
	if c.Demo && !c.local && c.DemoHost == "" {
		return &admin.Problem{What: "--demo on a public address needs a host name of its own",
			Hint: "add --demo-host demo.example, a name that no account is used on"}
	}
	if c.DemoHost != "" && strings.EqualFold(c.DemoHost, u.Hostname()) {
		return &admin.Problem{What: "--demo-host is the host of the collector's own pages", Hint: "give the demo shop another name"}
	}
	return nil
}

// isLoopback reports whether a host name means this machine.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

func (c *collector) siteChanged(id string) { c.ingest.SiteChanged(id) }

func (c *collector) serve(ctx context.Context, listener, local net.Listener) error {
	requests, endRequests := context.WithCancel(context.WithoutCancel(ctx)) // long polls end with it
	defer endRequests()
	base := func(net.Listener) context.Context { return requests }
	errs := slog.NewLogLogger(quiet{c.Log.Handler()}, slog.LevelWarn)
	public := &http.Server{Handler: c.public(), BaseContext: base, ErrorLog: errs,
		ReadHeaderTimeout: readHeaderLimit, IdleTimeout: idleConnLimit, MaxHeaderBytes: maxHeaderBytes}
	private := &http.Server{Handler: c.private(), BaseContext: base, ErrorLog: errs, ReadHeaderTimeout: readHeaderLimit}
	failed := make(chan error, 2)
	go func() { failed <- public.Serve(listener) }()
	go func() { failed <- private.Serve(local) }()
	var work sync.WaitGroup
	work.Go(func() { c.finalise(ctx) })
	work.Go(func() { c.tidy(ctx) })

	if c.noSignIn {
		fmt.Fprint(c.Out, "warning      nobody can sign in over plain http, except on this machine\n"+
			"hint         put https before it and give --public-url https://replay.example, or use --addr 127.0.0.1:8080 and a tunnel\n")
	}
	fmt.Fprintf(c.Out, "listening on http://%s\n", listener.Addr())
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	}
	c.stopping.Store(true) // /readyz says so from now on
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	c.Log.Info("stopping", "sockets", c.ingest.Sockets())
	endRequests()
	err = errors.Join(err, c.ingest.Close(stop), public.Shutdown(stop), private.Shutdown(stop))
	work.Wait()
	return err
}

// quiet drops net/http's lines, which hold addresses of visitors, down to the fact.
type quiet struct{ slog.Handler }

func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	n := slog.NewRecord(r.Time, slog.LevelDebug, "http connection failed", r.PC)
	return q.Handler.Handle(ctx, n)
}

func (c *collector) finalise(ctx context.Context) {
	t := time.NewTicker(finaliseEvery)
	defer t.Stop()
	for {
		n, err := c.store.Finalise(ctx)
		if err != nil && ctx.Err() == nil {
			c.Log.Error("finalise; the journal keeps what is not done", "err", err)
		}
		if n > 0 {
			c.Log.Info("finalised", "sessions", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// listenLocal opens the unix socket. What a killed collector left there is removed: the
// directory's lock is ours, so nobody else can be using it.
func (c *collector) listenLocal() (net.Listener, error) {
	path, err := store.SocketPath(c.Config.Store.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("local socket: %w", err)
	}
	// The folder is 0700 already; the mode of the socket itself is for those who look.
	old := unix.Umask(0o177)
	l, err := net.Listen("unix", path)
	unix.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("local socket: %w", err)
	}
	return l, nil
}
