// Package seal locks what the recorder's core encoded, so that only the holder of the
// site's private key reads it, and opens it again. FORMAT.md has the layouts; the twin in
// the browser is jsbridge/worker/seal.ts.
//
// A page view has one random 16-byte content key. Its envelope is that key sealed to the
// site's public key by HPKE (RFC 9180: base mode, DHKEM(P-256, HKDF-SHA256), HKDF-SHA256,
// AES-128-GCM). Each wire segment is sealed with the content key alone (AES-128-GCM), so
// that any segment opens by itself, in any order, also when others are lost; the clear
// header, which names the page view, the number, the epoch and the hash of the segment
// before, is authenticated with it.
//
//	priv, pub, err := seal.NewSiteKey()
//	envelope, err := seal.SealEnvelope(pub, site, session, pageView, contentKey)
//	sealed, err := seal.SealSegment(contentKey, seal.Header{PageView: id, Number: 0, Epoch: 1}, plain)
//	key, err := seal.OpenEnvelope(priv, envelope, site, session, pageView)
//	plain, header, err := seal.OpenSegment(key, sealed)
//
// Errors name what is wrong and never hold keys or plaintext. All functions are safe for
// concurrent use.
package seal
