//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// checkOwner refuses to write into a directory of another user: he could not
// read what is made there, and his relay would hold, or his desk open nothing.
// whose is "relay" or "store".
func checkOwner(dir, whose string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	return cli.WithHint(fmt.Errorf("the %s's directory belongs to another user", whose), "run the same command as the %s's user: sudo -u '#%d' tacit …", whose, owner.Uid)
}
