package db

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	tailMagic = "TACITMT1"
	tailExt   = ".tail."
)

// tail is the part of a manifest that is written to.
type tail struct {
	f      *os.File
	path   string
	number uint64
	end    int64  // where the next entry goes
	listed uint64 // entries that list a row
}

func tailPath(half string, number uint64) string {
	return half + tailExt + strconv.FormatUint(number, 10)
}

// openTails opens the tails that are not merged yet, oldest first, and removes
// those that are. The last one is made when there is none.
func openTails(half string, merged uint64, readOnly bool) ([]*tail, error) {
	numbers, err := tailNumbers(half)
	if err != nil {
		return nil, err
	}
	var tails []*tail
	next := merged + 1
	for _, n := range numbers {
		if n <= merged {
			if readOnly {
				continue
			}
			if err := os.Remove(tailPath(half, n)); err != nil {
				return nil, errors.Join(err, closeTails(tails))
			}
			continue
		}
		t, err := openTail(half, n, readOnly)
		if err == nil && n != next {
			err = fmt.Errorf("what was written before tail %d is missing: %w", n, ErrDamaged)
		}
		if err != nil {
			return nil, errors.Join(err, closeTails(append(tails, t)))
		}
		tails, next = append(tails, t), n+1
	}
	if len(tails) > 0 || readOnly {
		return tails, nil
	}
	t, err := newTail(half, next)
	if err != nil {
		return nil, err
	}
	return append(tails, t), nil
}

// tailNumbers lists the tails that are there, oldest first.
func tailNumbers(half string) ([]uint64, error) {
	entries, err := os.ReadDir(filepath.Dir(half))
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, e := range entries {
		text, ok := strings.CutPrefix(e.Name(), filepath.Base(half)+tailExt)
		if n, err := strconv.ParseUint(text, 10, 64); ok && err == nil {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// newTail makes an empty tail.
func newTail(half string, number uint64) (*tail, error) {
	t := &tail{path: tailPath(half, number), number: number, end: int64(len(tailMagic))}
	var err error
	if t.f, err = os.OpenFile(t.path, os.O_RDWR|os.O_CREATE|os.O_EXCL, durable.OwnerFile); err != nil {
		return nil, fmt.Errorf("make manifest tail: %w", err)
	}
	_, err = t.f.WriteAt([]byte(tailMagic), 0)
	if err = errors.Join(err, durable.SyncDir(filepath.Dir(half))); err != nil {
		return nil, errors.Join(fmt.Errorf("make manifest tail: %w", err), t.f.Close(), os.Remove(t.path))
	}
	return t, nil
}

// openTail opens a tail that is there and cuts a torn entry off its end: what
// it would have listed was not confirmed.
func openTail(half string, number uint64, readOnly bool) (*tail, error) {
	t := &tail{path: tailPath(half, number), number: number}
	mode := os.O_RDWR
	if readOnly {
		mode = os.O_RDONLY
	}
	var err error
	if t.f, err = os.OpenFile(t.path, mode, 0); err != nil {
		return t, err
	}
	info, err := t.f.Stat()
	if err != nil {
		return t, err
	}
	size := info.Size()
	if size <= int64(len(tailMagic)) { // nothing was listed; a crash may have come before the magic
		t.end = int64(len(tailMagic))
		if readOnly {
			return t, nil
		}
		_, err := t.f.WriteAt([]byte(tailMagic), 0)
		return t, err
	}
	t.end = size - (size-int64(len(tailMagic)))%entryLen
	torn, err := t.each(func(e entry) {
		if e.Say != sayGone {
			t.listed++
		}
	})
	t.listed += torn // a damaged one counts as having listed a row
	if err != nil || readOnly {
		return t, err
	}
	return t, t.f.Truncate(t.end)
}

// entries returns how many entries the tail has.
func (t *tail) entries() int64 { return max(0, t.end-int64(len(tailMagic))) / entryLen }

// write appends entries and syncs them. After an error they are not there.
func (t *tail) write(entries []byte) error {
	if _, err := t.f.WriteAt(entries, t.end); err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	if err := t.f.Sync(); err != nil {
		return fmt.Errorf("sync manifest: %w", err)
	}
	t.end += int64(len(entries))
	t.listed += listing(entries)
	return nil
}

// each calls fn for every sound entry and returns how many were damaged.
func (t *tail) each(fn func(entry)) (torn uint64, err error) {
	if t.entries() == 0 {
		return 0, nil
	}
	return readTail(io.NewSectionReader(t.f, 0, t.end), fn)
}

func readTail(r io.Reader, fn func(entry)) (torn uint64, err error) {
	in := bufio.NewReaderSize(r, 64<<10)
	magic := make([]byte, len(tailMagic))
	if _, err := io.ReadFull(in, magic); err != nil || string(magic) != tailMagic {
		return 0, errManifest
	}
	var b [entryLen]byte
	for {
		_, err := io.ReadFull(in, b[:])
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return torn, nil
		}
		if err != nil {
			return torn, err
		}
		if e, ok := parseEntry(b[:]); ok {
			fn(e)
		} else {
			torn++
		}
	}
}

func (t *tail) close() error {
	if t == nil || t.f == nil {
		return nil
	}
	return t.f.Close()
}

func closeTails(tails []*tail) error {
	var errs []error
	for _, t := range tails {
		errs = append(errs, t.close())
	}
	return errors.Join(errs...)
}
