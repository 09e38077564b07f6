package participation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

const (
	memoryFile = "decided.json"
	maxMemory  = 4 << 10 // bytes
	retryAfter = 10 * time.Second
)

// firstRelease is what a yes covers that was given before releases were
// remembered: there was only one.
const firstRelease = 1

// past is the last decision on one programme, or on the whole.
type past struct {
	State  State     `json:"state"`
	By     string    `json:"by"`
	Since  time.Time `json:"since,omitzero"`
	Agreed bool      `json:"agreed"` // the last decision that was not unknown was on
}

// memory is what outlives a restart: the last decision, what it covers, and a
// witness of the history, by which a line that is missing at its end is
// noticed.
type memory struct {
	past                                 // of the whole, which older builds read
	Programmes map[schema.Programme]past `json:"programmes,omitempty"`
	Release    uint32                    `json:"release,omitempty"` // that a yes of this host covers; 0: there was none
	Entries    int                       `json:"entries"`           // of the history
	Head       durable.Digest            `json:"head"`              // of its last line
}

func (m memory) equal(o memory) bool {
	return m.past == o.past && maps.Equal(m.Programmes, o.Programmes) && m.Release == o.Release && m.Entries == o.Entries && m.Head == o.Head
}

// loadMemory reads the file again if it changed. One that is damaged tells
// nothing: then nothing was agreed, and the next decision is the first.
func (r *Resolver) loadMemory() {
	path := filepath.Join(r.dir, memoryFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && r.memoryAt == nil || err == nil && sameFile(r.memoryAt, info) {
		return // keeps what no disk took yet
	}
	r.memory, r.memoryAt, r.unsaved, r.untold = memory{}, info, false, nil
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

// parseMemory reads the file, also that of a build which knew one switch and no
// release.
func parseMemory(b []byte) (m memory, err error) {
	if err := json.Unmarshal(b, &m); err != nil || m.State == NoOpinion || m.Entries < 0 {
		return memory{}, fmt.Errorf("%s does not have its form", memoryFile)
	}
	if m.Programmes == nil && m.By != "" {
		m.Programmes = map[schema.Programme]past{}
		for _, name := range programmes {
			m.Programmes[name] = m.past
		}
		if m.Agreed && m.Release == 0 {
			m.Release = firstRelease
		}
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

// news returns the entries that tell how is differs from was: one when all
// programmes are decided alike, else one of each that changed.
func news(was, is memory) (out []Entry) {
	alike := true
	for _, name := range programmes {
		now := is.Programmes[name]
		alike = alike && now.State == is.State && now.By == is.By
		if then, ok := was.Programmes[name]; !ok || then.State != now.State || then.By != now.By {
			out = append(out, Entry{Act: actDecided, State: now.State, By: now.By, Programme: name})
		}
	}
	if alike && len(out) > 0 {
		return []Entry{{Act: actDecided, State: is.State, By: is.By}}
	}
	return out
}

// writeDown keeps a decision that changed, and tells the history. It waits for
// no one: when another process writes, or the disk is full, the decision holds
// all the same and is written down at a later call.
func (r *Resolver) writeDown(m memory) {
	r.untold = append(r.untold, news(r.memory, m)...)
	if len(r.untold) > maxUntold {
		r.untold = r.untold[len(r.untold)-maxUntold:]
	}
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

// maxUntold bounds what waits for a disk that takes no note: older decisions
// were overtaken.
const maxUntold = 8

// tell writes the decision to history and memory. A history that is damaged or
// long is left as it is. The caller holds the lock of the directory.
func (r *Resolver) tell() error {
	r.adoptWitness()
	if len(r.untold) > 0 && r.loadHistory() == nil && r.history.chain.Size() < maxDecided {
		for len(r.untold) > 0 {
			if err := r.appendEntry(r.untold[0]); err != nil {
				return err
			}
			r.untold = r.untold[1:]
		}
	}
	r.untold = nil
	if err := r.saveMemory(r.memory); err != nil {
		return err
	}
	r.unsaved = false
	return nil
}

// adoptWitness takes over what another process has written about the history
// since memory was loaded: it may have set a damaged one aside. A release that
// a user acknowledged there counts too.
func (r *Resolver) adoptWitness() {
	mine, untold := r.memory, r.untold
	r.loadMemory()
	mine.Entries, mine.Head, mine.Release = r.memory.Entries, r.memory.Head, max(mine.Release, r.memory.Release)
	r.memory, r.unsaved, r.untold = mine, true, untold
}
