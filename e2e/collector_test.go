package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// collectorSite is a running collector with one site for pages of one origin.
type collectorSite struct {
	*server
	Data, Keys, Addr, SiteKey string
	serveArgs                 []string // more of them, from the next start on
}

// startCollectorFor runs the real binary on a data folder of its own, with one site that
// lists origin.
func startCollectorFor(t *testing.T, origin string, siteArgs ...string) *collectorSite {
	t.Helper()
	dir := t.TempDir()
	c := &collectorSite{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys"), Addr: freeAddr(t)}
	bin := binary(t, "afterimage/collector")
	args := append([]string{"site", "add", "--data", c.Data, "--keys", c.Keys, "--origin", origin}, siteArgs...)
	for _, word := range strings.Fields(run(t, bin, args...)) {
		if strings.HasPrefix(word, "m.") || strings.HasPrefix(word, "h.") {
			c.SiteKey = word
		}
	}
	if c.SiteKey == "" {
		t.Fatal("site add printed no site key")
	}
	c.start(t)
	return c
}

// start runs (or, after kill, runs again) the collector on the same address and data.
func (c *collectorSite) start(t *testing.T) {
	t.Helper()
	c.server = startServer(t, binary(t, "afterimage/collector"), append([]string{"serve", "--data", c.Data, "--keys", c.Keys, "--addr", c.Addr}, c.serveArgs...)...)
}

// replay runs the replay command on the collector's data folder.
func (c *collectorSite) replay(t *testing.T, args ...string) string {
	t.Helper()
	return run(t, binary(t, "afterimage/replay"), append(args, "--data", c.Data, "--keys", c.Keys)...)
}
