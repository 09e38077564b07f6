package upkeep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
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

// Source is a store whose upkeep can be ordered, until Close.
type Source struct {
	Tasks
	close func() error
}

// Close gives back what Open took.
func (s *Source) Close() error { return s.close() }

// Open finds the store: the process that holds it, or its directory when none
// does; then its lock is held until Close. Errors wrap those of
// [home.Home.Hold], db.ErrNoKeys or secret.ErrPassphrase.
func Open(ctx context.Context, at home.Home) (*Source, error) {
	socket := &Socket{client: at.Client()}
	lock, err := at.Hold(ctx, socket.alive)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	if lock == nil {
		return &Source{Tasks: socket, close: func() error { return nil }}, nil
	}
	s, err := direct(at, lock)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// direct opens the rows under the lock that was taken.
func direct(at home.Home, lock *datadir.Lock) (_ *Source, err error) {
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
	secrets, err := secret.Open(at.KeysDir, at.Passphrase)
	if err != nil {
		return nil, err
	}
	rows, err := db.Open(db.Config{Dir: at.Dir, Secrets: secrets, Existing: true, Logger: at.Logger})
	if err != nil {
		return nil, err
	}
	closers = append(closers, rows.Close)
	ledger, err := pages.ReadLedger(secrets.Dir(), at.Logger)
	if err != nil {
		return nil, err
	}
	today, err := calendar.Read(at.Dir, time.Now())
	if err != nil {
		return nil, err
	}
	u, err := New(Config{
		Dir: at.Dir, DB: rows, Secrets: secrets, Ledger: ledger, Logger: at.Logger, Today: func() calendar.Today { return today },
	})
	if err != nil {
		return nil, err
	}
	return &Source{Tasks: u, close: closeAll}, nil
}
