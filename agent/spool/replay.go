package spool

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// replay reads every segment, oldest first.
func (s *Spool) replay() error {
	s.log = newState()
	numbers, err := s.segmentNumbers()
	if err != nil {
		return err
	}
	for _, n := range numbers {
		if err := s.replaySegment(n); err != nil {
			return fmt.Errorf("read segment %d: %w", n, err)
		}
	}
	return nil
}

func (s *Spool) segmentNumbers() ([]uint32, error) {
	entries, err := os.ReadDir(s.config.Dir)
	if err != nil {
		return nil, err
	}
	var numbers []uint32
	for _, e := range entries {
		var n uint32
		if name, ok := strings.CutSuffix(e.Name(), ".seg"); ok {
			if _, err := fmt.Sscanf(name, "%d", &n); err == nil {
				numbers = append(numbers, n)
			}
		}
	}
	slices.Sort(numbers)
	return numbers, nil
}

// replaySegment reads one segment. If part of it is damaged, the whole file is
// set aside and what could be read is written anew in its place.
func (s *Spool) replaySegment(number uint32) error {
	path := s.path(number)
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	head := make([]byte, len(magic))
	damaged := false
	if _, err := io.ReadFull(f, head); err != nil || string(head) != magic {
		damaged = true
	}
	good := []byte(magic)
	offset := int64(len(magic))
	for {
		kind, payload, err := readFrameAt(f, offset)
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = s.apply(place{segment: number, offset: int64(len(good))}, kind, payload)
		}
		switch {
		case err == nil:
			good = appendFrame(good, kind, payload)
		case payload == nil: // its length is not to be believed: nothing after it can be found
			damaged = true
		default:
			damaged = true // its checksum is wrong; the next frame may be whole
		}
		if err != nil && payload == nil {
			break
		}
		offset += frameHeaderLen + int64(len(payload))
	}
	if damaged {
		s.log.aside++
		head, err := s.log.head() // so that the count outlives the next start
		if err != nil {
			return err
		}
		good = appendFrame(good, kindHead, head)
		if err := s.setAside(path, good); err != nil {
			return err
		}
	}
	s.log.segments = append(s.log.segments, segment{number: number, bytes: int64(len(good))})
	return nil
}

// setAside keeps a damaged segment for whoever wants to look at it, and puts
// what could be read in its place.
func (s *Spool) setAside(path string, good []byte) error {
	aside := filepath.Join(s.config.Dir, "aside")
	if err := durable.MakeOwnerDir(aside); err != nil {
		return err
	}
	name := filepath.Base(path) + "." + s.config.Now().UTC().Format("20060102T150405.000000000")
	whole, err := os.ReadFile(path)
	if err == nil {
		err = durable.WriteFile(filepath.Join(aside, name), whole, durable.OwnerFile)
	}
	if err != nil {
		return fmt.Errorf("set segment aside: %w", err)
	}
	s.config.Logger.Warn("spool segment damaged and set aside", slog.Int("bytes_read", len(good)))
	return durable.WriteFile(path, good, durable.OwnerFile)
}

// apply changes the state by one frame.
func (s *Spool) apply(at place, kind uint8, payload []byte) error {
	switch kind {
	case kindRecords:
		return s.log.addRecord(at, payload)
	case kindCut:
		c, err := decodeCut(payload)
		if err != nil {
			return err
		}
		s.log.addCut(at, c)
	case kindAssign:
		a, err := decodeAssign(payload)
		if err != nil {
			return err
		}
		s.log.addAssign(at, a)
	case kindRelease:
		var r releaseEntry
		if err := cbor.Unmarshal(payload, &r); err != nil {
			return fmt.Errorf("%w: not a release", errFrame)
		}
		delete(s.log.batches, r.ID)
	case kindHead:
		var h headEntry
		if err := cbor.Unmarshal(payload, &h); err != nil {
			return fmt.Errorf("%w: not a head", errFrame)
		}
		s.log.takeHead(&h)
	}
	return nil
}
