// Package store is the vendor's side of Tacit: it opens what agents sealed,
// keeps pages closed and fragments only as sums, and answers who asks by tag.
//
// Its rooms: calendar (which day it is), db (rows on disk), ingest (crates to rows
// and replies), daybook (support codes and notes, by the day), pages (sealed pages by tag), rollup (sums), registries (what may be
// reported, at each release that it was given), upkeep (verify, backup, recall,
// retention), lookup (what support's process does with an installation ID, which
// never comes here), remote (lookup over NATS), insights (what all installations add up to, thresholded),
// diagnosis (what is wrong with one, in the process that looked it up). This
// package joins them and answers questions on the socket "store" in the run
// directory:
//
//	POST /v1/note    a sealed note for a host, as package page marshals it; answered by a pass
//	POST /v1/grant   the tag of a support code's grant; answered by the grant
//	POST /v1/pages   a question of package pages, with a pass; answered by its answer
//	POST /v1/held    the same question, of all that is on disk; which tags have pages, without the pages
//	POST /v1/erase   tags and the rights to erase them, as package page marshals them
//	/v1/keys…        what tacit store keys wants; see [Keeper]
//	/v1/insights     a question of package insights; so is /v1/population
//	POST /v1/verify  a task of package upkeep; so are /v1/backup and /v1/recall
//
// Engineers elsewhere ask the same over NATS, see package remote; nothing else is
// asked there.
//
// There are no pages without a note: a pass is given when the note is on disk, lasts
// some minutes, and is kept in memory only.
//
// It promises that one process at a time holds the data directory, that a
// reply "stored" means on disk, and that what it holds opens neither with the
// data alone nor with data and keys, only with an installation's ID besides.
// When the disk is nearly full it takes nothing new, answers questions all the
// same, and resumes by itself. When the relay is away it waits. When its clock is
// most likely wrong it is not ready, and takes all the same what is right under
// every day that it may be. Nor is it ready while a half of the current month does
// not open; it looks at all months from the start on.
package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/daybook"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/remote"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// MaxRetentionDays bounds how long pages may be kept.
const MaxRetentionDays = 400

const defaultRetention = 90 // days

