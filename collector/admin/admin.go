// Package admin is what an operator does to a collector: add and change sites, add users,
// make sign-in links. The command line uses it on an open store; where a collector runs on
// the data directory already, the same calls go through its unix socket (Handler, Client),
// so that a command never has to know which of the two it is.
package admin

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"afterimage/collector/accounts"
	"afterimage/collector/ingest"
	"afterimage/collector/keys"
	"afterimage/collector/notify"
	"afterimage/collector/rules"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// Problem is an error with a hint for the person who reads it; it passes the socket whole.
type Problem struct {
	What string `json:"error"`
	Hint string `json:"hint,omitempty"`
}

func (p *Problem) Error() string { return p.What }

func problem(hint, format string, args ...any) error {
	return &Problem{fmt.Sprintf(format, args...), hint}
}

// Count is n of something for people to read: 1 site, 2 sites.
func Count[N int | int64](n N, one string) string {
	if n != 1 {
		one += "s"
	}
	return fmt.Sprint(n, " ", one)
}

// Admin acts on an open store.
type Admin struct {
	Store  *store.Store
	Master func() (*keys.Master, error) // for managed sites
	// Changed is called after a site changed; nil where no collector runs.
	Changed func(site string)
	// Announce tells a site's users of a new version of its privacy settings; nil tells nobody.
	Announce func(context.Context, notify.Change) error
	Now      func() time.Time // nil is time.Now
	// Cookies is how many handshakes brought one; nil where no collector runs.
	Cookies func() int64
	URL     string // as people reach the collector; "" where none runs
}

// AddSite is the request to make a site.
type AddSite struct {
	Name    string   `json:"name"`
	Origins []string `json:"origins"`
	Custody string   `json:"custody"`
	// Signed is, for held custody, the file that `replay key new` wrote.
	Signed json.RawMessage `json:"signed,omitempty"`
	// Settings of a managed site.
	Settings ingest.SiteSettings `json:"settings"`
	NoticeChange
}

// SetSite changes what is not nil.
type SetSite struct {
	Site          string          `json:"site"`
	Name          *string         `json:"name,omitempty"`
	AddOrigins    []string        `json:"addOrigins,omitempty"`
	RemoveOrigins []string        `json:"removeOrigins,omitempty"`
	Origins       []string        `json:"origins,omitempty"` // the whole list
	Enabled       *bool           `json:"enabled,omitempty"`
	Privacy       *string         `json:"privacy,omitempty"`
	Mask          *[]string       `json:"mask,omitempty"`
	Block         *[]string       `json:"block,omitempty"`
	Allow         *[]string       `json:"allow,omitempty"`
	Consent       *string         `json:"consent,omitempty"`
	IgnoreDNT     *bool           `json:"unsafeIgnoreDNT,omitempty"`
	Sample        *float64        `json:"sample,omitempty"`
	Signed        json.RawMessage `json:"signed,omitempty"`
	NoticeChange
}

// AddSite makes a site and returns it with its key.
func (a *Admin) AddSite(ctx context.Context, q AddSite) (store.Site, error) {
	origins, err := parseOrigins(q.Origins)
	if err != nil {
		return store.Site{}, err
	}
	if len(origins) == 0 {
		return store.Site{}, problem("name it, as in --origin https://shop.example", "a site needs at least one origin")
	}
	site := store.Site{Name: q.Name, Origins: origins, Custody: q.Custody, Enabled: true, SettingsVersion: 1}
	if site.Name == "" {
		_, site.Name, _ = strings.Cut(origins[0], "://")
	}
	switch q.Custody {
	case "", store.Managed:
		site.Custody = store.Managed
		if len(q.Signed) > 0 {
			return store.Site{}, problem("use --custody held", "signed settings belong to held custody")
		}
		if err := a.manage(&site, q.Settings); err != nil {
			return store.Site{}, err
		}
	case store.Held:
		if err := hold(&site, q.Signed); err != nil {
			return store.Site{}, err
		}
	default:
		return store.Site{}, problem("use managed or held", "custody %q is unknown", q.Custody)
	}
	if err := q.NoticeChange.apply(&site.Notice); err != nil {
		return store.Site{}, err
	}
	if err := a.Store.AddSite(ctx, site); err != nil {
		if errors.Is(err, store.ErrExists) {
			return store.Site{}, problem("use site set to change it", "site %s is there already", site.ID)
		}
		return store.Site{}, err
	}
	a.changed(site.ID)
	if err := a.Store.Audit(ctx, store.AuditEntry{Who: who, Action: store.AuditSiteAdded, Site: site.ID}); err != nil {
		return store.Site{}, err
	}
	return a.Store.Site(ctx, site.ID)
}

