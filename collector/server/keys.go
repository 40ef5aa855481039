package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"afterimage/collector/admin"
	"afterimage/collector/keys"
	"afterimage/collector/store"
)

// KeyFile is the file of the master key: what was set, else the default. It may not lie in
// the data directory, or a copy of the data would open itself.
func KeyFile(set, dataDir string) (string, error) {
	file := set
	if file == "" {
		var err error
		if file, err = keys.DefaultFile(); err != nil {
			return "", &admin.Problem{What: err.Error(), Hint: "give a file outside the data directory with --keys"}
		}
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", fmt.Errorf("--keys %s: %w", file, err)
	}
	data, err := filepath.Abs(dataDir)
	if err != nil {
		return "", fmt.Errorf("--data %s: %w", dataDir, err)
	}
	if rel, err := filepath.Rel(data, abs); err == nil && rel != ".." && !strings.HasPrefix(rel, "../") {
		return "", &admin.Problem{What: fmt.Sprintf("--keys %s lies in the data directory", file),
			Hint: "keep the master key elsewhere: whoever gets a copy of the data must not get the key with it"}
	}
	return abs, nil
}

// OpenMaster loads the master key, or makes it when nothing needs an older one yet. made
// says that it is new.
func OpenMaster(ctx context.Context, st *store.Store, file string) (m *keys.Master, made bool, err error) {
	sites, err := st.Sites(ctx)
	if err != nil {
		return nil, false, err
	}
	var managed []store.Site
	for _, s := range sites {
		if s.Custody == store.Managed && len(s.WrappedKey) > 0 { // else it was destroyed
			managed = append(managed, s)
		}
	}
	m, err = keys.Load(file)
	switch {
	case errors.Is(err, keys.ErrMissing) && len(managed) == 0:
		if m, err = keys.Create(file); err != nil {
			return nil, false, &admin.Problem{What: err.Error(), Hint: "give a file that can be written with --keys"}
		}
		return m, true, nil
	case errors.Is(err, keys.ErrMissing):
		return nil, false, &admin.Problem{What: fmt.Sprintf("%v, and the keys of %s are locked with it", err, admin.Count(len(managed), "managed site")),
			Hint: "bring it back from your secret manager, or name it with --keys; without it their recordings stay closed"}
	case errors.Is(err, keys.ErrOpen):
		return nil, false, &admin.Problem{What: err.Error(), Hint: "chmod 600 " + file}
	case err != nil:
		return nil, false, &admin.Problem{What: err.Error(), Hint: "name the right file with --keys"}
	}
	for _, s := range managed {
		if _, err := m.Unwrap(s.ID, s.WrappedKey); err != nil {
			return nil, false, &admin.Problem{What: fmt.Sprintf("%s: %v", file, err),
				Hint: "name the key file that this data directory was made with: --keys FILE"}
		}
	}
	return m, false, nil
}

// TryMaster is OpenMaster that makes nothing: nil where no key is needed yet.
func TryMaster(ctx context.Context, st *store.Store, file string) error {
	sites, err := st.Sites(ctx)
	if err != nil {
		return err
	}
	for _, s := range sites {
		if s.Custody == store.Managed && len(s.WrappedKey) > 0 {
			_, _, err := OpenMaster(ctx, st, file)
			return err
		}
	}
	return nil
}

func (c *collector) openKeys(ctx context.Context) error {
	file, err := KeyFile(c.Keys, c.Config.Store.Dir)
	if err != nil {
		return err
	}
	m, made, err := OpenMaster(ctx, c.store, file)
	if err != nil {
		return err
	}
	c.master = m
	if made {
		sayNewKey(c.Out, file)
	}
	return nil
}

func (c *collector) needMaster() (*keys.Master, error) { return c.master, nil }

// unwrap is Unwrap over the master key.
func (c *collector) unwrap(_ context.Context, site store.Site) ([]byte, error) {
	if len(site.WrappedKey) == 0 {
		return nil, errDestroyed
	}
	return c.master.Unwrap(site.ID, site.WrappedKey)
}

// NewAdmin acts on a store that no collector serves. The master key is opened when a
// managed site is made, and made if it is the first one.
func NewAdmin(ctx context.Context, st *store.Store, set, dataDir string, out io.Writer) *admin.Admin {
	return &admin.Admin{Store: st, Master: func() (*keys.Master, error) {
		file, err := KeyFile(set, dataDir)
		if err != nil {
			return nil, err
		}
		m, made, err := OpenMaster(ctx, st, file)
		if made {
			sayNewKey(out, file)
		}
		return m, err
	}}
}

var errDestroyed = errors.New("it was destroyed; nothing that was sealed to it opens again")

func sayNewKey(out io.Writer, file string) {
	fmt.Fprintf(out, "master key   %s\n             move it to a secret manager and keep a copy: without it no managed recording opens\n", file)
}
