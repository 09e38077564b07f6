package db

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// lookPeriod is how often halves that did not open are tried again, so that what
// was put right is known to be without anybody using it.
const lookPeriod = time.Minute

// Look opens every half once, from the newest month to the oldest, so that what is
// damaged is logged and counted by [DB.Damaged] before anybody needs it; then those
// that do not open, once a minute, until ctx ends. Whoever wants a half waits while
// it is opened, as for anybody else; a half that was opened for this only is closed.
func (d *DB) Look(ctx context.Context) {
	d.lookAll(ctx)
	tick := time.NewTicker(lookPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		d.lookAgain(ctx)
	}
}

// lookAll looks at every half. Those of the newest month stay open: they are needed
// next.
func (d *DB) lookAll(ctx context.Context) {
	have, err := d.Months()
	if err != nil {
		d.log.Error("look at the months", slog.Any("error", err))
	}
	for i, m := range slices.Backward(have) {
		for _, h := range halves {
			if ctx.Err() != nil {
				return
			}
			d.lookAt(placeKey{m, h}, i == len(have)-1)
		}
	}
}

// lookAgain looks at the halves that did not open.
func (d *DB) lookAgain(ctx context.Context) {
	for _, k := range d.shutHalves() {
		if ctx.Err() != nil {
			return
		}
		d.lookAt(k, false)
	}
}

// lookAt opens a half that is not open. It logs a half that did not open only when
// that is news.
func (d *DB) lookAt(k placeKey, keep bool) {
	p, err := d.place(k)
	if err != nil {
		return // closed
	}
	defer d.using.Done()
	known := d.isShut(k)
	opened, err := d.tryOpen(p, k)
	if err != nil && !known && !errors.Is(err, ErrFull) {
		d.log.Error("a half of a month does not open; what is for it has no answer",
			slog.String("month", k.month.String()), slog.String("half", k.half.String()), slog.Any("error", err))
	}
	if opened && !keep {
		d.closeUnused(p, k, time.Now(), false)
	}
}

// tryOpen opens a half unless it is open already, or not there: then nothing is
// wrong with it.
func (d *DB) tryOpen(p *place, k placeKey) (opened bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.half != nil {
		return false, nil
	}
	if !made(halfPath(d.cfg.Dir, k.month, k.half), d.begun.has(k)) {
		d.note(k, func(h *harm) { h.shut = false })
		return false, nil
	}
	d.closeOldest(k.half)
	if err := d.open(p, k, false); err != nil {
		return false, err
	}
	p.used = time.Now()
	return true, nil
}

// Shut says whether a half of month m did not open when it was opened last. What
// is for it is neither written nor read.
func (d *DB) Shut(m schema.Month) bool {
	return slices.ContainsFunc(halves[:], func(h Half) bool { return d.isShut(placeKey{m, h}) })
}

func (d *DB) isShut(k placeKey) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.damaged[k].shut
}

// shutHalves returns the halves that did not open.
func (d *DB) shutHalves() (out []placeKey) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for k, h := range d.damaged {
		if h.shut {
			out = append(out, k)
		}
	}
	return out
}
