// Package samples holds the recordings that a new collector's demo site starts with, as
// recording files (replay/open/FILE.md). They are of the demo shop, made by its invented
// visitors.
package samples

import (
	"embed"
	"io/fs"
)

//go:embed all:files
var files embed.FS

// Files is the folder of *.afterimage files; it may be empty.
func Files() fs.FS {
	sub, err := fs.Sub(files, "files")
	if err != nil {
		panic(err) // the name is the one that was embedded
	}
	return sub
}
