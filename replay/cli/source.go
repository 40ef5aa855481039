package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"afterimage/replay/open"
)

// ring is the key file of --key, or nil.
func (r *run) ring() (*open.Keyring, error) {
	if r.g.Key == "" {
		return nil, nil
	}
	ring, err := open.ReadKeyFile(r.g.Key)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hint(err, "--key FILE is the sealing key that replay key new made, a file like SITE.sealing.pem")
	}
	return ring, err
}

// source is where sessions come from: --server, else --data. What --key opens is open.
func (r *run) source() (open.Source, error) {
	ring, err := r.ring()
	if err != nil {
		return nil, err
	}
	src, err := r.bareSource()
	if err != nil {
		return nil, err
	}
	return open.WithKeyring(src, ring), nil
}

func (r *run) bareSource() (open.Source, error) {
	if r.g.Server != "" {
		src, err := open.OpenServer(r.g.Server, r.g.Token)
		if err != nil {
			return nil, usage{hint(err, "use --server https://HOST with --token TOKEN")}
		}
		return src, nil
	}
	if r.g.Token != "" {
		return nil, usage{hint(errors.New("--token without --server"), "say which collector: --server URL")}
	}
	return open.OpenDir(r.ctx, r.g.Data, open.DirOptions{Unwrap: unwrap(r.g.Keys)})
}

// find is the source and the whole id of a session that was given by prefix or as a file.
func (r *run) find(arg string) (src open.Source, id string, err error) {
	if isFile(arg) {
		ring, err := r.ring()
		if err != nil {
			return nil, "", err
		}
		file, err := open.OpenFile(arg)
		if err != nil {
			return nil, "", err
		}
		return open.WithKeyring(file, ring), file.File().Head.Session, nil
	}
	if src, err = r.source(); err != nil {
		return nil, "", err
	}
	if id, err = open.Resolve(r.ctx, src, arg); err != nil {
		src.Close()
		return nil, "", err
	}
	return src, id, nil
}

// keyHint puts the remedy that fits the session's custody beside an ErrKey.
func keyHint(ctx context.Context, src open.Source, id string, err error) error {
	if !errors.Is(err, open.ErrKey) {
		return err
	}
	keys, kerr := src.Keys(ctx, id)
	if kerr != nil {
		return err
	}
	if _, file := src.(*open.FileSource); file && keys.Custody == open.Managed {
		return hint(err, "the collector of its site has the key: replay import FILE there, or export it without --sealed")
	}
	return hint(err, "%s", open.KeyHint(err, keys.Custody))
}

// bytesText is a size for people.
func bytesText(n int64) string {
	switch {
	case n < 10_000:
		return fmt.Sprintf("%d B", n)
	case n < 10_000_000:
		return fmt.Sprintf("%.1f kB", float64(n)/1e3)
	default:
		return fmt.Sprintf("%.1f MB", float64(n)/1e6)
	}
}
