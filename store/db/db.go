package db

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// Defaults and bounds of Config.
const (
	DefaultHeadroom = 256 << 20
	keptDays        = 90 // the first month that gets a key is that of this many days ago
)

// Config says where the rows lie.
type Config struct {
	// Dir holds the months. Required.
	Dir string
	// KeysDir holds the secrets. Required; neither of the two may contain the
	// other.
	KeysDir string
	// Existing opens only what is there: without keys it fails with
	// [ErrNoKeys], and makes none. Default: keys are made at the first start.
	Existing bool
	// Headroom is how many bytes must stay free on the volume. 0: 256 MiB.
	Headroom uint64
	// Logger gets warnings. nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

// DB holds the rows. Reads may run at the same time as one another and as the
// one commit at a time.
type DB struct {
	cfg  Config
	log  *slog.Logger
	keys *ring
	free func(path string) (uint64, error)

	writer sync.Mutex // one commit at a time

	mu      sync.Mutex
	opened  map[schema.Month]*month
	damaged map[schema.Month]bool // did not open, or lost its tail
	closed  bool
}

// Open opens the store's rows. Months are opened on first use. Errors wrap
// [ErrNoKeys] when there are months and no keys: then nothing is made.
func Open(cfg Config) (*DB, error) {
	if err := cfg.defaults(); err != nil {
		return nil, fmt.Errorf("open store data: %w", err)
	}
	have, err := months(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("open store data: %w", err)
	}
	fresh := !cfg.Existing && len(have) == 0
	if !cfg.Existing {
		if err := makeDirs(cfg.Dir, cfg.KeysDir); err != nil {
			return nil, fmt.Errorf("open store data: %w", err)
		}
	}
	keys, err := openRing(cfg.KeysDir, (schema.DayOf(cfg.Now()) - keptDays).Month(), fresh)
	if err != nil {
		return nil, fmt.Errorf("open store data: %w", err)
	}
	return &DB{
		cfg: cfg, keys: keys, free: freeSpace,
		log:     cfg.Logger.With(slog.String("component", "store/db")),
		opened:  map[schema.Month]*month{},
		damaged: map[schema.Month]bool{},
	}, nil
}

func (c *Config) defaults() error {
	if c.Dir == "" || c.KeysDir == "" {
		return errors.New("config needs Dir and KeysDir")
	}
	if c.Headroom == 0 {
		c.Headroom = DefaultHeadroom
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return apart(c.Dir, c.KeysDir)
}

// apart refuses a keys directory within the data or data within the keys: a
// copy or a backup of one must never take the other along.
func apart(data, keys string) error {
	data, keys = resolved(data), resolved(keys)
	if within(data, keys) || within(keys, data) {
		return errors.New("data and keys lie one within the other; fix: give the keys a directory of their own beside the data")
	}
	return nil
}

// resolved follows the links of as much of the path as is there.
func resolved(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = filepath.Clean(path)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		return real
	}
	parent := filepath.Dir(abs)
	if parent == abs {
		return abs
	}
	return filepath.Join(resolved(parent), filepath.Base(abs))
}

// within says whether path is dir or below it.
func within(dir, path string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(os.PathSeparator))
}

func makeDirs(paths ...string) error {
	for _, path := range paths {
		if err := durable.MakeOwnerDir(path); err != nil {
			return err
		}
	}
	return nil
}

// Keys returns the keys of month m. Errors wrap [ErrForgotten].
func (d *DB) Keys(m schema.Month) (MonthKeys, error) { return d.keys.keys(m) }

// Months returns the months that have data, oldest first.
func (d *DB) Months() ([]schema.Month, error) { return months(d.cfg.Dir) }

// Damaged returns the months that did not open, or lost rows that were
// confirmed, as far as they have been used since Open.
func (d *DB) Damaged() []schema.Month {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]schema.Month, 0, len(d.damaged))
	for m := range d.damaged {
		out = append(out, m)
	}
	slices.Sort(out)
	return out
}

// month returns an opened month. One that is not there is made only to write
// to it; for a reader it is nil.
func (d *DB) month(m schema.Month, toWrite bool) (*month, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, fmt.Errorf("open month %s: the store is closed", m)
	}
	if got, ok := d.opened[m]; ok {
		return got, nil
	}
	if _, err := os.Stat(filepath.Join(d.cfg.Dir, m.String())); err != nil && !toWrite {
		return nil, nil
	}
	if err := d.room(openFloor); err != nil {
		return nil, fmt.Errorf("open month %s: %w", m, err)
	}
	got, err := openMonth(d.cfg.Dir, m, d.log)
	if err != nil {
		d.damaged[m] = true
		return nil, err
	}
	d.opened[m] = got
	delete(d.damaged, m)
	return got, d.audit(m, got)
}

// audit notes a month that lost its tail. It stays in use: what it has left is
// sound, and what comes is safe.
func (d *DB) audit(m schema.Month, got *month) error {
	lost, err := got.lost()
	if err != nil {
		return fmt.Errorf("open month %s: %w", m, err)
	}
	if lost > 0 {
		d.damaged[m] = true
		d.log.Error("month lost rows that were confirmed; restore it from a backup",
			slog.String("month", m.String()), slog.Int64("rows", lost))
	}
	return nil
}

// room refuses with ErrFull when less than need bytes are free.
func (d *DB) room(need uint64) error {
	free, err := d.free(d.cfg.Dir)
	if err != nil {
		return fmt.Errorf("look at free space: %w", err)
	}
	if free < need {
		return fmt.Errorf("%w: %d MiB are free and %d must stay", ErrFull, free>>20, need>>20)
	}
	return nil
}

// Close closes every month. It waits for a commit that runs.
func (d *DB) Close() error {
	d.writer.Lock()
	defer d.writer.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	var errs []error
	for m, got := range d.opened {
		if err := got.close(); err != nil {
			errs = append(errs, fmt.Errorf("close month %s: %w", m, err))
		}
		delete(d.opened, m)
	}
	return errors.Join(errs...)
}
