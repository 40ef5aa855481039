// Package admin is what an operator does to a collector: add and change sites, add users,
// make sign-in links. The command line uses it on an open store; where a collector runs on
// the data directory already, the same calls go through its unix socket (Handler, Client),
// so that a command never has to know which of the two it is.
package admin

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"afterimage/collector/accounts"
	"afterimage/collector/ingest"
	"afterimage/collector/keys"
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

// Admin acts on an open store.
type Admin struct {
	Store  *store.Store
	Master func() (*keys.Master, error) // for managed sites
	// Changed is called after a site changed; nil where no collector runs.
	Changed func(site string)
	// SignInURL is the address of the login for a token; nil where no collector runs.
	SignInURL func(token string) string
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
	if err := a.Store.AddSite(ctx, site); err != nil {
		if errors.Is(err, store.ErrExists) {
			return store.Site{}, problem("use site set to change it", "site %s is there already", site.ID)
		}
		return store.Site{}, err
	}
	a.changed(site.ID)
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

// signedFile is what `replay key new` writes and what recorders verify.
type signedFile struct {
	Payload   string `json:"payload"`
	Identity  string `json:"identity"`
	Signature string `json:"signature"`
}

const holdHint = "make it with: replay key new, on the owner's machine, and give ID.settings.json as --settings"

// hold takes id, sealing key and settings from what the owner signed.
func hold(site *store.Site, signed json.RawMessage) error {
	if len(signed) == 0 {
		return problem(holdHint, "held custody needs the settings that the owner signed")
	}
	var f signedFile
	if err := json.Unmarshal(signed, &f); err != nil || f.Payload == "" {
		return problem(holdHint, "the file of signed settings is not of its form")
	}
	identity, err := base64.RawURLEncoding.DecodeString(f.Identity)
	if err != nil {
		return problem(holdHint, "signed settings: identity is not base64url")
	}
	signature, err := base64.RawURLEncoding.DecodeString(f.Signature)
	if err != nil || !verify(identity, signature, f.Payload) {
		return problem(holdHint, "signed settings: the signature does not verify")
	}
	var p struct {
		Site            string `json:"site"`
		Custody         string `json:"custody"`
		SettingsVersion int64  `json:"settingsVersion"`
		SealingKey      string `json:"sealingKey"`
	}
	if err := json.Unmarshal([]byte(f.Payload), &p); err != nil {
		return problem(holdHint, "signed settings: the payload is not JSON")
	}
	sealing, err := base64.RawURLEncoding.DecodeString(p.SealingKey)
	switch {
	case err != nil || len(sealing) != seal.PublicKeySize:
		return problem(holdHint, "signed settings: sealingKey is not a P-256 point")
	case p.Custody != store.Held:
		return problem(holdHint, "signed settings: custody is %q, expected held", p.Custody)
	case !store.ValidSiteID(p.Site):
		return problem(holdHint, "signed settings: site is not an id")
	case site.ID != "" && site.ID != p.Site:
		return problem("give the file of this site", "signed settings are those of site %s, not %s", p.Site, site.ID)
	case site.ID != "" && p.SettingsVersion <= site.SettingsVersion:
		return problem("sign anew with a higher version", "signed settings have version %d, the site has %d already", p.SettingsVersion, site.SettingsVersion)
	}
	sum := sha256.Sum256(identity)
	key := "h." + p.Site + "." + base64.RawURLEncoding.EncodeToString(sum[:])
	if site.Key != "" && site.Key != key {
		return problem("the site's pages name the first identity; add a new site for another", "signed settings are of another identity")
	}
	site.ID, site.Key, site.SealingKey = p.Site, key, sealing
	site.Identity, site.Signature = identity, signature
	site.Settings, site.SettingsVersion = json.RawMessage(f.Payload), p.SettingsVersion
	return nil
}

// verify checks an ECDSA P-256 signature r||s over SHA-256 of payload.
func verify(spki, signature []byte, payload string) bool {
	k, err := x509.ParsePKIXPublicKey(spki)
	if err != nil {
		return false
	}
	pub, ok := k.(*ecdsa.PublicKey)
	if !ok || pub.Curve != elliptic.P256() || len(signature) != 64 {
		return false
	}
	sum := sha256.Sum256([]byte(payload))
	return ecdsa.Verify(pub, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
}

func encodeSettings(set ingest.SiteSettings) (json.RawMessage, error) {
	if !slices.Contains([]string{"", "strict", "balanced"}, set.Privacy) {
		return nil, problem("use strict or balanced", "privacy %q is unknown", set.Privacy)
	}
	if !slices.Contains([]string{"", "none", "required"}, set.Consent) {
		return nil, problem("use none or required", "consent %q is unknown", set.Consent)
	}
	if set.Sample != nil && (*set.Sample < 0 || *set.Sample > 1) {
		return nil, problem("use a number from 0 to 1", "sample %v is not a share", *set.Sample)
	}
	return json.Marshal(set)
}

// SetSite changes a site.
func (a *Admin) SetSite(ctx context.Context, q SetSite) (store.Site, error) {
	site, err := a.Store.UpdateSite(ctx, q.Site, func(site *store.Site) error {
		if err := q.origins(site); err != nil {
			return err
		}
		replace(&site.Name, q.Name)
		replace(&site.Enabled, q.Enabled)
		return q.settings(site)
	})
	if errors.Is(err, store.ErrNotFound) {
		return store.Site{}, problem("list them with: collector site list", "no site has the id %.40q", q.Site)
	}
	if err != nil {
		return store.Site{}, err
	}
	a.changed(site.ID)
	return site, nil
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

// settings changes what recorders are sent. Each change raises the version.
func (q SetSite) settings(site *store.Site) error {
	if len(q.Signed) > 0 {
		if site.Custody != store.Held {
			return problem("", "signed settings belong to held custody, site %s is managed", site.ID)
		}
		return hold(site, q.Signed)
	}
	if q.Privacy == nil && q.Mask == nil && q.Block == nil && q.Allow == nil && q.Consent == nil && q.IgnoreDNT == nil && q.Sample == nil {
		return nil
	}
	if site.Custody == store.Held {
		return problem("sign new settings with replay key and give them as --settings", "the settings of held site %s are signed by its owner", site.ID)
	}
	var set ingest.SiteSettings
	if err := json.Unmarshal(site.Settings, &set); err != nil {
		return fmt.Errorf("settings of site %s: %w", site.ID, err)
	}
	replace(&set.Privacy, q.Privacy)
	replace(&set.Mask, q.Mask)
	replace(&set.Block, q.Block)
	replace(&set.Allow, q.Allow)
	replace(&set.Consent, q.Consent)
	replace(&set.AllowDNT, q.IgnoreDNT)
	if q.Sample != nil {
		set.Sample = q.Sample
	}
	b, err := encodeSettings(set)
	if err != nil {
		return err
	}
	site.Settings = b
	site.SettingsVersion++
	return nil
}

func replace[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
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
	SignIn   string `json:"signIn,omitempty"` // a URL where a collector runs, else the token
	Token    string `json:"token,omitempty"`  // of the API
}

// linkFor is how long a sign-in link stays good.
const linkFor = time.Hour

// AddUser makes a user with a random password.
func (a *Admin) AddUser(ctx context.Context, q User) (Credentials, error) {
	password, err := accounts.AddUser(ctx, a.Store, q.Name)
	if errors.Is(err, store.ErrExists) {
		return Credentials{}, problem("give another name, or a new password: collector user password "+q.Name, "user %q is there already", q.Name)
	}
	return Credentials{Name: q.Name, Password: password}, err
}

// SetPassword gives a user a new random password and ends all logins.
func (a *Admin) SetPassword(ctx context.Context, q User) (Credentials, error) {
	u, err := a.user(ctx, q.Name)
	if err != nil {
		return Credentials{}, err
	}
	password, err := accounts.NewPassword(ctx, a.Store, u.ID)
	return Credentials{Name: q.Name, Password: password}, err
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
	if a.SignInURL != nil {
		token = a.SignInURL(token)
	}
	return Credentials{Name: q.Name, SignIn: token}, nil
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
	return Credentials{Name: q.Name, Token: token}, err
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
	return Credentials{Name: q.Name}, err
}
