package pages

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// Covers returns nil when the ledger is the one that the mark is of, and has all
// that it had then. The error wraps [ErrOlder] otherwise. A mark of before the
// first append is covered by every ledger.
func (l *Ledger) Covers(m Mark) error {
	mine := l.Mark()
	switch {
	case m.Frames == 0:
		return nil
	case mine.Frames == 0:
		return fmt.Errorf("%w: it is not there, or empty", ErrOlder)
	case m.Ledger != mine.Ledger:
		return fmt.Errorf("%w: it is another one", ErrOlder)
	case m.Frames > mine.Frames:
		return fmt.Errorf("%w: %d entries are missing", ErrOlder, m.Frames-mine.Frames)
	}
	head, err := l.headAt(m.Frames)
	switch {
	case errors.Is(err, errFolded): // all that the mark is of is forgotten
		return nil
	case err != nil:
		return fmt.Errorf("compare ledgers of erasures: %w", err)
	case head != m.Head:
		return fmt.Errorf("%w: they differ from entry %d on, or before", ErrOlder, m.Frames)
	}
	return nil
}

// errFolded says that a place lies before the first frame of the file.
var errFolded = errors.New("the place is forgotten")

// headAt returns the head after that many frames.
func (l *Ledger) headAt(frames uint64) (durable.Digest, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	switch {
	case frames < l.base.frames:
		return durable.Digest{}, errFolded
	case frames == l.at.frames:
		return l.at.head, nil
	}
	at := l.base
	err := l.frames(func(f *frame) error {
		if at.frames == frames {
			return io.EOF
		}
		at = place{frames: f.number, head: f.head}
		return nil
	})
	return at.head, err
}

// frames calls each for every frame of the file until it returns an error;
// io.EOF ends it without one. Callers hold mu.
func (l *Ledger) frames(each func(*frame) error) error {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	r := bufio.NewReader(io.NewSectionReader(f, int64(ledgerHeaderLen), l.size-int64(ledgerHeaderLen)))
	for at := l.base; err == nil; {
		var one frame
		if one, err = nextFrame(r, at); err == nil {
			at = place{frames: one.number, head: one.head}
			err = each(&one)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// Forget drops the tombstones of months before m, whose pages are gone with
// their keys. The chain stays whole: marks of before are still covered.
func (l *Ledger) Forget(m schema.Month) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	old := false
	for have := range l.months {
		old = old || have < m
	}
	if !old {
		return nil
	}
	if err := l.rewrite(m); err != nil {
		return fmt.Errorf("forget old erasures: %w", err)
	}
	return nil
}

// rewrite replaces the file by one without the tombstones of months before m.
func (l *Ledger) rewrite(m schema.Month) (err error) {
	f, err := os.CreateTemp(filepath.Dir(l.path), "."+LedgerFile+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error matters; a leftover is harmless
		}
	}()
	fresh := &Ledger{path: l.path, id: l.id, base: l.base, months: map[schema.Month]*buried{}}
	err = l.copyTo(f, fresh, m)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), l.path); err != nil {
		return err
	}
	for _, b := range fresh.months {
		b.settle()
	}
	l.base, l.size, l.count, l.months = fresh.base, fresh.size, fresh.count, fresh.months
	return durable.SyncDir(filepath.Dir(l.path))
}

// copyTo writes the file without the tombstones of months before m, and keeps in
// fresh what it holds then. Forgotten frames at the beginning go.
func (l *Ledger) copyTo(w io.Writer, fresh *Ledger, m schema.Month) error {
	out := bufio.NewWriter(w)
	put := func(b []byte) error {
		fresh.size += int64(len(b))
		_, err := out.Write(b)
		return err
	}
	err := l.frames(func(f *frame) error {
		if f.month < m {
			f.tombstones = nil
		}
		if f.tombstones == nil && fresh.size == 0 {
			fresh.base = place{frames: f.number, head: f.head}
			return nil
		}
		if fresh.size == 0 {
			if err := put(fresh.header()); err != nil {
				return err
			}
		}
		if f.tombstones != nil {
			fresh.keep(f)
		}
		return put(f.append(nil))
	})
	if err == nil && fresh.size == 0 {
		err = put(fresh.header())
	}
	if err == nil {
		err = out.Flush()
	}
	return err
}
