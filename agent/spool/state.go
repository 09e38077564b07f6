package spool

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/schema"
)

// place is where a frame begins.
type place struct {
	segment uint32
	offset  int64
}

// keptRecord is a record that is in no batch yet.
type keptRecord struct {
	sequence uint64
	at       place
	bytes    []byte
}

// keptBatch is a pending batch without its bytes.
type keptBatch struct {
	Batch
	at       place // of the cut
	index    int   // in the cut
	order    uint64
	assigned *place
}

// state is what the log says, after every frame of it.
type state struct {
	records  []keptRecord
	batches  map[schema.BatchID]*keptBatch
	lost     map[schema.BatchID]int // batches whose cut cannot be read, and their records
	next     uint64                 // sequence of the next record; the first is 1
	through  uint64                 // sequence of the last record that was cut
	order    uint64
	gather   []byte
	dropped  uint64
	aside    uint64
	segments []segment // oldest first; the last is written to
}

// segment is one file of the log.
type segment struct {
	number uint32
	bytes  int64
}

func newState() state {
	return state{batches: map[schema.BatchID]*keptBatch{}, lost: map[schema.BatchID]int{}, next: 1}
}

func (l *state) bytes() int64 {
	var n int64
	for _, s := range l.segments {
		n += s.bytes
	}
	return n
}

func (l *state) pending() []Batch {
	kept := make([]*keptBatch, 0, len(l.batches))
	for _, b := range l.batches {
		kept = append(kept, b)
	}
	slices.SortFunc(kept, func(a, b *keptBatch) int {
		if a.order < b.order {
			return -1
		}
		return 1
	})
	out := make([]Batch, len(kept))
	for i, b := range kept {
		out[i] = b.Batch
		if b.assigned != nil {
			out[i].Page = &Assigned{}
		}
	}
	return out
}

// addRecord takes a record: its sequence, eight bytes, and itself.
func (l *state) addRecord(at place, payload []byte) error {
	if len(payload) < 8 {
		return fmt.Errorf("%w: not a record", errFrame)
	}
	sequence := binary.BigEndian.Uint64(payload)
	l.records = append(l.records, keptRecord{sequence: sequence, at: at, bytes: bytes.Clone(payload[8:])})
	l.next = max(l.next, sequence+1)
	return nil
}

func (l *state) addCut(at place, c *cutEntry) {
	l.cutThrough(c.Through)
	for _, id := range c.Ends {
		l.end(schema.BatchID(id))
	}
	for i, b := range c.Batches {
		l.order++
		l.batches[schema.BatchID(b.ID)] = &keptBatch{
			Batch: Batch{ID: schema.BatchID(b.ID), Kind: b.Kind, Day: b.Day, Records: b.Records},
			at:    at, index: i, order: l.order,
		}
	}
	l.takeState(c.State)
}

// takeState takes over the gatherer's state; nil leaves it as it is.
func (l *state) takeState(b []byte) {
	if b != nil {
		l.gather = bytes.Clone(b)
	}
}

// fresh says whether a cut still holds: its records, or what it replaces, were
// not removed since it was made.
func (l *state) fresh(c *Cut) bool {
	if len(c.Batches) == 0 {
		return true
	}
	for _, id := range c.Ends {
		if _, ok := l.batches[id]; !ok {
			return false
		}
	}
	return len(c.Ends) > 0 || c.Through == 0 || c.Through > l.through
}

// cutThrough removes records that are in batches.
func (l *state) cutThrough(through uint64) {
	l.through = max(l.through, through)
	keep := slices.IndexFunc(l.records, func(r keptRecord) bool { return r.sequence > through })
	if keep < 0 {
		keep = len(l.records)
	}
	l.records = slices.Clone(l.records[keep:]) // cloned, so that the records cut are freed
}

// addMark notes the batches of a cut that could not be read.
func (l *state) addMark(m *markEntry) {
	l.cutThrough(m.Through)
	l.takeState(m.State)
	for _, b := range m.Batches {
		if _, ok := l.batches[b.ID]; !ok {
			l.lost[b.ID] = b.Records
		}
	}
}

// end ends a batch.
func (l *state) end(id schema.BatchID) {
	delete(l.batches, id)
	delete(l.lost, id)
}

func (l *state) addAssign(at place, a *assignEntry) {
	if b, ok := l.batches[a.ID]; ok {
		b.assigned = &at
	}
}

// head returns what must outlive the segments before it.
func (l *state) head() ([]byte, error) {
	return cbor.Marshal(headEntry{Next: l.next, Gather: l.gather, Dropped: l.dropped, Aside: l.aside})
}

// takeHead takes over what outlives older segments. A damaged segment may have
// hidden some of it, so that the larger numbers win.
func (l *state) takeHead(h *headEntry) {
	l.next = max(l.next, h.Next)
	l.dropped = max(l.dropped, h.Dropped)
	l.aside = max(l.aside, h.Aside)
	if h.Gather != nil {
		l.gather = h.Gather
	}
}

// live says whether anything in the segment is still needed.
func (l *state) live(segment uint32) bool {
	for _, r := range l.records {
		if r.at.segment == segment {
			return true
		}
	}
	for _, b := range l.batches {
		if b.at.segment == segment || b.assigned != nil && b.assigned.segment == segment {
			return true
		}
	}
	return false
}

// forget removes what lies in the segment and returns how many records that
// were.
func (l *state) forget(segment uint32) (records uint64) {
	l.records = slices.DeleteFunc(l.records, func(r keptRecord) bool {
		if r.at.segment != segment {
			return false
		}
		records++
		return true
	})
	for id, b := range l.batches {
		if b.at.segment == segment {
			records += uint64(b.Records)
			delete(l.batches, id)
		}
	}
	return records
}
