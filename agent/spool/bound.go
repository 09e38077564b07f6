package spool

import (
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// trim keeps the bounds. Segments go from the oldest on only: a release may
// stand in a later segment than its batch, which would come back without it.
// That they do not count any more is on disk before they go.
func (w *writer) trim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.log.dropped
	w.dropOld()
	w.dropLost()
	going := w.overBound()
	if going == 0 && len(w.ends) == 0 {
		return
	}
	if n := w.log.dropped - before; n > 0 {
		w.config.Logger.Warn("spool dropped what is over its bounds or damaged", slog.Uint64("records", n))
	}
	if w.failed {
		return // the next write begins a new segment, and what goes is noted there
	}
	if err := w.note(w.ends, w.log.segments[going].number); err != nil {
		w.config.Logger.Error("note what the spool dropped", slog.Any("error", err))
		return
	}
	w.ends = nil
	for _, s := range w.log.segments[:going] {
		if err := w.config.Disk.Remove(w.path(s.number)); err != nil {
			w.config.Logger.Error("remove spool segment", slog.Any("error", err)) // the next start does
		}
	}
	w.log.segments = append([]segment(nil), w.log.segments[going:]...)
}

// overBound returns how many segments, from the oldest on, are not needed any
// more or are too many, and drops what the latter hold.
func (w *writer) overBound() (going int) {
	total := w.log.bytes()
	for _, s := range w.log.segments[:len(w.log.segments)-1] {
		if w.log.live[s.number] > 0 {
			if total <= w.config.MaxBytes {
				break
			}
			ids, records := w.log.forget(s.number)
			w.ends = append(w.ends, ids...)
			w.log.dropped += records
		}
		total -= s.bytes
		going++
	}
	return going
}

// How often batches are looked at for their age, and how much later one must
// still be old: a clock that jumps for a moment must not cost anything.
const (
	lookEvery  = time.Minute
	secondLook = time.Hour
)

// dropOld drops batches that are older than the bound in days.
func (w *writer) dropOld() {
	if w.log.empty() {
		w.clock.last = time.Time{} // nothing can be wrongly old: whatever the clock says is the time
	}
	now := w.clock.now()
	if since := now.Sub(w.looked); since >= 0 && since < lookEvery {
		return
	}
	w.looked = now
	bound := now.Add(-time.Duration(w.config.MaxDays) * 24 * time.Hour).Unix()
	var old []schema.BatchID
	for id, b := range w.log.batches {
		if b.at < bound {
			old = append(old, id)
		}
	}
	if len(old) == 0 {
		w.oldSince = time.Time{}
		return
	}
	if w.oldSince.IsZero() || now.Before(w.oldSince) {
		w.oldSince = now
	}
	if now.Sub(w.oldSince) < secondLook {
		return
	}
	for _, id := range old {
		w.log.dropped += uint64(w.log.batches[id].Records)
		w.log.end(id)
	}
	w.ends = append(w.ends, old...)
}

// dropLost gives up batches whose cut could not be read at the start.
func (w *writer) dropLost() {
	for id, b := range w.log.lost {
		w.log.dropped += uint64(b.records)
		w.ends = append(w.ends, id)
	}
	clear(w.log.lost)
}
