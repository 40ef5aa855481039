// Command visit sends scripted visitors through the demo shop (package visitor), to make
// the sample recordings:
//
//	go run ./collector &
//	go run ./collector/demo/visit -url http://127.0.0.1:8080
//
// It prints one line a visit: name, duration, session. Without -url it serves the shop by
// itself, without a recorder, which shows whether the walks still fit the shop.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/chromedp"

	"afterimage/collector/demo"
	"afterimage/collector/demo/visitor"
)

func main() {
	base := flag.String("url", "", "`address` of the collector; empty serves the shop alone")
	names := flag.String("visits", "desktop,phone,error", "comma-separated `names` of the visits to make")
	chromium := flag.String("chromium", "/usr/bin/chromium", "`path` of the browser")
	shots := flag.String("shots", "", "`folder` for a picture of the end of each visit; empty for none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *base, *names, *chromium, *shots); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, base, names, chromium, shots string) error {
	var visits []visitor.Visit
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(visitor.All, func(v visitor.Visit) bool { return v.Name == name })
		if i < 0 {
			return fmt.Errorf("-visits: no visit %q: use desktop, phone or error", name)
		}
		visits = append(visits, visitor.All[i])
	}
	recorded := base != ""
	if !recorded {
		address, err := serveShop(ctx)
		if err != nil {
			return err
		}
		base = address
	}
	profile, err := os.MkdirTemp("", "visit")
	if err != nil {
		return err
	}
	defer os.RemoveAll(profile)
	allocator, cancel := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true))...)
	defer cancel()
	browser, cancel := chromedp.NewContext(allocator)
	defer cancel()
	if err := chromedp.Do(browser); err != nil {
		return fmt.Errorf("start %s: %w", chromium, err)
	}
	for _, v := range visits {
		result, err := visitor.Run(browser, v, base)
		if err != nil {
			return err
		}
		fmt.Printf("%-8s %5.1f s  session %s  %s\n", v.Name, result.Took.Seconds(), orNone(result.SessionID), orNone(result.Phase))
		for _, text := range result.Exceptions {
			fmt.Printf("         exception: %s\n", text)
		}
		for _, text := range result.Console {
			fmt.Printf("         console: %s\n", text)
		}
		if shots != "" {
			if err := os.WriteFile(filepath.Join(shots, v.Name+".png"), result.Screenshot, 0o644); err != nil {
				return err
			}
		}
		if recorded && (result.SessionID == "" || result.Pending > 0) {
			return fmt.Errorf("visit %s was not recorded: %d segments are not acknowledged, recorder is %s", v.Name, result.Pending, orNone(result.Phase))
		}
	}
	return nil
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// serveShop serves the shop on a free port until ctx ends.
func serveShop(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serve the shop: %w", err)
	}
	none := func() string { return "" }
	server := &http.Server{Handler: demo.Handler(none, none), ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "error: serve the shop:", err)
		}
	}()
	return "http://" + listener.Addr().String(), nil
}
