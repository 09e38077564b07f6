package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/schema"
)

// kindRotate is of an operation that writes nothing: it begins a new segment.
const kindRotate uint8 = 255

// maxGroup bounds how many operations share one sync, and maxGroupBytes about
// how many bytes.
const (
	maxGroup      = 256
	maxGroupBytes = 1 << 20
)

// op is one operation that waits for its frames to be synced.
type op struct {
	kind    uint8
	records [][]byte
	cut     *Cut
	assign  *assignEntry
	release *releaseEntry
	done    chan error // holds one
}

// size returns about how many bytes an operation writes.
func (o *op) size() (n int) {
	for _, r := range o.records {
		n += len(r)
	}
	if o.assign != nil {
		n += len(o.assign.Sealed)
	}
	return n
}

// writer owns the segment that is written to. One goroutine writes.
type writer struct {
	*Spool
	file  File
	end   int64 // where the next frame goes
	room  int64 // the file's length
	ended int64 // where the segment before this one ended

	// failed says that bytes behind end may be on the volume or not: nothing is
	// written behind them, a new segment begins instead.
	failed bool

	clock    calendar
	oldSince time.Time        // since when batches are over the bound in days
	looked   time.Time        // when they were looked at last
	ends     []schema.BatchID // dropped in memory, and not yet on disk

	// Kept from group to group.
	buf    []byte
	placed []placedFrame
	kept   []*op
}

// placedFrame is a frame of the group that is written.
type placedFrame struct {
	kind       uint8
	start, end int // in the buffer
}

// newWriter goes on behind the last frame that replay read.
func (s *Spool) newWriter() (*writer, error) {
	w := &writer{Spool: s, clock: calendar{wall: s.config.Now}, ended: -1}
	if s.log.at != 0 && !s.log.empty() {
		w.clock.last, w.clock.since = time.Unix(s.log.at, 0), time.Now()
	}
	if err := w.resume(); err != nil {
		if w.file != nil {
			err = errors.Join(err, w.file.Close())
		}
		return nil, err
	}
	w.trim()
	return w, nil
}

// resume opens the segment to write to.
func (w *writer) resume() (err error) {
	n := len(w.log.segments)
	if n == 0 || w.log.last().rewritten || w.log.last().end >= w.segmentLen() || w.log.last().number < w.begun.known {
		err = w.rotate(0)
	} else {
		last := w.log.last()
		w.end, w.room = last.end, last.bytes
		if n > 1 {
			w.ended = w.log.segments[n-2].end
		}
		if w.file, err = w.config.Disk.Open(w.path(last.number)); err == nil {
			err = w.file.Sync() // what was read may have been written and not synced
		}
		if err == nil && w.begun.newest != last.number {
			w.noteBegun(last.number)
		}
	}
	if err == nil && w.log.unmarked != nil {
		err = w.mark(w.log.unmarked)
	}
	return err
}

func (w *writer) run() {
	defer close(w.done)
	var group []*op
	for o := range w.ops {
		group = w.group(append(group[:0], o))
		w.write(group)
		clear(group)
		w.trim()
	}
	if err := w.file.Close(); err != nil {
		w.config.Logger.Error("close spool segment", slog.Any("error", err))
	}
}

// group adds to an operation those that wait too, within bounds. A cut ends the
// group: whether the next one holds depends on it.
func (w *writer) group(group []*op) []*op {
	size := group[0].size()
	for len(group) < maxGroup && size < maxGroupBytes && group[len(group)-1].kind != kindCut {
		select {
		case next, ok := <-w.ops:
			if !ok {
				return group
			}
			group, size = append(group, next), size+next.size()
		default:
			return group
		}
	}
	return group
}

// write writes a group with one sync and answers it.
func (w *writer) write(group []*op) {
	w.encode(group)
	rotate := slices.ContainsFunc(w.kept, func(o *op) bool { return o.kind == kindRotate })
	err := w.append(w.buf, rotate)
	if err == nil {
		w.applyPlaced(w.end - int64(len(w.buf)))
		w.markCut()
	} else {
		err = fmt.Errorf("write spool: %w", err)
	}
	for _, o := range w.kept {
		o.done <- err
	}
	clear(w.kept)
	if cap(w.buf) > 2*maxGroupBytes {
		w.buf = nil // a long cut must not cost memory for good
	}
}

