//go:build tinygo && !strict

package main

import "afterimage/wasm/mask"

// The full core shows text, less personal data. Without this line the compiler drops all of
// detection: that is the strict core, which most page views load.
func init() { mask.WithDetection() }
