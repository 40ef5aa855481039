package cli_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"afterimage/replay/custody"
	"afterimage/replay/open/opentest"
)

func writeSealing(t *testing.T, path string, site *opentest.Site) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if err := custody.WriteSealingPEM(f, site.Private, site.ID); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func settingsIn(t *testing.T, path string) (custody.Settings, string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var signed custody.Signed
	if err := json.Unmarshal(text, &signed); err != nil {
		t.Fatal(err)
	}
	settings, siteKey, err := signed.Verify()
	if err != nil {
		t.Fatal(err)
	}
	return settings, siteKey
}

func TestKeyNewShowSign(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	r := run(t, "key", "new", "--site", "ownersite", "--dir", dir, "--privacy", "balanced", "--block", ".ad, #x", "--block", ".b")
	r.want(t, 0, "h.ownersite.")
	base := filepath.Join(dir, "ownersite")
	for _, name := range []string{".sealing.pem", ".identity.pem", ".settings.json"} {
		info, err := os.Stat(base + name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %o, want 600", name, info.Mode().Perm())
		}
	}
	settings, siteKey := settingsIn(t, base+".settings.json")
	if !strings.Contains(r.out, siteKey+"\n") || settings.Version != 1 || settings.Privacy != "balanced" || settings.Site != "ownersite" ||
		!settings.RespectDNT || len(settings.Block) != 2 || settings.Block[0] != ".ad, #x" {
		t.Errorf("settings: got %+v with site key %s, output %s", settings, siteKey, r.out)
	}
	for _, name := range []string{".sealing.pem", ".identity.pem"} {
		text, err := os.ReadFile(base + name)
		if err != nil {
			t.Fatal(err)
		}
		shown := run(t, "key", "show", base+name)
		shown.want(t, 0, "P-256 private key, key id ")
		secret := strings.Split(string(text), "\n")[2]
		if strings.Contains(shown.out+shown.err, secret) {
			t.Errorf("key show %s prints the secret", name)
		}
	}
	run(t, "key", "show", base+".settings.json").want(t, 0, siteKey, "version 1", "signature good")

	run(t, "key", "sign", base+".settings.json", "--identity", base+".identity.pem", "--no-enabled").want(t, 0, "version 2")
	settings, again := settingsIn(t, base+".settings.json")
	if settings.Version != 2 || settings.Enabled || settings.Privacy != "balanced" || again != siteKey {
		t.Errorf("signed anew: got %+v, site key %s; want version 2, not enabled, the rest as it was", settings, again)
	}

	run(t, "key", "sign", base+".settings.json", "--identity", base+".identity.pem", "--block", "").want(t, 0, "version 3")
	if s, _ := settingsIn(t, base+".settings.json"); len(s.Block) != 0 {
		t.Errorf("block set to nothing: got %q", s.Block)
	}
	run(t, "key", "new", "--site", "second22", "--dir", dir).want(t, 0)
	run(t, "key", "sign", base+".settings.json", "--identity", base+".identity.pem", "--sealing", filepath.Join(dir, "second22.sealing.pem")).want(t, 0, "version 4")
	changed, _ := settingsIn(t, base+".settings.json")
	if other, _ := settingsIn(t, filepath.Join(dir, "second22.settings.json")); changed.SealingKey != other.SealingKey || changed.SealingKey == settings.SealingKey {
		t.Error("the sealing key did not change to the other one")
	}
}

