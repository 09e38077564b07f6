package home

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// TestAHolderThatHangs: one that holds the store and never answers is named within
// a minute, and one that whoever asks gives up on is not.
func TestAHolderThatHangs(t *testing.T) {
	h := Home{Dir: t.TempDir(), RunDir: t.TempDir()}
	lock, err := datadir.TakeLock(h.Dir, Name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = lock.Release() })
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	began := time.Now()
	_, err = h.Hold(t.Context(), hang)
	if _, held := errors.AsType[*datadir.HeldError](err); !held || !errors.Is(err, ErrSilent) || time.Since(began) > time.Minute {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = h.Hold(ctx, hang); !errors.Is(err, context.Canceled) || errors.Is(err, ErrSilent) {
		t.Errorf("whoever asked gave up: %v", err)
	}
}
