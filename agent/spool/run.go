package spool

import (
	"encoding/binary"
	"fmt"
	"slices"
)

// A record's payload begins with its sequence.
const sequenceLen = 8

// maxRun bounds a run: one that is cut in its middle is read again.
const maxRun = 64 << 10

// run is records that stand in one segment one behind another, and are in no
// batch yet. Their bytes stay on disk.
type run struct {
	first, last uint64 // sequences
	at          place
	bytes       int64 // of the frames from at on, also of those that are cut by now
}

func (r *run) records() uint64 { return r.last - r.first + 1 }

// addRecord takes a record's frame.
func (l *state) addRecord(at place, payload []byte) error {
	if len(payload) < sequenceLen {
		return fmt.Errorf("%w: not a record", errFrame)
	}
	sequence := binary.BigEndian.Uint64(payload)
	length := int64(frameHeaderLen + len(payload))
	l.next = max(l.next, sequence+1)
	if n := len(l.runs); n > 0 {
		r := &l.runs[n-1]
		if r.at.segment == at.segment && r.at.offset+r.bytes == at.offset && r.last+1 == sequence && r.bytes < maxRun {
			r.last, r.bytes = sequence, r.bytes+length
			return nil
		}
	}
	l.runs = append(l.runs, run{first: sequence, last: sequence, at: at, bytes: length})
	l.live[at.segment]++
	return nil
}

// records is how many records are in no batch yet.
func (l *state) records() (n uint64) {
	for i := range l.runs {
		n += l.runs[i].records()
	}
	return n
}

// cutThrough removes records that are in batches.
func (l *state) cutThrough(through uint64) {
	l.through = max(l.through, through)
	gone := 0
	for i := range l.runs {
		r := &l.runs[i]
		if r.last > through {
			r.first = max(r.first, through+1)
			break
		}
		l.unref(r.at.segment)
		gone++
	}
	l.runs = slices.Delete(l.runs, 0, gone)
}

// split returns the records of a run's bytes that are not cut yet.
func (r *run) split(b []byte) ([][]byte, error) {
	out := make([][]byte, 0, r.records())
	for len(b) > 0 {
		_, payload, err := parseFrame(b)
		if err != nil {
			return nil, err
		}
		b = b[frameHeaderLen+len(payload):]
		if binary.BigEndian.Uint64(payload) >= r.first {
			out = append(out, payload[sequenceLen:])
		}
	}
	return out, nil
}
