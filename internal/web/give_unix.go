//go:build unix

package web

import (
	"fmt"
	"os"
	"syscall"
)

// giveTo gives a file that root wrote to the owner of the directory, who must
// read it.
func giveTo(path, dir string) error {
	if os.Geteuid() != 0 {
		return nil
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("find out who owns the directory")
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}
