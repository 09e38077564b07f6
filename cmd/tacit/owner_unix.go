//go:build unix

package main

import (
	"errors"
	"os"
	"syscall"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// checkOwner refuses to write into a directory of another user: he could not
// read what is made there, and his relay would hold.
func checkOwner(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(owner.Uid) == os.Geteuid() {
		return nil
	}
	return cli.WithHint(errors.New("the relay's directory belongs to another user"), "run it as the relay's user: sudo -u '#%d' tacit relay recover …", owner.Uid)
}
