package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/web"
)

type serveCmd struct {
	Addr string `help:"Where to listen; a loopback address, port 0 picks a free one." default:"127.0.0.1:8081" env:"AFTERIMAGE_REPLAY_ADDR" placeholder:"HOST:PORT"`
}

func (c *serveCmd) Run(r *run) error {
	src, err := r.source()
	if err != nil {
		return err
	}
	defer src.Close()
	return r.serve(src, c.Addr, false, func(base string) {})
}

type openCmd struct {
	Session string `arg:"" help:"Session or recording file."`
	Addr    string `help:"Where to listen; a loopback address, port 0 picks a free one." default:"127.0.0.1:0" env:"AFTERIMAGE_REPLAY_ADDR" placeholder:"HOST:PORT"`
	Print   bool   `help:"Only print the URL, start no browser."`
}

func (c *openCmd) Run(r *run) error {
	src, id, err := r.find(c.Session)
	if err != nil {
		return err
	}
	defer src.Close()
	if _, err := open.Open(r.ctx, src, id, nil); err != nil {
		return keyHint(r.ctx, src, id, err)
	}
	return r.serve(src, c.Addr, isFile(c.Session), func(base string) {
		url := base + "/sessions/" + id
		fmt.Fprintf(r.env.Stdout, "open %s\n", url)
		if !c.Print && r.env.OpenURL != nil {
			r.env.OpenURL(url)
		}
	})
}

// loopbackAddr refuses what others could reach: serve has no login.
func loopbackAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		var a *net.AddrError
		if errors.As(err, &a) {
			err = errors.New(a.Err)
		}
		return usage{hint(fmt.Errorf("--addr %q: %w", addr, err), "use --addr 127.0.0.1:8081")}
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return usage{hint(fmt.Errorf("--addr %q: %q is no port", addr, port), "use --addr 127.0.0.1:8081")}
	}
	ip, err := netip.ParseAddr(host)
	if host == "localhost" || (err == nil && ip.IsLoopback()) {
		return nil
	}
	return usage{hint(fmt.Errorf("--addr %q: not a loopback address, and replay serve has no login", addr),
		"use --addr 127.0.0.1:%s; to let others watch, run the collector (go run ./collector), which has accounts", port)}
}

// serve serves the player and the API on addr until the context ends.
func (r *run) serve(src open.Source, addr string, readOnly bool, ready func(base string)) error {
	if err := loopbackAddr(addr); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(r.ctx, "tcp", addr)
	if err != nil {
		return hint(err, "another process may have the port; --addr 127.0.0.1:0 picks a free one")
	}
	log := slog.New(slog.NewTextHandler(r.env.Stderr, &slog.HandlerOptions{Level: slog.LevelInfo}))
	mux := http.NewServeMux()
	mux.Handle("/api/", api.Handler(src, api.Options{Log: log, Local: true, ReadOnly: readOnly}))
	mux.HandleFunc("/afterimage.js", func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "this player has no recorder; the collector has", http.StatusNotFound)
	})
	mux.Handle("/", web.Handler())
	server := &http.Server{
		Handler:           localOnly(mux),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 20, // a cursor stands in a URL
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
		BaseContext:       func(net.Listener) context.Context { return r.ctx },
	}
	base := "http://" + listener.Addr().String()
	fmt.Fprintf(r.env.Stdout, "listening on %s\n", base)
	ready(base)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-r.ctx.Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 5*time.Second)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		return server.Close()
	}
	return nil
}

// localOnly refuses requests under another host name: a page of the web whose name
// points to 127.0.0.1 (DNS rebinding) is not cross-origin to us, but its Host is its own.
func localOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if len(host) > 2 && host[0] == '[' {
			host = host[1 : len(host)-1]
		}
		ip, err := netip.ParseAddr(host)
		if host != "localhost" && (err != nil || !ip.IsLoopback()) {
			http.Error(w, "this player answers on this machine's own addresses only", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
