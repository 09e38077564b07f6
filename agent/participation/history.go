package participation

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
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

// loadHistory reads the file again if it changed, and says whether it is
// damaged. Entries that are known to have been there must still be there.
func (r *Resolver) loadHistory() error {
	path := filepath.Join(r.dir, historyFile)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.history = history{}
	case err != nil:
		r.history = history{err: bare(err)}
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
	n := r.memory.Entries
	if n > len(r.history.lines) || n > 0 && r.history.lines[n-1] != r.memory.Head {
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
		return nil, bare(err)
	}
	if info.Size() > limit {
		return nil, fmt.Errorf("%s has more than %d bytes", filepath.Base(path), limit)
	}
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, durable.ErrExposed) {
		return nil, fmt.Errorf("%s: %w; set its mode to 0600", filepath.Base(path), durable.ErrExposed)
	}
	return b, bare(err)
}

// appendEntry writes one more line, synced. The caller holds the lock of the
// directory and has just loaded a history that is not damaged.
func (r *Resolver) appendEntry(e Entry) error {
	e.N, e.Time, e.Prev = len(r.history.entries)+1, r.stamp(), r.history.head()
	line, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write history: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(r.dir, historyFile), os.O_CREATE|os.O_WRONLY, durable.OwnerFile)
	if err != nil {
		return err
	}
	err = writeLine(f, r.history.size, line)
	info, statErr := f.Stat()
	if err := errors.Join(err, statErr, f.Close(), durable.SyncDir(r.dir)); err != nil {
		return err
	}
	r.history.add(e, line)
	r.history.file = info
	r.memory.Entries, r.memory.Head = len(r.history.lines), r.history.head()
	return nil
}

// writeLine puts a line at an offset, where a torn one may stand. What does
// not fit on the disk is taken away again.
func writeLine(f *os.File, at int64, line []byte) error {
	err := f.Truncate(at)
	if err == nil {
		_, err = f.Seek(at, io.SeekStart)
	}
	if err == nil {
		_, err = f.Write(append(line, '\n'))
	}
	if err == nil {
		err = f.Sync()
	}
	if err != nil {
		err = errors.Join(err, f.Truncate(at))
	}
	return err
}

// setHistoryAside keeps a damaged history under another name and begins a new
// one, which says so. The caller holds the lock of the directory.
func (r *Resolver) setHistoryAside() error {
	path := filepath.Join(r.dir, historyFile)
	for n := 1; ; n++ {
		aside := fmt.Sprintf("%s.damaged-%d", path, n)
		if _, err := os.Lstat(aside); err == nil {
			continue
		}
		if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		break
	}
	r.history = history{}
	return r.appendEntry(Entry{Act: actAnew, State: Unknown, By: "a damaged history was set aside"})
}
