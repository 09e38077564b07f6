package pages

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

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
	case frames == l.at.frames:
		return l.at.head, nil
	case frames == l.base.frames:
		return l.base.head, nil
	case frames <= l.first:
		return durable.Digest{}, errFolded
	}
	var head durable.Digest
	i := l.first
	err := l.eachHead(func(h durable.Digest) error {
		if i++; i == frames {
			head = h
			return io.EOF
		}
		return nil
	})
	return head, err
}

// eachHead calls each for the head of every frame that is known, until it returns
// an error; io.EOF ends it without one. Callers hold mu.
func (l *Ledger) eachHead(each func(durable.Digest) error) error {
	err := l.pastHeads(each)
	switch {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return l.frames(func(f *frame) error { return each(f.head) })
}

// pastHeads calls each for the heads in the past, until it returns an error.
func (l *Ledger) pastHeads(each func(durable.Digest) error) error {
	if l.base.frames == l.first {
		return nil
	}
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close()
	n := int64(l.base.frames - l.first)
	r := bufio.NewReader(io.NewSectionReader(f, l.heads, n*int64(len(durable.Digest{}))))
	for range n {
		var h durable.Digest
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return cutShort(err)
		}
		if err := each(h); err != nil {
			return err
		}
	}
	return nil
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
	r := bufio.NewReader(io.NewSectionReader(f, l.begin, l.size-l.begin))
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
// their keys. Marks of before are still covered.
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
	if err := l.fold(m); err != nil {
		return fmt.Errorf("forget old erasures: %w", err)
	}
	return nil
}

// Settle moves what was appended into the past: from then on nothing in the file
// tells which tombstones came together. A store does it when the day changes, when
// it starts and when it stops.
func (l *Ledger) Settle() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.at.frames == l.base.frames {
		return nil
	}
	if err := l.fold(0); err != nil {
		return fmt.Errorf("settle ledger of erasures: %w", err)
	}
	return nil
}

// fold replaces the file by one that has nothing but a past, without what is of
// months before m.
func (l *Ledger) fold(m schema.Month) (err error) {
	fresh := l.folded(m)
	f, err := os.CreateTemp(filepath.Dir(l.path), "."+LedgerFile+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name()) // the first error matters; a leftover is harmless
		}
	}()
	err = fresh.writePast(f, func(each func(durable.Digest) error) error {
		dropped := fresh.first - l.first
		return l.eachHead(func(h durable.Digest) error {
			if dropped > 0 {
				dropped--
				return nil
			}
			return each(h)
		})
	})
	if err == nil {
		fresh.size, err = f.Seek(0, io.SeekCurrent)
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), l.path); err != nil {
		return err
	}
	l.first, l.eras, l.heads, l.base = fresh.first, fresh.eras, fresh.heads, fresh.base
	l.begin, l.size, l.count, l.months = fresh.size, fresh.size, fresh.count, fresh.months
	return durable.SyncDir(filepath.Dir(l.path))
}

// folded returns what the ledger is once it is folded. The tombstones are shared.
func (l *Ledger) folded(m schema.Month) *Ledger {
	fresh := &Ledger{id: l.id, first: l.first, base: l.at, at: l.at, months: map[schema.Month]*buried{}}
	newest := schema.Month(0) // of the frames
	for month, b := range l.months {
		if b.last > l.base.frames {
			newest = max(newest, month)
		}
		if month < m {
			continue
		}
		b.settle()
		fresh.months[month] = b
		fresh.count += len(b.sorted)
	}
	eras := slices.Clone(l.eras)
	if heads := uint32(l.at.frames - l.base.frames); heads > 0 {
		if n := len(eras); n > 0 && eras[n-1].month >= newest {
			eras[n-1].heads += heads
		} else {
			eras = append(eras, era{month: newest, heads: heads})
		}
	}
	for len(eras) > 0 && eras[0].month < m {
		fresh.first += uint64(eras[0].heads)
		eras = eras[1:]
	}
	fresh.eras = eras
	fresh.heads = int64(ledgerFixedLen + len(eras)*eraLen)
	return fresh
}
