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
	"afterimage/replay/dist"
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
		UIFiles:  dist.Assets(),
		Copy:     copySession,
		Demo:     demo.Handler,
		Recorder: jsbridge.Assets(),
		Samples:  samples.Files(),
		Import: func(ctx context.Context, st *store.Store, file io.ReaderAt, site string) error {
			_, err := open.ImportFile(ctx, st, file, open.ImportOptions{Site: site})
			return err
		},
	}
}

// copySession writes the recording file that a visitor gets: what can be opened here is
// readable, a held site's stays sealed.
func copySession(ctx context.Context, st *store.Store, unwrap server.Unwrap, session string, w io.Writer) error {
	src := open.FromStore(st, unwrap)
	keys, err := src.Keys(ctx, session)
	if err != nil {
		return err
	}
	sealed := keys.Custody == store.Held
	if err := open.NoteExport(store.WithActor(ctx, "visitor"), src, session, sealed); err != nil {
		return err
	}
	return open.Export(ctx, src, session, w, open.ExportOptions{Sealed: sealed})
}