// manage gives a site an id and a key pair, the private key wrapped.
func (a *Admin) manage(site *store.Site, set ingest.SiteSettings) error {
	master, err := a.Master()
	if err != nil {
		return err
	}
	site.ID = newSiteID()
	site.Key = "m." + site.ID
	set.PrivacyVersion = "1"
	if site.Settings, err = encodeSettings(set); err != nil {
		return err
	}
	private, public, err := seal.NewSiteKey()
	if err != nil {
		return err
	}
	site.SealingKey = public
	site.WrappedKey = master.Wrap(site.ID, private)
	return nil
}

func newSiteID() string {
	var b [10]byte
	rand.Read(b[:])
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:]))
}

// SetSite changes a site.
func (a *Admin) SetSite(ctx context.Context, q SetSite) (store.Site, error) {
	var changed []string
	site, err := a.Store.UpdateSite(ctx, q.Site, func(site *store.Site) error {
		if err := q.origins(site); err != nil {
			return err
		}
		rules.Replace(&site.Name, q.Name)
		if q.Enabled != nil && *q.Enabled && site.Custody == store.Managed && len(site.WrappedKey) == 0 {
			return problem("give it a new one first: collector site rotate-key "+site.ID, "the key of site %s was destroyed", site.ID)
		}
		rules.Replace(&site.Enabled, q.Enabled)
		var err error
		changed, err = q.settings(site)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Site{}, problem("list them with: collector site list", "no site has the id %.40q", q.Site)
	}
	if err != nil {
		return store.Site{}, err
	}
	a.changed(site.ID)
	return site, a.announce(ctx, site, changed)
}

func (q SetSite) origins(site *store.Site) error {
	if len(q.Origins) > 0 {
		list, err := parseOrigins(q.Origins)
		if err != nil {
			return err
		}
		site.Origins = list
	}
	add, err := parseOrigins(q.AddOrigins)
	if err != nil {
		return err
	}
	remove, err := parseOrigins(q.RemoveOrigins)
	if err != nil {
		return err
	}
	for _, o := range add {
		if !slices.Contains(site.Origins, o) {
			site.Origins = append(site.Origins, o)
		}
	}
	site.Origins = slices.DeleteFunc(site.Origins, func(o string) bool { return slices.Contains(remove, o) })
	if len(site.Origins) == 0 {
		return problem("switch the site off instead: --no-enabled", "a site needs at least one origin")
	}
	return nil
}

func parseOrigins(in []string) ([]string, error) {
	var out []string
	for _, o := range in {
		p, err := ingest.ParseOrigin(o)
		if err != nil {
			return nil, problem("use the form https://shop.example or http://localhost:3000", "origin %q: %v", o, err)
		}
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out, nil
}

// Sites lists all sites.
func (a *Admin) Sites(ctx context.Context) ([]store.Site, error) { return a.Store.Sites(ctx) }

func (a *Admin) changed(site string) {
	if a.Changed != nil {
		a.Changed(site)
	}
}

// User names a user, in requests.
type User struct {
	Name string `json:"name"`
}

// Credentials answer what concerns a user. What is empty did not change.
type Credentials struct {
	Name     string `json:"name"`
	Password string `json:"password,omitempty"`
	SignIn   string `json:"signIn,omitempty"` // a URL where a collector runs, else its path
	Token    string `json:"token,omitempty"`  // of the API
}

// linkFor is how long a sign-in link stays good.
const linkFor = time.Hour

// note writes into the audit who can come in from now on, or no more. Where it fails nothing is handed out.
func (a *Admin) note(ctx context.Context, action string, detail map[string]any, c Credentials) (Credentials, error) {
	if err := a.Store.Audit(ctx, store.AuditEntry{Who: who, Action: action, Detail: detail}); err != nil {
		return Credentials{}, err
	}
	return c, nil
}

// AddUser makes a user with a random password.
func (a *Admin) AddUser(ctx context.Context, q User) (Credentials, error) {
	password, err := accounts.AddUser(ctx, a.Store, q.Name)
	if errors.Is(err, store.ErrExists) {
		return Credentials{}, problem("give another name, or a new password: collector user password "+q.Name, "user %q is there already", q.Name)
	}
	if err != nil {
		return Credentials{}, err
	}
	return a.note(ctx, store.AuditUserAdded, map[string]any{"user": q.Name}, Credentials{Name: q.Name, Password: password})
}

// SetPassword gives a user a new random password and ends all logins.
func (a *Admin) SetPassword(ctx context.Context, q User) (Credentials, error) {
	u, err := a.user(ctx, q.Name)
	if err != nil {
		return Credentials{}, err
	}
	password, err := accounts.NewPassword(ctx, a.Store, u.ID)
	if err != nil {
		return Credentials{}, err
	}
	return a.note(ctx, store.AuditPasswordSet, map[string]any{"user": q.Name}, Credentials{Name: q.Name, Password: password})
}

// SignInLink makes a link that signs a user in once, within an hour.
func (a *Admin) SignInLink(ctx context.Context, q User) (Credentials, error) {
	u, err := a.user(ctx, q.Name)
	if err != nil {
		return Credentials{}, err
	}
	token := rand.Text()
	if err := a.Store.AddSignInLink(ctx, token, u.ID, time.Now().Add(linkFor)); err != nil {
		return Credentials{}, err
	}
	return a.note(ctx, store.AuditSignInLink, map[string]any{"user": q.Name}, Credentials{Name: q.Name, SignIn: a.URL + "/sign-in/" + token})
}

func (a *Admin) user(ctx context.Context, name string) (store.User, error) {
	u, err := a.Store.User(ctx, name)
	if errors.Is(err, store.ErrNotFound) {
		return store.User{}, problem("list them with: collector user list", "no user is called %q", name)
	}
	return u, err
}

// Users lists the names of all users.
func (a *Admin) Users(ctx context.Context) ([]User, error) {
	list, err := a.Store.Users(ctx)
	out := make([]User, len(list))
	for i, u := range list {
		out[i].Name = u.Name
	}
	return out, err
}

// Token names an API token and the user as whom it acts.
type Token struct {
	Name string `json:"name"`
	User string `json:"user,omitempty"`
}

// AddToken makes an API token; it is seen this once.
func (a *Admin) AddToken(ctx context.Context, q Token) (Credentials, error) {
	u, err := a.user(ctx, q.User)
	if err != nil {
		return Credentials{}, err
	}
	if q.Name == "" || len(q.Name) > 100 {
		return Credentials{}, problem("say what it is for, as in: collector token add nightly-qa", "a token needs a name of 1 to 100 characters")
	}
	token := "ait_" + rand.Text()
	err = a.Store.AddAPIToken(ctx, q.Name, token, u.ID)
	if errors.Is(err, store.ErrExists) {
		return Credentials{}, problem("give another name, or revoke it first", "a token %q is there already", q.Name)
	}
	if err != nil {
		return Credentials{}, err
	}
	return a.note(ctx, store.AuditTokenAdded, map[string]any{"token": q.Name, "user": q.User}, Credentials{Name: q.Name, Token: token})
}

// Tokens lists the names of all API tokens.
func (a *Admin) Tokens(ctx context.Context) ([]Token, error) {
	list, err := a.Store.APITokens(ctx)
	out := make([]Token, len(list))
	for i, t := range list {
		out[i].Name = t.Name
	}
	return out, err
}

// RevokeToken ends a token at once.
func (a *Admin) RevokeToken(ctx context.Context, q Token) (Credentials, error) {
	err := a.Store.DeleteAPIToken(ctx, q.Name)
	if errors.Is(err, store.ErrNotFound) {
		return Credentials{}, problem("list them with: collector token list", "no token is called %q", q.Name)
	}
	if err != nil {
		return Credentials{}, err
	}
	return a.note(ctx, store.AuditTokenRevoked, map[string]any{"token": q.Name}, Credentials{Name: q.Name})
}
