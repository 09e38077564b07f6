package process

import (
	"errors"

	"golang.org/x/sys/unix"
)

// undumpable does both: the limit alone does not hold where cores go to a pipe,
// and the mark alone could be lost in an exec.
func undumpable() error {
	return errors.Join(unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0), noCore())
}
