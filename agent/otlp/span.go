package otlp

import (
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// span is what is read of one.
type span struct {
	name       []byte
	start, end uint64 // Unix nanoseconds
	attributes
}

// traces reads spans, and the exceptions among their events.
func (b *batch) traces(request []byte) error {
	return b.items(request, func(r *resource, _ uint64, item []byte) error {
		var s span
		err := each(item, func(f field) error {
			switch f.tag {
			case spanName:
				s.name = f.bytes
			case spanStart:
				s.start = f.bits
			case spanEnd:
				s.end = f.bits
			case spanAttribute:
				return b.attribute(&s.attributes, f.bytes)
			}
			return nil
		})
		if err != nil || b.full(origin{OfSpan, string(s.name)}) {
			return err
		}
		b.span(r, &s)
		return only(item, spanEvent, func(event []byte) error { return b.spanEvent(r, &s, event) })
	})
}

func (b *batch) span(r *resource, s *span) {
	o := origin{OfSpan, string(s.name)}
	for _, t := range b.targets(r, registry.SourceSpan, o, 1) {
		switch {
		case t.Type == schema.Counter:
			b.add(t, r, o, schema.Number(1), s.end, 1, &s.attributes)
		case t.Type != schema.Duration:
			b.dropped.add(o.of, o.name, WhyKind, 1)
		case s.start == 0 || s.end < s.start:
			b.dropped.add(o.of, o.name, WhyValue, 1)
		default:
			us := int64((s.end - s.start) / uint64(time.Microsecond))
			b.add(t, r, o, schema.Number(us), s.end, 1, &s.attributes)
		}
	}
}

// exceptionEvent is the name of a span's event that tells of an exception.
const exceptionEvent = "exception"

// spanEvent reads an event of a span. Only exceptions are of use.
func (b *batch) spanEvent(r *resource, s *span, event []byte) error {
	var (
		at    uint64
		title []byte
		a     attributes
	)
	err := each(event, func(f field) error {
		switch f.tag {
		case eventTime:
			at = f.bits
		case eventTitle:
			title = f.bytes
		case eventAttribute:
			return b.attribute(&a, f.bytes)
		}
		return nil
	})
	kind, ok := a.get(exceptionType)
	if err != nil || !ok && string(title) != exceptionEvent || b.full(origin{of: OfException}) {
		return err
	}
	b.exception(r, kind, at, &a, &s.attributes)
	return nil
}
