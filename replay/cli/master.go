package cli

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"afterimage/collector/keys"
	"afterimage/collector/store"
	"afterimage/replay/open"
)

// unwrap opens the keys of managed sites with the master key in file, by default the
// collector's own file. It is read when it is first needed: held sites and recordings
// through a running collector do without.
func unwrap(file string) open.Unwrap {
	load := sync.OnceValues(func() (*keys.Master, error) {
		if file == "" {
			var err error
			if file, err = keys.DefaultFile(); err != nil {
				return nil, err
			}
		}
		return keys.Load(file)
	})
	return func(_ context.Context, site store.Site) ([]byte, error) {
		master, err := load()
		if errors.Is(err, keys.ErrMissing) {
			return nil, fmt.Errorf("%w; name it with --keys FILE", err)
		}
		if err != nil {
			return nil, err
		}
		return master.Unwrap(site.ID, site.WrappedKey)
	}
}
