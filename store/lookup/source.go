package lookup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/daybook"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
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

// Questions that the process which holds a store answers.
const (
	askShown = "/v1/pages" // of what may be shown
	askHeld  = "/v1/held"  // of all that is on disk; pages come without their bytes
)

// Socket asks the process that holds the store.
type Socket struct {
	client *http.Client
	ask    string
	pass   string // of a note that was left; "": none was
}

// Get implements [Asker].
func (s *Socket) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) (unread []schema.Month, err error) {
	err = answered(ctx, func(ctx context.Context) error {
		unread, err = s.get(ctx, asks, each)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("ask store: %w", err)
	}
	return unread, nil
}

func (s *Socket) get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit"+s.ask, bytes.NewReader(pages.MarshalAsks(asks)))
	if err != nil {
		return nil, err
	}
	r.Header.Set(PassHeader, s.pass)
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answers %s", resp.Status)
	}
	unread, err := pages.ReadAnswer(resp.Body, len(asks), each)
	if err != nil {
		return nil, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1)) // to its end, so that the connection closes in order
	return unread, nil
}

// answered asks with answerTime. Of a store that is silent for so long, and of one
// that goes away meanwhile, it says so.
func answered(ctx context.Context, ask func(context.Context) error) error {
	bound, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	err := ask(bound)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case bound.Err() != nil:
		return fmt.Errorf("%w within %v", home.ErrSilent, answerTime)
	case errors.Is(err, pages.ErrCut), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), broken(err):
		return fmt.Errorf("%w: %w", ErrCut, err)
	}
	return err
}

// broken says whether a connection ended that was there.
func broken(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op != "dial"
}

// Source is a store that can be asked, until Close.
type Source struct {
	Store
	Eraser
	// Held asks for all that is on disk, also for what is not shown: who
	// erases does. Its pages may come without their bytes.
	Held  Asker
	close func() error
}

// Close gives back what Open took.
func (s *Source) Close() error { return s.close() }

// Open finds the store: the socket of the process that holds it, or the
// directory itself when none does. Errors wrap those of [home.Home.Hold], or
// db.ErrNoKeys.
func Open(ctx context.Context, at home.Home) (*Source, error) {
	socket := &Socket{client: at.Client(), ask: askShown}
	lock, err := at.Hold(ctx, func(ctx context.Context) error {
		_, err := socket.Get(ctx, nil, nil)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open store for lookup: %w", err)
	}
	if lock == nil {
		held := &Socket{client: socket.client, ask: askHeld}
		return &Source{Store: socket, Held: held, Eraser: socket, close: func() error { return nil }}, nil
	}
	s, err := direct(ctx, at, lock)
	if err != nil {
		return nil, fmt.Errorf("open store for lookup: %w", errors.Join(err, lock.Release()))
	}
	return s, nil
}

// direct opens the rows under the lock that was taken.
func direct(ctx context.Context, at home.Home, lock *datadir.Lock) (*Source, error) {
	today, err := calendar.Read(at.Dir, time.Now())
	if err != nil {
		return nil, err
	}
	secrets, err := secret.Open(at.KeysDir, at.Passphrase)
	if err != nil {
		return nil, err
	}
	book, err := daybook.Open(daybook.Config{
		Dir: at.Dir, Secrets: secrets, Logger: at.Logger, Today: func() calendar.Today { return today },
	})
	if err != nil {
		return nil, err
	}
	rows, ledger, eraser, err := openRows(ctx, at, secrets, today)
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	held := pages.New(rows, at.Logger)
	shown, err := upkeep.WindowOf(at.Dir, held.Without(ledger), today.Day)
	if err != nil {
		return nil, errors.Join(err, book.Close(), rows.Close())
	}
	return &Source{
		Store: ownBook{book: book, pages: shown}, Held: held, Eraser: own{eraser, today},
		close: func() error { return errors.Join(book.Close(), ledger.Settle(), rows.Close(), lock.Release()) },
	}, nil
}

// openRows opens the rows, without what was erased and is back in them.
func openRows(ctx context.Context, at home.Home, secrets *secret.Box, today calendar.Today) (*db.DB, *pages.Ledger, *pages.Eraser, error) {
	ledger, err := pages.OpenLedger(secrets.Dir(), at.Logger)
	if err != nil {
		return nil, nil, nil, err
	}
	rows, err := db.Open(db.Config{Dir: at.Dir, Secrets: secrets, Existing: true, Logger: at.Logger})
	if err != nil {
		return nil, nil, nil, err
	}
	eraser, err := pages.NewEraser(ctx, pages.EraserConfig{
		Rows: rows, Ledger: ledger, Dir: at.Dir, Logger: at.Logger, Today: func() calendar.Today { return today },
	})
	if err != nil {
		return nil, nil, nil, errors.Join(err, rows.Close())
	}
	return rows, ledger, eraser, nil
}
