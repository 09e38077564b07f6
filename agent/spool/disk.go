package spool

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Disk is what the spool does with a volume. Nothing that it writes is there
// for good before Sync of the file returned nil, and no name that it makes,
// moves or removes before SyncDir of the directory did: a power cut may take
// any part of the rest.
type Disk interface {
	// MakeDir makes a directory for its owner only. One that is there must not
	// be open to others.
	MakeDir(path string) error
	// List returns the names in a directory, in order. One that is not there
	// has none.
	List(dir string) ([]string, error)
	// Create makes a file for its owner only, which must not be there yet. Where
	// the volume can, it holds size zero bytes that no full disk takes back;
	// where it cannot, it is empty. After an error there is no file.
	Create(path string, size int64) (File, error)
	// Open opens a file for reading and writing.
	Open(path string) (File, error)
	// Rename moves a file, in place of another if there is one.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(path string) error
	// SyncDir makes what was done to the names in a directory last.
	SyncDir(path string) error
}

// File is an open file of a [Disk].
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Size() (int64, error)
	Truncate(size int64) error
	Sync() error // content and size
}

// osDisk is the operating system's.
type osDisk struct{}

var _ Disk = osDisk{}

// MakeDir implements [Disk].
func (osDisk) MakeDir(path string) error { return durable.MakeOwnerDir(path) }

// List implements [Disk].
func (osDisk) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.Name()
	}
	return names, nil
}

// Create implements [Disk].
func (osDisk) Create(path string, size int64) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, durable.OwnerFile)
	if err != nil {
		return nil, err
	}
	if err := preallocate(f, size); err != nil {
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return osFile{f}, nil
}

// Open implements [Disk].
func (osDisk) Open(path string) (File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return osFile{f}, nil
}

// Rename implements [Disk].
func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [Disk].
func (osDisk) Remove(path string) error { return os.Remove(path) }

// SyncDir implements [Disk].
func (osDisk) SyncDir(path string) error { return durable.SyncDir(path) }

// osFile is a file of the operating system.
type osFile struct{ *os.File }

// Size implements [File].
func (f osFile) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// Sync implements [File].
func (f osFile) Sync() error { return syncData(f.File) }
