package spool

import (
	"errors"
	"os"
	"syscall"
)

// preallocate reserves the blocks of a file. A volume that cannot is no error:
// the file then grows as it is written.
func preallocate(f *os.File, size int64) error {
	if size == 0 {
		return nil
	}
	err := again(func() error { return syscall.Fallocate(int(f.Fd()), 0, 0, size) })
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.EPERM) {
		return nil // what it refuses with, by volume and sandbox
	}
	return os.NewSyscallError("fallocate", err)
}

// syncData syncs a file without its times, which nobody reads: in a
// preallocated file they would be most of the work.
func syncData(f *os.File) error {
	return os.NewSyscallError("fdatasync", again(func() error { return syscall.Fdatasync(int(f.Fd())) }))
}

// again does it again as long as a signal interrupts it.
func again(do func() error) error {
	for {
		if err := do(); err != syscall.EINTR {
			return err
		}
	}
}
