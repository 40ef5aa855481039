package cli

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"afterimage/collector/rules"
	"afterimage/replay/custody"
	"afterimage/replay/open"
	"afterimage/wasm/wire/seal"
)

type keyCmd struct {
	New  keyNewCmd  `cmd:"" help:"Make sealing key, identity key and signed settings of a held site."`
	Show keyShowCmd `cmd:"" help:"Tell what a key file or a settings file is, without its secrets."`
	Sign keySignCmd `cmd:"" help:"Change settings and sign them anew, one version up."`

	Rotate keyRotateCmd `cmd:"" help:"Make a new sealing key and sign it; old recordings open with the old one."`
}

// settingFlags are what a site's owner may set. Unset ones stay.
type settingFlags struct {
	Privacy    *string  `help:"strict or balanced." enum:"strict,balanced" placeholder:"LEVEL"`
	Consent    *string  `help:"none or required." enum:"none,required" placeholder:"RULE"`
	RespectDNT *bool    `name:"respect-dnt" help:"Record nobody who sends Do Not Track or GPC." negatable:""`
	Enabled    *bool    `help:"Whether the site records at all." negatable:""`
	Sample     *float64 `help:"Share of sessions that are recorded, 0 to 1." placeholder:"SHARE"`
	Mask       []string `help:"Selector to mask; may come several times; empty for none." sep:"none" placeholder:"SELECTOR"`
	Block      []string `help:"Selector to block, likewise." sep:"none" placeholder:"SELECTOR"`
	Allow      []string `help:"Selector to let through, likewise." sep:"none" placeholder:"SELECTOR"`
}

func (f *settingFlags) apply(s *custody.Settings) {
	rules.Replace(&s.Privacy, f.Privacy)
	rules.Replace(&s.Consent, f.Consent)
	rules.Replace(&s.RespectDNT, f.RespectDNT)
	rules.Replace(&s.Enabled, f.Enabled)
	rules.Replace(&s.Sample, f.Sample)
	setList(&s.Mask, f.Mask)
	setList(&s.Block, f.Block)
	setList(&s.Allow, f.Allow)
}

func setList(to *[]string, from []string) {
	if from != nil {
		*to = slices.DeleteFunc(slices.Clone(from), func(s string) bool { return s == "" })
	}
}

type keyNewCmd struct {
	Site string `without:"a random one" help:"Site id, 8 to 32 of a-z and 0-9." placeholder:"ID"`
	Dir  string `help:"Folder for the files." default:"." type:"path" placeholder:"DIR"`
	settingFlags
}

func (c *keyNewCmd) Run(r *run) error {
	site := c.Site
	if site == "" {
		site = randomSite()
	}
	if !open.ValidSiteID(site) {
		return usage{hint(fmt.Errorf("--site %q: not a site id, 8 to 32 of a-z and 0-9", site), "leave it out, and one is made")}
	}
	identity, err := custody.NewIdentity()
	if err != nil {
		return err
	}
	sealing, err := custody.NewSealingKey()
	if err != nil {
		return err
	}
	settings := custody.Defaults(site, sealing.PublicKey())
	c.apply(&settings)
	signed, err := identity.Sign(settings)
	if err != nil {
		return err
	}
	siteKey, err := identity.SiteKey(site)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return err
	}
	base := filepath.Join(c.Dir, site)
	files := []struct {
		path  string
		write func(*os.File) error
	}{
		{base + ".identity.pem", func(f *os.File) error { return identity.WritePEM(f, site) }},
		{base + ".sealing.pem", func(f *os.File) error { return custody.WriteSealingPEM(f, sealing, site) }},
		{base + ".settings.json", func(f *os.File) error { return writeSigned(f, signed) }},
	}
	for _, file := range files {
		if _, err := os.Lstat(file.path); !errors.Is(err, fs.ErrNotExist) {
			return hint(fmt.Errorf("%s: it is there already", file.path), "keys are never written over; take another --dir or --site")
		}
	}
	for _, file := range files {
		if err := writeFile(file.path, false, file.write); err != nil {
			return err
		}
	}
	w := r.env.Stdout
	fmt.Fprintf(w, "site key      %s\n", siteKey)
	fmt.Fprintf(w, "sealing key   %s.sealing.pem (key id %x)\n", base, seal.KeyID(sealing.PublicKey().Bytes()))
	fmt.Fprintf(w, "identity key  %s.identity.pem\n", base)
	fmt.Fprintf(w, "settings      %s.settings.json\n", base)
	fmt.Fprintf(r.env.Stderr, "next: collector site add --custody held --settings %s.settings.json --origin https://YOUR.SITE\n", base)
	fmt.Fprintln(r.env.Stderr, "keep both .pem files off the collector; without the sealing key nobody can ever open the recordings, so keep a copy")
	return nil
}

func randomSite() string {
	const digits = "abcdefghijklmnopqrstuvwxyz234567" // 32: a byte's low five bits are even
	var b [12]byte
	rand.Read(b[:]) // never fails
	for i := range b {
		b[i] = digits[b[i]&31]
	}
	return string(b[:])
}

func writeSigned(f *os.File, signed custody.Signed) error {
	enc := json.NewEncoder(f)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(signed)
}

func readSigned(path string) (signed custody.Signed, settings custody.Settings, siteKey string, err error) {
	text, err := readSmall(path)
	if err != nil {
		return
	}
	if json.Unmarshal(text, &signed) != nil || signed.Payload == "" {
		err = fmt.Errorf("%s: %w", path, custody.ErrSettings)
		return
	}
	if settings, siteKey, err = signed.Verify(); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return
}

