package otlp

import (
	"hash/maphash"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Temporalities of a series.
const (
	delta      = 1 // since the point before
	cumulative = 2 // since the start
)

// instrument is what is read of a metric, but for its points.
type instrument struct {
	origin
	unit        string
	data        uint64 // the tag of its form: gauge, sum, …
	points      []byte // the message that has them
	temporality uint64
	monotonic   bool
	id          uint64 // of name and form
}

// point is what all points have.
type point struct {
	attributes
	start, time uint64 // Unix nanoseconds
	empty       bool   // it says that there is no value
}

// metrics reads metrics.
func (b *batch) metrics(request []byte) error {
	return b.items(request, func(r *resource, scope uint64, item []byte) error {
		m, err := b.instrument(item)
		if err != nil {
			return err
		}
		n, err := count(m.points, dataPoint)
		if err != nil || n == 0 {
			return err
		}
		targets := b.targets(r, registry.SourceMetric, m.origin, n)
		if len(targets) == 0 {
			return nil
		}
		return only(m.points, dataPoint, func(message []byte) error {
			if b.full(m.origin) {
				return nil
			}
			return b.point(r, scope, m, targets, message)
		})
	})
}

func (b *batch) instrument(message []byte) (*instrument, error) {
	m := &instrument{origin: origin{of: OfMetric}}
	err := each(message, func(f field) error {
		switch f.tag {
		case metricName:
			m.name = string(f.bytes)
		case metricUnit:
			m.unit = string(f.bytes)
		case metricGauge, metricSum, metricHistogram, metricExponential, metricSummary:
			m.data, m.points = f.tag, f.bytes
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	m.id = maphash.String(b.seed, m.name) + m.data
	return m, each(m.points, func(f field) error {
		switch f.tag {
		case dataTemporality:
			m.temporality = f.bits
		case dataMonotonic:
			m.monotonic = f.bits != 0
		}
		return nil
	})
}

// point reads one point of a metric, and gives it to all who take it.
func (b *batch) point(r *resource, scope uint64, m *instrument, targets []*target, message []byte) error {
	var (
		p   point
		n   number
		h   histogram
		err error
	)
	switch m.data {
	case metricGauge, metricSum:
		err = b.number(&p, &n, message)
	case metricHistogram:
		err = b.explicit(&p, &h, message)
	case metricExponential:
		err = b.exponential(&p, &h, message)
	default:
		b.dropped.add(m.of, m.name, WhyKind, 1)
		return nil
	}
	if err != nil || p.empty {
		return err
	}
	key := series{resource: r.id, scope: scope, metric: m.id, point: p.id, start: p.start}
	why := ""
	switch {
	case m.data == metricGauge, m.data == metricSum && !m.monotonic:
		why = b.quantity(r, m, targets, &p, n)
	case m.data == metricSum:
		why = b.counter(r, m, targets, &p, n, key)
	default:
		why = b.duration(r, m, targets, &p, &h, key)
	}
	if why != "" {
		b.dropped.add(m.of, m.name, why, 1)
	}
	return nil
}
