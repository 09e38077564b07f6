package upload_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

var errCrash = errors.New("the process ended")

// crashing is a spool whose process ends at the first redate: before its cut is
// written, or after.
type crashing struct {
	upload.Spool
	after bool
	done  atomic.Bool
}

func (c *crashing) Cut(ctx context.Context, cut spool.Cut) error {
	if c.done.Swap(true) {
		return c.Spool.Cut(ctx, cut)
	}
	if c.after {
		if err := c.Spool.Cut(ctx, cut); err != nil {
			return err
		}
	}
	return errCrash
}

// TestLeapAndCrash: this host's clock is ten years ahead, its process ends
// within the redate, and the clock is set right then or not. What it had to send
// is stored, once.
func TestLeapAndCrash(t *testing.T) {
	t.Parallel() // it waits most of the time
	const decade = 3650
	for name, c := range map[string]struct {
		after, right bool // the crash comes after the cut; the clock is right at the next start
	}{
		"before the cut":                    {},
		"before the cut, then right":        {right: true},
		"after the cut":                     {after: true},
		"after the cut, then a right clock": {after: true, right: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			var ahead atomic.Int64 // days
			ahead.Store(decade)
			h := newHost(t, l.server.ClientURL(), func(u *upload.Config) {
				u.Now = func() time.Time { return time.Now().AddDate(0, 0, int(ahead.Load())) }
			})
			h.page()
			h.fragmentOf(today + decade)
			stored := storeOf(t, l)
			h.config.Spool = &crashing{Spool: h.spool, after: c.after}
			h.restart()
			if _, err := h.up.Flush(t.Context(), true); !errors.Is(err, errCrash) {
				t.Fatalf("flush: %v, want the crash", err)
			}
			h.reopen()
			if c.right {
				ahead.Store(0)
			}
			h.flush(nil)
			h.pending(0)
			if got := stored(); got[envelope.Page] != 1 || got[envelope.Fragment] != 1 {
				t.Errorf("stored %v, want each once", got)
			}
		})
	}
}

// reopen starts the spool and the uploader anew.
func (h *host) reopen() {
	h.t.Helper()
	if err := h.spool.Close(); err != nil {
		h.t.Fatal(err)
	}
	var err error
	if h.spool, err = spool.Open(spool.Config{Dir: filepath.Join(h.dir, "spool"), Now: h.config.Now}); err != nil {
		h.t.Fatal(err)
	}
	h.config.Spool = h.spool
	h.restart()
}

// storeOf lets a relay's store keep what is of about today, and send back what
// is not. It returns how many batches of a kind it keeps.
func storeOf(t *testing.T, l *liar) (stored func() map[envelope.Kind]int) {
	var mu sync.Mutex
	kept := map[schema.BatchID]envelope.Kind{}
	l.say(func(g got, say func([]byte)) {
		mu.Lock()
		defer mu.Unlock()
		status := wire.Redate
		if d := dayOf(t, g); d+90 >= today && d <= today+1 {
			status, kept[g.Batch] = wire.Stored, g.Kind
		}
		say(g.reply(t, status, today))
	})
	return func() map[envelope.Kind]int {
		mu.Lock()
		defer mu.Unlock()
		out := map[envelope.Kind]int{}
		for _, kind := range kept {
			out[kind]++
		}
		return out
	}
}

func dayOf(t *testing.T, g got) schema.Day {
	if g.Kind == envelope.Page {
		p, err := page.Parse(g.Payload)
		if err != nil {
			t.Error(err)
		}
		return p.Day
	}
	f, err := codec.DecodeFragment(g.Payload)
	if err != nil {
		t.Error(err)
	}
	return f.Day
}
