package main

import (
	"context"
	"io"
	"log/slog"
	"net/http"

	"afterimage/collector/demo"
	"afterimage/collector/samples"
	"afterimage/collector/server"
	"afterimage/collector/store"
	"afterimage/jsbridge"
	"afterimage/replay/api"
	"afterimage/replay/open"
	"afterimage/replay/web"
)

// parts connects what stands further down the path of the data.
func parts() server.Parts {
	return server.Parts{
		API: func(st *store.Store, unwrap server.Unwrap, log *slog.Logger) http.Handler {
			return api.Handler(open.FromStore(st, unwrap), api.Options{Log: log})
		},
		UI:       web.Handler(),
		Demo:     demo.Handler,
		Recorder: jsbridge.Assets(),
		Samples:  samples.Files(),
		Import: func(ctx context.Context, st *store.Store, file io.ReaderAt, site string) error {
			_, err := open.ImportFile(ctx, st, file, open.ImportOptions{Site: site})
			return err
		},
	}
}
