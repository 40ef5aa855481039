package web

import "strings"

// The policies of our own pages. The replayed page stands in a frame that is a document of
// its own, /frame, with a policy of its own: were it about:blank or srcdoc it would inherit
// ours, and with it the need for inline styles here and the right to our scripts there.
// Framed documents inside the recording are about:blank and inherit the frame's policy.
var (
	appPolicy   = policy("frame-ancestors 'none'")
	embedPolicy = policy("frame-ancestors *")
)

// framePolicy is what a replayed page may do: show what is inline or a blob. It holds no
// recorded content when it is served, so it may be framed by whoever frames the player.
const framePolicy = "default-src 'none'; img-src blob: data:; media-src blob: data:; font-src blob: data:; " +
	"style-src 'unsafe-inline' blob:; base-uri 'none'; form-action 'none'; sandbox allow-same-origin"

// workerPolicy binds the player's worker, which decodes recordings.
const workerPolicy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

func policy(ancestors string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"worker-src 'self'",
		"connect-src 'self'",
		"style-src 'self'",
		"img-src 'self' data:",
		"font-src 'self'",
		"frame-src 'self'",
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types afterimage-player lit-html",
		ancestors,
	}, "; ")
}

// permissions switches off what neither the player nor a recording may ask for.
const permissions = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=()"
