package ingest

import (
	"cmp"
	"context"
	"errors"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

// DB keeps rows: [db.DB] does.
type DB interface {
	Keys(m schema.Month) (db.MonthKeys, error)
	Get(m schema.Month, t db.Table, key []byte) ([]byte, bool, error)
	Commit(ctx context.Context, g db.Group) error
}

// Registry says what a fragment may hold: [registry.Set] does.
type Registry interface {
	// For returns the registry by which a fragment of that release is checked:
	// its own, or another one where that is not known.
	For(release schema.Release) *registry.Registry
	// CheckFragment refuses a fragment that has one thing which that registry
	// does not name. The error is one that registry.Reason has a word for.
	CheckFragment(f *codec.Fragment) error
}

// Eraser erases pages and knows what was erased: [pages.Eraser] does.
type Eraser interface {
	// Hold keeps erasures away from [Eraser.Erased] to the commit.
	Hold() (release func())
	Erased(keys db.MonthKeys, p page.Page) bool
	Erase(ctx context.Context, items []page.Erasure) (pages.Outcome, error)
}

// judged is an opened envelope and what becomes of it.
type judged struct {
	attempt wire.Attempt
	key     [32]byte // for the reply
	batch   schema.BatchID

	status wire.Status  // what to answer, unless the batch is known
	month  schema.Month // in which the batch is looked for; 0: in none
	table  db.Table     // likewise
	stored []byte       // what the row that names the batch holds when it was stored
	put    []byte       // and when it was told to come under another name
	mark   bool         // it is told so now, and that must be remembered
	rows   db.Batch     // to be committed, the one that names the batch last; none when all that is needed is there

	erase []page.Erasure            // what to erase, when it is that; the status is Done
	book  func(*judged, Book) error // what it wants of the daybook, which sets the status
	data  []byte                    // of the reply

	refused string // of a fragment that is refused for what it holds: the registry's word for why
	foreign bool   // a fragment that was checked by the registry of another release
}

// window is the span of days in which a batch is taken: on any of the days that
// today may be, so that a clock that is wrong refuses nothing.
type window struct {
	first, last schema.Day
	certain     bool       // a host may be told which day it is
	reach       schema.Day // of a later day nothing is ever taken that is sealed by now
}

func windowOf(today calendar.Today, retention int, reach schema.Day) window {
	w := schema.Day(min(windowDays, retention))
	return window{first: today.First - min(w, today.First), last: today.Last + 1, certain: today.Certain, reach: reach}
}

// reachOf returns the last day of which a batch is taken that is sealed to a key
// of that start: of tomorrow, on the last day on which the key opens.
func reachOf(start schema.Day) schema.Day { return start + wire.KeyAcceptedDays }

// status says what to answer for a batch of day d that is sealed to a key of that
// start, and whether it is taken. A batch that is dated later than the days that
// the store believes in is not answered while it doubts: its host sends it again,
// and keeps it until then. So it is with one that is sealed to a key whose time is
// over on its day, which opens only because that day is not sure: its host seals it
// anew when the key is gone. It bounds how long an attempt may be held up.
func (w window) status(d, start schema.Day) (wire.Status, bool) {
	switch {
	case d < w.first:
		return wire.Expired, false
	case d > w.last && w.certain:
		return wire.Redate, false
	case d > w.last || d > reachOf(start):
		return unanswered, false
	}
	return wire.Stored, true
}

// sealed is an envelope that was opened.
type sealed struct {
	*wire.Envelope
	*envelope.Opened
	start schema.Day // of the key that it is sealed to
}

// judge decides on one opened envelope from its inside alone; whether its batch
// is known is not looked at. An error is the store's own trouble.
func (in *Ingest) judge(s *sealed, w window) (judged, error) {
	j := judged{attempt: s.Attempt, key: s.ReplyKey, batch: s.Batch, status: wire.BadForm}
	var err error
	switch s.Kind {
	case envelope.Page:
		j.table = db.PageBatches
		err = in.judgePage(&j, s, w)
	case envelope.Fragment:
		j.table = db.SumBatches
		in.judgeFragment(&j, s, w)
	case envelope.Erase:
		judgeErase(&j, s)
	case envelope.Grant, envelope.Note, envelope.Ask:
		return judgeBook(j, s), nil
	case envelope.Look: // it comes by another way, see package remote
		return j, nil
	}
	if err != nil || j.month == 0 {
		return j, err
	}
	return j, in.name(&j, s.Payload)
}

// name says by which row the batch is known again, and adds it to the rows.
func (in *Ingest) name(j *judged, payload []byte) error {
	keys, err := in.cfg.DB.Keys(j.month)
	if errors.Is(err, db.ErrForgotten) {
		if j.status == wire.Stored {
			j.status = wire.Expired
		}
		j.month, j.rows = 0, nil
		return nil
	}
	if err != nil {
		return err
	}
	j.stored, j.put = keys.Known(payload), keys.PutOff(payload)
	switch {
	case j.status == wire.Stored:
		j.rows = append(j.rows, db.Row{Table: j.table, Key: j.batch[:], Value: j.stored})
	case j.mark:
		j.rows = db.Batch{{Table: j.table, Key: j.batch[:], Value: j.put}}
	}
	return nil
}

func (in *Ingest) judgePage(j *judged, s *sealed, w window) error {
	p, err := page.Parse(s.Payload)
	if err != nil || wire.PartitionOf(p.Tag) != s.Partition {
		return nil
	}
	if !j.dated(p.Day, s.start, w) {
		return nil
	}
	keys, err := in.cfg.DB.Keys(j.month)
	if errors.Is(err, db.ErrForgotten) {
		j.status, j.month = wire.Expired, 0
		return nil
	}
	if err != nil {
		return err
	}
	if in.cfg.Eraser.Erased(keys, p) {
		j.status, j.month = wire.Erased, 0
		return nil
	}
	row, err := pages.Row(keys, p, j.batch)
	if err != nil {
		return err
	}
	j.rows = db.Batch{row}
	return nil
}

func (in *Ingest) judgeFragment(j *judged, s *sealed, w window) {
	f, err := codec.DecodeFragment(s.Payload)
	if err != nil || wire.PartitionOf(j.batch) != s.Partition {
		return
	}
	if !j.dated(f.Day, s.start, w) {
		return
	}
	j.foreign = in.cfg.Registry.For(f.Release).Release != f.Release
	if err = in.cfg.Registry.CheckFragment(&f); err == nil {
		j.rows, err = rollup.Fold(&f)
	}
	if err != nil || len(j.rows) == 0 { // it is not registered, or does not fit
		j.refused = cmp.Or(registry.Reason(err), reasonEmpty)
		j.drop(wire.BadForm)
	}
}

// dated judges the day of a batch and says whether it is taken. One that is not
// is looked for all the same: if it is here it was stored, whatever a clock did
// since, and its host would send it again under another name and it would count
// twice. And one that is told to come under another name is marked, because it
// may yet come under this one, when its day lies in the window.
func (j *judged) dated(d, start schema.Day, w window) bool {
	var taken bool
	j.status, taken = w.status(d, start)
	j.month = d.Month()
	j.mark = j.status == wire.Redate && d <= w.reach
	return taken
}
