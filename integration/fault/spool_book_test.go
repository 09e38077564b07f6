package fault

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
)

// book is what the user of a spool knows: what he ordered, and what was
// confirmed to him. Whatever the power does, the spool must agree with it.
type book struct {
	offered map[int]bool // by number: confirmed
	batches map[schema.BatchID]*booked
	within  map[int][]schema.BatchID // the batches that were ordered of a record
	states  [][]byte                 // the last that was confirmed, and those that were ordered since
}

// booked is a batch in the book.
type booked struct {
	plain                    []byte
	records                  []int
	cut                      bool // confirmed
	releaseOrdered, released bool
	endOrdered, ended        bool             // in favour of another batch
	assigned                 []spool.Assigned // the last that was confirmed, and those that were ordered since
	assignConfirmed          bool
}

func newBook() *book {
	return &book{
		offered: map[int]bool{}, batches: map[schema.BatchID]*booked{}, within: map[int][]schema.BatchID{}, states: [][]byte{nil},
	}
}

func (b *book) offer(records [][]byte) {
	for _, r := range records {
		b.offered[number(r)] = false
	}
}

func (b *book) confirm(records [][]byte) {
	for _, r := range records {
		b.offered[number(r)] = true
	}
}

func (b *book) orderCut(c spool.Cut) {
	for _, x := range c.Batches {
		k := &booked{plain: x.Plain}
		for _, r := range bytes.Split(x.Plain, separator) {
			n := number(r)
			k.records = append(k.records, n)
			b.within[n] = append(b.within[n], x.ID)
		}
		b.batches[x.ID] = k
	}
	for _, id := range c.Ends {
		b.batches[id].endOrdered = true
	}
	if c.State != nil {
		b.states = append(b.states, c.State)
	}
}

func (b *book) confirmCut(c spool.Cut) {
	for _, x := range c.Batches {
		b.batches[x.ID].cut = true
	}
	for _, id := range c.Ends {
		b.batches[id].ended = true
	}
	if c.State != nil {
		b.states = [][]byte{c.State}
	}
}

func (b *book) orderAssign(id schema.BatchID, a spool.Assigned) {
	b.batches[id].assigned = append(b.batches[id].assigned, a)
}

func (b *book) confirmAssign(id schema.BatchID, a spool.Assigned) {
	b.batches[id].assigned, b.batches[id].assignConfirmed = []spool.Assigned{a}, true
}

// seen is what a spool holds.
type seen struct {
	uncut   map[int]int
	pending map[schema.BatchID]spool.Batch
	state   []byte
	stats   spool.Stats
}

// look reads all that a spool holds.
func look(s *spool.Spool) (*seen, error) {
	out := &seen{uncut: map[int]int{}, pending: map[schema.BatchID]spool.Batch{}, state: s.State(), stats: s.Stats()}
	kept, _, more, err := s.Uncut()
	if err != nil || more {
		return nil, fmt.Errorf("uncut: more %v, %w", more, err)
	}
	for _, r := range kept {
		out.uncut[number(r)]++
	}
	for _, p := range s.Pending() {
		b, ok, err := s.Load(p.ID)
		if err != nil || !ok {
			return nil, fmt.Errorf("load a pending batch: %v, %w", ok, err)
		}
		out.pending[p.ID] = b
	}
	return out, nil
}

// check compares what a spool holds with the book. It returns how many records
// are lost that were confirmed and whose loss is not counted, and what else is
// wrong.
func (b *book) check(s *seen) (lost int, err error) {
	missing := 0
	for n, confirmed := range b.offered {
		gone, wrong := b.checkRecord(s, n)
		err = errors.Join(err, wrong)
		if gone && confirmed {
			missing++
		}
	}
	for n, times := range s.uncut {
		if _, ok := b.offered[n]; !ok || times != 1 {
			err = errors.Join(err, fmt.Errorf("record %d: offered %v, there %d times", n, ok, times))
		}
	}
	for id, p := range s.pending {
		err = errors.Join(err, b.checkBatch(id, p))
	}
	for id, k := range b.batches {
		if _, ok := s.pending[id]; !ok && k.cut && !k.releaseOrdered && !k.endOrdered && s.stats.Dropped == 0 {
			err = errors.Join(err, fmt.Errorf("batch %x is gone", id))
		}
	}
	if s.stats.Dropped == 0 && !slices.ContainsFunc(b.states, func(x []byte) bool { return bytes.Equal(x, s.state) }) {
		err = errors.Join(err, fmt.Errorf("state %q", s.state))
	}
	return max(0, missing-int(s.stats.Dropped)), err
}

// checkRecord says whether a record is gone that no release explains.
func (b *book) checkRecord(s *seen, n int) (gone bool, err error) {
	there := s.uncut[n]
	cut, releaseOrdered, released := false, false, false
	for _, id := range b.within[n] {
		k := b.batches[id]
		cut = cut || k.cut
		releaseOrdered = releaseOrdered || k.releaseOrdered
		released = released || k.released
		if _, ok := s.pending[id]; ok {
			there++
		}
	}
	switch {
	case there > 1:
		err = fmt.Errorf("record %d is there %d times", n, there)
	case cut && s.uncut[n] > 0:
		err = fmt.Errorf("record %d is free again", n)
	case released && there > 0:
		err = fmt.Errorf("record %d is back after its release", n)
	}
	return there == 0 && !releaseOrdered, err
}

func (b *book) checkBatch(id schema.BatchID, p spool.Batch) error {
	k := b.batches[id]
	switch {
	case k == nil:
		return fmt.Errorf("batch %x is nobody's", id)
	case k.released || k.ended:
		return fmt.Errorf("batch %x is back after its end", id)
	case !bytes.Equal(k.plain, p.Plain):
		return fmt.Errorf("batch %x holds something else", id)
	case k.assignConfirmed && p.Page == nil:
		return fmt.Errorf("batch %x lost its place", id)
	case p.Page != nil && !slices.ContainsFunc(k.assigned, func(a spool.Assigned) bool {
		return a.Day == p.Page.Day && a.N == p.Page.N && bytes.Equal(a.Sealed, p.Page.Sealed)
	}):
		return fmt.Errorf("batch %x has another place", id)
	}
	return nil
}
