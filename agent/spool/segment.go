package spool

import (
	"errors"
	"fmt"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/schema"
)

// The bound of the whole spool is kept by dropping segments, so that one is a
// small part of it.
const (
	maxSegmentLen = 1 << 20
	segmentPart   = 16
)

// segmentLen is the length at which a new segment begins. Its room is reserved
// at once, so that a full disk is met there and not within a frame.
func (s *Spool) segmentLen() int64 {
	return min(maxSegmentLen, max(s.config.MaxBytes/segmentPart, 4<<10))
}

// noteRoom of a segment is kept for noting what is dropped and for marks: they
// make room when there is none.
const noteRoom = 1 << 10

func (s *Spool) path(segment uint32) string {
	return filepath.Join(s.config.Dir, fileName(segment, segmentSuffix))
}

// append writes and syncs, in a new segment if this one is full or a new one
// is asked for.
func (w *writer) append(buf []byte, rotate bool) error {
	if rotate || w.failed || w.end+int64(len(buf)) > w.segmentLen()-noteRoom {
		if err := w.rotate(len(buf)); err != nil {
			return fmt.Errorf("begin segment: %w", err)
		}
	}
	return w.writeAt(buf)
}

// writeAt writes at the end of this segment and syncs. After a failure nobody
// can say what the volume holds behind it, and a later sync would not tell: the
// next frame goes into a new segment, which says where this one ended.
func (w *writer) writeAt(buf []byte) error {
	if len(buf) == 0 {
		return nil
	}
	_, err := w.file.WriteAt(buf, w.end)
	if err == nil {
		err = w.file.Sync()
	}
	if err != nil {
		w.failed = true
		return errors.Join(err, w.file.Truncate(w.end))
	}
	w.end += int64(len(buf))
	w.room = max(w.room, w.end)
	return nil
}

// rotate begins a new segment with a head, with room for so many bytes.
func (w *writer) rotate(room int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	number, ended := uint32(1), int64(-1)
	if n := len(w.log.segments); n > 0 {
		number, ended = w.log.last().number+1, w.log.last().end
	}
	number = max(number, w.begun.newest+1) // the last may be missing
	buf, err := w.headFrame([]byte(magic), max(w.first(), 1), ended, nil)
	if err != nil {
		return err
	}
	size := max(w.segmentLen(), int64(len(buf)+room+noteRoom))
	f, err := w.create(number, buf, size)
	if err != nil {
		return err
	}
	if w.file != nil {
		if w.room > w.end && w.file.Truncate(w.end) == nil { // what is reserved and was not needed
			w.log.last().bytes = w.end
		}
		err = w.file.Close()
	}
	w.file, w.failed, w.end, w.ended = f, false, int64(len(buf)), ended
	if w.room, _ = f.Size(); w.room < w.end {
		w.room = w.end
	}
	w.log.segments = append(w.log.segments, segment{number: number, bytes: w.room, end: w.end})
	w.noteBegun(number)
	return err
}

// create makes a segment with its first bytes, synced.
func (w *writer) create(number uint32, content []byte, size int64) (File, error) {
	f, err := w.config.Disk.Create(w.path(number), size)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteAt(content, 0)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = w.config.Disk.SyncDir(w.config.Dir)
	}
	if err != nil {
		// After a power cut it may be there all the same, and say where the one
		// before it ended: nothing is written behind that any more.
		w.failed = true
		return nil, errors.Join(err, f.Close(), w.config.Disk.Remove(w.path(number)))
	}
	return f, nil
}

// first is the oldest segment that counts.
func (w *writer) first() uint32 {
	if len(w.log.segments) == 0 {
		return 0
	}
	return w.log.segments[0].number
}

// headFrame appends a head. The caller holds mu.
func (w *writer) headFrame(b []byte, first uint32, ended int64, ends []schema.BatchID) ([]byte, error) {
	w.log.at = w.clock.now().Unix()
	head, err := w.log.head(first, ended, ends)
	if err != nil {
		return nil, err
	}
	return appendFrame(b, kindHead, head), nil
}

// note writes down what was dropped, and which segment counts first, so that a
// restart neither brings back nor counts again what was before. The caller
// holds mu.
func (w *writer) note(ends []schema.BatchID, first uint32) error {
	buf, err := w.headFrame(nil, first, w.ended, ends)
	if err != nil {
		return err
	}
	if err := w.writeAt(buf); err != nil {
		return err
	}
	last := w.log.last()
	last.bytes, last.end = w.room, w.end
	return nil
}
