package admin

import (
	"encoding/base64"
	"encoding/json"

	"afterimage/collector/rules"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

const holdHint = "make it with: replay key new, on the owner's machine, and give ID.settings.json as --settings"

// hold takes id, sealing key and settings from what the owner signed.
func hold(site *store.Site, signed json.RawMessage) error {
	if len(signed) == 0 {
		return problem(holdHint, "held custody needs the settings that the owner signed")
	}
	var f rules.Signed // what `replay key new` writes and what recorders verify
	if err := json.Unmarshal(signed, &f); err != nil || f.Payload == "" {
		return problem(holdHint, "the file of signed settings is not of its form")
	}
	identity, signature, err := f.Verify()
	if err != nil {
		return problem(holdHint, "signed settings: %v", err)
	}
	p, err := rules.ReadPayload([]byte(f.Payload))
	if err != nil {
		return problem(holdHint, "signed settings: %v", err)
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
	case site.ID != "" && p.Version <= site.SettingsVersion:
		return problem("sign anew with a higher version", "signed settings have version %d, the site has %d already", p.Version, site.SettingsVersion)
	}
	if err := asProblem(rules.Check(p.Settings())); err != nil {
		return err
	}
	key := rules.SiteKey(p.Site, identity)
	if site.Key != "" && site.Key != key {
		return problem("the site's pages name the first identity; add a new site for another", "signed settings are of another identity")
	}
	site.ID, site.Key, site.SealingKey = p.Site, key, sealing
	site.Identity, site.Signature = identity, signature
	site.Settings, site.SettingsVersion = json.RawMessage(f.Payload), p.Version
	return nil
}
