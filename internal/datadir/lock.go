package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// HeldError says that another process holds the directory.
type HeldError struct {
	PID int // of the holder; 0 when it could not be read
}

// Error names the holder.
func (e *HeldError) Error() string {
	if e.PID == 0 {
		return "another process holds the data directory"
	}
	return fmt.Sprintf("process %d holds the data directory", e.PID)
}

// Lock is a held lock. It ends with Release or with the process.
type Lock struct{ f *os.File }

// TakeLock takes the named lock in dir for this process, without waiting. It
// returns a [*HeldError] when another process has it. The lock belongs to the
// process: nothing is left to clean up after a crash.
func TakeLock(dir, name string) (*Lock, error) {
	path := filepath.Join(dir, name+".lock")
	f, err := openLocked(path)
	if errors.Is(err, errHeld) {
		return nil, &HeldError{PID: readPID(path)}
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	if err := writePID(f, path); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return &Lock{f: f}, nil
}

// Release gives the lock back. The file stays: removing it would let two
// processes lock two files of one name.
func (l *Lock) Release() error { return l.f.Close() }

func writePID(f *os.File, path string) error {
	if err := os.WriteFile(path+".pid", []byte(strconv.Itoa(os.Getpid())+"\n"), 0o644); err != nil {
		return err
	}
	return f.Sync()
}

// readPID returns the holder's process ID, or 0. The number stands in a file of
// its own, because Windows lets nobody read a file that is locked.
func readPID(path string) int {
	b, err := os.ReadFile(path + ".pid")
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}
