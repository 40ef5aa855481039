//go:build tinygo && !strict

package main

// coreAsset is all of assets in one export: 0 lists what is new (its length, at core_out),
// 1 asks whether the path in core_in's buffer is safe, 2 writes op asset with the payload
// that stands there.
//
//go:wasmexport core_asset
func coreAsset(what, n int32) int32 {
	if inside {
		return 0
	}
	inside = true
	result := int32(0)
	switch c := get(); what {
	case 0:
		out = c.Assets()
		result = int32(len(out))
	case 1:
		if c.SafePath(c.In(0, int(n))) {
			result = 1
		}
	case 2:
		c.AddAsset(c.In(0, int(n)))
	}
	inside = false
	return result
}
