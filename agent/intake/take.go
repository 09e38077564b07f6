package intake

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Take takes records. The answers are in their order. An error means that the
// spool could not keep them: none was accepted.
//
// Records that tell about the agent itself are quiet: they wait for the next
// envelope and are no reason for one, or every envelope would cause another.
func (in *Intake) Take(ctx context.Context, records []schema.Record, quiet bool) ([]Answer, error) {
	t := in.config.Terms()
	if len(t.Collect) > 0 {
		in.followRevision(ctx, t.Revision)
	}
	now := in.config.Now()
	answers := make([]Answer, len(records))
	p := pile{bytes: make([]byte, 0, typicalRecord*len(records)), parts: make([]part, 0, len(records))}
	for i := range records {
		if reason := in.judge(&p, &records[i], i, &t, now); reason != "" {
			answers[i] = in.refuse(reason)
		}
	}
	keep := make([][]byte, 0, len(p.parts))
	for _, of := range in.clean(&p) {
		if of.trips {
			answers[of.index] = in.refuse(ReasonIdentifies)
			continue
		}
		keep = append(keep, p.bytes[of.from:of.to:of.to])
		answers[of.index] = Answer{Accepted: true}
	}
	if err := in.config.Spool.Append(ctx, keep...); err != nil {
		return nil, fmt.Errorf("keep %d records: %w", len(keep), err)
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	if !quiet {
		in.loud += len(keep)
	}
	in.noteVersions(records, answers)
	return answers, nil
}

// typicalRecord is about how many bytes a record takes.
const typicalRecord = 112

// pile holds treated records as the spool keeps them, one behind the other, and
// beside them what the tripwire has to look at: lines, of which each record of a
// series needs only its number to be one more.
type pile struct {
	bytes  []byte
	parts  []part
	looked map[string]struct{} // series that are among the lines
	lines  []byte
}

// part is one record in a pile.
type part struct {
	index    int // of the record as it was offered
	from, to int // of its bytes
	number   schema.Value
	count    uint32
	trips    bool
}

// add appends a treated record.
func (p *pile) add(r *schema.Record, index int) (err error) {
	of := part{index: index, from: len(p.bytes), number: r.Value, count: r.Count}
	if p.bytes, err = codec.AppendRecord(p.bytes, r); err != nil {
		return err
	}
	of.to = len(p.bytes)
	p.parts = append(p.parts, of)
	record := p.bytes[of.from:]
	if series := codec.Series(record); !p.has(series) {
		p.looked[string(series)] = struct{}{}
		p.lines = append(append(p.lines, record...), '\n')
	}
	if digits := of.digits(); digits != nil {
		p.lines = append(append(p.lines, digits...), '\n')
	}
	return nil
}

func (p *pile) has(series []byte) bool {
	if p.looked == nil {
		p.looked = map[string]struct{}{}
	}
	_, ok := p.looked[string(series)]
	return ok
}

// digits returns a record's number as it is written, and how many events it is of.
// A customer number may come as a number, which has no digits in the bytes.
func (of *part) digits() (b []byte) {
	if of.number.Kind == schema.KindNumber {
		b = strconv.AppendInt(make([]byte, 0, 20), of.number.Number, 10)
	}
	if of.count > 1 {
		b = strconv.AppendUint(append(b, '\n'), uint64(of.count), 10)
	}
	return b
}

// clean has the tripwire look at all of a pile at once, and at each record alone
// only when it finds something.
func (in *Intake) clean(p *pile) []part {
	if _, hit := in.config.Tripwire.Trips(p.lines); !hit {
		return p.parts
	}
	for i := range p.parts {
		of := &p.parts[i]
		_, record := in.config.Tripwire.Trips(p.bytes[of.from:of.to])
		_, number := in.config.Tripwire.Trips(of.digits())
		of.trips = record || number
	}
	return p.parts
}

// judge adds a record to the pile, or says why it is refused.
func (in *Intake) judge(p *pile, r *schema.Record, index int, t *Terms, now time.Time) (reason string) {
	m, known := in.config.Registry.Metric(r.Metric)
	if !t.takes(m, known) {
		if known {
			in.show(r, m, t, now)
		}
		return ReasonOff
	}
	if known {
		if reason := refuses(m, t, now); reason != "" {
			return reason
		}
		if m.Category == schema.ProductLog && !in.hasShare() {
			return ReasonShare
		}
	}
	treated, reason := in.treat(r, now)
	if reason != "" {
		return reason
	}
	if err := p.add(&treated, index); err != nil {
		return ReasonOther
	}
	return ""
}

// refuses says why a metric is not taken though its programme takes part; "": it
// is taken. What was taken before it expired may leave afterwards.
func refuses(m *registry.Metric, t *Terms, now time.Time) (reason string) {
	if m.Expired(now) {
		return registry.Reason(registry.ErrExpired)
	}
	return t.refuses(m)
}

// treat returns a record as it may leave the host, or why it is refused.
func (in *Intake) treat(r *schema.Record, now time.Time) (treated schema.Record, reason string) {
	offered := *r
	offered.Time = plausible(offered.Time, now)
	treated, err := in.config.Treater.Apply(offered)
	if err != nil {
		return treated, registry.Reason(err)
	}
	return treated, ""
}

// maxLate is how old an event may be that a product reports.
const maxLate = 30 * 24 * time.Hour

// plausible returns the time of an event, or now when that cannot be: it is
// missing, in the future, or from before anybody could have seen it.
func plausible(unix int64, now time.Time) int64 {
	if is := now.Unix(); unix > is+int64(time.Hour/time.Second) || unix < is-int64(maxLate/time.Second) {
		return is
	}
	return unix
}
