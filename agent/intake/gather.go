package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// Gather makes fragments and pages of all records that wait, in steps of the
// spool. A batch that trips is not sent: it goes to Blocked. It returns how
// many batches are ready.
func (in *Intake) Gather(ctx context.Context) (int, error) {
	in.gather.Lock()
	defer in.gather.Unlock()
	return in.gatherAll(ctx)
}

// gatherAll is Gather for whoever holds its lock.
func (in *Intake) gatherAll(ctx context.Context) (int, error) {
	in.mu.Lock()
	loud := in.loud // all of these are kept by now; more may come meanwhile
	in.mu.Unlock()
	total := 0
	for more := true; more; {
		var (
			kept    [][]byte
			through uint64
			err     error
		)
		if kept, through, more, err = in.config.Spool.Uncut(); err != nil {
			return total, fmt.Errorf("gather: %w", err)
		}
		if len(kept) == 0 {
			break
		}
		if in.config.Now().Before(schema.EarliestClock) {
			return total, ErrClock
		}
		if !in.config.Known() {
			return total, ErrNoFacts
		}
		n, err := in.cut(ctx, kept, through)
		if err != nil && !errors.Is(err, spool.ErrPurged) {
			return total, fmt.Errorf("gather: %w", err)
		}
		total += n
	}
	in.gathered(loud)
	return total, nil
}

// cut gathers some records in one step.
func (in *Intake) cut(ctx context.Context, kept [][]byte, through uint64) (int, error) {
	t := in.config.Terms()
	batches, state, err := in.batches(in.decode(kept, true), in.facts(&t), &t)
	if err != nil {
		return 0, err
	}
	ready := make([]spool.Batch, 0, len(batches))
	for _, b := range batches {
		ok, err := in.Passes(b)
		if err != nil {
			return 0, err
		}
		if ok {
			ready = append(ready, b)
		}
	}
	return len(ready), in.config.Spool.Cut(ctx, spool.Cut{Through: through, Batches: ready, State: state})
}

func (in *Intake) gathered(loud int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.loud -= loud
}

// followRevision gathers what waits when the site's decision changed, so that a
// page tells under which one its records were taken. When that fails, or the
// facts of the host are not known yet, the next call tries again, and what comes
// in between is told as of the older one.
func (in *Intake) followRevision(ctx context.Context, now uint64) {
	in.mu.Lock()
	same := in.revision == now
	in.mu.Unlock()
	if same {
		return
	}
	in.gather.Lock()
	defer in.gather.Unlock()
	if err := in.changeRevision(ctx, now); err != nil && !errors.Is(err, ErrNoFacts) {
		in.config.Logger.Warn("gather what was taken under the site's last decision", slog.Any("error", err))
	}
}

func (in *Intake) changeRevision(ctx context.Context, now uint64) error {
	if _, err := in.gatherAll(ctx); err != nil {
		return err
	}
	mem, err := readMemory(in.config.Spool.State())
	if err != nil {
		return err
	}
	mem.Policy = now
	state, err := mem.bytes(schema.DayOf(in.config.Now()))
	if err != nil {
		return err
	}
	if err := in.config.Spool.Cut(ctx, spool.Cut{State: state}); err != nil {
		return err
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.revision = now
	return nil
}

// Preview returns what Gather would make now, of the oldest MiB of records and
// of what is shown only because its programme does not take part. It changes
// nothing. What would be blocked is left out.
func (in *Intake) Preview() ([]spool.Batch, error) {
	in.gather.Lock()
	defer in.gather.Unlock()
	kept, _, _, err := in.config.Spool.Uncut()
	if err != nil {
		return nil, fmt.Errorf("preview: %w", err)
	}
	t := in.config.Terms()
	records := append(in.decode(kept, false), in.stillShown(&t)...)
	batches, _, err := in.batches(records, nil, &t)
	return slices.DeleteFunc(batches, func(b spool.Batch) bool {
		_, hit, bad := in.trips(b)
		return hit || bad != nil
	}), err
}

// facts returns the host facts of programmes that do not take part, for the
// facets of those that do.
func (in *Intake) facts(t *Terms) []schema.Record {
	if len(t.Collect) == 0 {
		return nil
	}
	return in.stillShown(t)
}

// decode reads records as the spool keeps them. What cannot be read is counted,
// when it is for good.
func (in *Intake) decode(kept [][]byte, count bool) []schema.Record {
	records := make([]schema.Record, 0, len(kept))
	var (
		decoder codec.RecordDecoder
		bad     error
	)
	now := in.config.Now()
	for _, b := range kept {
		r, err := decoder.Decode(b)
		if err != nil {
			bad = errors.Join(bad, err) // its checksum is right: another version wrote it
			if count {
				in.refuse(ReasonOther)
			}
			continue
		}
		r.Time = plausible(r.Time, now) // it may have been taken while the clock was wrong
		records = append(records, r)
	}
	if bad != nil {
		in.config.Logger.Warn("records of another version are left out", slog.Any("error", bad))
	}
	return records
}

// batches makes pages and fragments of records. Facts are only looked at.
func (in *Intake) batches(records, facts []schema.Record, t *Terms) ([]spool.Batch, []byte, error) {
	// Time order for pages, and so that of several days the first is counted
	// first, whenever its records came.
	if byTime := func(a, b schema.Record) int { return cmp.Compare(a.Time, b.Time) }; !slices.IsSortedFunc(records, byTime) {
		slices.SortStableFunc(records, byTime)
	}
	mem, err := readMemory(in.config.Spool.State())
	if err != nil {
		return nil, nil, err
	}
	for _, known := range [][]schema.Record{records, facts} {
		for i := range known {
			mem.see(in.config.Registry, &known[i])
		}
	}
	today := schema.DayOf(in.config.Now())
	var pages, fragments []spool.Batch
	for _, group := range in.apart(records, t) {
		if !in.config.Ephemeral {
			more, err := in.pages(group, today, mem.Policy)
			if err != nil {
				return nil, nil, err
			}
			pages = append(pages, more...)
		}
		more, err := in.fragments(group, mem, today)
		if err != nil {
			return nil, nil, err
		}
		fragments = append(fragments, more...)
	}
	state, err := mem.bytes(today)
	return append(pages, fragments...), state, err
}
