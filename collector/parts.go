package main

import (
	"afterimage/collector/demo"
	"afterimage/collector/samples"
	"afterimage/collector/server"
	"afterimage/jsbridge"
	"afterimage/replay/web"
)

// parts connects what stands further down the path of the data.
func parts() server.Parts {
	return server.Parts{
		UI:       web.Handler(),
		Demo:     demo.Handler,
		Recorder: jsbridge.Assets(),
		Samples:  samples.Files(),
	}
}
