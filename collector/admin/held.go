package admin

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"

	"afterimage/collector/rules"
	"afterimage/collector/store"
	"afterimage/wasm/wire/seal"
)

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
		Site            string   `json:"site"`
		Custody         string   `json:"custody"`
		SettingsVersion int64    `json:"settingsVersion"`
		SealingKey      string   `json:"sealingKey"`
		Privacy         string   `json:"privacy"`
		Mask            []string `json:"mask"`
		Block           []string `json:"block"`
		Allow           []string `json:"allow"`
		Consent         string   `json:"consent"`
		Sample          *float64 `json:"sample"`
	}
	p.Privacy, p.Consent = "strict", "none" // what recorders read where they are missing
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
	sample := 1.0
	replace(&sample, p.Sample)
	if err := asProblem(rules.Check(rules.Settings{Privacy: p.Privacy, Mask: p.Mask, Block: p.Block, Allow: p.Allow, Consent: p.Consent, Sample: sample})); err != nil {
		return err
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
