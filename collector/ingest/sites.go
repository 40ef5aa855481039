package ingest

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"time"

	"afterimage/collector/store"
)

// siteCache keeps rows of sites, so that a wave of reconnecting visitors does not become
// a wave of queries. Unknown ids are not kept: they would let strangers fill it.
type siteCache struct {
	st *store.Store
	// ttl is how long a change made by another collector may stay unseen. A change made
	// by this one is seen at once (Server.SiteChanged).
	ttl time.Duration
	mu  sync.Mutex
	m   map[string]cachedSite
}

type cachedSite struct {
	site store.Site
	at   time.Time
}

// get returns a site; the error is refuseUnknownSite or of the store.
func (c *siteCache) get(ctx context.Context, id string) (store.Site, error) {
	if !store.ValidSiteID(id) {
		return store.Site{}, refuseUnknownSite
	}
	c.mu.Lock()
	x, ok := c.m[id]
	c.mu.Unlock()
	if ok && time.Since(x.at) < c.ttl {
		return x.site, nil
	}
	site, err := c.st.Site(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		c.forget(id)
		return store.Site{}, refuseUnknownSite
	}
	if err != nil {
		return store.Site{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m[id] = cachedSite{site, time.Now()}
	return site, nil
}

func (c *siteCache) forget(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.m, id)
}

// allowedOrigin compares a request's Origin with a site's list. An entry is an origin or
// has a wildcard as first label of its host: https://*.example.com is every host below
// example.com, not example.com itself.
func allowedOrigin(list []string, origin string) bool {
	if origin == "" {
		return false
	}
	origin = strings.ToLower(origin)
	for _, o := range list {
		if o == origin {
			return true
		}
		scheme, suffix, ok := strings.Cut(o, "://*.")
		if !ok {
			continue
		}
		if host, ok := strings.CutPrefix(origin, scheme+"://"); ok && strings.HasSuffix(host, "."+suffix) && len(host) > len(suffix)+1 {
			return true
		}
	}
	return false
}

// ErrOrigin says that a text cannot stand in a site's list of origins.
var ErrOrigin = errors.New("not an origin, expected scheme://host[:port] without path")

// ParseOrigin checks and normalises one entry of a site's list of origins.
func ParseOrigin(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Opaque != "" || u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" ||
		(u.Path != "" && u.Path != "/") {
		return "", ErrOrigin
	}
	switch u.Scheme {
	case "http", "https", "capacitor", "ionic", "tauri", "app":
	default:
		return "", ErrOrigin
	}
	host := u.Host
	if rest, ok := strings.CutPrefix(host, "*."); ok {
		if !strings.Contains(rest, ".") {
			return "", errors.New("a wildcard needs at least two labels behind it, as in https://*.example.com")
		}
		host = rest
	}
	if strings.ContainsAny(host, "*") {
		return "", errors.New("a wildcard stands only for the first label, as in https://*.example.com")
	}
	// Browsers leave the default port out of Origin.
	if u.Scheme == "http" && u.Port() == "80" || u.Scheme == "https" && u.Port() == "443" {
		u.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	}
	return u.Scheme + "://" + u.Host, nil
}
