package otlp

import (
	"context"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// batch is what one request becomes.
type batch struct {
	*Receiver
	records  []schema.Record
	origins  []origin // of the records
	rejected int64    // items that one request may not become
	changes  changes
}

// origin is what a record is made of, for the counts.
type origin struct{ of, name string }

func (r *Receiver) newBatch() *batch { return &batch{Receiver: r, changes: changes{memory: r.series}} }

// take hands over the records, and only then remembers how far series had
// counted: an SDK offers again what could not be kept.
func (b *batch) take(ctx context.Context) error {
	if len(b.records) > 0 {
		answers, err := b.config.Taker.Take(ctx, b.records, false)
		if err != nil {
			return err
		}
		for i, a := range answers {
			if !a.Accepted {
				b.dropped.add(b.origins[i].of, b.origins[i].name, a.Reason, 1)
			}
		}
	}
	b.changes.commit()
	return nil
}

// full counts an item for which there is no room any more.
func (b *batch) full(o origin) bool {
	if len(b.records) < MaxRecords {
		return false
	}
	b.rejected++
	b.dropped.add(o.of, o.name, WhyMany, 1)
	return true
}

// add adds n equal records of a metric. Labels are found in the first of the
// places that has them; one that is in none is left out.
func (b *batch) add(t *target, r *resource, o origin, v schema.Value, nanos, n uint64, in ...*attributes) {
	record := schema.Record{Time: int64(nanos / uint64(time.Second)), Product: r.product, Metric: t.Name, Value: v}
	in = append(in, &r.attributes)
	for _, l := range t.labels {
		if text, ok := find(l.attribute, in); ok {
			record.Labels = append(record.Labels, schema.Label{Name: l.name, Value: text})
		}
	}
	for ; n > 0; n -= uint64(record.Count) {
		record.Count = uint32(min(n, schema.MaxCount))
		b.records = append(b.records, record)
		b.origins = append(b.origins, o)
	}
}

// targets returns the metrics that take a source, and counts one that none takes.
func (b *batch) targets(r *resource, kind registry.SourceKind, o origin, n uint64) []*target {
	all := r.sources[registry.Source{Kind: kind, Name: o.name}]
	if len(all) == 0 {
		b.dropped.add(o.of, o.name, WhyUnmapped, n)
	}
	return all
}
