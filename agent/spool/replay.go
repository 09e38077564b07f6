package spool

import (
	"bytes"
	"fmt"
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
	whole, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	good, damaged := s.readSegment(whole, number)
	if damaged {
		s.log.aside++
		head, err := s.log.head() // so that the count outlives the next start
		if err != nil {
			return err
		}
		good = appendFrame(good, kindHead, head)
		if err := s.setAside(path, whole, good); err != nil {
			return err
		}
	}
	s.log.segments = append(s.log.segments, segment{number: number, bytes: int64(len(good))})
	return nil
}

// readSegment applies every frame that is whole and returns the segment as it
// would be with these alone.
func (s *Spool) readSegment(whole []byte, number uint32) (good []byte, damaged bool) {
	rest, ok := bytes.CutPrefix(whole, []byte(magic))
	if !ok {
		rest = whole[min(len(magic), len(whole)):]
	}
	damaged = !ok
	good = []byte(magic)
	for len(rest) > 0 {
		kind, payload, err := parseFrame(rest)
		if err == nil {
			err = s.apply(place{segment: number, offset: int64(len(good))}, kind, payload)
		}
		if err != nil {
			// Its length is not to be believed either: look for the next frame
			// byte by byte, until a checksum fits.
			damaged = true
			rest = rest[1:]
			continue
		}
		good = appendFrame(good, kind, payload)
		rest = rest[frameHeaderLen+len(payload):]
	}
	return good, damaged
}

// asideDir is where damaged segments are kept.
const asideDir = "aside"

// setAside keeps a damaged segment for whoever wants to look at it, and puts
// what could be read in its place.
func (s *Spool) setAside(path string, whole, good []byte) error {
	aside := filepath.Join(s.config.Dir, asideDir)
	if err := durable.MakeOwnerDir(aside); err != nil {
		return err
	}
	name := filepath.Base(path) + "." + s.config.Now().UTC().Format("20060102T150405.000000000")
	if err := durable.WriteFile(filepath.Join(aside, name), whole, durable.OwnerFile); err != nil {
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
		s.log.end(r.ID)
	case kindMark:
		var m markEntry
		if err := cbor.Unmarshal(payload, &m); err != nil {
			return fmt.Errorf("%w: not a mark", errFrame)
		}
		s.log.addMark(&m)
	case kindHead:
		var h headEntry
		if err := cbor.Unmarshal(payload, &h); err != nil {
			return fmt.Errorf("%w: not a head", errFrame)
		}
		s.log.takeHead(&h)
	}
	return nil
}
