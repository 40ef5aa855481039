package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// dataVersion is the version of the directory's layout, in the file "version". It goes
// up when an older collector could no longer read what a newer one wrote.
const dataVersion = 1

const versionPrefix = "afterimage data "

// lockDir makes dir, takes its lock and checks its version. The lock is flock(2): the
// kernel drops it when the process dies, kill -9 included.
func lockDir(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		f.Close()
		if errors.Is(err, unix.EWOULDBLOCK) {
			return nil, fmt.Errorf("data directory %s: %w", dir, ErrInUse)
		}
		return nil, fmt.Errorf("lock data directory %s: %w", dir, err)
	}
	if err := checkVersion(filepath.Join(dir, "version")); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

func checkVersion(file string) error {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return os.WriteFile(file, []byte(versionPrefix+strconv.Itoa(dataVersion)+"\n"), 0o600)
	}
	if err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	n, err := strconv.Atoi(strings.TrimPrefix(strings.TrimSpace(string(b)), versionPrefix))
	if err != nil || n < 1 {
		return fmt.Errorf("%s: %w, expected %q", file, ErrNoVersion, versionPrefix+strconv.Itoa(dataVersion))
	}
	if n > dataVersion {
		return fmt.Errorf("%s says %d, this version knows up to %d: %w", file, n, dataVersion, ErrNewerVersion)
	}
	return nil
}

// SocketPath is where a running collector on dir serves the local API: a unix socket in
// a run directory of this user alone. The path is short and made from a hash of dir,
// since a socket's address has 108 bytes at most (unix(7)).
func SocketPath(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("run directory: %w", err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	run := os.Getenv("XDG_RUNTIME_DIR")
	if run == "" || len(run) > 60 {
		run = filepath.Join("/tmp", "afterimage-"+strconv.Itoa(os.Getuid()))
	} else {
		run = filepath.Join(run, "afterimage")
	}
	if err := os.MkdirAll(run, 0o700); err != nil {
		return "", fmt.Errorf("run directory: %w", err)
	}
	// /tmp is everybody's: a folder that somebody else made first is not to be trusted.
	var st unix.Stat_t
	if err := unix.Lstat(run, &st); err != nil {
		return "", fmt.Errorf("run directory %s: %w", run, err)
	}
	if st.Mode&unix.S_IFMT != unix.S_IFDIR || int(st.Uid) != os.Getuid() || st.Mode&0o077 != 0 {
		return "", fmt.Errorf("run directory %s: belongs to somebody else or is open to others, expected mode 0700", run)
	}
	sum := sha256.Sum256([]byte(abs))
	return filepath.Join(run, hex.EncodeToString(sum[:8])+".sock"), nil
}
