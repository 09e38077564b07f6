// Package store is the vendor's side of Tacit: it opens what agents sealed,
// keeps pages closed and fragments only as sums, and answers who asks by tag.
//
// Its rooms: db (rows on disk), ingest (crates to rows and replies), pages
// (sealed pages by tag), rollup (sums), lookup (what support's process does
// with an installation ID, which never comes here). This package joins them
// and answers questions on the socket "store" in the run directory:
//
//	POST /v1/pages   a question of package pages; answered by its answer
//
// It promises that one process at a time holds the data directory, that a
// reply "stored" means on disk, and that what it holds opens neither with the
// data alone nor with data and keys, only with an installation's ID besides.
// When the disk is nearly full it takes nothing new, answers questions all the
// same, and resumes by itself. When the relay is away it waits.
package store

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// LockName is the name of the lock in the data directory, and of the socket.
const LockName = "store"

// MaxRetentionDays bounds how long pages may be kept.
const MaxRetentionDays = 400

// ErrClock says that this host's clock was never set. Set it: the store would
// take every day for an impossible one.
var ErrClock = errors.New("the clock of this host is not set")

// Config says where a store keeps its data and where its crates come from.
type Config struct {
	// Dir is the data directory, KeysDir the directory of its secrets. Both
	// are required; neither may contain the other.
	Dir, KeysDir string
	// RunDir is where the socket is. Required.
	RunDir string
	// Conn reaches the edge's JetStream. Required; the caller closes it after
	// Stop.
	Conn *nats.Conn
	// Registry checks fragments. Required.
	Registry ingest.Registry
	// Group is the group of stores that this one belongs to. 0 is the first.
	Group int
	// GroupWait is how long a commit waits to become 64 envelopes. 0: 1 s.
	GroupWait time.Duration
	// Headroom is how many bytes stay free on the volume. 0: 256 MiB.
	Headroom uint64
	// RetentionDays is how long pages are kept. 0: 90, at most 400.
	RetentionDays int
	// Logger gets troubles. nil: nothing is logged.
	Logger *slog.Logger
	// Now is the clock. nil: time.Now.
	Now func() time.Time
}

func (c *Config) validate() error {
	switch {
	case c.Dir == "" || c.KeysDir == "" || c.RunDir == "":
		return errors.New("config needs Dir, KeysDir and RunDir")
	case c.Conn == nil || c.Registry == nil:
		return errors.New("config needs Conn and Registry")
	case c.RetentionDays < 0 || c.RetentionDays > MaxRetentionDays:
		return fmt.Errorf("config: RetentionDays is %d, want 1 to %d", c.RetentionDays, MaxRetentionDays)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if now := c.Now(); now.Before(schema.EarliestClock) {
		return fmt.Errorf("%w: it says %s; fix: set it and start again", ErrClock, now.UTC().Format(time.DateOnly))
	}
	return nil
}

// Store is a store that holds its data directory.
type Store struct {
	cfg     Config
	db      *db.DB
	keyring *ingest.Keyring
	ingest  *ingest.Ingest
	door    *door

	readiness readiness

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
	s := &Store{cfg: cfg}
	if err := s.open(); err != nil {
		return nil, errors.Join(fmt.Errorf("open store: %w", err), s.Stop(ctx))
	}
	return s, nil
}

func (s *Store) open() error {
	if err := durable.MakeOwnerDir(s.cfg.Dir); err != nil {
		return err
	}
	lock, err := datadir.TakeLock(s.cfg.Dir, LockName)
	if err != nil {
		return err
	}
	s.undo = append(s.undo, lock.Release)
	s.db, err = db.Open(db.Config{
		Dir: s.cfg.Dir, KeysDir: s.cfg.KeysDir, Headroom: s.cfg.Headroom,
		Logger: s.cfg.Logger, Now: s.cfg.Now,
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.db.Close)
	s.keyring, err = ingest.OpenKeyring(s.cfg.KeysDir, s.today())
	if err != nil {
		return err
	}
	s.ingest, err = ingest.New(ingest.Config{
		Conn: s.cfg.Conn, Group: s.cfg.Group, GroupWait: s.cfg.GroupWait, RetentionDays: s.cfg.RetentionDays,
		DB: s.db, Keyring: s.keyring, Registry: s.cfg.Registry, Logger: s.cfg.Logger, Now: s.cfg.Now,
	})
	if err != nil {
		return err
	}
	s.door, err = listen(s.cfg.RunDir, pages.New(s.db, s.cfg.Logger))
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.door.close)
	return nil
}

// Start consumes crates and answers questions until Stop. It returns at once;
// ctx does not end what it starts.
func (s *Store) Start(ctx context.Context) error {
	if s.stop != nil {
		return errors.New("start store: it is running already")
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.running.Go(func() { s.ingest.Run(ctx) })
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

func (s *Store) today() schema.Day { return schema.DayOf(s.cfg.Now()) }

// KeyList returns the list of the store's public keys for agents, signed with
// the vendor's key, as a relay serves it. Ask again every day: it changes when
// a slot is about to end.
func (s *Store) KeyList(vendor ed25519.PrivateKey) ([]byte, error) {
	if err := s.keyring.Turn(s.today()); err != nil {
		return nil, err
	}
	return s.keyring.KeyList(vendor, s.today()), nil
}
