package ingest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
)

// crate is a message, its envelopes, and what was judged of them.
type crate struct {
	msg       message
	envelopes [][]byte
	opened    []judged
	retry     bool // the store has no room: it must come again
}

// message is what a crate came in: [jetstream.Msg] is one.
type message interface {
	Data() []byte
	Ack() error
	NakWithDelay(d time.Duration) error
}

// group is what is committed together.
type group struct {
	crates []*crate
	today  calendar.Today
}

// process takes a group of crates through to their acknowledgement.
func (in *Ingest) process(ctx context.Context, crates []*crate) {
	g := group{crates: crates, today: in.cfg.Today()}
	if err := in.cfg.Keyring.Turn(g.today); err != nil {
		in.log.Error("turn keys", slog.Any("error", err))
	}
	release := in.cfg.Eraser.Hold()
	for _, c := range g.crates {
		in.openCrate(c, g.today)
	}
	in.dedupe(&g)
	in.commit(ctx, &g)
	release()
	in.erase(ctx, &g)
	in.book(&g)
	in.finish(&g)
	in.writeQuarantine((*Quarantine).writeSometimes)
}

// newCrate unpacks a message. What does not have the form holds no envelopes:
// it is counted, and let go with its group.
func (in *Ingest) newCrate(msg message) *crate {
	envelopes, err := wire.ParseCrate(msg.Data())
	if err != nil {
		in.refuse(reasonCrate, in.cfg.Today().Day, len(msg.Data()))
		in.log.Warn("a crate does not have the form", slog.Int("bytes", len(msg.Data())))
	}
	return &crate{msg: msg, envelopes: envelopes}
}

// openCrate opens and judges the envelopes of one crate, each alone.
func (in *Ingest) openCrate(c *crate, today calendar.Today) {
	w := windowOf(today, in.cfg.RetentionDays, reachOf(in.cfg.Keyring.lastStart()))
	for _, b := range c.envelopes {
		s, reason := in.open(b)
		if s == nil {
			in.refuse(reason, today.Day, len(b))
			continue
		}
		j, err := in.judge(s, w)
		if err != nil {
			in.troubled("judge a batch", err)
			continue
		}
		c.opened = append(c.opened, j)
	}
}

// open opens one envelope, or says why it does not.
func (in *Ingest) open(b []byte) (*sealed, string) {
	e, err := wire.ParseEnvelope(b)
	if err != nil {
		return nil, reasonForm
	}
	key := in.cfg.Keyring.Key(e.KeyID)
	if key == nil {
		return nil, reasonKey
	}
	o, err := envelope.Open(key, e)
	switch {
	case errors.Is(err, envelope.ErrContent):
		return nil, reasonContent
	case err != nil:
		return nil, reasonClosed
	}
	return &sealed{Envelope: e, Opened: o, start: key.Start}, ""
}

// commit writes the group, month by month, from the newest to the oldest: the
// halves that were looked at last are open, and the next group looks at the oldest
// first.
func (in *Ingest) commit(ctx context.Context, g *group) {
	batches := map[schema.Month][]db.Batch{}
	for _, c := range g.crates {
		for _, j := range c.opened {
			if j.month == 0 {
				continue
			}
			bs := batches[j.month]
			if j.rows != nil {
				bs = append(bs, j.rows)
			}
			batches[j.month] = bs // of repeats only: empty, which makes sure that they are listed
		}
	}
	for _, m := range slices.Backward(slices.Sorted(maps.Keys(batches))) {
		bs, started := batches[m], time.Now()
		if err := in.cfg.DB.Commit(ctx, db.Group{Month: m, Batches: bs}); err != nil {
			in.fail(g, m, err)
			continue
		}
		if len(bs) > 0 {
			in.counts.committed(time.Since(started))
		}
	}
}

// fail takes back what was to be answered of a month that did not commit, as far
// as it is of a half that failed. When there is no room the crates come again,
// which holds up all that is behind them. What fails otherwise, because its half
// is damaged most likely, has no answer and holds up nobody else's: its host sends
// it again, for as long as it keeps it.
func (in *Ingest) fail(g *group, m schema.Month, err error) {
	again := in.troubled("commit a group", err)
	for _, c := range g.crates {
		for i := range c.opened {
			j := &c.opened[i]
			switch failed := j.month == m && db.Failed(err, j.table.Half()); {
			case failed && again:
				c.retry = true
			case failed:
				j.drop(unanswered)
			}
		}
	}
}

// troubled counts the store's own trouble, and logs it unless it did so within the
// last minute. It says whether the crates
// that it meets are to come again: while there is no room, and when the time to
// end is over.
func (in *Ingest) troubled(act string, err error) (again bool) {
	full := errors.Is(err, db.ErrFull)
	if full {
		in.counts.add(reasonFull)
	} else {
		in.counts.add(reasonTrouble)
	}
	if in.said.news(act+": "+err.Error(), time.Now()) {
		in.log.Error(act, slog.Any("error", err))
	}
	return full || errors.Is(err, context.DeadlineExceeded)
}
