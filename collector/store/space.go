package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// space refuses writes before the disk is full, because JetStream answers a full disk by
// switching itself off until the next start, and SQLite by errors in mid-transaction.
type space struct {
	dir string
	min int64
}

// check costs one statfs(2), about a microsecond.
func (s space) check() error {
	var st unix.Statfs_t
	if err := unix.Statfs(s.dir, &st); err != nil {
		return fmt.Errorf("free space of %s: %w", s.dir, err)
	}
	free := int64(st.Bavail) * st.Bsize
	if free < s.min {
		return fmt.Errorf("%s has %d MiB left, %d are kept free: %w", s.dir, free>>20, s.min>>20, ErrFull)
	}
	return nil
}
