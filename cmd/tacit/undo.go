package main

import (
	"context"
	"errors"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// How long an orderly end may take: a daemon is gone within two seconds. A store
// has tables to merge, so that nothing on its disk tells what came together, and
// with a million pages that takes a while; a service manager waits longer.
const (
	stopTime      = 1800 * time.Millisecond
	storeStopTime = 15 * time.Second
)

// undo ends what was opened, last in first out. The zero undo is ready.
type undo []func(context.Context) error

// later adds how to end what was just opened.
func (u *undo) later(f func(context.Context) error) { *u = append(*u, f) }

// errSlow says that the end did not come in time. Badger waits for ever when it
// cannot write what it holds: on a full disk, or when its directory is gone.
var errSlow = errors.New("closing takes too long and was given up")

// closeInTime ends everything within about that time, or gives up: what was
// confirmed is synced, and the next start takes it up as after a power cut.
func (u *undo) closeInTime(ctx context.Context, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- u.close(ctx) }() // ends with the process at the latest
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(100 * time.Millisecond):
		return cli.WithHint(errSlow, "is the volume of the data directory full, or gone? nothing that was confirmed is lost")
	}
}

func (u *undo) close(ctx context.Context) error {
	var err error
	for i := len(*u) - 1; i >= 0; i-- {
		err = errors.Join(err, (*u)[i](ctx))
	}
	*u = nil
	return err
}
