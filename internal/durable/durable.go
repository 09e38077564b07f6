// Package durable writes small files so that a crash or a power cut leaves the
// old content or the new, never half of either, and keeps secrets readable by
// their owner only.
//
// It promises that a nil error means synced: content, name and, where the
// system can, the directory. On a full disk the old file stays as it was.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Modes of what only its owner may read.
const (
	OwnerFile fs.FileMode = 0o600
	OwnerDir  fs.FileMode = 0o700
)

// ErrExposed says that a file or directory that holds secrets can be read or
// written by others. Nothing is read from it; take the rights away first.
var ErrExposed = errors.New("others can read it")

// ErrDamaged is for readers of such files: the file is there and is not what
// was written. It is kept as it is; put a backup of it back.
var ErrDamaged = errors.New("is damaged")

// WriteFile replaces the file at path with data, atomically and synced.
func WriteFile(path string, data []byte, mode fs.FileMode) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error matters; a leftover is harmless
		}
	}()
	if err = writeSynced(f, data, mode); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return SyncDir(filepath.Dir(path))
}

func writeSynced(f *os.File, data []byte, mode fs.FileMode) error {
	_, err := f.Write(data)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// ReadOwnerFile reads a secret. It refuses with [ErrExposed] a file that
// others can read.
func ReadOwnerFile(path string) ([]byte, error) {
	if err := checkOwnerOnly(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// MakeOwnerDir makes the directory, with parents, for its owner only. One that
// is there already must not be open to others: [ErrExposed].
func MakeOwnerDir(path string) error {
	if err := os.MkdirAll(path, OwnerDir); err != nil {
		return fmt.Errorf("make directory: %w", err)
	}
	return checkOwnerOnly(path)
}

// Bare returns what went wrong with a file, without where the file lies: its
// path may be somebody's home, and logs travel. Say which file it was in words
// around it. [ErrExposed] stays; nil stays nil.
func Bare(err error) error {
	if errors.Is(err, ErrExposed) {
		return ErrExposed
	}
	var (
		path *fs.PathError
		link *os.LinkError
	)
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
