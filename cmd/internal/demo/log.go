package demo

import (
	"cmp"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// log gathers records.
type log struct{ records []schema.Record }

func (l *log) add(at time.Time, p schema.Product, metric string, v schema.Value, labels ...schema.Label) {
	slices.SortFunc(labels, func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) })
	l.records = append(l.records, schema.Record{Time: at.Unix(), Product: p, Metric: metric, Value: v, Labels: labels})
}

// sorted returns the records in the order of time.
func (l *log) sorted() []schema.Record {
	slices.SortStableFunc(l.records, func(a, b schema.Record) int { return cmp.Compare(a.Time, b.Time) })
	return l.records
}

func label(name, value string) schema.Label { return schema.Label{Name: name, Value: value} }