func TestKeyRefuses(t *testing.T) {
	dir := t.TempDir()
	run(t, "key", "new", "--site", "ownersite", "--dir", dir).want(t, 0)
	run(t, "key", "new", "--site", "othersite", "--dir", dir).want(t, 0)
	base := filepath.Join(dir, "ownersite")
	text, err := os.ReadFile(base + ".settings.json")
	if err != nil {
		t.Fatal(err)
	}
	forged := filepath.Join(dir, "forged.json")
	if err := os.WriteFile(forged, []byte(strings.Replace(string(text), "strict", "balanced", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		args   []string
		status int
		says   string
	}{
		{"keys are never written over", []string{"key", "new", "--site", "ownersite", "--dir", dir}, 1, "there already"},
		{"a site id that is none", []string{"key", "new", "--site", "Own", "--dir", dir}, 2, "not a site id"},
		{"a level that is none", []string{"key", "new", "--dir", dir, "--privacy", "none"}, 2, "--privacy"},
		{"a share above 1", []string{"key", "new", "--dir", dir, "--sample", "1.5"}, 1, "sample"},
		{"contradictory lists", []string{"key", "sign", base + ".settings.json", "--identity", base + ".identity.pem", "--mask", ".x", "--allow", ".x"}, 1, "take it out of one of the two lists"},
		{"a selector that cannot be followed", []string{"key", "sign", base + ".settings.json", "--identity", base + ".identity.pem", "--block", "p["}, 1, "hint: use type, class, id"},
		{"settings that were changed", []string{"key", "show", forged}, 1, "signature does not fit"},
		{"signing what was changed", []string{"key", "sign", forged, "--identity", base + ".identity.pem"}, 1, "signature does not fit"},
		{"the identity of another site", []string{"key", "sign", base + ".settings.json", "--identity", filepath.Join(dir, "othersite.identity.pem")}, 1, "not the identity key that signed"},
		{"the sealing key as identity", []string{"key", "sign", base + ".settings.json", "--identity", base + ".sealing.pem"}, 1, "not the identity key that signed"},
		{"a file that is no key", []string{"key", "show", "key_test.go"}, 1, "PRIVATE KEY"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, test.args...)
			if r.status != test.status || !strings.Contains(r.err, test.says) || !strings.Contains(r.err, "\nhint: ") {
				t.Errorf("got %d %q, want %d, %q and a hint", r.status, r.err, test.status, test.says)
			}
		})
	}
}

func TestKeyRotateKeepsTheOldKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	run(t, "key", "new", "--site", "ownersite", "--dir", dir).want(t, 0, "h.ownersite.")
	base := filepath.Join(dir, "ownersite")
	before, siteKey := settingsIn(t, base+".settings.json")
	run(t, "key", "rotate", base+".settings.json", "--identity", base+".identity.pem", "--sealing", base+".sealing.pem").want(t, 0, "version 2 now")
	after, same := settingsIn(t, base+".settings.json")
	if after.SealingKey == before.SealingKey || same != siteKey || after.PrivacyVersion != before.PrivacyVersion {
		t.Errorf("got %+v, want another sealing key and all else as it was", after)
	}
	r := run(t, "key", "show", base+".sealing.pem")
	if n := strings.Count(r.out, "key id"); n != 2 {
		t.Errorf("the key file holds %d keys, want the new and the old one:\n%s", n, r.out)
	}
	if info, err := os.Stat(base + ".sealing.pem"); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("key file: %v, %v", info.Mode(), err)
	}
}

func TestPrivacyVersionRisesWithPrivacyAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	run(t, "key", "new", "--site", "ownersite", "--dir", dir).want(t, 0, "h.ownersite.")
	base := filepath.Join(dir, "ownersite")
	for _, c := range []struct {
		name, want string
		args       []string
	}{
		{"a share of sessions", "1", []string{"--sample", "0.5"}},
		{"a level", "2", []string{"--privacy", "balanced"}},
		{"the same level", "2", []string{"--privacy", "balanced"}},
		{"a list", "3", []string{"--allow", ".price"}},
		{"the consent text", "4", []string{"--consent-changed"}},
	} {
		run(t, append([]string{"key", "sign", base + ".settings.json", "--identity", base + ".identity.pem"}, c.args...)...).want(t, 0, "version")
		if s, _ := settingsIn(t, base+".settings.json"); s.PrivacyVersion != c.want {
			t.Errorf("%s: got %s, want %s", c.name, s.PrivacyVersion, c.want)
		}
	}
	run(t, "key", "sign", base+".settings.json", "--identity", base+".identity.pem", "--mask", "p:hover").want(t, 1, "")
	run(t, "key", "sign", base+".settings.json", "--identity", base+".identity.pem", "--block", ".price").want(t, 1, "")
}
