package upload

import (
	"context"
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// Today is the day by this host's clock, corrected by what a store said when
// the two were too far apart.
func (u *Uploader) Today() schema.Day {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.config.Now()
	if !u.taught.holds(now) {
		u.taught = lesson{}
	}
	return schema.Day(int64(schema.DayOf(now)) + u.taught.apart)
}

// lesson is what a store taught about this host's clock.
type lesson struct {
	apart int64     // days by which the store's clock is ahead
	wall  time.Time // this host's clock then
	since time.Time // the same moment, which no setting of the clock moves
}

// holds says whether the clock went on since as clocks do: one that was set
// meanwhile has to be taught anew.
func (l lesson) holds(now time.Time) bool {
	return (now.Round(0).Sub(l.wall) - time.Since(l.since)).Abs() < 12*time.Hour
}

// misdated says whether a batch that a store finds too old is not: only clocks
// were wrong. The store's shows another day than this host's, or by this host's
// the batch is older than this process, which saw it come: the clock was set
// since. What lay there when the process began may well be as old as it looks.
func (u *Uploader) misdated(b *spool.Batch, store schema.Day) bool {
	today := schema.DayOf(u.config.Now())
	if apart(today, store) > 1 {
		return true
	}
	running := schema.Day(time.Since(u.started) / (24 * time.Hour))
	return !u.inherited[b.ID] && today > b.Day+running+1
}

// redate makes a new batch of the same content, under a new ID, for the
// store's day. A page gets its place when it is sent.
func (u *Uploader) redate(ctx context.Context, b *spool.Batch, day schema.Day) error {
	u.mu.Lock()
	now := u.config.Now()
	u.taught = lesson{apart: int64(day) - int64(schema.DayOf(now)), wall: now.Round(0), since: time.Now()}
	u.mu.Unlock()
	fresh := *b
	fresh.ID, fresh.Page = schema.NewBatchID(), nil // it stays as old as it is by this host's clock
	var err error
	if b.Kind == pageKind {
		fresh.Plain, err = renamePage(b.Plain, fresh.ID)
	} else {
		fresh.Plain, err = moveFragment(b.Plain, day)
	}
	if err != nil {
		return fmt.Errorf("redate: %w", err)
	}
	return u.config.Spool.Cut(ctx, spool.Cut{
		Batches: []spool.Batch{fresh}, Ends: []schema.BatchID{b.ID},
	})
}

func renamePage(packed []byte, id schema.BatchID) ([]byte, error) {
	p, err := codec.DecodePage(packed)
	if err != nil {
		return nil, err
	}
	p.Batch = id
	return codec.EncodePage(p)
}

func moveFragment(plain []byte, day schema.Day) ([]byte, error) {
	f, err := codec.DecodeFragment(plain)
	if err != nil {
		return nil, err
	}
	f.Day = day
	return codec.EncodeFragment(f)
}
