//go:build !windows

package relay

import (
	"math"

	"golang.org/x/sys/unix"
)

// freeBytes returns what a user may still write on dir's file system.
func freeBytes(dir string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	free := float64(s.Bavail) * float64(s.Bsize)
	return int64(min(free, math.MaxInt64/2)), nil
}
