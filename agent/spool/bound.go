package spool

import (
	"log/slog"
	"os"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// trim keeps the bounds. Segments go from the oldest on only: a release may
// stand in a later segment than its batch, which would come back without it.
func (w *writer) trim() {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.log.dropped
	old := append(w.dropOld(), w.dropLost()...)
	for len(w.log.segments) > 1 {
		oldest := w.log.segments[0]
		if w.log.live(oldest.number) {
			if w.log.bytes() <= w.config.MaxBytes {
				break
			}
			w.log.dropped += w.log.forget(oldest.number)
		}
		if err := os.Remove(w.path(oldest.number)); err != nil {
			w.config.Logger.Error("remove spool segment", slog.Any("error", err))
			break
		}
		w.log.segments = w.log.segments[1:]
	}
	if w.log.dropped != before || len(old) > 0 {
		w.config.Logger.Warn("spool dropped what is over its bounds or damaged", slog.Uint64("records", w.log.dropped-before))
		w.noteDropped(old)
	}
}

// dropOld drops batches that are older than the bound in days.
func (w *writer) dropOld() (ends []schema.BatchID) {
	now := w.config.Now()
	for id, b := range w.log.batches {
		if b.Day+schema.Day(w.config.MaxDays) < schema.DayOf(now) {
			ends = append(ends, id)
		}
	}
	if len(ends) == 0 {
		w.oldSince = time.Time{}
		return nil
	}
	// A clock that jumps for a moment must not cost anything: what is old has to
	// be old an hour later as well.
	if w.oldSince.IsZero() || now.Before(w.oldSince) {
		w.oldSince = now
	}
	if now.Sub(w.oldSince) < secondLook {
		return nil
	}
	for _, id := range ends {
		w.log.dropped += uint64(w.log.batches[id].Records)
		delete(w.log.batches, id)
	}
	return ends
}

// secondLook is how much later a batch must still be old.
const secondLook = time.Hour

// dropLost gives up batches whose cut could not be read at the start.
func (w *writer) dropLost() (ends []schema.BatchID) {
	for id, records := range w.log.lost {
		w.log.dropped += uint64(records)
		ends = append(ends, id)
	}
	clear(w.log.lost)
	return ends
}

// noteDropped writes down what was dropped, so that a restart neither brings
// it back nor counts it again.
func (w *writer) noteDropped(ends []schema.BatchID) {
	cut, err := encodeCut(&Cut{Ends: ends})
	var head []byte
	if err == nil {
		head, err = w.log.head()
	}
	if err == nil {
		err = w.append(appendFrame(appendFrame(nil, kindCut, cut), kindHead, head))
	}
	if err != nil {
		w.config.Logger.Error("note what was dropped", slog.Any("error", err))
		return
	}
	w.log.segments[len(w.log.segments)-1].bytes = w.end
}
