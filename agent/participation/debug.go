package participation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

const (
	debugFile = "debug.json"
	maxDebug  = 1 << 10 // bytes of it
)

// MaxDebug is the longest that debugging lasts.
const MaxDebug = 24 * time.Hour

// debug is how long a user of this host asked for more detail. The zero value:
// not at all.
type debug struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// lasts says whether it lasts at that time. A clock that was set back ends it.
func (d debug) lasts(now time.Time) bool {
	return !now.Before(d.From) && now.Before(d.Until) && d.Until.Sub(d.From) <= MaxDebug
}

// Debug asks for more detail for a while, 0 to end that. It is within what the
// machine policy and the site allow: where neither has set a level it is enhanced
// meanwhile. It ends by itself, also while no process runs, and with a refusal.
func (r *Resolver) Debug(_ context.Context, d time.Duration) error {
	defer r.wake()
	r.mu.Lock()
	defer r.mu.Unlock()
	if d <= 0 {
		return r.endDebug()
	}
	now := r.c.Now().UTC().Truncate(time.Second)
	next := debug{From: now, Until: now.Add(min(d, MaxDebug))}
	b, err := json.Marshal(next)
	if err == nil {
		err = durable.WriteFile(filepath.Join(r.dir, debugFile), append(b, '\n'), durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("keep how long to debug: %w", durable.Bare(err))
	}
	r.debug = next
	return nil
}

// endDebug ends it, in this process whatever the error. Callers hold mu.
func (r *Resolver) endDebug() error {
	r.debug = debug{}
	if err := os.Remove(filepath.Join(r.dir, debugFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("end debugging: %w", durable.Bare(err))
	}
	return nil
}

// loadDebug reads how long it was asked for. What cannot be read has ended.
func (r *Resolver) loadDebug() {
	b, err := readOwner(filepath.Join(r.dir, debugFile), maxDebug)
	if err == nil {
		err = json.Unmarshal(b, &r.debug)
	}
	if err != nil {
		r.debug = debug{}
		if !errors.Is(err, fs.ErrNotExist) {
			r.c.Logger.Warn("how long to debug cannot be read; it has ended", slog.String("file", debugFile))
		}
	}
}
