// Package jsbridge embeds what a visitor's page loads: the entry script, the worker, the
// core and the early script, as built by `go run ./jsbridge/build`. The TypeScript stands
// in capture (reads the page), worker (hosts the core, seals, sends) and api (the public
// `afterimage` object); PROTOCOL.md is the contract with the core.
package jsbridge

import (
	"embed"
	"io/fs"
	"sync"

	"afterimage/jsbridge/asset"
)

//go:embed dist
var files embed.FS

var load = sync.OnceValue(func() *asset.Set {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		panic(err) // cannot happen: dist is a valid path
	}
	return asset.MustLoad(dist)
})

// Assets returns the recorder's files.
func Assets() *asset.Set { return load() }
