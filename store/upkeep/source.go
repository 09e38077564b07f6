package upkeep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// lockName is the store's lock and socket.
const lockName = "store"

// How long the holder of the lock may take to answer while it starts.
const (
	startingTime = 3 * time.Second
	askAgain     = 50 * time.Millisecond
)

// Errors of finding a store. Both are wrapped with detail.
var (
	// ErrNoStore says that there is no store in the directory. Name another
	// directory.
	ErrNoStore = errors.New("there is no store here")
	// ErrSilent says that another process holds the store and does not answer.
	// Wait until it has started, or end it.
	ErrSilent = errors.New("the store's process does not answer")
)

// Tasks is what can be ordered of a store: [*Upkeep] and [*Socket] do it.
type Tasks interface {
	Verify(ctx context.Context, p Progress) (Report, error)
	Backup(ctx context.Context, w io.Writer, p Progress) (Backed, error)
	Recall(ctx context.Context, r Recall, p Progress) (Recalled, error)
}

var (
	_ Tasks = (*Upkeep)(nil)
	_ Tasks = (*Socket)(nil)
)

// Socket orders tasks of the process that holds the store.
type Socket struct{ client *http.Client }

// NewSocket returns the socket in runDir.
func NewSocket(runDir string) *Socket { return &Socket{client: datadir.Client(runDir, lockName)} }

// Verify is [Upkeep.Verify].
func (s *Socket) Verify(ctx context.Context, p Progress) (r Report, err error) {
	return r, s.order(ctx, "verify", struct{}{}, nil, p, &r)
}

// Backup is [Upkeep.Backup].
func (s *Socket) Backup(ctx context.Context, w io.Writer, p Progress) (b Backed, err error) {
	return b, s.order(ctx, "backup", struct{}{}, w, p, &b)
}

// Recall is [Upkeep.Recall].
func (s *Socket) Recall(ctx context.Context, r Recall, p Progress) (out Recalled, err error) {
	return out, s.order(ctx, "recall", recallForm(r), nil, p, &out)
}

func (s *Socket) order(ctx context.Context, task string, body any, w io.Writer, p Progress, result any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit/v1/"+task, bytes.NewReader(b))
	if err != nil {
		return err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask store: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask store: it answers %s", resp.Status)
	}
	if w == nil {
		w = io.Discard
	}
	return readAnswer(resp.Body, w, p, result)
}

// alive asks for nothing, to see whether anybody is there.
func (s *Socket) alive(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit/v1/pages", bytes.NewReader(pages.MarshalAsks(nil)))
	if err != nil {
		return err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// Access says where a store of this host may be.
type Access struct {
	// Dir, KeysDir and RunDir are the store's own. Required.
	Dir, KeysDir, RunDir string
	// Passphrase opens the secrets when nobody holds the store. nil: they are
	// plain.
	Passphrase secret.Passphrase
	// Logger gets troubles. nil: nothing is logged.
	Logger *slog.Logger
}

// Source is a store whose upkeep can be ordered, until Close.
type Source struct {
	Tasks
	close func() error
}

// Close gives back what Open took.
func (s *Source) Close() error { return s.close() }

// Open finds the store: the process that holds it, or its directory when none
// does; then its lock is held until Close. Errors wrap [ErrNoStore],
// [ErrSilent], db.ErrNoKeys or secret.ErrPassphrase.
func Open(ctx context.Context, a Access) (*Source, error) {
	if _, err := os.Stat(a.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("open store: %w", ErrNoStore)
	}
	for started := time.Now(); ; {
		lock, err := datadir.TakeLock(a.Dir, lockName)
		if err == nil {
			s, err := direct(a, lock)
			if err != nil {
				return nil, fmt.Errorf("open store: %w", err)
			}
			return s, nil
		}
		held, ok := errors.AsType[*datadir.HeldError](err)
		if !ok {
			return nil, fmt.Errorf("open store: %w", err)
		}
		socket := NewSocket(a.RunDir)
		if err = socket.alive(ctx); err == nil {
			return &Source{Tasks: socket, close: func() error { return nil }}, nil
		}
		if !datadir.NotRunning(err) || ctx.Err() != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		if time.Since(started) > startingTime {
			return nil, fmt.Errorf("open store: %w: %w", held, ErrSilent)
		}
		pause(ctx)
	}
}

func pause(ctx context.Context) {
	t := time.NewTimer(askAgain)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// direct opens the rows under the lock that was taken.
func direct(a Access, lock *datadir.Lock) (_ *Source, err error) {
	closers := []func() error{lock.Release}
	closeAll := func() error {
		var errs []error
		for i := len(closers) - 1; i >= 0; i-- {
			errs = append(errs, closers[i]())
		}
		return errors.Join(errs...)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, closeAll())
		}
	}()
	secrets, err := secret.Open(a.KeysDir, a.Passphrase)
	if err != nil {
		return nil, err
	}
	rows, err := db.Open(db.Config{Dir: a.Dir, Secrets: secrets, Existing: true, Logger: a.Logger})
	if err != nil {
		return nil, err
	}
	closers = append(closers, rows.Close)
	ledger, err := pages.OpenLedger(secrets.Dir(), a.Logger)
	if err != nil {
		return nil, err
	}
	today, err := calendar.Read(a.Dir, time.Now())
	if err != nil {
		return nil, err
	}
	u, err := New(Config{
		Dir: a.Dir, DB: rows, Secrets: secrets, Ledger: ledger, Logger: a.Logger, Today: func() calendar.Today { return today },
	})
	if err != nil {
		return nil, err
	}
	return &Source{Tasks: u, close: closeAll}, nil
}
