package db

import (
	"os"

	"golang.org/x/sys/unix"
)

// reserve takes n bytes of the disk for the file.
func reserve(f *os.File, n int64) error {
	if err := unix.Fallocate(int(f.Fd()), 0, 0, n); err != nil {
		return fill(f, n) // not every file system can
	}
	return nil
}
