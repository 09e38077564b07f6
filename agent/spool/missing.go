package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"path/filepath"
)

// begunName is of a small file beside the segments, which is written over when
// one begins. Heads tell of the segments before them; only this file tells of
// the last one.
const begunName = "newest"

// begunLen is its length: two numbers (4 bytes each) and their CRC-32C.
const begunLen = 4 + 4 + 4

// begun is what stands in the file. It is written when the segment is synced
// with its head and its name: a power cut at any moment leaves it behind the
// segments, never before them. One that is torn or missing says nothing.
type begun struct {
	newest uint32 // the last segment that began
	known  uint32 // what is missing before this one was counted
}

// readBegun reads the file. Without it the spool is whole all the same: only
// the loss of its last segment would not be noticed.
func (s *Spool) readBegun() begun {
	f, err := s.config.Disk.Open(s.begunPath())
	if err != nil {
		return begun{}
	}
	defer f.Close()
	b := make([]byte, begunLen)
	if _, err := f.ReadAt(b, 0); err != nil || crc32.Checksum(b[:8], castagnoli) != binary.BigEndian.Uint32(b[8:]) {
		return begun{}
	}
	return begun{newest: binary.BigEndian.Uint32(b), known: binary.BigEndian.Uint32(b[4:])}
}

func (s *Spool) begunPath() string { return filepath.Join(s.config.Dir, begunName) }

// noteBegun says on disk that a segment began. What it says is missing after a
// failure, so that the segment is kept and written to all the same.
func (s *Spool) noteBegun(number uint32) {
	s.begun.newest = number
	if err := s.writeBegun(); err != nil {
		s.config.Logger.Warn("note which spool segment is the newest: its loss would not be noticed", slog.Any("error", err))
	}
}

// writeBegun writes the file over, in one write of a few bytes.
func (s *Spool) writeBegun() error {
	b := binary.BigEndian.AppendUint32(nil, s.begun.newest)
	b = binary.BigEndian.AppendUint32(b, s.begun.known)
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(b, castagnoli))
	f, err := s.config.Disk.Open(s.begunPath())
	if errors.Is(err, fs.ErrNotExist) {
		return s.writeWhole(s.begunPath(), b)
	}
	if err != nil {
		return err
	}
	if _, err = f.WriteAt(b, 0); err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// countMissing counts the segments that should be there and are not, or hold
// nothing any more: those between the first that counts, as the newest head
// says, and the last that began. That they were counted is noted with the next
// segment, which begins at once.
func (s *Spool) countMissing(first uint32) {
	segments, newest := s.log.segments, uint64(s.begun.newest)
	next := newest
	if n := len(segments); n > 0 {
		next = uint64(segments[0].number)
		if last := segments[n-1]; first > 0 && !last.rewritten && uint64(last.number) >= newest {
			next = uint64(first) // else a younger head may be lost, with the word that older ones are not needed
		}
	} else if newest == 0 {
		return // the first start
	}
	next = max(next, uint64(s.begun.known))
	lost := uint64(0)
	for _, g := range segments {
		lost += s.missing(next, uint64(g.number))
		next = max(next, uint64(g.number)+1)
	}
	if lost += s.missing(next, newest+1); lost == 0 {
		return
	}
	s.log.aside += lost
	s.log.gone += lost
	s.begun.known = uint32(max(next, newest+1))
}

// missing tells of the segments from one up to another, which is there, and
// returns how many they are.
func (s *Spool) missing(from, to uint64) uint64 {
	if from >= to {
		return 0
	}
	s.config.Logger.Warn("spool segments are missing or empty: what they held is lost; look for what removes files in the agent's data directory, and check its volume",
		slog.String("file", fileName(uint32(from), segmentSuffix)), slog.Uint64("segments", to-from))
	return to - from
}
