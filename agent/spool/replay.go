package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	segmentSuffix = ".seg"
	// rewrittenSuffix is of a segment that is written anew, until it takes its
	// place.
	rewrittenSuffix = ".new"
)

// maxSegment bounds how much of a segment is read. None that the spool wrote is
// as long.
const maxSegment = 16 << 20

// replay reads every segment, oldest first.
func (s *Spool) replay() error {
	s.log, s.begun = newState(), s.readBegun()
	numbers, err := s.segmentNumbers()
	if err != nil {
		return err
	}
	numbers, first, err := s.dropForgotten(numbers)
	if err != nil {
		return err
	}
	for i, n := range numbers {
		ended := int64(-1)
		if i+1 < len(numbers) && numbers[i+1] == n+1 {
			if ended, err = s.endOf(n); err != nil {
				return err
			}
		}
		if err := s.replaySegment(n, ended); err != nil {
			return fmt.Errorf("read segment %d: %w", n, err)
		}
	}
	s.countMissing(first)
	return nil
}

// segmentNumbers lists the segments, in order. What a crash left of a
// segment's rewriting is finished or removed.
func (s *Spool) segmentNumbers() ([]uint32, error) {
	names, err := s.config.Disk.List(s.config.Dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint32
	for _, name := range names {
		if n, ok := numberOf(name, segmentSuffix); ok {
			numbers = append(numbers, n)
		}
	}
	for _, name := range names {
		n, ok := numberOf(name, rewrittenSuffix)
		switch {
		case !ok:
		case slices.Contains(numbers, n):
			err = s.config.Disk.Remove(filepath.Join(s.config.Dir, name))
		default:
			numbers = append(numbers, n)
			err = s.config.Disk.Rename(filepath.Join(s.config.Dir, name), s.path(n))
		}
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(numbers)
	// What a crash left unsynced counts from now on: names here, bytes in newWriter.
	return numbers, s.config.Disk.SyncDir(s.config.Dir)
}

// numberOf reads the number of a segment in a file's name.
func numberOf(name, suffix string) (uint32, bool) {
	digits, _ := strings.CutSuffix(name, suffix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), err == nil && name == fileName(uint32(n), suffix)
}

func fileName(number uint32, suffix string) string { return fmt.Sprintf("%08d%s", number, suffix) }

// dropForgotten removes the segments that do not count any more. After a power
// cut any of them may be back, one without the other. It returns the others,
// and the first that should be there (0: nobody says).
func (s *Spool) dropForgotten(numbers []uint32) (kept []uint32, first uint32, err error) {
	for _, n := range slices.Backward(numbers) {
		first, ok, err := s.firstOf(n)
		if err != nil {
			return nil, 0, err
		}
		if !ok {
			continue // it has no head that can be read; the one before it has
		}
		keep := slices.IndexFunc(numbers, func(n uint32) bool { return n >= first })
		if keep < 0 {
			return numbers, 0, nil
		}
		for _, n := range numbers[:keep] {
			if err := s.config.Disk.Remove(s.path(n)); err != nil {
				return nil, 0, err
			}
		}
		return numbers[keep:], first, nil
	}
	return numbers, 0, nil
}

// firstOf returns which segment counts first, as the heads in one of them say.
func (s *Spool) firstOf(number uint32) (first uint32, ok bool, err error) {
	whole, _, err := s.readWhole(number)
	if err != nil {
		return 0, false, err
	}
	eachHead(whole, func(h *headEntry) { first = max(first, h.First) })
	return first, first > 0, nil
}

// endOf returns where a segment ended, as the head of the next one says, or -1.
func (s *Spool) endOf(number uint32) (int64, error) {
	whole, _, err := s.readWhole(number + 1)
	if err != nil {
		return 0, err
	}
	ended := int64(-1)
	eachHead(whole, func(h *headEntry) {
		if ended < 0 {
			ended = h.Ended
		}
	})
	return ended, nil
}

// eachHead calls do with every head of a segment that can be read.
func eachHead(whole []byte, do func(*headEntry)) {
	scan(whole, func(_ int64, kind uint8, payload []byte) error {
		if kind != kindHead {
			return nil
		}
		h, err := decode[headEntry](payload)
		if err == nil {
			do(h)
		}
		return err
	})
}

// readWhole reads a segment. More than any segment has is left, and said.
func (s *Spool) readWhole(number uint32) (whole []byte, more bool, err error) {
	f, err := s.config.Disk.Open(s.path(number))
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	size, err := f.Size()
	if err != nil {
		return nil, false, err
	}
	whole = make([]byte, min(size, maxSegment))
	n, err := f.ReadAt(whole, 0)
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return whole[:n], size > maxSegment, err
}

// replaySegment reads one segment, which ended where the next one says (-1:
// nobody says). If part of it is damaged, it is set aside and what can be read
// is written anew in its place.
func (s *Spool) replaySegment(number uint32, ended int64) error {
	whole, more, err := s.readWhole(number)
	if err != nil {
		return err
	}
	size := int64(len(whole))
	rewritten := bytes.HasPrefix(whole, []byte(magicRewritten))
	if rewritten {
		ended = -1
	}
	if ended >= 0 {
		whole = whole[:min(ended, size)]
	} else if len(bytes.TrimLeft(whole, "\x00")) == 0 {
		return s.config.Disk.Remove(s.path(number)) // a crash came before its first frame, or it is counted as missing
	}
	trial := newState()
	found := scan(whole, func(offset int64, kind uint8, payload []byte) error {
		return trial.apply(place{number, offset}, kind, payload)
	})
	if found.damaged || found.end < ended || more {
		s.log.aside, s.log.gone = max(s.log.aside, trial.aside), max(s.log.gone, trial.gone)
		if whole, err = s.rewrite(number, readable(whole)); err != nil {
			return err
		}
		size, rewritten = int64(len(whole)), true
	}
	found = scan(whole, func(offset int64, kind uint8, payload []byte) error {
		return s.log.apply(place{number, offset}, kind, payload)
	})
	s.log.segments = append(s.log.segments, segment{number: number, bytes: size, end: found.end, rewritten: rewritten})
	return nil
}

// readable returns the frames of a segment that can be read, one behind another.
func readable(whole []byte) (good []byte) {
	trial := newState()
	scan(whole, func(offset int64, kind uint8, payload []byte) error {
		err := trial.apply(place{}, kind, payload)
		if err == nil {
			good = appendFrame(good, kind, payload)
		}
		return err
	})
	return good
}

// found is what a look through a segment found.
type found struct {
	end     int64 // behind the last frame
	damaged bool
}

// maxSearch bounds the bytes that are checksummed in search of a frame behind
// damage, as a multiple of the segment: a file can be made so that every byte
// announces a long frame.
const maxSearch = 8

// scan calls do with every frame of a segment that is whole, and where it
// begins. One that do refuses is damaged too. Zeros at the end are the end.
func scan(whole []byte, do func(offset int64, kind uint8, payload []byte) error) found {
	at := min(len(magic), len(whole))
	f := found{end: int64(at)}
	if m := string(whole[:at]); m != magic && m != magicRewritten {
		f.damaged = true
	}
	limit := len(bytes.TrimRight(whole, "\x00")) // no frame begins behind its last byte
	search := maxSearch * len(whole)
	for at < limit && search >= 0 {
		kind, payload, err := parseFrame(whole[at:])
		if err != nil {
			// Its length is not to be believed either: look for the next frame
			// byte by byte, until a checksum fits.
			f.damaged = true
			search -= announced(whole[at:])
			at++
			at += nextHeader(whole[at:])
			continue
		}
		if do(int64(at), kind, payload) != nil {
			f.damaged = true
		}
		at += frameHeaderLen + len(payload)
		f.end = int64(at)
	}
	return f
}

// announced is how many bytes were checksummed for a header that was none.
func announced(b []byte) int {
	if n, ok := frameLen(b); ok && n <= len(b) {
		return n
	}
	return 0
}

// nextHeader returns where the next bytes stand that can be a header.
func nextHeader(b []byte) int {
	for i := range b {
		if _, ok := frameLen(b[i:]); ok {
			return i
		}
	}
	return len(b)
}

// apply changes the state by one frame.
func (l *state) apply(at place, kind uint8, payload []byte) error {
	switch kind {
	case kindRecords:
		return l.addRecord(at, payload)
	case kindCut:
		c, plain, err := decodeCut(payload)
		if err != nil {
			return err
		}
		l.addCut(at, c, plain)
	case kindAssign:
		a, err := decode[assignEntry](payload)
		if err != nil {
			return err
		}
		l.addAssign(at, a)
	case kindRelease:
		r, err := decode[releaseEntry](payload)
		if err != nil {
			return err
		}
		l.end(r.ID)
	case kindMark:
		m, err := decode[markEntry](payload)
		if err != nil {
			return err
		}
		l.addMark(at, m)
	case kindHead:
		h, err := decode[headEntry](payload)
		if err != nil {
			return err
		}
		l.takeHead(h)
	}
	return nil
}
