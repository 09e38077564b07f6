package main

import (
	"context"
	"errors"
	"os"
	"runtime/debug"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Names of locks in DIR/run beside the agent's.
const relayLock = "relay"

// patience is how long a command may hold a lock that looks something up.
const patience = time.Second

// patiently tries again while another process holds a lock.
func patiently(ctx context.Context, take func() error) error {
	for end := time.Now().Add(patience); ; {
		err := take()
		var held *datadir.HeldError
		if !errors.As(err, &held) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // between two tries
	}
}

// hold takes a lock of the data directory until u is undone.
func hold(ctx context.Context, u *undo, dir datadir.Dir, name string) error {
	var lock *datadir.Lock
	err := patiently(ctx, func() (err error) {
		lock, err = datadir.TakeLock(dir.Run(), name)
		return err
	})
	if err != nil {
		return err
	}
	u.later(func(context.Context) error { return lock.Release() })
	return nil
}

// explainHeld says what to do when another process holds the directory.
func explainHeld(err error) error {
	if held, ok := errors.AsType[*datadir.HeldError](err); ok {
		return cli.WithHint(held, "end that process first (kill %d), or name another directory", held.PID)
	}
	return err
}

// limitMemory sets what the Go heap should stay below, unless GOMEMLIMIT does.
func limitMemory(bytes int64) {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(bytes)
	}
}
