package otlp

import (
	"math"

	"github.com/tacit-telemetry/tacit/schema"
)

// number is a point's: whole, or not.
type number struct {
	whole    bool
	integer  int64
	fraction float64
}

func (n number) float() float64 {
	if n.whole {
		return float64(n.integer)
	}
	return n.fraction
}

// number reads a point of a gauge or a sum.
func (b *batch) number(p *point, n *number, message []byte) error {
	return each(message, func(f field) error {
		switch f.tag {
		case pointStart:
			p.start = f.bits
		case pointTime:
			p.time = f.bits
		case numberDouble:
			*n = number{fraction: f.double()}
		case numberInt:
			*n = number{whole: true, integer: int64(f.bits)}
		case numberFlags:
			p.empty = f.bits&noValue != 0
		case numberAttribute:
			return b.attribute(&p.attributes, f.bytes)
		}
		return nil
	})
}

// quantity adds what holds at a moment. A sum that goes up and down is one when
// it counts from the start.
func (b *batch) quantity(r *resource, m *instrument, targets []*target, p *point, n number) (why string) {
	for _, t := range targets {
		factor, fits := ratio(m.unit, t.Unit)
		value, ok := wholeOf(n, factor)
		switch {
		case t.Type != schema.Quantity, m.data == metricSum && m.temporality != cumulative:
			why = WhyKind
		case !fits:
			why = WhyUnit
		case !ok:
			why = WhyValue
		default:
			b.add(t, r, m.origin, schema.Number(value), p.time, 1, &p.attributes)
		}
	}
	return why
}

// counter adds what a sum is more than before.
func (b *batch) counter(r *resource, m *instrument, targets []*target, p *point, n number, key series) (why string) {
	was := number{whole: n.whole}
	if m.temporality == cumulative {
		before, known, gap := b.changes.next(key, state{number: n, time: p.time})
		if gap != "" {
			return gap
		}
		if known {
			was = before.number
		}
	}
	for _, t := range targets {
		factor, fits := ratio(m.unit, t.Unit)
		value, ok := more(n, was, factor)
		switch {
		case t.Type != schema.Counter, m.temporality != cumulative && m.temporality != delta:
			why = WhyKind
		case !fits:
			why = WhyUnit
		case !ok:
			why = WhyValue
		case value > 0:
			b.add(t, r, m.origin, schema.Number(value), p.time, 1, &p.attributes)
		}
	}
	return why
}

// more returns by how many whole numbers a sum is more than it was, so that
// fractions of one add up over time.
func more(n, was number, factor float64) (int64, bool) {
	if n.whole && was.whole && factor == 1 {
		return n.integer - was.integer, n.integer >= was.integer && was.integer >= 0
	}
	now, ok := whole(math.Floor(n.float() * factor))
	before, okBefore := whole(math.Floor(was.float() * factor))
	return now - before, ok && okBefore && now >= before && before >= 0
}

// wholeOf returns the whole number that is nearest.
func wholeOf(n number, factor float64) (int64, bool) {
	if n.whole && factor == 1 {
		return n.integer, true
	}
	return whole(math.Round(n.float() * factor))
}

// whole returns a number without a fraction as an integer. NaN, infinities and
// what no counter reaches are none.
func whole(f float64) (int64, bool) {
	const most = 1 << 62
	if !(math.Abs(f) < most) {
		return 0, false
	}
	return int64(f), true
}
