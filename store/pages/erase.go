package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
)

// markFile is the file in the data directory that says how far the ledger was
// applied to this data. It goes with the data: an older copy of the data brings
// an older mark along, and what was erased since is erased again.
const markFile = "erased.json"

// MaxDays is how many days back something may be on disk: the longest retention,
// and the rest of its month, which goes as a whole. It is the same for every
// retention: a shorter one that was chosen lately has taken nothing away yet.
const MaxDays = 400 + 31

// aheadDays is how many days ahead something may be of which is erased: an
// envelope of a later day opens no more when that day comes.
const aheadDays = wire.KeyAcceptedDays + 1

// EraserConfig says what is erased from.
type EraserConfig struct {
	Rows   Rows    // required
	Ledger *Ledger // required
	// Dir is the data directory, for the mark of what is erased. Required.
	Dir string
	// Logger gets how many pages were erased again at the start. nil: nothing.
	Logger *slog.Logger
	// Today says which day it is: [calendar.Calendar.Today] does. Required.
	Today func() calendar.Today
}

// Eraser erases pages for whoever shows the right to.
type Eraser struct {
	cfg EraserConfig
	log *slog.Logger

	mu   sync.RWMutex // one erasure at a time, and none between Erased and a commit
	mark Mark         // how far the ledger is applied to the data
}

// NewEraser returns an eraser, once all that the ledger has is erased from the
// data: a crash between the two, and an older copy of the data, are made good
// here. Errors wrap [ErrOlder] when it is the ledger that is older.
func NewEraser(ctx context.Context, cfg EraserConfig) (*Eraser, error) {
	if cfg.Rows == nil || cfg.Ledger == nil || cfg.Dir == "" || cfg.Today == nil {
		return nil, errors.New("prepare erasing: config needs Rows, Ledger, Dir and Today")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	e := &Eraser{cfg: cfg, log: cfg.Logger.With(slog.String("component", "store/pages"))}
	if err := e.catchUp(ctx); err != nil {
		return nil, fmt.Errorf("prepare erasing: %w", err)
	}
	return e, nil
}

// catchUp erases what the ledger got since it was last applied to this data.
func (e *Eraser) catchUp(ctx context.Context) error {
	since, err := Applied(e.cfg.Dir)
	if err != nil && !errors.Is(err, durable.ErrDamaged) { // damaged: all of it again, which costs time only
		return err
	}
	if err := e.cfg.Ledger.Covers(since); err != nil {
		return err
	}
	e.mark = since
	now := e.cfg.Ledger.Mark()
	if now == since {
		return nil
	}
	n, err := e.cfg.Ledger.Replay(ctx, e.cfg.Rows, since)
	if n > 0 {
		e.log.Warn("erased pages again that were back in the data", slog.Int("pages", n))
	}
	if err == nil {
		return e.applied(now)
	}
	// The other months go on. The mark stays, so that it is tried at each start
	// until the month is mended. What is left there is not shown ([Pages.Without])
	// and not backed up ([Ledger.Behind]).
	e.log.Error("not everything is erased again that was erased", slog.Any("error", err))
	return ctx.Err()
}

// Applied returns how far a ledger was applied to the data in dir: the zero mark
// before the first erasure. Errors wrap [durable.ErrDamaged] when the file that
// says so is.
func Applied(dir string) (Mark, error) {
	b, err := os.ReadFile(filepath.Join(dir, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Mark{}, nil
	}
	if err != nil {
		return Mark{}, fmt.Errorf("read how far erasures were applied: %w", err)
	}
	var m Mark
	if json.Unmarshal(b, &m) != nil {
		return Mark{}, fmt.Errorf("read how far erasures were applied: %s %w", markFile, durable.ErrDamaged)
	}
	return m, nil
}

// Behind returns the months in which rows of the data in a directory may still
// keep what was erased: those that the ledger has got something of since it was
// last applied there.
func (l *Ledger) Behind(dir string) []schema.Month {
	since, err := Applied(dir)
	if err != nil || l.Covers(since) != nil {
		since = Mark{}
	}
	return l.monthsSince(since.Frames)
}

// applied notes that the data has nothing any more of what the ledger had at m.
func (e *Eraser) applied(m Mark) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = durable.WriteFile(filepath.Join(e.cfg.Dir, markFile), append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("note what is erased: %w", err)
	}
	e.mark = m
	return nil
}

// Erase erases the pages that items show the right to and returns how many
// there were. When it returns, tombstones are on disk that keep them, and those
// that may still be on their way, from being stored again; then the rows are
// gone. The same items again erase nothing and are no error. Items of a day that
// nothing can be of are left out.
//
// Whoever runs the store can see at that moment which tags belonged together:
// what is left of it are tombstones, which do not tell.
//
// A month that cannot be read keeps no other from being erased. Errors wrap
// [ErrLedgerFull] or the rows' own. Then some may be erased: ask again.
func (e *Eraser) Erase(ctx context.Context, items []page.Erasure) (erased int, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	byMonth, tombs, err := e.sort(items)
	if err != nil {
		return 0, fmt.Errorf("erase pages: %w", err)
	}
	before := e.cfg.Ledger.Mark()
	if err := e.cfg.Ledger.Append(tombs); err != nil {
		return 0, fmt.Errorf("erase pages: %w", err)
	}
	for m, one := range byMonth {
		n, failed := e.eraseMonth(ctx, m, one)
		erased += n
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("erase pages of month %s: %w", m, failed))
		}
	}
	// After an erasure that failed in part the mark stays where it was: the next
	// start erases again what is not gone by then.
	if after := e.cfg.Ledger.Mark(); err == nil && after != before && e.mark == before {
		err = e.applied(after)
	}
	return erased, err
}

