package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	ballastName = "ballast"
	maxBallast  = 32 << 20 // or a quarter of the headroom, if that is less
)

// disk watches the free space of the volume.
type disk struct {
	path     string // of the data
	headroom uint64

	mu   sync.Mutex
	free func(path string) (uint64, error)
	held bool // the ballast is there
}

func newDisk(dir string, headroom uint64) *disk {
	_, err := os.Stat(filepath.Join(dir, ballastName)) // a crash left it
	return &disk{path: dir, headroom: headroom, free: freeSpace, held: err == nil}
}

// ballast returns the size of the ballast.
func (k *disk) ballast() uint64 { return min(maxBallast, k.headroom/4) }

// room refuses with ErrFull when less than need bytes are free.
func (k *disk) room(need uint64) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	free, err := k.free(k.path)
	if err != nil {
		return fmt.Errorf("look at free space: %w", err)
	}
	if free < need {
		return fmt.Errorf("%w: %d MiB are free and %d must stay", ErrFull, free>>20, need>>20)
	}
	return nil
}

// balance gives the ballast up when less than half of the headroom is free: no
// group is taken then, but Badger still writes what it was given. It makes it
// when there is room again and something that is written.
func (k *disk) balance(written bool) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	free, err := k.free(k.path)
	if err != nil {
		return fmt.Errorf("look at free space: %w", err)
	}
	switch {
	case free < k.headroom/2 && k.held:
		return k.release()
	case free >= 2*k.headroom && !k.held && written:
		return k.hold()
	}
	return nil
}

// hold makes the ballast.
func (k *disk) hold() error {
	f, err := os.OpenFile(filepath.Join(k.path, ballastName), os.O_CREATE|os.O_WRONLY|os.O_TRUNC, durable.OwnerFile)
	if err != nil {
		return fmt.Errorf("make the ballast: %w", err)
	}
	err = reserve(f, int64(k.ballast()))
	if err := errors.Join(err, f.Close()); err != nil {
		return errors.Join(fmt.Errorf("make the ballast: %w", err), k.release())
	}
	k.held = true
	return nil
}

// fill writes n zeros, because a hole takes nothing of the disk.
func fill(f *os.File, n int64) error {
	zeros := make([]byte, 1<<20)
	for ; n > 0; n -= int64(len(zeros)) {
		if _, err := f.Write(zeros[:min(n, int64(len(zeros)))]); err != nil {
			return err
		}
	}
	return nil
}

func (k *disk) release() error {
	k.held = false
	if err := os.Remove(filepath.Join(k.path, ballastName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("give up the ballast: %w", err)
	}
	return nil
}

// close gives the ballast up: a store that does not run needs no room.
func (k *disk) close() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.held {
		return nil
	}
	return k.release()
}
