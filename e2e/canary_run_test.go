//go:build leaks

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
)

// Every route: no canary in any byte that left the browser, and all that
// is allowed arrived.
func TestLeakRoutes(t *testing.T) {
	wholeBrowser(t)
	routes := leakRoutes()
	names := map[string]bool{}
	for _, r := range routes {
		if names[r.name] {
			t.Errorf("two routes are named %q", r.name)
		}
		names[r.name] = true
	}
	for name := range openRoutes {
		if !names[name] {
			t.Errorf("open route %q is no route", name)
		}
	}
	if only := os.Getenv("AFTERIMAGE_ROUTE"); only != "" {
		wanted := regexp.MustCompile(only)
		routes = slices.DeleteFunc(routes, func(r leakRoute) bool { return !wanted.MatchString(r.name) })
		if len(routes) == 0 {
			t.Fatalf("AFTERIMAGE_ROUTE=%s: no route is named so", only)
		}
	}
	all := *leaksFlag || *leaksAloneFlag
	pages := leakPages(routes, all, *leaksAloneFlag)
	n := judge(t, pages, runLeakPages(t, pages))
	form := "strict and balanced, each with all markers, "
	switch {
	case *leaksAloneFlag:
		form += "managed and held, every route on a page of its own"
	case all:
		form += "managed and held, many routes on a page"
	default:
		form += "custody by turns, many routes on a page (make leaks: both for each)"
	}
	fmt.Printf("%s\n%v\n", form, n)
}
