package ingest

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/db"
)

// name is what a batch is known by: its ID, in the month of its day.
type name struct {
	month schema.Month
	table db.Table
	batch schema.BatchID
}

// place is a half of a month.
type place struct {
	month schema.Month
	half  db.Half
}

// dedupe looks for the batches of the group on disk and earlier in the group, so
// that each counts once:
//
//	nothing is known                  it is stored, or its mark is
//	it was stored                     stored
//	it was told to come under
//	another name and day              redate, whatever its day says by now
//	the same with another body        conflict
//
// What waits for a day to be certain waits here as well.
//
// Half by half, because opening one costs much more than a look-up, and not all of
// a window can be open at a time. Those of one name are of one half, and stay in
// the order in which they came. A half that cannot be read is asked once; what has
// to be looked for in it has no answer.
func (in *Ingest) dedupe(g *group) {
	seen, unread := map[name][]byte{}, map[place]bool{}
	for _, l := range g.byHalf() {
		if unread[l.at()] {
			l.drop(unanswered)
			continue
		}
		if err := in.lookFor(l.judged, seen, g.today.Certain); err != nil {
			unread[l.at()] = true
			l.crate.retry = in.troubled("look for a repeat", err) || l.crate.retry
			l.drop(unanswered)
			continue
		}
		if l.status == unanswered {
			in.counts.add(reasonClock)
		}
	}
}

// opened is an opened envelope of a group, and the crate that it came in.
type opened struct {
	*judged
	crate *crate
}

// at returns the half that its batch is looked for in.
func (o opened) at() place { return place{o.month, o.table.Half()} }

// byHalf returns the group's opened envelopes sorted by half, those of each in
// the order in which they came.
func (g *group) byHalf() []opened {
	var all []opened
	for _, c := range g.crates {
		for i := range c.opened {
			all = append(all, opened{&c.opened[i], c})
		}
	}
	slices.SortStableFunc(all, func(a, b opened) int {
		return cmp.Or(cmp.Compare(a.month, b.month), cmp.Compare(a.table.Half(), b.table.Half()))
	})
	return all
}

// lookFor looks for one batch. seen is what the group holds up to it.
func (in *Ingest) lookFor(j *judged, seen map[name][]byte, certain bool) error {
	if j.month == 0 {
		return nil
	}
	n := name{j.month, j.table, j.batch}
	value, ok := seen[n]
	if !ok {
		var err error
		if value, ok, err = in.cfg.DB.Get(j.month, j.table, j.batch[:]); err != nil {
			return err
		}
	}
	switch {
	case ok && bytes.Equal(value, j.stored):
		j.repeat(wire.Stored)
		in.counts.add(reasonRepeat)
	case ok && bytes.Equal(value, j.put) && certain:
		j.repeat(wire.Redate)
		in.counts.add(reasonRepeat)
	case ok && bytes.Equal(value, j.put): // its host would move it to a day that may not hold
		j.drop(unanswered)
	case len(j.rows) == 0: // it is not taken, and not here
		j.drop(j.status)
	case ok:
		j.drop(wire.Conflict)
	default:
		seen[n] = j.rows[len(j.rows)-1].Value
	}
	return nil
}

// repeat answers a batch as it was, or would have been, answered before. Nothing
// of it is written, but its month has to say that what is there is listed.
func (j *judged) repeat(status wire.Status) { j.status, j.rows = status, nil }

// drop answers a batch of which nothing is written or there.
func (j *judged) drop(status wire.Status) { j.status, j.month, j.rows = status, 0, nil }
