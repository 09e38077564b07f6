//go:build unix

package process

import "golang.org/x/sys/unix"

// noCore sets the greatest core file to nothing, the hard limit too, so that
// nothing in this process or its children can raise it again.
func noCore() error { return unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}) }
