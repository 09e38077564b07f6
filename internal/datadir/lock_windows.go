package datadir

import (
	"errors"
	"os"
	"syscall"
)

var errHeld = errors.New("held")

// errSharing is ERROR_SHARING_VIOLATION: another process has the file open and
// shares it with nobody.
const errSharing = syscall.Errno(32)

// openLocked opens the file shared with nobody, which holds until the process
// ends, however it ends.
func openLocked(path string) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if errors.Is(err, errSharing) {
		return nil, errHeld
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(h), path), nil
}
