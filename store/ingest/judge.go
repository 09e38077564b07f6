package ingest

import (
	"bytes"
	"context"
	"errors"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
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

// Registry says what a fragment may hold: the registry of the schema does.
type Registry interface {
	CheckFragment(f *codec.Fragment) error
}

// Eraser erases pages and knows what was erased: [pages.Eraser] does.
type Eraser interface {
	// Hold keeps erasures away from [Eraser.Erased] to the commit.
	Hold() (release func())
	Erased(keys db.MonthKeys, p page.Page) bool
	Erase(ctx context.Context, items []page.Erasure) (erased int, err error)
}

// judged is an opened envelope and what becomes of it.
type judged struct {
	attempt wire.Attempt
	key     [32]byte // for the reply
	batch   schema.BatchID

	status wire.Status  // Stored: rows must be, or are, on disk
	month  schema.Month // of the rows; 0 when the status needs none
	rows   db.Batch     // to be committed; nil when they are there

	erase []page.Erasure // what to erase, when it is that; the status is Done
	data  []byte         // of the reply
}

// window is the span of days in which a batch is taken: on any of the days that
// today may be, so that a clock that is wrong refuses nothing.
type window struct {
	first, last schema.Day
	certain     bool // a host may be told which day it is
}

func windowOf(today calendar.Today, retention int) window {
	w := schema.Day(min(windowDays, retention))
	return window{first: today.First - min(w, today.First), last: today.Last + 1, certain: today.Certain}
}

// status says what to answer for a batch of day d, and whether it is taken. A
// batch that is dated later than the days that the store believes in is not
// answered while it doubts: its host sends it again, and keeps it until then.
func (w window) status(d schema.Day) (wire.Status, bool) {
	switch {
	case d < w.first:
		return wire.Expired, false
	case d > w.last && !w.certain:
		return unanswered, false
	case d > w.last:
		return wire.Redate, false
	}
	return wire.Stored, true
}

// judge decides on one opened envelope from its inside alone. An error is the
// store's own trouble: the envelope is to come again.
func (in *Ingest) judge(e *wire.Envelope, o *envelope.Opened, w window) (judged, error) {
	j := judged{attempt: e.Attempt, key: o.ReplyKey, batch: o.Batch, status: wire.BadForm}
	var err error
	switch o.Kind {
	case envelope.Page:
		err = in.judgePage(&j, e.Partition, o, w)
	case envelope.Fragment:
		err = in.judgeFragment(&j, e.Partition, o, w)
	case envelope.Erase:
		judgeErase(&j, e, o)
	}
	if err != nil || j.rows == nil {
		return j, err
	}
	err = in.name(&j, o)
	return j, err
}

// name adds the row that names the batch, by which it is known again.
func (in *Ingest) name(j *judged, o *envelope.Opened) error {
	keys, err := in.cfg.DB.Keys(j.month)
	if errors.Is(err, db.ErrForgotten) {
		j.status, j.month, j.rows = wire.Expired, 0, nil
		return nil
	}
	if err != nil {
		return err
	}
	table := db.SumBatches
	if o.Kind == envelope.Page {
		table = db.PageBatches
	}
	j.rows = append(j.rows, db.Row{Table: table, Key: o.Batch[:], Value: keys.Known(o.Payload)})
	return nil
}

func (in *Ingest) judgePage(j *judged, partition uint8, o *envelope.Opened, w window) error {
	p, err := page.Parse(o.Payload)
	if err != nil || wire.PartitionOf(p.Tag) != partition {
		return nil
	}
	status, ok := w.status(p.Day)
	if !ok {
		return in.outside(j, status, p.Day, db.PageBatches, o)
	}
	j.month = p.Day.Month()
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
	row, err := pages.Row(keys, p, o.Batch)
	if err != nil {
		return err
	}
	j.status, j.rows = wire.Stored, db.Batch{row}
	return nil
}

func (in *Ingest) judgeFragment(j *judged, partition uint8, o *envelope.Opened, w window) error {
	f, err := codec.DecodeFragment(o.Payload)
	if err != nil || wire.PartitionOf(o.Batch) != partition {
		return nil
	}
	status, ok := w.status(f.Day)
	if !ok {
		return in.outside(j, status, f.Day, db.SumBatches, o)
	}
	if in.cfg.Registry.CheckFragment(&f) != nil {
		return nil
	}
	rows, err := rollup.Fold(&f)
	if err != nil {
		return nil // it does not fit: bad form
	}
	j.status, j.month, j.rows = wire.Stored, f.Day.Month(), rows
	return nil
}

// outside judges a batch whose day is not in the window. One that is here
// already was stored, whatever a clock did since: its host would send it again
// under another name, and it would count twice.
func (in *Ingest) outside(j *judged, status wire.Status, d schema.Day, table db.Table, o *envelope.Opened) error {
	j.status = status
	keys, err := in.cfg.DB.Keys(d.Month())
	if errors.Is(err, db.ErrForgotten) {
		return nil
	}
	if err != nil {
		return err
	}
	known, ok, err := in.cfg.DB.Get(d.Month(), table, o.Batch[:])
	if err != nil {
		return err
	}
	if ok && bytes.Equal(known, keys.Known(o.Payload)) {
		j.status, j.month = wire.Stored, d.Month()
		in.counts.add(reasonRepeat)
	}
	return nil
}
