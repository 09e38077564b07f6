package upload

import (
	"context"
	"fmt"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// today is the day by this host's clock, corrected by what a store said when
// the two were too far apart.
func (u *Uploader) today() schema.Day {
	u.mu.Lock()
	defer u.mu.Unlock()
	return schema.Day(int64(schema.DayOf(u.config.Now())) + u.apart)
}

// redate makes a new batch of the same content, under a new ID, for the
// store's day. A page gets its place when it is sent.
func (u *Uploader) redate(ctx context.Context, b *spool.Batch, day schema.Day) error {
	u.mu.Lock()
	u.apart = int64(day) - int64(schema.DayOf(u.config.Now()))
	u.mu.Unlock()
	fresh := *b
	fresh.ID, fresh.Page, fresh.Day = schema.NewBatchID(), nil, day
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
		Batches: []spool.Batch{fresh}, Ends: []schema.BatchID{b.ID}, State: u.config.Spool.State(),
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