// encode puts the frames of a group into the buffer. Operations that cannot be
// written are answered; the others are kept.
func (w *writer) encode(group []*op) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.buf, w.placed, w.kept = w.buf[:0], w.placed[:0], w.kept[:0]
	next := w.log.next
	for _, o := range group {
		start := len(w.buf)
		if err := w.encodeOp(o, next); err != nil {
			w.buf = w.buf[:start]
			o.done <- fmt.Errorf("write spool: %w", err)
			continue
		}
		next += uint64(len(o.records))
		w.kept = append(w.kept, o)
	}
}

// encodeOp appends an operation's frames. The first of its records, if any,
// gets the sequence next.
func (w *writer) encodeOp(o *op, next uint64) (err error) {
	switch o.kind {
	case kindRecords:
		for i, r := range o.records {
			start := w.begin(kindRecords)
			w.buf = append(binary.BigEndian.AppendUint64(w.buf, next+uint64(i)), r...)
			w.finish(start)
		}
		return nil
	case kindRotate:
		return nil
	}
	start := w.begin(o.kind)
	switch o.kind {
	case kindCut:
		if !w.log.fresh(o.cut) {
			return w.undo(start, ErrPurged)
		}
		w.buf, err = encodeCut(w.buf, o.cut, w.clock.now().Unix())
	case kindAssign:
		w.buf, err = appendEntry(w.buf, o.assign)
	case kindRelease:
		w.buf, err = appendEntry(w.buf, o.release)
	}
	if n := len(w.buf) - start - frameHeaderLen; err == nil && n > maxFrameLen {
		err = fmt.Errorf("frame of %d bytes, at most %d", n, maxFrameLen)
	}
	if err != nil {
		return w.undo(start, err)
	}
	w.finish(start)
	return nil
}

func appendEntry(b []byte, e any) ([]byte, error) {
	entry, err := cbor.Marshal(e)
	return append(b, entry...), err
}

// begin appends a frame's header and returns where it begins.
func (w *writer) begin(kind uint8) (start int) {
	start = len(w.buf)
	w.buf = beginFrame(w.buf, kind)
	return start
}

func (w *writer) finish(start int) {
	w.buf = endFrame(w.buf, start)
	w.placed = append(w.placed, placedFrame{kind: w.buf[start+8], start: start, end: len(w.buf)})
}

func (w *writer) undo(start int, err error) error {
	w.buf = w.buf[:start]
	return err
}

// applyPlaced changes the state by the frames of the buffer, which stand at
// base.
func (w *writer) applyPlaced(base int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.log.last()
	last.bytes, last.end = w.room, w.end
	for _, f := range w.placed {
		payload := w.buf[f.start+frameHeaderLen : f.end]
		if err := w.log.apply(place{last.number, base + int64(f.start)}, f.kind, payload); err != nil {
			w.config.Logger.Error("apply spool frame", slog.Any("error", err))
		}
	}
}

// markCut writes the mark of the cut that was just synced, with a sync of its
// own: a mark beside a torn cut would give up records that were confirmed.
func (w *writer) markCut() {
	w.mu.Lock()
	m := w.log.unmarked
	w.mu.Unlock()
	if m == nil {
		return
	}
	if err := w.mark(m); err != nil {
		// The cut holds all the same. The next start writes the mark.
		w.config.Logger.Warn("mark a cut of the spool", slog.Any("error", err))
	}
}

func (w *writer) mark(m *markEntry) error {
	payload, err := cbor.Marshal(m)
	if err != nil {
		return err
	}
	frame := appendFrame(nil, kindMark, payload)
	if err := w.append(frame, false); err != nil {
		return fmt.Errorf("mark cut: %w", err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.log.last()
	last.bytes, last.end = w.room, w.end
	return w.log.apply(place{last.number, w.end - int64(len(frame))}, kindMark, payload)
}
