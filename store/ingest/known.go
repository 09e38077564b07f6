package ingest

import (
	"bytes"

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
// A half that cannot be read is asked once a group; what has to be looked for in it
// has no answer.
func (in *Ingest) dedupe(g *group) {
	seen, unread := map[name][]byte{}, map[place]bool{}
	for _, c := range g.crates {
		for i := range c.opened {
			j := &c.opened[i]
			at := place{j.month, j.table.Half()}
			if unread[at] {
				j.drop(unanswered)
				continue
			}
			if err := in.lookFor(j, seen, g.today.Certain); err != nil {
				unread[at] = true
				c.retry = in.troubled("look for a repeat", err) || c.retry
				j.drop(unanswered)
				continue
			}
			if j.status == unanswered {
				in.counts.add(reasonClock)
			}
		}
	}
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
