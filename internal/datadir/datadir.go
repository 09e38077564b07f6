// Package datadir knows the data directory: the names in it, who may read
// them, who holds it, and the sockets by which processes on one host find each
// other.
//
//	DIR/agent  the installation, its spool and outbox   owner only
//	DIR/relay  the relay's stream                        owner only
//	DIR/store  the store's data                          owner only
//	DIR/keys   the store's secrets, never below its data owner only
//	DIR/desk   the desk's accounts, the audit log        owner only
//	DIR/run    sockets, the lock, what runs where        everybody may look
//	DIR/demo.json  there is one: all of it is simulated, see [Dir.IsDemo]
//
// It promises that one process at a time holds a directory, and that what is
// for the owner is refused when others can read it. It uses the standard
// library only, because agent/client does.
package datadir

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Dir is the path of a data directory.
type Dir string

// Agent returns the directory of the installation, its spool and outbox.
func (d Dir) Agent() string { return filepath.Join(string(d), "agent") }

// Relay returns the directory of the relay.
func (d Dir) Relay() string { return filepath.Join(string(d), "relay") }

// Store returns the directory of the store's data.
func (d Dir) Store() string { return filepath.Join(string(d), "store") }

// Keys returns the directory of the store's secrets.
func (d Dir) Keys() string { return filepath.Join(string(d), "keys") }

// Desk returns the directory of the desk's accounts and of the audit log.
func (d Dir) Desk() string { return filepath.Join(string(d), "desk") }

// Run returns the directory of sockets and of the lock.
func (d Dir) Run() string { return filepath.Join(string(d), "run") }

// Make makes the data directory and DIR/run. They may be entered by everybody,
// so that any local user can ask the agent for the installation ID. The directory
// of a demo is refused with [ErrDemo].
func (d Dir) Make() error {
	if d.IsDemo() {
		return fmt.Errorf("make data directory: %s %w", d, ErrDemo)
	}
	return d.make()
}

// MakeDemo is Make for a demo.
func (d Dir) MakeDemo() error { return d.make() }

func (d Dir) make() error {
	for _, path := range []string{string(d), d.Run()} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("make data directory: %w", err)
		}
	}
	return nil
}

// MakeOwner makes the named directories, each for its owner only, and refuses
// one that others can read.
func MakeOwner(paths ...string) error {
	for _, path := range paths {
		if err := durable.MakeOwnerDir(path); err != nil {
			return err
		}
	}
	return nil
}
