package participation

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	historyFile    = "history.log"
	maxDecided     = 1 << 20  // bytes; above, decisions are not appended any more
	maxHistoryRead = 16 << 20 // bytes; no human being says so much
)

// history is a history file that was read and checked.
type history struct {
	chain   durable.Chain
	entries []Entry
	word    Entry // the last that a user said; zero when none did
	file    fs.FileInfo
	err     error // what is damaged
}

// add takes an entry that the chain has taken.
func (h *history) add(e Entry) {
	h.entries = append(h.entries, e)
	if e.Act == actSaid {
		h.word = e
	}
}

// parseHistory checks the chain and reads it.
func parseHistory(b []byte) (h history) {
	h.chain, h.err = durable.ParseChain(b, func(line []byte) error {
		e, err := parseEntry(line)
		if err == nil {
			h.add(e)
		}
		return err
	})
	if h.err != nil {
		h.err = fmt.Errorf("%s, %w", historyFile, h.err)
	}
	return h
}

// loadHistory reads the file again if it changed, and says whether it is
// damaged. Entries that are known to have been there must still be there.
func (r *Resolver) loadHistory() error {
	path := filepath.Join(r.dir, historyFile)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.history = history{}
	case err != nil:
		r.history = history{err: durable.Bare(err)}
	case !sameFile(r.history.file, info):
		b, err := readOwner(path, maxHistoryRead)
		if err != nil {
			r.history = history{err: err} // of no file, so that the next call tries again
			break
		}
		r.history = parseHistory(b)
		r.history.file = info
	}
	if r.history.err != nil {
		return r.history.err
	}
	if !r.history.chain.Has(r.memory.Entries, r.memory.Head) {
		return fmt.Errorf("%s lost entries that were there", historyFile)
	}
	return nil
}

func sameFile(a, b fs.FileInfo) bool {
	return a != nil && os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// readOwner reads a file that only its owner can read. Its errors name no path.
func readOwner(path string, limit int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, durable.Bare(err)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", filepath.Base(path), limit)
	}
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, durable.ErrExposed) {
		return nil, fmt.Errorf("%s: %w; set its mode to 0600", filepath.Base(path), durable.ErrExposed)
	}
	return b, durable.Bare(err)
}

// appendEntry writes one more line, synced. The caller holds the lock of the
// directory and has just loaded a history that is not damaged.
func (r *Resolver) appendEntry(e Entry) error {
	path := filepath.Join(r.dir, historyFile)
	e.Link, e.Time = r.history.chain.Next(), r.stamp()
	if err := r.history.chain.Append(path, e); err != nil {
		return err
	}
	r.history.add(e)
	r.memory.Entries, r.memory.Head = e.N, r.history.chain.Head()
	var err error
	r.history.file, err = os.Stat(path)
	return err
}

// setHistoryAside keeps a damaged history under another name and begins a new
// one, which says so. The caller holds the lock of the directory.
func (r *Resolver) setHistoryAside() error {
	if err := durable.SetAside(filepath.Join(r.dir, historyFile)); err != nil {
		return err
	}
	r.history = history{}
	return r.appendEntry(Entry{Act: actAnew, State: Unknown, By: "a damaged history was set aside"})
}
