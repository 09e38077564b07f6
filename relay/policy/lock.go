package policy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Waiting for another process that writes.
const (
	lockName  = "policy"
	lockWait  = 2 * time.Second
	lockRetry = 10 * time.Millisecond
)

// locked calls f while no other process writes. The error is a
// [*datadir.HeldError] when one did for longer than wait.
func (p *Policy) locked(ctx context.Context, wait time.Duration, f func() error) error {
	if err := durable.MakeOwnerDir(p.c.Dir); err != nil { // somebody may have taken it away
		return fmt.Errorf("lock the policy: %w", bare(err))
	}
	end := time.Now().Add(wait)
	for {
		lock, err := datadir.TakeLock(p.c.Dir, lockName)
		if err == nil {
			return errors.Join(f(), lock.Release())
		}
		if !isHeld(err) {
			return fmt.Errorf("lock the policy: %w", bare(err))
		}
		if time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockRetry):
		}
	}
}

func isHeld(err error) bool {
	_, held := errors.AsType[*datadir.HeldError](err)
	return held
}
