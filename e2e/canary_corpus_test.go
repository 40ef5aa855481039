package e2e

import (
	"flag"
	"fmt"
	"html"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var (
	leaksFlag      = flag.Bool("leaks", false, "run every route in both custodies, and fail while a route is open (make leaks)")
	leaksAloneFlag = flag.Bool("leaks-alone", false, "as -leaks, with every route on a page of its own (make leaks-alone)")
)

// A page's worker outlives it, and a process has room for some hundred cores: every so many
// pages stand on a site of its own, and so in a process of its own.
const pagesOfSite = 60

// What stands in a page instead of addresses and keys that are known when it is served.
const (
	plainTag = `<script async src="$TAP$/afterimage.js" data-site="$SITE$"`
	leakTag  = `<script async src="$TAP$/afterimage.js" data-site="$SITE$" data-privacy="$LEVEL$" data-mask=".hush" data-block=".gone" data-allow=".open"`
	earlyTag = `<script src="$TAP$/afterimage-early.js"></script>`
)

var custodies = []string{"managed", "held"}

// Routes that share a page. More of them and a page is busy for so long that
// the recorder does less.
const routesOfPage = 40

// leakPages are the pages of routes: every route in both levels, each with all markers. Those that can
// stand beside each other share a page, unless each is to be alone; without all custodies take turns.
func leakPages(routes []leakRoute, all, alone bool) (pages []*leakPage) {
	drawn := draws{}
	groups := [][]leakRoute{}
	var shared []leakRoute
	for _, r := range routes {
		if alone || r.isAlone() {
			groups = append(groups, []leakRoute{r})
		} else {
			shared = append(shared, r)
		}
	}
	groups = slices.AppendSeq(groups, slices.Chunk(shared, routesOfPage))
	for i, group := range groups {
		for j, level := range []string{"balanced", "strict"} {
			pages = appendLeakPages(drawn, pages, level, i+j, all, group...)
		}
	}
	for i, group := range plainGroups(routes, alone) {
		pages = appendLeakPages(drawn, pages, plain, i, all, group...)
	}
	return pages
}

// appendLeakPages appends the pages of routes that share one: of both custodies, or of that whose turn it is.
func appendLeakPages(drawn draws, pages []*leakPage, level string, turn int, all bool, routes ...leakRoute) []*leakPage {
	if only := os.Getenv("AFTERIMAGE_LEVEL"); only != "" && only != level {
		return pages
	}
	for k, custody := range custodies {
		if all || k == turn%2 {
			pages = append(pages, newLeakPage(drawn, len(pages), level, custody, routes...))
		}
	}
	return pages
}

// runLeakPages visits all pages, two tabs at a time, and scans all that left the browser.
func runLeakPages(t *testing.T, pages []*leakPage) *scanner {
	t.Helper()
	chunks := map[string][][]*leakPage{} // by kind of site
	for _, p := range pages {
		chunks[p.kind()] = nil
	}
	for kind := range chunks {
		own := slices.DeleteFunc(slices.Clone(pages), func(p *leakPage) bool { return p.kind() != kind })
		size := min(pagesOfSite, len(own)/2+1) // so that both tabs have something to do
		chunks[kind] = slices.Collect(slices.Chunk(own, size))
	}
	kinds := slices.Sorted(mapKeys(chunks))
	var fill *strings.Replacer
	var tap *wiretap
	keys := map[string]string{}
	origin := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		if len(parts) > 2 && parts[1] == "p" {
			if n, err := strconv.Atoi(parts[2]); err == nil && n < len(pages) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				fmt.Fprint(w, strings.NewReplacer("$SITE$", keys[pages[n].custody], "$LEVEL$", pages[n].level).Replace(fill.Replace(pages[n].html)))
				return
			}
		}
		if len(parts) > 1 && parts[1] == "from" {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Referrer-Policy", "unsafe-url")
			fmt.Fprintf(w, `<!doctype html><link rel="icon" href="data:,"><a href="%s">on</a>`, html.EscapeString(r.URL.Query().Get("to")))
			return
		}
		if r.URL.Path == "/cut" {
			tap.cut()
		}
		w.WriteHeader(http.StatusNoContent) // pictures and the like: nothing
	}))
	_, port, _ := strings.Cut(strings.TrimPrefix(origin, "http://"), ":")

	dir := t.TempDir()
	c := &collectorSite{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Addr: freeAddr(t)}
	run(t, binary(t, "afterimage/replay"), "key", "new", "--site", "leakcorpus", "--dir", dir, "--privacy", "balanced")
	key := filepath.Join(dir, "leakcorpus.sealing.pem")
	for _, custody := range custodies {
		args := []string{"site", "add", "--data", c.Data, "--keys", c.Keys}
		if custody == "held" {
			args = append(args, "--custody", "held", "--settings", filepath.Join(dir, "leakcorpus.settings.json"))
		} else {
			args = append(args, "--privacy", "balanced")
		}
		args = append(args, "--origin", leakSite(custody, 0, port))
		for _, kind := range kinds {
			for i := range chunks[kind] {
				if strings.HasSuffix(kind, custody) {
					args = append(args, "--origin", leakSite(kind, i, port))
				}
			}
		}
		for word := range strings.FieldsSeq(run(t, binary(t, "afterimage/collector"), args...)) {
			if strings.HasPrefix(word, custody[:1]+".") {
				keys[custody] = word
			}
		}
		if keys[custody] == "" {
			t.Fatalf("site add printed no key of a %s site", custody)
		}
	}
	c.start(t)
	tap = tapWire(t, c.Addr)
	fill = strings.NewReplacer("$TAP$", tap.URL)

	began := time.Now()
	t.Run("pages", func(t *testing.T) {
		for _, kind := range kinds {
			for i, chunk := range chunks[kind] {
				t.Run(fmt.Sprint(kind, i), func(t *testing.T) {
					t.Parallel()
					tb := newTab(t)
					for _, p := range chunk {
						visitLeakPage(tb, leakSite(kind, i, port), p)
					}
				})
			}
		}
	})
	checkLean(t, tap, pages)
	t.Logf("%d pages in %v", len(pages), time.Since(began).Round(time.Second))
	began = time.Now()
	s := newScanner()
	for _, p := range pages {
		for _, canary := range slices.Concat(p.canaries, p.controls) {
			s.add(canary)
		}
	}
	events := c.scanAll(t, s, tap, "--key", key)
	if name := os.Getenv("AFTERIMAGE_EVENTS"); name != "" { // to look at after a find
		if err := os.WriteFile(name, events, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("scanned in %v", time.Since(began).Round(time.Second))
	letters, digits, sealed := s.chances()
	fmt.Printf("finds that chance is expected to make: %.2g of eight letters, %.1g of twelve digits, %.1g in what is sealed\n", letters, digits, sealed)
	return s
}

func leakSite(kind string, i int, port string) string {
	return fmt.Sprintf("http://%s%d.localhost:%s", kind, i, port)
}

// kind is that of the site on which the page stands: plain pages that stay with the lean recorder have
// sites of their own, so that what these ask for tells that they do.
func (p *leakPage) kind() string {
	if p.level == plain && !p.handsOver && !p.either {
		return leanSites + p.custody
	}
	return p.custody
}

// leakSums are what a run came to.
type leakSums struct {
	routes, pages, canaries, controls int
	leaks, leakingRoutes, lost, open  int
	openLeaks, chance                 int
}

func (n leakSums) String() string {
	return fmt.Sprintf("routes %d, pages %d, canaries %d; leaking routes %d, leaks %d, by chance %d; controls %d, lost %d; open routes %d with %d leaks",
		n.routes, n.pages, n.canaries, n.leakingRoutes, n.leaks, n.chance, n.controls, n.lost, n.open, n.openLeaks)
}
