package daybook

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// Config says where a daybook lies.
type Config struct {
	// Dir is the store's data directory. Required; the caller holds its lock.
	Dir string
	// Secrets are the store's. Required.
	Secrets *secret.Box
	// Today says which day it is: [calendar.Calendar.Today] does. Required.
	Today func() calendar.Today
	// Logger gets rows that do not open, and troubles. nil: nothing is logged.
	Logger *slog.Logger
}

// Book is a daybook, safe for concurrent use.
type Book struct {
	cfg Config
	dir string
	log *slog.Logger

	mu      sync.Mutex
	keys    keyFile
	unsaved bool             // the file of keys has more than keys
	unswept bool             // there may be files that no key opens
	files   map[string]*rows // by name
}

// The two kinds of files.
const (
	grantsOf = "grants-"
	notesOf  = "notes-"
)

// Open opens the daybook of a store and destroys what has ended.
func Open(c Config) (*Book, error) {
	if c.Dir == "" || c.Secrets == nil || c.Today == nil {
		return nil, errors.New("open daybook: config needs Dir, Secrets and Today")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	b := &Book{
		cfg: c, dir: filepath.Join(c.Dir, "daybook"), log: c.Logger.With(slog.String("component", "store/daybook")),
		unswept: true, files: map[string]*rows{},
	}
	if err := durable.MakeOwnerDir(b.dir); err != nil {
		return nil, fmt.Errorf("open daybook: %w", err)
	}
	keys, lost, err := readKeys(c.Secrets)
	if err != nil {
		return nil, err
	}
	if lost {
		b.log.Warn("the keys of the daybook are damaged: support codes that live now, and notes, are lost")
	}
	b.keys = keys
	return b, b.Turn()
}

// Close closes its files.
func (b *Book) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var errs []error
	for name := range b.files {
		errs = append(errs, b.closeFile(name))
	}
	return errors.Join(errs...)
}

func (b *Book) closeFile(name string) error {
	r := b.files[name]
	delete(b.files, name)
	if r == nil {
		return nil
	}
	return r.close()
}

// Turn destroys what has ended: the keys first, and then the files. Every use of
// the book does; call it now and then so that a day ends when nobody asks.
func (b *Book) Turn() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.turn(b.cfg.Today())
}

// grantEnded says whether grants of that last day are dead.
func grantEnded(today calendar.Today, day schema.Day) bool { return today.Later || day < today.Last }

// noteEnded says whether notes of that day are kept no more.
func noteEnded(today calendar.Today, day schema.Day) bool { return day+NoteDays < today.Sure }

// turn is for callers that hold mu. What has ended is not answered any more
// whatever it returns; what it could not destroy it tries again the next time.
func (b *Book) turn(today calendar.Today) error {
	grants, some := b.keys.Grants.without(func(d schema.Day) bool { return grantEnded(today, d) })
	notes, more := b.keys.Notes.without(func(d schema.Day) bool { return noteEnded(today, d) })
	if some || more {
		b.keys.Grants, b.keys.Notes = grants, notes
		b.unsaved, b.unswept = true, true
	}
	var err error
	if b.unsaved {
		if err = b.keys.write(b.cfg.Secrets); err == nil {
			b.unsaved = false
		}
	}
	if b.unswept { // also where the keys could not be: on a full volume this still can
		swept := b.sweep()
		b.unswept, err = swept != nil, errors.Join(err, swept)
	}
	if err != nil {
		return fmt.Errorf("destroy days that are over: %w", err)
	}
	return nil
}

// sweep removes the files that no key opens.
func (b *Book) sweep() error {
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		return durable.Bare(err)
	}
	var errs []error
	for _, e := range entries {
		if b.has(e.Name()) {
			continue
		}
		errs = append(errs, b.closeFile(e.Name()), durable.Bare(os.Remove(filepath.Join(b.dir, e.Name()))))
	}
	return errors.Join(errs...)
}

// has says whether there is a key for a file of that name.
func (b *Book) has(name string) bool {
	for prefix, keys := range map[string]days{grantsOf: b.keys.Grants, notesOf: b.keys.Notes} {
		if number, ok := strings.CutPrefix(name, prefix); ok {
			day, err := strconv.ParseUint(number, 10, 32)
			_, known := keys[schema.Day(day)]
			return err == nil && known
		}
	}
	return false
}

// grants returns the grants of a last day; nil when there are none and they are
// not to be begun. Callers hold mu.
func (b *Book) grants(day schema.Day, begin bool) (*rows, error) {
	k, err := b.key(&b.keys.Grants, day, begin)
	if k == nil || err != nil {
		return nil, err
	}
	return b.open(grantsOf, day, *k, page.GrantLen)
}

// notes is grants for the notes of a day.
func (b *Book) notes(day schema.Day, begin bool) (*rows, error) {
	k, err := b.key(&b.keys.Notes, day, begin)
	if k == nil || err != nil {
		return nil, err
	}
	return b.open(notesOf, day, *k, page.NoteLen)
}

// key returns the key of a day; one that begins is on disk before it is used.
func (b *Book) key(of *days, day schema.Day, begin bool) (*key, error) {
	if k, ok := (*of)[day]; ok || !begin {
		if !ok {
			return nil, nil
		}
		return &k, nil
	}
	before := *of
	*of = before.with(day)
	if err := b.keys.write(b.cfg.Secrets); err != nil {
		*of = before
		return nil, err
	}
	k := (*of)[day]
	return &k, nil
}

func (b *Book) open(of string, day schema.Day, k key, value int) (*rows, error) {
	name := fmt.Sprintf("%s%d", of, day)
	if r := b.files[name]; r != nil {
		return r, nil
	}
	r, damaged, err := openRows(filepath.Join(b.dir, name), k, value)
	if err != nil {
		return nil, err
	}
	if damaged > 0 {
		b.log.Warn("rows of the daybook do not open, and are left out", slog.Int("rows", damaged))
	}
	b.files[name] = r
	return r, nil
}
