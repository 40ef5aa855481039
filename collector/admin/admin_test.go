package admin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"afterimage/collector/admin"
	"afterimage/collector/ingest"
	"afterimage/collector/keys"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

// both returns the two ways to act: directly, and through a socket.
func both(t *testing.T) map[string]admin.Actions {
	t.Helper()
	acts := map[string]admin.Actions{}
	for _, way := range []string{"on the store", "through the socket"} {
		st, err := store.Open(t.Context(), store.Config{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { st.Close() })
		a := &admin.Admin{Store: st, Master: func() (*keys.Master, error) { return keys.Create(filepath.Join(t.TempDir(), "k")) }}
		if way == "on the store" {
			acts[way] = a
			continue
		}
		path := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", path)
		if err != nil {
			t.Fatal(err)
		}
		s := &http.Server{Handler: admin.Handler(a)}
		go s.Serve(l)
		t.Cleanup(func() { s.Close() })
		c, err := admin.Dial(path)
		if err != nil {
			t.Fatal(err)
		}
		acts[way] = c
	}
	return acts
}

// owner is the machine of a site's owner: it signs settings for held custody.
type owner struct {
	key  *ecdsa.PrivateKey
	spki []byte
	pub  []byte
}

func newOwner(t *testing.T) *owner {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	_, pub, err := seal.NewSiteKey()
	if err != nil {
		t.Fatal(err)
	}
	return &owner{k, spki, pub}
}

func (o *owner) sign(t *testing.T, site, custody string, version int) json.RawMessage {
	t.Helper()
	b64 := base64.RawURLEncoding.EncodeToString
	payload := fmt.Sprintf(`{"v":1,"site":%q,"custody":%q,"settingsVersion":%d,"sealingKey":%q,"privacy":"strict"}`, site, custody, version, b64(o.pub))
	sum := sha256.Sum256([]byte(payload))
	r, s, err := ecdsa.Sign(rand.Reader, o.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	sig := make([]byte, 64)
	r.FillBytes(sig[:32])
	s.FillBytes(sig[32:])
	out, err := json.Marshal(map[string]string{"payload": payload, "identity": b64(o.spki), "signature": b64(sig)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestManagedSite(t *testing.T) {
	for way, act := range both(t) {
		t.Run(way, func(t *testing.T) {
			site, err := act.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://Shop.Example/"}})
			if err != nil {
				t.Fatal(err)
			}
			if site.Key != "m."+site.ID || site.Name != "shop.example" || site.Origins[0] != "https://shop.example" || !site.Enabled {
				t.Errorf("got %+v", site)
			}
			balanced, off := "balanced", false
			site, err = act.SetSite(t.Context(), admin.SetSite{Site: site.ID, AddOrigins: []string{"https://b.example"}, RemoveOrigins: []string{"https://shop.example"}, Privacy: &balanced, Enabled: &off})
			if err != nil {
				t.Fatal(err)
			}
			if len(site.Origins) != 1 || site.Origins[0] != "https://b.example" || site.Enabled || site.SettingsVersion != 2 || !strings.Contains(string(site.Settings), "balanced") {
				t.Errorf("got %+v", site)
			}
		})
	}
}

func TestHeldSiteTakesWhatItsOwnerSigned(t *testing.T) {
	for way, act := range both(t) {
		t.Run(way, func(t *testing.T) {
			o := newOwner(t)
			site, err := act.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://a.example"}, Custody: store.Held, Signed: o.sign(t, "heldsite1", "held", 3)})
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(o.spki)
			if site.ID != "heldsite1" || site.Key != "h.heldsite1."+base64.RawURLEncoding.EncodeToString(sum[:]) || site.SettingsVersion != 3 {
				t.Errorf("got %+v", site)
			}
			if site, err = act.SetSite(t.Context(), admin.SetSite{Site: site.ID, Signed: o.sign(t, "heldsite1", "held", 4)}); err != nil || site.SettingsVersion != 4 {
				t.Errorf("newer settings: got %+v, %v", site, err)
			}
		})
	}
}

func TestRefusalsHaveHints(t *testing.T) {
	o, stranger := newOwner(t), newOwner(t)
	tampered := json.RawMessage(strings.Replace(string(o.sign(t, "heldsite1", "held", 3)), "strict", "balanced", 1))
	balanced := "balanced"
	add := func(q admin.AddSite) func(*testing.T, admin.Actions) error {
		return func(t *testing.T, a admin.Actions) error {
			_, err := a.AddSite(t.Context(), q)
			return err
		}
	}
	set := func(q admin.SetSite) func(*testing.T, admin.Actions) error {
		return func(t *testing.T, a admin.Actions) error {
			if _, err := a.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://a.example"}, Custody: store.Held, Signed: o.sign(t, "heldsite1", "held", 3)}); err != nil {
				t.Fatal(err)
			}
			_, err := a.SetSite(t.Context(), q)
			return err
		}
	}
	origins := []string{"https://a.example"}
	cases := []struct {
		name string
		do   func(*testing.T, admin.Actions) error
		want string
	}{
		{"no origin", add(admin.AddSite{}), "at least one origin"},
		{"an origin with a path", add(admin.AddSite{Origins: []string{"https://a.example/x"}}), "not an origin"},
		{"every origin", add(admin.AddSite{Origins: []string{"*"}}), "not an origin"},
		{"an unknown custody", add(admin.AddSite{Origins: origins, Custody: "lost"}), "unknown"},
		{"an unknown privacy", add(admin.AddSite{Origins: origins, Settings: ingest.SiteSettings{Privacy: "none"}}), "unknown"},
		{"held without signed settings", add(admin.AddSite{Origins: origins, Custody: store.Held}), "the owner signed"},
		{"held with a changed payload", add(admin.AddSite{Origins: origins, Custody: store.Held, Signed: tampered}), "does not verify"},
		{"held with settings of a managed site", add(admin.AddSite{Origins: origins, Custody: store.Held, Signed: o.sign(t, "heldsite1", "managed", 1)}), "expected held"},
		{"managed with signed settings", add(admin.AddSite{Origins: origins, Signed: o.sign(t, "heldsite1", "held", 1)}), "belong to held"},
		{"older signed settings", set(admin.SetSite{Site: "heldsite1", Signed: o.sign(t, "heldsite1", "held", 3)}), "has 3 already"},
		{"settings that a stranger signed", set(admin.SetSite{Site: "heldsite1", Signed: stranger.sign(t, "heldsite1", "held", 9)}), "another identity"},
		{"settings of another site", set(admin.SetSite{Site: "heldsite1", Signed: o.sign(t, "heldsite2", "held", 9)}), "those of site heldsite2"},
		{"a held site's settings changed here", set(admin.SetSite{Site: "heldsite1", Privacy: &balanced}), "signed by its owner"},
		{"the last origin removed", set(admin.SetSite{Site: "heldsite1", RemoveOrigins: origins}), "at least one origin"},
		{"a site that is not there", set(admin.SetSite{Site: "nosuchsite"}), "no site has the id"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			for way, act := range both(t) {
				err := c.do(t, act)
				var p *admin.Problem
				if !errors.As(err, &p) || !strings.Contains(p.What, c.want) || p.Hint == "" {
					t.Errorf("%s: got %v, want %q with a hint", way, err, c.want)
				}
			}
		})
	}
}

func TestUsersAndTokens(t *testing.T) {
	for way, act := range both(t) {
		t.Run(way, func(t *testing.T) {
			c, err := act.AddUser(t.Context(), admin.User{Name: "ann"})
			if err != nil || len(c.Password) < 20 {
				t.Fatalf("add: got %+v, %v", c, err)
			}
			if _, err := act.AddUser(t.Context(), admin.User{Name: "ann"}); err == nil {
				t.Error("the same name twice")
			}
			if n, err := act.SetPassword(t.Context(), admin.User{Name: "ann"}); err != nil || n.Password == c.Password || n.Password == "" {
				t.Errorf("password: got %+v, %v", n, err)
			}
			if l, err := act.SignInLink(t.Context(), admin.User{Name: "ann"}); err != nil || l.SignIn == "" {
				t.Errorf("link: got %+v, %v", l, err)
			}
			if k, err := act.AddToken(t.Context(), admin.Token{Name: "qa", User: "ann"}); err != nil || !strings.HasPrefix(k.Token, "ait_") {
				t.Errorf("token: got %+v, %v", k, err)
			}
			if _, err := act.RevokeToken(t.Context(), admin.Token{Name: "qa"}); err != nil {
				t.Error(err)
			}
			if list, err := act.Tokens(t.Context()); err != nil || len(list) != 0 {
				t.Errorf("tokens: got %v, %v", list, err)
			}
			if list, err := act.Users(t.Context()); err != nil || len(list) != 1 || list[0].Name != "ann" {
				t.Errorf("users: got %v, %v", list, err)
			}
			if _, err := act.SignInLink(t.Context(), admin.User{Name: "bob"}); err == nil {
				t.Error("a link for nobody")
			}
			noted, err := act.Audited(t.Context(), admin.SiteID{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range noted {
				got = append(got, e.Action+" "+fmt.Sprint(e.Detail))
			}
			slices.Sort(got)
			want := []string{"token.added map[token:qa user:ann]", "token.revoked map[token:qa]", "user.added map[user:ann]", "user.password-changed map[user:ann]", "user.sign-in-link map[user:ann]"}
			if text := fmt.Sprintf("%+v", noted); !slices.Equal(got, want) || strings.Contains(text, c.Password) {
				t.Errorf("audit: got %q, want %q", got, want)
			}
		})
	}
}

// Two people change one site at the same time.
func TestChangesOfASiteAtOnceAreAllKept(t *testing.T) {
	for way, act := range both(t) {
		t.Run(way, func(t *testing.T) {
			site, err := act.AddSite(t.Context(), admin.AddSite{Origins: []string{"https://shop.example"}})
			if err != nil {
				t.Fatal(err)
			}
			const people = 20
			var work sync.WaitGroup
			for n := range people {
				work.Go(func() {
					q := admin.SetSite{Site: site.ID, AddOrigins: []string{fmt.Sprintf("https://shop%d.example", n)}, Privacy: new("balanced")}
					if _, err := act.SetSite(t.Context(), q); err != nil {
						t.Errorf("set: %v", err)
					}
				})
			}
			work.Wait()
			all, err := act.Sites(t.Context())
			if err != nil || len(all) != 1 || len(all[0].Origins) != people+1 || all[0].SettingsVersion != people+1 {
				t.Errorf("got %+v, %v, want %d origins and version %d", all, err, people+1, people+1)
			}
		})
	}
}
