package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const (
	defaultRetention = 90                     // days
	sumMonths        = 25                     // that sums are kept
	progressEvery    = 200 * time.Millisecond // at most
)

// Config says what to look after.
type Config struct {
	// Dir is the store's data directory. Required.
	Dir string
	// DB, Secrets and Ledger are the store's. Required.
	DB      *db.DB
	Secrets *secret.Box
	Ledger  *pages.Ledger
	// Quarantine is the running store's. nil: none runs, and its file says it.
	Quarantine *ingest.Quarantine
	// RetentionDays is how long pages are kept. 0: as the store that ran last
	// here kept them, and without one 90.
	RetentionDays int
	// Logger gets what was forgotten, and troubles. nil: nothing is logged.
	Logger *slog.Logger
	// Today says which day it is: [calendar.Calendar.Today] does. Required.
	Today func() calendar.Today
}

func (c *Config) defaults() error {
	if c.Dir == "" || c.DB == nil || c.Secrets == nil || c.Ledger == nil || c.Today == nil {
		return errors.New("config needs Dir, DB, Secrets, Ledger and Today")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

// Upkeep looks after rows that this process holds. Its methods may be called at
// the same time: one task runs, the others wait.
type Upkeep struct {
	cfg  Config
	log  *slog.Logger
	kept schema.Day    // days that pages are kept
	turn chan struct{} // holds one token while a task runs

	// Of Run.
	pagesFrom, sumsFrom schema.Month // what is older is forgotten; 0: not yet
	settled             schema.Day   // on which the ledger was; 0: not yet
}

// New returns the upkeep of a store. Nothing is done before a method is called.
func New(cfg Config) (*Upkeep, error) {
	if err := cfg.defaults(); err != nil {
		return nil, fmt.Errorf("start upkeep: %w", err)
	}
	log := cfg.Logger.With(slog.String("component", "store/upkeep"))
	n, err := readNotes(cfg.Dir, log)
	if err == nil && cfg.RetentionDays > 0 && cfg.RetentionDays != n.retention {
		n.retention = cfg.RetentionDays
		err = n.write()
	}
	if err != nil {
		return nil, fmt.Errorf("start upkeep: %w", err)
	}
	return &Upkeep{cfg: cfg, log: log, kept: n.kept(), turn: make(chan struct{}, 1)}, nil
}

// First returns the oldest day whose pages may be shown today.
func (u *Upkeep) First() schema.Day {
	today := u.cfg.Today().Day
	return today - min(u.kept, today)
}

// take waits until no other task runs, and says so. done gives the turn back.
func (u *Upkeep) take(ctx context.Context, p Progress) (done func(), err error) {
	give := func() { <-u.turn }
	select {
	case u.turn <- struct{}{}:
		return give, nil
	default:
	}
	if p != nil {
		p(Step{Act: "wait for another task to end"})
	}
	select {
	case u.turn <- struct{}{}:
		return give, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// seldom returns p for callers that have something to say after every row.
func seldom(p Progress) Progress {
	if p == nil {
		return func(Step) {}
	}
	var last time.Time
	var act string
	return func(s Step) {
		if now := time.Now(); s.Act != act || now.Sub(last) >= progressEvery {
			act, last = s.Act, now
			p(s)
		}
	}
}
