package web

import "strings"

// The policies of our own pages. The replayed page stands in a frame of the page, which
// inherits them where it is about:blank or srcdoc: therefore styles of a recording
// ('unsafe-inline', blob:) and its assets (data:, blob:) are allowed here. Scripts are
// ours alone, and nothing may be fetched, sent or navigated anywhere else.
var (
	appPolicy   = policy("frame-ancestors 'none'")
	embedPolicy = policy("frame-ancestors *")
)

func policy(ancestors string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self' 'wasm-unsafe-eval'",
		"worker-src 'self'",
		"connect-src 'self'",
		"style-src 'self' 'unsafe-inline' blob:",
		"img-src 'self' blob: data:",
		"media-src blob: data:",
		"font-src 'self' blob: data:",
		"frame-src 'self' blob:",
		"base-uri 'none'",
		"form-action 'none'",
		"require-trusted-types-for 'script'",
		"trusted-types afterimage lit-html",
		ancestors,
	}, "; ")
}

// permissions switches off what neither the player nor a recording may ask for.
const permissions = "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=()"
