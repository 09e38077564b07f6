package otlp

import (
	"cmp"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// logs reads the names of events and the types of exceptions.
func (b *batch) logs(request []byte) error {
	return b.items(request, func(r *resource, _ uint64, item []byte) error {
		var (
			at, observed uint64
			event        []byte
			a            attributes
		)
		err := each(item, func(f field) error {
			switch f.tag {
			case logTime:
				at = f.bits
			case logObserved:
				observed = f.bits
			case logEvent:
				event = f.bytes
			case logAttribute:
				return b.attribute(&a, f.bytes)
			}
			return nil
		})
		if err != nil {
			return err
		}
		name := string(event)
		if name == "" {
			name, _ = a.get(eventName)
		}
		b.log(r, name, cmp.Or(at, observed), &a)
		return nil
	})
}

func (b *batch) log(r *resource, name string, at uint64, a *attributes) {
	o := origin{OfLog, name}
	if b.full(o) {
		return
	}
	kind, failed := a.get(exceptionType)
	if failed {
		b.exception(r, kind, at, a)
	}
	if failed && name == "" {
		return
	}
	for _, t := range b.targets(r, registry.SourceEvent, o, 1) {
		if t.Type != schema.Counter {
			b.dropped.add(o.of, o.name, WhyKind, 1)
			continue
		}
		b.add(t, r, o, schema.Number(1), at, 1, a)
	}
}

// exception adds the type of an exception. Its text and its stack were never
// read.
func (b *batch) exception(r *resource, kind string, at uint64, in ...*attributes) {
	o := origin{of: OfException}
	for _, t := range b.targets(r, registry.SourceException, o, 1) {
		if t.Type != schema.Failure {
			b.dropped.add(o.of, o.name, WhyKind, 1)
			continue
		}
		b.add(t, r, o, schema.Text(kind), at, 1, in...)
	}
}
