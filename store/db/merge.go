package db

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// mergeExt ends the name of a sorted part that is being written.
const mergeExt = ".new"

// merge sorts the tails into the sorted part, while new entries go to another
// tail. It does nothing while somebody reads the sorted part. A crash at any
// moment leaves the old sorted part with all tails, or the new one with tails
// that it names as merged.
func (m *manifest) merge(ctx context.Context) error {
	if !m.reading.TryLock() {
		return nil
	}
	defer m.reading.Unlock()
	m.mu.Lock()
	m.day = 0 // of the next look
	var err error
	if last := m.tails[len(m.tails)-1]; last.entries() > 0 {
		err = m.rotate()
	}
	old := slices.Clone(m.tails[:len(m.tails)-1])
	m.mu.Unlock()
	if err != nil {
		return err
	}
	return m.mergeTails(ctx, old)
}

// mergeAll merges everything. Nobody writes any more.
func (m *manifest) mergeAll() error {
	if last := m.tails[len(m.tails)-1]; len(m.tails) == 1 && last.entries() == 0 {
		return nil
	}
	m.reading.Lock()
	defer m.reading.Unlock()
	old := slices.Clone(m.tails)
	if err := m.mergeTails(context.Background(), old); err != nil {
		return err
	}
	return nil
}

// mergeTails merges tails one by one, which bounds what has to be sorted in
// memory.
func (m *manifest) mergeTails(ctx context.Context, tails []*tail) error {
	for _, t := range tails {
		head, err := m.mergeTail(ctx, t)
		if err != nil {
			return fmt.Errorf("merge manifest: %w", err)
		}
		m.mu.Lock()
		m.head = head
		m.tails = m.tails[1:]
		m.mu.Unlock()
		if err := errors.Join(t.close(), os.Remove(t.path)); err != nil {
			return fmt.Errorf("remove a merged tail: %w", err)
		}
	}
	return nil
}

// mergeTail writes a new sorted part from the old one and one tail, and puts it
// in the old one's place.
func (m *manifest) mergeTail(ctx context.Context, t *tail) (header, error) {
	entries := make([]entry, 0, t.entries())
	torn, err := t.each(func(e entry) { entries = append(entries, e) })
	if err != nil {
		return header{}, err
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return bytes.Compare(a.Row[:], b.Row[:]) })
	path := m.path + manifestExt
	f, err := os.OpenFile(path+mergeExt, os.O_RDWR|os.O_CREATE|os.O_TRUNC, durable.OwnerFile)
	if err != nil {
		return header{}, err
	}
	head := header{merged: t.number, listed: m.head.listed + t.listed, torn: m.head.torn + torn}
	err = mergeInto(ctx, f, path, &head, entries)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(path+mergeExt, path)
	}
	if err == nil {
		err = durable.SyncDir(filepath.Dir(path))
	}
	if err != nil {
		return header{}, errors.Join(err, ignoreGone(os.Remove(path+mergeExt)))
	}
	return head, nil
}

func ignoreGone(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// mergeInto writes the old sorted part and entries to f, in order.
func mergeInto(ctx context.Context, f *os.File, old string, head *header, entries []entry) error {
	out := bufio.NewWriterSize(io.NewOffsetWriter(f, int64(headerLen)), 256<<10)
	put := func(e entry) error {
		if e.Say == sayGone { // nobody misses it
			return nil
		}
		head.entries++
		_, err := out.Write(e.append(out.AvailableBuffer()))
		return err
	}
	if err := mergeEntries(ctx, old, head, entries, put); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := f.WriteAt(head.bytes(), 0)
	return err
}

// mergeEntries calls put for the entries of the sorted part at old and those
// given, in order; of several for one row, the last one counts.
func mergeEntries(ctx context.Context, old string, head *header, entries []entry, put func(entry) error) error {
	// next puts what is given and stands before the row, or for it; it says
	// whether there was one for it.
	next := func(row *[16]byte) (same bool, err error) {
		for len(entries) > 0 && err == nil && (row == nil || bytes.Compare(entries[0].Row[:], row[:]) <= 0) {
			e := entries[0]
			entries = entries[1:]
			if len(entries) > 0 && entries[0].Row == e.Row {
				continue // a later one for the same row follows
			}
			same = row != nil && e.Row == *row
			err = put(e)
		}
		return same, err
	}
	f, err := os.Open(old)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err == nil {
		defer f.Close()
		_, r, err := headerOf(f)
		if err != nil {
			return err
		}
		err = readSorted(ctx, r, func(e entry, sound bool) error {
			if !sound {
				head.torn++
				return nil
			}
			if same, err := next(&e.Row); err != nil || same {
				return err
			}
			return put(e)
		})
		if err != nil {
			return err
		}
	}
	_, err = next(nil)
	return err
}