// Config says where a store keeps its data and where its crates come from.
type Config struct {
	// Dir is the data directory. Required.
	Dir string
	// Secrets are the store's. Required; neither their directory nor Dir may
	// contain the other.
	Secrets *secret.Box
	// Vendor signs the key list. Required.
	Vendor *Vendor
	// RunDir is where the socket is. Required.
	RunDir string
	// Conn reaches the edge's JetStream. Required; the caller closes it after
	// Stop.
	Conn *nats.Conn
	// Registry checks fragments, and says what may be told of their sums. Required.
	Registry *registry.Set
	// Group is the group of stores that this one belongs to. 0 is the first.
	Group int
	// GroupWait is how long a commit waits to become 64 envelopes. 0: 1 s.
	GroupWait time.Duration
	// Headroom is how many bytes stay free on the volume. 0: 256 MiB.
	Headroom uint64
	// Engineers may look up over NATS, with rows in Audit. Both, or neither: nobody
	// may.
	Engineers remote.Engineers
	// Audit is the log that desk and commands write too.
	Audit *audit.Log
	// RetentionDays is how long pages are kept. 0: 90, at most 400.
	RetentionDays int
	// Logger gets troubles. nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

func (c *Config) validate() error {
	switch {
	case c.Dir == "" || c.Secrets == nil || c.Vendor == nil || c.RunDir == "":
		return errors.New("config needs Dir, Secrets, Vendor and RunDir")
	case c.Conn == nil || c.Registry == nil:
		return errors.New("config needs Conn and Registry")
	case (c.Engineers == nil) != (c.Audit == nil):
		return errors.New("config: Engineers and Audit go together")
	case c.RetentionDays < 0 || c.RetentionDays > MaxRetentionDays:
		return fmt.Errorf("config: RetentionDays is %d, want 1 to %d", c.RetentionDays, MaxRetentionDays)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.RetentionDays == 0 {
		c.RetentionDays = defaultRetention
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return nil
}

// Store is a store that holds its data directory.
type Store struct {
	cfg      Config
	calendar *calendar.Calendar
	db       *db.DB
	ledger   *pages.Ledger
	eraser   *pages.Eraser
	keys     *Keys
	book     *daybook.Book
	ingest   *ingest.Ingest
	insights *insights.Insights
	door     *door
	remote   *remote.Service // nil: nobody asks over NATS

	upkeep     *upkeep.Upkeep
	quarantine *ingest.Quarantine
	tasks      context.Context // the lifetime of what upkeep is asked for
	endTasks   context.CancelFunc

	readiness readiness

	tell    chan struct{} // holds one: tell the edges the key list
	telling sync.Mutex    // held by who does

	stop    context.CancelFunc // of what Start started; nil before
	running sync.WaitGroup
	undo    []func() error // last in, first out
}

// New takes the data directory and opens what is in it. The error is a
// [*datadir.HeldError] when another process has it. Stop gives it back.
func New(ctx context.Context, cfg Config) (*Store, error) {
	if err := cfg.validate(); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	s := &Store{cfg: cfg, tell: make(chan struct{}, 1)}
	if err := s.open(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Stop(ctx))
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := durable.MakeOwnerDir(s.cfg.Dir); err != nil {
		return err
	}
	lock, err := datadir.TakeLock(s.cfg.Dir, home.Name)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, lock.Release)
	s.calendar, err = calendar.Open(calendar.Config{Dir: s.cfg.Dir, Now: s.cfg.Now, Logger: s.cfg.Logger})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, func() error { s.calendar.Close(); return nil })
	// Before the secret of months is made, by which a later start knows that this
	// one made all others.
	keyring, err := openKeyring(s.cfg.Dir, s.cfg.Secrets, s.calendar.Today())
	if err != nil {
		return err
	}
	s.keys = &Keys{secrets: s.cfg.Secrets, keyring: keyring, vendor: s.cfg.Vendor}
	s.db, err = db.Open(db.Config{
		Dir: s.cfg.Dir, Secrets: s.cfg.Secrets, Headroom: s.cfg.Headroom,
		Logger: s.cfg.Logger, Now: func() time.Time { return s.calendar.Today().Day.Time() },
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.db.Close)
	if err := s.openEraser(ctx); err != nil {
		return err
	}
	if err := s.openBook(); err != nil {
		return err
	}
	if err := s.openUpkeep(ctx); err != nil {
		return err
	}
	if err := s.openIngest(keyring); err != nil {
		return err
	}
	if err := s.openInsights(); err != nil {
		return err
	}
	s.door, err = listen(s.cfg.RunDir, s.window(), s.held(), s.cfg.Logger, s.keyRoutes, s.eraseRoutes, s.bookRoutes, s.taskRoutes,
		func(_ *door, mux *routes.Mux) { s.insights.Routes(mux) })
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.door.close)
	return s.openRemote()
}

func (s *Store) openIngest(keyring *ingest.Keyring) (err error) {
	s.ingest, err = ingest.New(ingest.Config{
		Conn: s.cfg.Conn, Group: s.cfg.Group, GroupWait: s.cfg.GroupWait, RetentionDays: s.cfg.RetentionDays,
		DB: s.db, Keyring: keyring, Registry: s.cfg.Registry, Eraser: s.eraser, Book: s.book, Quarantine: s.quarantine,
		Logger: s.cfg.Logger, Today: s.calendar.Today,
	})
	return err
}

// openEraser opens the ledger of erasures and erases what is back in the data.
func (s *Store) openEraser(ctx context.Context) (err error) {
	if s.ledger, err = pages.OpenLedger(s.cfg.Secrets.Dir(), s.cfg.Logger); err != nil {
		return err
	}
	s.undo = append(s.undo, s.ledger.Settle)
	s.eraser, err = pages.NewEraser(ctx, pages.EraserConfig{
		Rows: s.db, Ledger: s.ledger, Dir: s.cfg.Dir, Logger: s.cfg.Logger, Today: s.calendar.Today,
	})
	return err
}

func (s *Store) openInsights() (err error) {
	s.insights, err = insights.New(insights.Config{
		Rows: s.db, Registry: s.cfg.Registry, Today: func() schema.Day { return s.calendar.Today().Day },
	})
	return err
}

// Start consumes crates and answers questions until Stop. It returns at once;
// ctx does not end what it starts.
func (s *Store) Start(ctx context.Context) error {
	if s.stop != nil {
		return errors.New("start store: it is running already")
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(func() { s.db.Look(ctx) })
	s.running.Go(func() { s.ingest.Run(ctx) })
	s.running.Go(func() { s.keepTelling(ctx) })
	s.running.Go(func() { s.upkeep.Run(ctx) })
	s.running.Go(func() { s.turnBook(ctx) })
	if s.remote != nil {
		s.running.Go(func() { s.answerEngineers(ctx) })
	}
	s.running.Go(func() {
		if err := s.door.serve(); err != nil {
			s.cfg.Logger.Error("answer lookups", slog.Any("error", err))
		}
	})
	return nil
}

// Stop finishes the group in hand, closes everything and gives the data
// directory back. It may be called more than once. When ctx ends first, it
// goes on, and says so.
func (s *Store) Stop(ctx context.Context) error {
	if s.stop != nil {
		s.stop()
	}
	if s.endTasks != nil {
		s.endTasks()
	}
	var errs []error
	if s.door != nil {
		errs = append(errs, s.door.shutdown(ctx))
	}
	s.running.Wait()
	for i := len(s.undo) - 1; i >= 0; i-- {
		errs = append(errs, s.undo[i]())
	}
	s.undo = nil
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("stop store: %w", err)
	}
	return nil
}

// Insights answers what all installations add up to.
func (s *Store) Insights() *insights.Insights { return s.insights }

// Keys returns the store's keys, turned to today.
func (s *Store) Keys() (*Keys, error) { return s.keys, s.keys.turn(s.calendar.Today()) }
