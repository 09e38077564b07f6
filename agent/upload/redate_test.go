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

// TestBehind: this host's clock was behind by more than a store's window when a
// fragment was gathered, and is right when it is sent, or not. That is no reason
// to lose it; what lay there for as long is too old.
func TestBehind(t *testing.T) {
	t.Parallel() // it waits most of the time
	const behind = 400
	for name, c := range map[string]struct {
		now     int // days by which the clock is behind at sending
		restart bool
		want    int // fragments stored
	}{
		"still wrong":               {now: behind, want: 1},
		"still wrong, after a stop": {now: behind, restart: true, want: 1},
		"set right meanwhile":       {want: 1},
		"off for as long":           {restart: true},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			var days atomic.Int64
			days.Store(-behind)
			h := newHost(t, l.server.ClientURL(), func(u *upload.Config) {
				u.Now = func() time.Time { return time.Now().AddDate(0, 0, int(days.Load())) }
			})
			plain, err := codec.EncodeFragment(codec.Fragment{Day: today - behind, Release: 1, Values: []codec.Measure{{Metric: "os.type", Count: 1}}})
			if err != nil {
				t.Fatal(err)
			}
			h.cut(spool.Batch{ID: schema.NewBatchID(), Kind: envelope.Fragment, Day: today - behind, Records: 1, Plain: plain})
			stored := storeOf(t, l)
			days.Store(int64(-c.now))
			if c.restart {
				h.reopen()
			}
			h.flush(nil)
			h.pending(0)
			if got := stored()[envelope.Fragment]; got != c.want {
				t.Errorf("%d are stored, want %d", got, c.want)
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
		status := wire.Stored
		switch d := dayOf(t, g); {
		case d+90 < today:
			status = wire.Expired
		case d > today+1:
			status = wire.Redate
		default:
			kept[g.Batch] = g.Kind
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
