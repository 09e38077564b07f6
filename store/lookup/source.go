package lookup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// lockName is the store's lock and socket.
const lockName = "store"

// How long the holder of the lock may take to answer while it starts.
const (
	startingTime = 3 * time.Second
	askAgain     = 50 * time.Millisecond
)

// Asker asks a store for pages, at most pages.MaxAsks tags at a time. It calls
// each for every page, in any order, and returns the months that could not be
// read whole. [Socket] and [pages.Pages] are two.
type Asker interface {
	Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) (unread []schema.Month, err error)
}

var (
	_ Asker = (*Socket)(nil)
	_ Asker = (*pages.Pages)(nil)
)

// Socket asks the process that holds the store.
type Socket struct{ client *http.Client }

// NewSocket returns an asker over the socket in runDir.
func NewSocket(runDir string) *Socket { return &Socket{client: datadir.Client(runDir, lockName)} }

// Get implements [Asker].
func (s *Socket) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit/v1/pages", bytes.NewReader(pages.MarshalAsks(asks)))
	if err != nil {
		return nil, fmt.Errorf("ask store: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask store: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask store: it answers %s", resp.Status)
	}
	unread, err := pages.ReadAnswer(resp.Body, len(asks), each)
	if err != nil {
		return nil, fmt.Errorf("ask store: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1)) // to its end, so that the connection closes in order
	return unread, nil
}

// Config says where a store of this host may be.
type Config struct {
	// Dir, KeysDir and RunDir are the store's own. Required.
	Dir, KeysDir, RunDir string
	// Passphrase opens the secrets when nobody holds the store. nil: they are
	// plain.
	Passphrase secret.Passphrase
	// Logger gets months that cannot be read. nil: nothing is logged.
	Logger *slog.Logger
}

// Source is a store that can be asked, until Close.
type Source struct {
	Asker
	Eraser
	close func() error
}

// Close gives back what Open took.
func (s *Source) Close() error { return s.close() }

// Open finds the store: the socket of the process that holds it, or the
// directory itself when none does. Errors wrap [ErrNoStore], [ErrSilent] or
// db.ErrNoKeys.
func Open(ctx context.Context, cfg Config) (*Source, error) {
	if _, err := os.Stat(cfg.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open store for lookup: %w", ErrNoStore)
	}
	started := time.Now()
	for {
		lock, err := datadir.TakeLock(cfg.Dir, lockName)
		if err == nil {
			return direct(ctx, cfg, lock)
		}
		held, ok := errors.AsType[*datadir.HeldError](err)
		if !ok {
			return nil, fmt.Errorf("open store for lookup: %w", err)
		}
		socket := NewSocket(cfg.RunDir)
		if _, err = socket.Get(ctx, nil, nil); err == nil {
			return &Source{Asker: socket, Eraser: socket, close: func() error { return nil }}, nil
		}
		if !datadir.NotRunning(err) || ctx.Err() != nil {
			return nil, fmt.Errorf("open store for lookup: %w", err)
		}
		if time.Since(started) > startingTime {
			return nil, fmt.Errorf("open store for lookup: %w: %w", held, ErrSilent)
		}
		pause(ctx)
	}
}

// direct opens the rows under the lock that was taken.
func direct(ctx context.Context, cfg Config, lock *datadir.Lock) (*Source, error) {
	today, err := calendar.Read(cfg.Dir, time.Now())
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store for lookup: %w", err), lock.Release())
	}
	rows, eraser, err := openRows(ctx, cfg, today)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store for lookup: %w", err), lock.Release())
	}
	shown, err := upkeep.WindowOf(cfg.Dir, pages.New(rows, cfg.Logger), today.Day)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open store for lookup: %w", err), rows.Close(), lock.Release())
	}
	return &Source{
		Asker: shown, Eraser: own{eraser, today},
		close: func() error { return errors.Join(rows.Close(), lock.Release()) },
	}, nil
}

// openRows opens the rows, without what was erased and is back in them.
func openRows(ctx context.Context, cfg Config, today calendar.Today) (*db.DB, *pages.Eraser, error) {
	secrets, err := secret.Open(cfg.KeysDir, cfg.Passphrase)
	if err != nil {
		return nil, nil, err
	}
	ledger, err := pages.OpenLedger(secrets.Dir(), cfg.Logger)
	if err != nil {
		return nil, nil, err
	}
	rows, err := db.Open(db.Config{Dir: cfg.Dir, Secrets: secrets, Existing: true, Logger: cfg.Logger})
	if err != nil {
		return nil, nil, err
	}
	eraser, err := pages.NewEraser(ctx, pages.EraserConfig{
		Rows: rows, Ledger: ledger, Dir: cfg.Dir, Logger: cfg.Logger, Today: func() calendar.Today { return today },
	})
	if err != nil {
		return nil, nil, errors.Join(err, rows.Close())
	}
	return rows, eraser, nil
}

func pause(ctx context.Context) {
	t := time.NewTimer(askAgain)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
