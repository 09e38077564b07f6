package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// segmentLen is the length at which a new segment begins. The bound of the
// whole spool is kept by dropping segments, so it is a small part of it.
const segmentLen = 1 << 20

// maxGroup bounds how many operations share one sync.
const maxGroup = 128

// op is one operation that waits for its frame to be synced.
type op struct {
	kind    uint8
	records [][]byte
	cut     *Cut
	assign  *assignEntry
	release *releaseEntry
	done    chan error
}

// frame is a frame that waits to be written.
type frame struct {
	kind    uint8
	payload []byte
}

// frames returns what to write. The first of its records, if any, gets the
// sequence next.
func (o *op) frames(next uint64) ([]frame, error) {
	if o.kind == kindRecords {
		out := make([]frame, len(o.records))
		for i, r := range o.records {
			out[i] = frame{kindRecords, append(binary.BigEndian.AppendUint64(nil, next+uint64(i)), r...)}
		}
		return out, nil
	}
	if o.kind == kindCut {
		return cutFrames(o.cut)
	}
	var (
		payload []byte
		err     error
	)
	switch o.kind {
	case kindAssign:
		payload, err = cbor.Marshal(o.assign)
	case kindRelease:
		payload, err = cbor.Marshal(o.release)
	}
	return []frame{{o.kind, payload}}, err
}

// cutFrames returns a cut and its mark.
func cutFrames(c *Cut) ([]frame, error) {
	cut, err := encodeCut(c)
	if err != nil {
		return nil, err
	}
	if len(cut) > maxFrameLen {
		return nil, fmt.Errorf("cut of %d bytes, at most %d", len(cut), maxFrameLen)
	}
	mark, err := encodeMark(c)
	return []frame{{kindCut, cut}, {kindMark, mark}}, err
}

// writer owns the segment that is written to.
type writer struct {
	*Spool
	file *os.File
	end  int64 // where the next frame goes; the file may be longer after a failed write

	oldSince time.Time // since when batches are over the bound in days, by the host's clock
}

// newWriter goes on behind the last frame that replay read. A damaged segment
// was written anew by then, so that the file ends there.
func (s *Spool) newWriter() (*writer, error) {
	w := &writer{Spool: s}
	var err error
	if n := len(s.log.segments); n > 0 && s.log.segments[n-1].bytes < segmentLen {
		last := s.log.segments[n-1]
		w.end = last.bytes
		w.file, err = os.OpenFile(w.path(last.number), os.O_RDWR, durable.OwnerFile)
	} else {
		err = w.rotate()
	}
	if err != nil {
		return nil, err
	}
	w.trim()
	return w, nil
}

func (w *writer) run() {
	defer close(w.done)
	for o := range w.ops {
		w.write(w.group(o))
		w.trim()
	}
	if err := w.file.Close(); err != nil {
		w.config.Logger.Error("close spool segment", slog.Any("error", err))
	}
}

// group adds to an operation those that wait too, within bounds. A cut ends the
// group: whether the next one holds depends on it.
func (w *writer) group(first *op) []*op {
	group, size := []*op{first}, first.size()
	for len(group) < maxGroup && size < segmentLen && group[len(group)-1].kind != kindCut {
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

// write writes a group with one sync and answers it.
func (w *writer) write(group []*op) {
	asked := slices.ContainsFunc(group, func(o *op) bool { return o.kind == kindRotate })
	if w.end >= segmentLen || asked {
		if err := w.rotate(); err != nil {
			answer(group, fmt.Errorf("begin spool segment: %w", err))
			return
		}
	}
	var (
		buf    []byte
		placed []frame
		starts []int64
		kept   []*op
	)
	next := w.nextSequence()
	for _, o := range group {
		frames, err := w.framesOf(o, next)
		if err != nil {
			o.done <- fmt.Errorf("write spool: %w", err)
			continue
		}
		kept = append(kept, o)
		next += uint64(len(o.records))
		for _, f := range frames {
			starts = append(starts, w.end+int64(len(buf)))
			buf = appendFrame(buf, f.kind, f.payload)
			placed = append(placed, f)
		}
	}
	group = kept
	if err := w.append(buf); err != nil {
		answer(group, fmt.Errorf("write spool: %w", err))
		return
	}
	w.mu.Lock()
	last := &w.log.segments[len(w.log.segments)-1]
	last.bytes = w.end
	for i, f := range placed {
		if err := w.apply(place{segment: last.number, offset: starts[i]}, f.kind, f.payload); err != nil {
			w.config.Logger.Error("apply spool frame", slog.Any("error", err))
		}
	}
	w.mu.Unlock()
	answer(group, nil)
}

// framesOf returns an operation's frames, or why it alone cannot be written.
func (w *writer) framesOf(o *op, next uint64) ([]frame, error) {
	if o.kind == kindRotate {
		return nil, nil
	}
	if o.kind == kindCut {
		w.mu.Lock()
		defer w.mu.Unlock()
		if !w.log.fresh(o.cut) {
			return nil, ErrPurged
		}
	}
	return o.frames(next)
}

func (w *writer) nextSequence() uint64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.next
}

func answer(group []*op, err error) {
	for _, o := range group {
		o.done <- err
	}
}

// append writes and syncs. After a failure the file is cut back to where it
// was whole, so that a later frame does not stand behind half of one.
func (w *writer) append(buf []byte) error {
	_, err := w.file.WriteAt(buf, w.end)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		return errors.Join(err, w.file.Truncate(w.end))
	}
	w.end += int64(len(buf))
	return nil
}

// rotate begins a new segment with a head.
func (w *writer) rotate() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	number := uint32(1)
	if n := len(w.log.segments); n > 0 {
		number = w.log.segments[n-1].number + 1
	}
	head, err := w.log.head()
	if err != nil {
		return err
	}
	f, err := os.OpenFile(w.path(number), os.O_RDWR|os.O_CREATE|os.O_EXCL, durable.OwnerFile)
	if err != nil {
		return err
	}
	buf := appendFrame([]byte(magic), kindHead, head)
	_, err = f.Write(buf)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = durable.SyncDir(w.config.Dir)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	if w.file != nil {
		err = w.file.Close()
	}
	w.file, w.end = f, int64(len(buf))
	w.log.segments = append(w.log.segments, segment{number: number, bytes: w.end})
	return err
}