// monthItems is what to erase from one month.
type monthItems struct {
	keys  db.MonthKeys
	items []page.Erasure
}

// sort sorts items by month, without those of days that nothing can be of, and
// makes their tombstones.
func (e *Eraser) sort(items []page.Erasure) (map[schema.Month]*monthItems, []Buried, error) {
	byMonth, tombs := map[schema.Month]*monthItems{}, []Buried{}
	today := e.cfg.Today()
	for _, item := range items {
		if item.Day+MaxDays < today.First || item.Day > today.Last+aheadDays {
			continue
		}
		m := item.Day.Month()
		in := byMonth[m]
		if in == nil {
			keys, err := e.cfg.Rows.Keys(m)
			if errors.Is(err, db.ErrForgotten) {
				continue
			}
			if err != nil {
				return nil, nil, err
			}
			in = &monthItems{keys: keys}
			byMonth[m] = in
		}
		in.items = append(in.items, item)
		tombs = append(tombs, Buried{Month: m, Tombstone: TombstoneOf(in.keys, item.Tag, item.Right.Witness())})
	}
	return byMonth, tombs, nil
}

func (e *Eraser) eraseMonth(ctx context.Context, m schema.Month, in *monthItems) (int, error) {
	gone := map[string]bool{} // an item may stand there twice
	for _, item := range in.items {
		want := item.Right.Witness()
		err := e.cfg.Rows.Scan(ctx, m, db.Pages, Prefix(in.keys, item.Tag), func(key, value []byte) error {
			// A row that is damaged shows no witness. It opens for nobody, and
			// goes as well.
			if p, ok := outside(in.keys, key, value); !ok || p.Day == item.Day && p.Witness == want {
				gone[string(key)] = true
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
	}
	keys := make([][]byte, 0, len(gone))
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		keys = append(keys, []byte(key))
	}
	return len(keys), remove(ctx, e.cfg.Rows, m, keys)
}

// Hold keeps erasures away until release: from [Eraser.Erased] on until what it
// let pass is committed, or an erasure in between would miss it.
func (e *Eraser) Hold() (release func()) {
	e.mu.RLock()
	return e.mu.RUnlock
}

// Erased says whether a page was erased: it is not to be stored. keys are those
// of the month of its day.
func (e *Eraser) Erased(keys db.MonthKeys, p page.Page) bool {
	return e.cfg.Ledger.Has(p.Day.Month(), TombstoneOf(keys, p.Tag, p.Witness))
}

// streamDays is how many days the brokers keep at most what passed through them
// (48 hours), begun ones counted, and one more for their clocks.
const streamDays = 3

// ForgottenBy returns the day by which the brokers, too, have forgotten what was
// erased today.
func ForgottenBy(today schema.Day) schema.Day { return today + streamDays }
