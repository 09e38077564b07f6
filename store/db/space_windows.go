package db

import (
	"io/fs"

	"golang.org/x/sys/windows"
)

// freeSpace returns how many bytes this user may still write on the volume
// that holds path.
func freeSpace(path string) (uint64, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(name, &free, nil, nil); err != nil {
		return 0, err
	}
	return free, nil
}

// allocated returns the file's length: what it takes of the disk would need
// the file to be opened.
func allocated(info fs.FileInfo) int64 { return info.Size() }
