package upkeep

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/home"
)

// vacant refuses a directory that holds anything but locks that nobody holds.
func vacant(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() != home.Name+".lock" && e.Name() != home.Name+".lock.pid" {
			return fmt.Errorf("%w: %s holds %s", ErrNotEmpty, filepath.Base(dir), e.Name())
		}
	}
	lock, err := datadir.TakeLock(dir, home.Name)
	if err != nil {
		return err
	}
	return lock.Release()
}

// empty removes what an earlier restore left, but for the lock.
func empty(dir string) error {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), home.Name+".lock") {
			err = errors.Join(err, os.RemoveAll(filepath.Join(dir, e.Name())))
		}
	}
	return err
}

// move gives the finished store its name.
func (r *restore) move() error {
	if err := vacant(r.cfg.Dir); err != nil {
		return err
	}
	for _, dir := range []string{r.partial, r.cfg.Dir} {
		for _, name := range []string{home.Name + ".lock", home.Name + ".lock.pid"} {
			if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if err := os.Remove(r.cfg.Dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(r.partial, r.cfg.Dir); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(r.cfg.Dir))
}
