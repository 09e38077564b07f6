package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

const (
	idleTime   = 5 * time.Minute // after which an unused half is closed,
	readTime   = time.Hour       // or one of pages that was only read: the next lookup would open it again
	tendPeriod = time.Second
)

// mostOpen is how many halves of a kind are open at a time, unless more are in
// use: all pages of 400 days, which a lookup asks for at once, and sums of a window
// of 90 days and some more.
func mostOpen(h Half) int {
	if h == PagesHalf {
		return 16
	}
	return 6
}

type placeKey struct {
	month schema.Month
	half  Half
}

// place is where a half is while it is open.
type place struct {
	mu    sync.Mutex // held while it opens and closes
	half  *half      // nil: closed
	day   schema.Day // on which it was opened
	users int
	used  time.Time
}

// use returns an opened half, and what gives it back. One that never was is made
// only to write to it; for a reader it is nil. One that was, and is gone, is
// damaged for both.
func (d *DB) use(m schema.Month, h Half, toWrite bool) (*half, func(), error) {
	p, err := d.place(placeKey{m, h})
	if err != nil {
		return nil, func() {}, fmt.Errorf("open %s of month %s: %w", h, m, err)
	}
	got, err := d.enter(p, placeKey{m, h}, toWrite)
	if err != nil || got == nil {
		d.using.Done()
		return nil, func() {}, err
	}
	return got, func() { p.leave(); d.using.Done() }, nil
}

// place returns the place of a half and counts a user of the store.
func (d *DB) place(k placeKey) (*place, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil, errors.New("the store is closed")
	}
	d.using.Add(1)
	p, ok := d.places[k]
	if !ok {
		p = &place{}
		d.places[k] = p
	}
	return p, nil
}

func (d *DB) enter(p *place, k placeKey, toWrite bool) (*half, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.half != nil && p.half.readOnly && toWrite {
		if p.users > 0 {
			return nil, fmt.Errorf("open %s of month %s to write: it is being read since the disk was full: %w", k.half, k.month, ErrFull)
		}
		if err := p.shut(); err != nil {
			return nil, fmt.Errorf("close %s of month %s: %w", k.half, k.month, err)
		}
	}
	if p.half == nil {
		if !toWrite && !made(halfPath(d.cfg.Dir, k.month, k.half), d.begun.has(k)) {
			return nil, nil
		}
		d.closeOldest(k.half)
		if err := d.open(p, k, toWrite); err != nil {
			return nil, err
		}
	}
	p.users++
	p.used = time.Now()
	return p.half, nil
}

// open opens a half at its place: for reading only when there is no room for
// the files that Badger makes for writing.
func (d *DB) open(p *place, k placeKey, toWrite bool) error {
	room := d.disk.room(min(openFloor, d.disk.headroom))
	if room != nil && toWrite {
		return fmt.Errorf("open %s of month %s: %w", k.half, k.month, room)
	}
	got, err := d.openHalf(k, room != nil)
	if err != nil {
		d.note(k, func(h *harm) { h.shut = !errors.Is(err, ErrFull) }) // else it opens when there is room
		return err
	}
	p.half, p.day = got, schema.DayOf(d.cfg.Now())
	trouble, err := got.audit()
	d.note(k, func(h *harm) { h.shut, h.lossy = err != nil, h.lossy || trouble != "" })
	if err != nil {
		return errors.Join(fmt.Errorf("open %s of month %s: %w", k.half, k.month, err), p.shut())
	}
	if trouble != "" {
		d.log.Error("rows that were confirmed are not there, or not listed; run tacit store verify, and restore the month from a backup",
			slog.String("month", k.month.String()), slog.String("half", k.half.String()), slog.String("what", trouble))
	}
	return nil
}

// note changes what is known to be wrong with a half.
func (d *DB) note(k placeKey, change func(*harm)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	h := d.damaged[k]
	change(&h)
	if h != (harm{}) {
		d.damaged[k] = h
	} else {
		delete(d.damaged, k)
	}
}

func (p *place) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.users--
	p.used = time.Now()
}

// closeLast closes the half if it is open. Nobody uses it any more.
func (d *DB) closeLast(p *place) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.half != nil {
		if err := d.disk.room(p.half.needs()); err != nil {
			return fmt.Errorf("it is left as after a crash: %w", err)
		}
	}
	return p.shut()
}

