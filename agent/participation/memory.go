package participation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	memoryFile = "decided.json"
	maxMemory  = 4 << 10 // bytes
	retryAfter = 10 * time.Second
)

// memory is what outlives a restart: the last decision, and a witness of the
// history, by which a line that is missing at its end is noticed.
type memory struct {
	State   State     `json:"state"`
	By      string    `json:"by"`
	Since   time.Time `json:"since,omitzero"`
	Agreed  bool      `json:"agreed"`  // the last decision that was not unknown was on
	Entries int       `json:"entries"` // of the history
	Head    Digest    `json:"head"`    // of its last line
}

// loadMemory reads the file again if it changed. One that is damaged tells
// nothing: then nothing was agreed, and the next decision is the first.
func (r *Resolver) loadMemory() {
	path := filepath.Join(r.dir, memoryFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && r.memoryAt == nil || err == nil && sameFile(r.memoryAt, info) {
		return // keeps what no disk took yet
	}
	r.memory, r.memoryAt, r.unsaved, r.untold = memory{}, info, false, false
	if err != nil {
		return // it went away, or its directory cannot be read: writing it will say so
	}
	b, err := readOwner(path, maxMemory)
	if err == nil {
		r.memory, err = parseMemory(b)
	}
	if err != nil {
		r.c.Logger.Warn("the last participation decision cannot be read; it is made anew", slog.String("file", memoryFile))
	}
}

func parseMemory(b []byte) (m memory, err error) {
	if err := json.Unmarshal(b, &m); err != nil || m.State == NoOpinion || m.Entries < 0 {
		return memory{}, fmt.Errorf("%s does not have its form", memoryFile)
	}
	return m, nil
}

// saveMemory writes the file, synced.
func (r *Resolver) saveMemory(m memory) error {
	r.memory = m
	b, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write decision: %w", err)
	}
	path := filepath.Join(r.dir, memoryFile)
	if err := durable.WriteFile(path, append(b, '\n'), durable.OwnerFile); err != nil {
		return err
	}
	r.memoryAt, err = os.Stat(path)
	return err
}

// writeDown keeps a decision that changed, and tells the history. It waits for
// nobody: when another process writes, or the disk is full, the decision holds
// all the same and is written down at a later call.
func (r *Resolver) writeDown(m memory) {
	r.untold = r.untold || m.State != r.memory.State || m.By != r.memory.By
	r.memory, r.unsaved = m, true
	if time.Now().Before(r.retry) {
		return
	}
	lock, err := datadir.TakeLock(r.dir, lockName)
	if _, held := errors.AsType[*datadir.HeldError](err); held {
		return
	}
	if err == nil {
		err = errors.Join(r.tell(), lock.Release())
	}
	if err != nil {
		r.retry = time.Now().Add(retryAfter)
		r.c.Logger.Warn("participation decision is not on disk yet", slog.String("state", m.State.String()), slog.String("by", m.By))
	}
}

// tell writes the decision to history and memory. A history that is damaged or
// long is left as it is. The caller holds the lock of the directory.
func (r *Resolver) tell() error {
	r.adoptWitness()
	if r.untold && r.loadHistory() == nil && r.history.size < maxDecided {
		if err := r.appendEntry(Entry{Act: actDecided, State: r.memory.State, By: r.memory.By}); err != nil {
			return err
		}
	}
	r.untold = false
	if err := r.saveMemory(r.memory); err != nil {
		return err
	}
	r.unsaved = false
	return nil
}

// adoptWitness takes over what another process has written about the history
// since memory was loaded: it may have set a damaged one aside.
func (r *Resolver) adoptWitness() {
	mine, untold := r.memory, r.untold
	r.loadMemory()
	mine.Entries, mine.Head = r.memory.Entries, r.memory.Head
	r.memory, r.unsaved, r.untold = mine, true, untold
}
