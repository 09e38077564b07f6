package db

import (
	"context"
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
	"github.com/tacit-telemetry/tacit/store/secret"
)

// DefaultHeadroom is Config.Headroom when it is 0, in bytes.
const DefaultHeadroom = 256 << 20

// firstMonth is the first that gets a key in a new store: none that a batch may
// be of is before it, however wrong the clock of the first start is.
var firstMonth = schema.DayOf(schema.EarliestClock).Month()

// Config says where the rows lie.
type Config struct {
	// Dir holds the months. Required.
	Dir string
	// Secrets holds the secrets. Required; neither its directory nor Dir may
	// contain the other.
	Secrets *secret.Box
	// Existing opens only what is there: without keys it fails with
	// [ErrNoKeys], and makes none. Default: keys are made at the first start.
	Existing bool
	// Restore fills a directory of its own from a backup: what the keys directory
	// says was begun is of the store that was backed up, and stays as it is until
	// a store starts on the new one. It implies Existing. Default: false.
	Restore bool
	// Headroom is how many bytes must stay free on the volume, beside what
	// merging tables needs. 0: 256 MiB.
	Headroom uint64
	// Logger gets warnings. nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

// DB holds the rows. Reads may run at the same time as one another and as the
// one write at a time.
type DB struct {
	cfg   Config
	log   *slog.Logger
	keys  *ring
	begun *begun
	disk  *disk

	writer sync.Mutex // one commit, deletion, load or forgetting at a time

	running sync.WaitGroup // what tends the halves
	stop    context.CancelFunc
	due     chan struct{} // a manifest has a long tail
	using   sync.WaitGroup

	mu      sync.Mutex
	places  map[placeKey]*place
	damaged map[placeKey]harm
	closed  bool
}

// Open opens the store's rows. Halves are opened on first use. Errors wrap
// [ErrNoKeys] when there are months, or a list of them, and no keys or those of
// another store: then nothing is made.
func Open(cfg Config) (*DB, error) {
	if err := cfg.defaults(); err != nil {
		return nil, fmt.Errorf("open store data: %w", err)
	}
	keys, begun, err := cfg.prepare()
	if err != nil {
		return nil, fmt.Errorf("open store data: %w", err)
	}
	d := &DB{
		cfg: cfg, keys: keys, begun: begun,
		log:     cfg.Logger.With(slog.String("component", "store/db")),
		disk:    newDisk(cfg.Dir, cfg.Headroom),
		due:     make(chan struct{}, 1),
		places:  map[placeKey]*place{},
		damaged: map[placeKey]harm{},
	}
	ctx, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.running.Go(func() { d.tend(ctx) })
	d.running.Go(func() { d.watch(ctx) })
	return d, nil
}

// prepare reads what the keys directory holds, and goes on with what a crash
// left.
func (c *Config) prepare() (*ring, *begun, error) {
	have, err := months(c.Dir)
	if err != nil {
		return nil, nil, err
	}
	if !c.Existing || c.Restore {
		if err := durable.MakeOwnerDir(c.Dir); err != nil {
			return nil, nil, err
		}
	}
	if c.Restore {
		if err := durable.WriteFile(filepath.Join(c.Dir, restoredName), nil, durable.OwnerFile); err != nil {
			return nil, nil, err
		}
	}
	begun, err := readBegun(c)
	if err != nil {
		return nil, nil, err
	}
	keys, err := openRing(c.Secrets, firstMonth, !c.Existing && len(have) == 0 && len(begun.halves) == 0)
	if err != nil {
		return nil, nil, err
	}
	if err := keys.belongs(c.Dir); err != nil {
		return nil, nil, err
	}
	if !c.Existing {
		if err := begun.settle(c.Dir); err != nil {
			return nil, nil, err
		}
	}
	return keys, begun, sweep(c.Dir, begun)
}

func (c *Config) defaults() error {
	if c.Dir == "" || c.Secrets == nil {
		return errors.New("config needs Dir and Secrets")
	}
	c.Existing = c.Existing || c.Restore
	if c.Headroom == 0 {
		c.Headroom = DefaultHeadroom
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return apart(c.Dir, c.Secrets.Dir())
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

// Keys returns the keys of month m. Errors wrap [ErrForgotten].
func (d *DB) Keys(m schema.Month) (MonthKeys, error) { return d.keys.keys(m) }

// Months returns the months that have data, or had and were not forgotten,
// oldest first.
func (d *DB) Months() ([]schema.Month, error) {
	have, err := months(d.cfg.Dir)
	if err != nil {
		return nil, err
	}
	have = append(have, d.begun.months()...)
	slices.Sort(have)
	return slices.Compact(have), nil
}

// harm is what is wrong with a half.
type harm struct {
	shut  bool // it did not open when it was opened last
	lossy bool // rows that were confirmed are lost, or entries that listed them
}

// Damaged returns the months that have a half that did not open, or that lost
// rows that were confirmed, as far as they have been used since Open or [DB.Look]
// has looked at them. One that
// lost rows stays among them, also after another Open, until [DB.Verify] finds
// all there again, or until it is forgotten or restored.
func (d *DB) Damaged() []schema.Month {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make([]schema.Month, 0, len(d.damaged))
	for k := range d.damaged {
		out = append(out, k.month)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Close closes every half. It waits for what runs. A half that there is no room
// to close in is left as a crash leaves it, which loses nothing.
func (d *DB) Close() error {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.stop()
	d.running.Wait()
	d.using.Wait()
	errs := []error{d.disk.close()}
	for k, p := range d.places {
		if err := d.closeLast(p); err != nil {
			errs = append(errs, fmt.Errorf("close %s of month %s: %w", k.half, k.month, err))
		}
	}
	return errors.Join(errs...)
}