// shut closes the half if it is open. Callers hold mu.
func (p *place) shut() error {
	if p.half == nil {
		return nil
	}
	err := p.half.close()
	p.half = nil
	return err
}

// needs returns how many bytes the open halves may yet write of what they were
// given, and what closing them all may need.
func (d *DB) needs() (n uint64) {
	for _, p := range d.opened() {
		if !p.mu.TryLock() {
			continue // it is being opened or closed
		}
		if p.half != nil {
			n += p.half.needs()
		}
		p.mu.Unlock()
	}
	return n
}

// opened returns the open places.
func (d *DB) opened() map[placeKey]*place {
	d.mu.Lock()
	defer d.mu.Unlock()
	out := make(map[placeKey]*place, len(d.places))
	for k, p := range d.places {
		out[k] = p
	}
	return out
}

// closeOldest makes place for one more half of a kind: it closes the one that is
// unused for longest when as many are open as may be. A place that is busy counts
// as open.
func (d *DB) closeOldest(h Half) {
	open := 0
	var oldest *place
	var key placeKey
	var used time.Time
	for k, p := range d.opened() {
		if k.half != h {
			continue
		}
		if !p.mu.TryLock() {
			open++
			continue
		}
		if p.half != nil {
			open++
			if p.users == 0 && (oldest == nil || p.used.Before(used)) {
				oldest, key, used = p, k, p.used
			}
		}
		p.mu.Unlock()
	}
	if open < mostOpen(h) || oldest == nil {
		return
	}
	d.closeUnused(oldest, key, time.Now(), false)
}

// closeUnused closes a half that nobody uses and nobody used since the given
// time, if there is room to do it. What was deleted goes first when rest is set.
func (d *DB) closeUnused(p *place, k placeKey, since time.Time, rest bool) {
	if !p.mu.TryLock() {
		return
	}
	defer p.mu.Unlock()
	if p.half == nil || p.users > 0 || p.used.After(since) || d.disk.room(p.half.needs()) != nil {
		return
	}
	stale := rest && p.half.stale() && d.disk.room(d.disk.headroom+p.half.size()) == nil
	err := p.shut()
	if err == nil && stale {
		err = d.clear(k)
	}
	if err != nil {
		d.log.Error("close an unused half", slog.String("month", k.month.String()), slog.String("half", k.half.String()), slog.Any("error", err))
	}
}

// clear merges away what was deleted of a closed half, by merging all its
// tables: in one level deletions meet their rows.
func (d *DB) clear(k placeKey) error {
	h, err := d.openHalf(k, false)
	if err != nil {
		return err
	}
	if err := h.badger.Flatten(1); err != nil {
		err = fmt.Errorf("merge what was deleted away: %w", err)
		return errors.Join(err, h.close())
	}
	return h.close()
}

// tend closes halves that are not used and merges manifests, until ctx ends.
func (d *DB) tend(ctx context.Context) {
	tick := time.NewTicker(tendPeriod)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-d.due:
		}
		for k, p := range d.opened() {
			if d.ofAnotherDay(p) {
				d.writer.Lock() // else a busy store would never be without a user
				d.closeUnused(p, k, time.Now(), true)
				d.writer.Unlock()
			}
			d.closeUnused(p, k, time.Now().Add(-p.rests()), true)
			d.settle(ctx, p, k)
		}
	}
}

// rests returns how long the half at a place may be unused before it is closed.
func (p *place) rests() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.half != nil && p.users == 0 && p.half.kind == PagesHalf && p.half.written.Load() == 0 && !p.half.stale() {
		return readTime
	}
	return idleTime
}

// ofAnotherDay says whether a half was opened on another day. It is closed then:
// what Badger wrote last stands in the order of its arrival, with its hours, until
// it is merged, and a store that gets little would keep that for weeks.
func (d *DB) ofAnotherDay(p *place) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.half != nil && p.day != schema.DayOf(d.cfg.Now())
}

// settle merges the manifest of an open half when that is due.
func (d *DB) settle(ctx context.Context, p *place, k placeKey) {
	p.mu.Lock()
	got := p.half
	if got == nil || !got.manifest.due(schema.DayOf(d.cfg.Now())) {
		p.mu.Unlock()
		return
	}
	p.users++ // stays open meanwhile
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.users-- // and is not used for that
		p.mu.Unlock()
	}()
	if err := got.manifest.merge(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("merge a manifest", slog.String("month", k.month.String()), slog.String("half", k.half.String()), slog.Any("error", err))
	}
}
