package pages

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
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

// aheadDays is how many days ahead something may be of which is erased: of a
// later day nothing is taken that is sealed by now. A key may start two terms from
// today, and what is sealed to it may be of any day on which it opens.
const aheadDays = 2*wire.KeyActiveDays + wire.KeyAcceptedDays

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
	told bool         // that there is no room for pages that are not there
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
	if err := NoteErased(e.cfg.Dir, m); err != nil {
		return err
	}
	e.mark = m
	return nil
}

// NoteErased notes in a data directory that the data has nothing any more of
// what the ledger had at m: who opens it next need not look again.
func NoteErased(dir string, m Mark) error {
	b, err := json.Marshal(m)
	if err == nil {
		err = durable.WriteFile(filepath.Join(dir, markFile), append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("note what is erased: %w", err)
	}
	return nil
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