// readSmall reads a key or settings file, at most 1 MiB.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > 1<<20 {
		return nil, fmt.Errorf("%s: not a file of at most 1 MiB", path)
	}
	return os.ReadFile(path)
}

type keyShowCmd struct {
	File string `arg:"" help:"A .sealing.pem, .identity.pem or .settings.json."`
}

func (c *keyShowCmd) Run(r *run) error {
	text, err := readSmall(c.File)
	if err != nil {
		return err
	}
	w := r.env.Stdout
	if info, err := os.Stat(c.File); err == nil && filepath.Ext(c.File) == ".pem" && info.Mode().Perm()&0o077 != 0 {
		fmt.Fprintf(r.env.Stderr, "warning: %s can be read by others (mode %o); chmod 600 it\n", c.File, info.Mode().Perm())
	}
	if len(text) > 0 && text[0] == '{' {
		_, settings, siteKey, err := readSigned(c.File)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "signed settings of site %s, version %d, signature good\n", settings.Site, settings.Version)
		fmt.Fprintf(w, "site key      %s\n", siteKey)
		shown, err := json.MarshalIndent(settings, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s\n", shown)
		return nil
	}
	ring, err := open.ParseKeyring(text)
	if err != nil {
		return hint(fmt.Errorf("%s: %w", c.File, err), "key files are made by replay key new")
	}
	for _, k := range ring.Keys() {
		fmt.Fprintf(w, "P-256 private key, key id %x\n", seal.KeyID(k.PublicKey().Bytes()))
	}
	if identity, err := custody.ParseIdentity(text); err == nil {
		spki, err := identity.SPKI()
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "if it is an identity key: the site key ends with %s\n", rules.SiteKey("", spki)[2:])
	}
	return nil
}

type keySignCmd struct {
	Settings string `arg:"" help:"Signed settings (.settings.json); they are replaced."`
	Identity string `help:"Identity key file of the site." required:"" placeholder:"FILE"`
	Sealing  string `help:"Seal to this sealing key from now on. Keep the old one for old recordings." placeholder:"FILE"`
	// The text itself is on the site's pages; here is only that it is another one.
	ConsentChanged bool `help:"The text that visitors are asked is another one: ask everybody again."`
	settingFlags
}

func (c *keySignCmd) Run(r *run) error {
	_, settings, siteKey, err := readSigned(c.Settings)
	if err != nil {
		return err
	}
	text, err := readSmall(c.Identity)
	if err != nil {
		return err
	}
	identity, err := custody.ParseIdentity(text)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Identity, err)
	}
	if own, err := identity.SiteKey(settings.Site); err != nil || own != siteKey {
		return hint(fmt.Errorf("%s: not the identity key that signed %s", c.Identity, c.Settings), "a site's identity never changes: its hash stands in the site key of every page")
	}
	old := settings
	c.apply(&settings)
	if c.ConsentChanged || settings.PrivacyChanged(&old) {
		settings.NextPrivacyVersion()
	}
	if c.Sealing != "" {
		ring, err := open.ReadKeyFile(c.Sealing)
		if err != nil {
			return err
		}
		if len(ring.Keys()) != 1 {
			return fmt.Errorf("--sealing %s: it holds several keys; give a file with the new one alone", c.Sealing)
		}
		settings.SealingKey = custody.Defaults(settings.Site, ring.Keys()[0].PublicKey()).SealingKey
	}
	settings.Version++
	signed, err := identity.Sign(settings)
	if err != nil {
		return err
	}
	if err := writeFile(c.Settings, true, func(f *os.File) error { return writeSigned(f, signed) }); err != nil {
		return err
	}
	fmt.Fprintf(r.env.Stdout, "%s is version %d now\n", c.Settings, settings.Version)
	return nil
}

type keyRotateCmd struct {
	Settings string `arg:"" help:"Signed settings (.settings.json); they are replaced."`
	Identity string `help:"Identity key file of the site." required:"" placeholder:"FILE"`
	Sealing  string `help:"Key file of the site: the new key is put before the old ones, so that it opens all recordings." required:"" placeholder:"FILE"`
}

// Run writes the new key first: settings that name a key which nobody has would make
// recordings that nobody opens.
func (c *keyRotateCmd) Run(r *run) error {
	old, err := readSmall(c.Sealing)
	if err != nil {
		return err
	}
	if _, err := open.ParseKeyring(old); err != nil {
		return fmt.Errorf("%s: %w", c.Sealing, err)
	}
	_, settings, _, err := readSigned(c.Settings)
	if err != nil {
		return err
	}
	sealing, err := custody.NewSealingKey()
	if err != nil {
		return err
	}
	next := filepath.Join(filepath.Dir(c.Sealing), fmt.Sprintf("%s.sealing-%x.pem", settings.Site, seal.KeyID(sealing.PublicKey().Bytes())))
	if err := writeFile(next, false, func(f *os.File) error { return custody.WriteSealingPEM(f, sealing, settings.Site) }); err != nil {
		return err
	}
	if err := writeFile(c.Sealing, true, func(f *os.File) error {
		if err := custody.WriteSealingPEM(f, sealing, settings.Site); err != nil {
			return err
		}
		_, err := f.Write(old)
		return err
	}); err != nil {
		return err
	}
	if err := (&keySignCmd{Settings: c.Settings, Identity: c.Identity, Sealing: next}).Run(r); err != nil {
		return err
	}
	fmt.Fprintf(r.env.Stdout, "%s opens recordings of the old and of the new key; %s holds the new one alone\n", c.Sealing, next)
	fmt.Fprintf(r.env.Stderr, "next: collector site set %s --settings %s\n", settings.Site, c.Settings)
	return nil
}
