// Package home says where a store of this host lies, and finds who holds it: a
// command works on the store's directory itself under its lock, or asks the
// process that holds it, and never does one beside the other.
//
// A store that is just starting has the lock and does not answer yet: it gets
// some seconds. One that stays silent is an error that names its process.
package home

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// Name is the name of the store's lock, in its directory, and of its socket.
const Name = datadir.StoreSocket

// Errors of finding a store. They are wrapped with detail.
var (
	// ErrNoStore says that there is no store in the directory. Start one, or name
	// another directory.
	ErrNoStore = errors.New("there is no store here")
	// ErrSilent says that another process holds the store and does not answer.
	// Wait until it has started, or end it.
	ErrSilent = errors.New("the store's process does not answer")
	// ErrAway says that no store runs, and that only one that runs is to be asked
	// ([Home.Asked]). Start it.
	ErrAway = errors.New("the store does not run")
	// ErrOwnKeys says that keys were named for a store that runs, which uses its
	// own. Leave them out, or end the store.
	ErrOwnKeys = errors.New("a store runs here and uses its own keys")
)

// How long the holder of the lock may take to answer while it starts.
const (
	startingTime = 3 * time.Second
	askAgain     = 50 * time.Millisecond
)

// aliveTime bounds one answer of the holder: one that hangs takes callers, and says
// nothing. It says at once that it is there, on a machine that does not hang.
const aliveTime = 15 * time.Second

// Home says where a store of this host may be.
type Home struct {
	// Dir, KeysDir and RunDir are the store's own. Required.
	Dir, KeysDir, RunDir string
	// Passphrase opens the secrets when nobody holds the store. nil: they are
	// plain.
	Passphrase secret.Passphrase
	// Named says that somebody named KeysDir or Passphrase for this one use. The
	// process that holds the store would not heed them: that is [ErrOwnKeys].
	Named bool
	// Asked says that the process which holds the store is asked, and nothing is
	// opened here: what this process knows must not come together with the store's
	// keys. Where no store runs, that is [ErrAway].
	Asked bool
	// Logger gets troubles. nil: nothing is logged.
	Logger *slog.Logger
}

// Client speaks with the process that holds the store.
func (h *Home) Client() *http.Client { return datadir.Client(h.RunDir, Name) }

// Hold takes the store's lock, or returns nil once the process that has it
// answers ask. Errors wrap [ErrNoStore], [ErrAway], [ErrOwnKeys], [ErrSilent] with
// a [*datadir.HeldError], or are what ask returned.
func (h *Home) Hold(ctx context.Context, ask func(context.Context) error) (*datadir.Lock, error) {
	if h.Asked {
		err, hangs := within(ctx, ask)
		if hangs {
			return nil, ErrSilent
		}
		return nil, away(err)
	}
	if _, err := os.Stat(h.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoStore
	}
	for started := time.Now(); ; {
		lock, err := datadir.TakeLock(h.Dir, Name)
		if err == nil {
			return lock, nil
		}
		held, ok := errors.AsType[*datadir.HeldError](err)
		if !ok {
			return nil, err
		}
		err, hangs := within(ctx, ask)
		if err == nil {
			if h.Named {
				err = ErrOwnKeys
			}
			return nil, err
		}
		if !hangs && (!datadir.NotRunning(err) || ctx.Err() != nil) {
			return nil, err
		}
		if hangs || time.Since(started) > startingTime {
			return nil, fmt.Errorf("%w: %w", held, ErrSilent)
		}
		pause(ctx)
	}
}

// away says in its own words that nobody is there.
func away(err error) error {
	if datadir.NotRunning(err) {
		return ErrAway
	}
	return err
}

// within asks with aliveTime, and says whether that was over.
func within(ctx context.Context, ask func(context.Context) error) (err error, hangs bool) {
	bound, cancel := context.WithTimeout(ctx, aliveTime)
	defer cancel()
	err = ask(bound)
	return err, err != nil && ctx.Err() == nil && bound.Err() != nil
}

func pause(ctx context.Context) {
	t := time.NewTimer(askAgain)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
