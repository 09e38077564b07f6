// Package simdisk is the volume of a simulated host's spool: the operating
// system's, until somebody fills it. Then nothing more is written, as on a full
// disk, and what is there stays readable.
package simdisk

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Volume is one host's.
type Volume struct {
	mu   sync.Mutex
	full bool
}

var (
	mu      sync.Mutex
	volumes = map[string]*Volume{}
)

// Of returns the volume of a data directory.
func Of(dir string) *Volume {
	mu.Lock()
	defer mu.Unlock()
	if volumes[dir] == nil {
		volumes[dir] = &Volume{}
	}
	return volumes[dir]
}

// Disk returns the volume that an agent's directory is on.
func Disk(agentDir string) spool.Disk { return Of(filepath.Dir(agentDir)) }

var _ spool.Disk = (*Volume)(nil)

// Fill makes the volume full, or makes room on it.
func (v *Volume) Fill(full bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.full = full
}

// room returns the system's error of a full disk, or nil.
func (v *Volume) room(op, path string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.full {
		return &fs.PathError{Op: op, Path: path, Err: syscall.ENOSPC}
	}
	return nil
}

// MakeDir implements [spool.Disk].
func (v *Volume) MakeDir(path string) error {
	if err := v.room("mkdir", path); err != nil {
		if _, there := os.Stat(path); there != nil {
			return err
		}
	}
	return durable.MakeOwnerDir(path)
}

// List implements [spool.Disk].
func (v *Volume) List(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, nil
}

// Create implements [spool.Disk].
func (v *Volume) Create(path string, _ int64) (spool.File, error) {
	if err := v.room("open", path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, durable.OwnerFile)
	if err != nil {
		return nil, err
	}
	return &file{File: f, volume: v}, nil
}

// Open implements [spool.Disk].
func (v *Volume) Open(path string) (spool.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	return &file{File: f, volume: v}, nil
}

// Rename implements [spool.Disk].
func (v *Volume) Rename(from, to string) error { return os.Rename(from, to) }

// Remove implements [spool.Disk].
func (v *Volume) Remove(path string) error { return os.Remove(path) }

// SyncDir implements [spool.Disk].
func (v *Volume) SyncDir(path string) error { return durable.SyncDir(strings.TrimSuffix(path, "/")) }

// file is an open one.
type file struct {
	*os.File
	volume *Volume
}

// Size implements [spool.File].
func (f *file) Size() (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// WriteAt implements [spool.File]. A full disk may take the beginning of what is
// written.
func (f *file) WriteAt(b []byte, at int64) (int, error) {
	err := f.volume.room("write", f.Name())
	if err == nil {
		return f.File.WriteAt(b, at)
	}
	n, _ := f.File.WriteAt(b[:len(b)/2], at)
	return n, err
}
