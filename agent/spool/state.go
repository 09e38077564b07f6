package spool

import (
	"bytes"
	"slices"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/schema"
)

// place is where a frame begins, or bytes in it.
type place struct {
	segment uint32
	offset  int64
}

// keptBatch is a pending batch without its bytes.
type keptBatch struct {
	Batch
	plain    place // of its bytes
	length   uint32
	sum      uint32
	at       int64 // when it, or what it replaces, was cut: by the spool's calendar, Unix seconds
	order    uint64
	assigned *place
}

// lostBatch is one whose cut cannot be read.
type lostBatch struct {
	records int
	segment uint32 // of the mark that tells of it
}

// state is what the log says, after every frame of it. Its memory is bounded by
// the log's bytes: tens of bytes a batch, and a run.
type state struct {
	runs     []run // oldest first
	batches  map[schema.BatchID]*keptBatch
	lost     map[schema.BatchID]lostBatch
	live     map[uint32]int // by segment: runs, batches and assignments that stand in it
	next     uint64         // sequence of the next record; the first is 1
	through  uint64         // sequence of the last record that was cut
	order    uint64
	at       int64 // the latest moment that the log tells, by the spool's calendar
	gather   []byte
	dropped  uint64
	aside    uint64
	gone     uint64
	unmarked *markEntry // of the last cut, as long as no mark followed
	segments []segment  // oldest first; the last is written to
}

// segment is one file of the log.
type segment struct {
	number uint32
	bytes  int64 // on disk, with what is preallocated
	end    int64 // behind its last frame

	rewritten bool // after damage: nothing is written to it
}

func newState() state {
	return state{
		batches: map[schema.BatchID]*keptBatch{}, lost: map[schema.BatchID]lostBatch{},
		live: map[uint32]int{}, next: 1,
	}
}

func (l *state) bytes() int64 {
	var n int64
	for _, s := range l.segments {
		n += s.bytes
	}
	return n
}

// empty says whether nothing waits.
func (l *state) empty() bool { return len(l.batches) == 0 && len(l.runs) == 0 }

func (l *state) last() *segment { return &l.segments[len(l.segments)-1] }

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

// addCut takes a cut whose frame begins at a place, and whose batches' bytes
// begin at an offset in its payload.
func (l *state) addCut(at place, c *cutEntry, plain int64) {
	l.cutThrough(c.Through)
	since := c.At
	for _, id := range c.Ends {
		if b, ok := l.batches[id]; ok {
			since = min(since, b.at) // what takes its place is as old
		}
		l.end(id)
	}
	from := place{at.segment, at.offset + frameHeaderLen + plain}
	for _, b := range c.Batches {
		l.order++
		l.end(b.ID)
		l.batches[b.ID] = &keptBatch{
			Batch: Batch{ID: b.ID, Kind: b.Kind, Day: b.Day, Records: b.Records, Urgent: b.Urgent},
			plain: from, length: b.Len, sum: b.Sum, at: since, order: l.order,
		}
		l.live[at.segment]++
		from.offset += int64(b.Len)
	}
	l.at = c.At
	l.takeState(c.State)
	l.unmarked = nil
	if len(c.Batches) > 0 {
		l.unmarked = c.mark()
	}
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

// addMark takes the mark of the cut before it. Where the cut could not be read,
// it does all that the cut did, except that its batches are lost.
func (l *state) addMark(at place, m *markEntry) {
	l.unmarked = nil
	l.cutThrough(m.Through)
	l.takeState(m.State)
	for _, b := range m.Batches {
		if _, ok := l.batches[b.ID]; !ok {
			l.lost[b.ID] = lostBatch{max(b.Records, 0), at.segment}
		}
	}
	for _, id := range m.Ends {
		l.end(id)
	}
}

// end ends a batch.
func (l *state) end(id schema.BatchID) {
	delete(l.lost, id)
	b, ok := l.batches[id]
	if !ok {
		return
	}
	delete(l.batches, id)
	l.unref(b.plain.segment)
	if b.assigned != nil {
		l.unref(b.assigned.segment)
	}
}

func (l *state) unref(segment uint32) {
	if l.live[segment]--; l.live[segment] == 0 {
		delete(l.live, segment)
	}
}

func (l *state) addAssign(at place, a *assignEntry) {
	b, ok := l.batches[a.ID]
	if !ok {
		return
	}
	if b.assigned != nil {
		l.unref(b.assigned.segment)
	}
	b.assigned = &at
	l.live[at.segment]++
}

// head returns what must outlive the segments before the one that is first.
func (l *state) head(first uint32, ended int64, ends []schema.BatchID) ([]byte, error) {
	return cbor.Marshal(headEntry{
		First: first, Ended: ended, Next: l.next, At: l.at, Gather: l.gather,
		Dropped: l.dropped, Aside: l.aside, Gone: l.gone, Ends: ends,
	})
}

// takeHead takes over what outlives older segments. A damaged segment may have
// hidden some of it, so that the larger numbers win.
func (l *state) takeHead(h *headEntry) {
	l.next = max(l.next, h.Next)
	l.at = h.At
	l.dropped = max(l.dropped, h.Dropped)
	l.aside = max(l.aside, h.Aside)
	l.gone = max(l.gone, h.Gone)
	l.takeState(h.Gather)
	for _, id := range h.Ends {
		l.end(id)
	}
}

// forget removes what lies in the oldest segment, and returns the batches and
// how many records it all was.
func (l *state) forget(segment uint32) (ids []schema.BatchID, records uint64) {
	l.runs = slices.DeleteFunc(l.runs, func(r run) bool {
		if r.at.segment != segment {
			return false
		}
		records += r.records()
		l.unref(segment)
		return true
	})
	for id, b := range l.batches {
		if b.plain.segment == segment {
			records += uint64(b.Records)
			ids = append(ids, id)
			l.end(id)
		}
	}
	return ids, records
}
