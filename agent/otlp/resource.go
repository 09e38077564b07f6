package otlp

import (
	"hash/maphash"
	"strconv"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// attribute is one that somebody looks at.
type attribute struct{ name, text string }

// attributes are those of one thing that somebody looks at, each name once, and
// what tells all of them from those of another, in any order.
type attributes struct {
	read []attribute
	id   uint64
}

// get returns the text of an attribute.
func (a *attributes) get(name string) (string, bool) {
	for i := range a.read {
		if a.read[i].name == name {
			return a.read[i].text, true
		}
	}
	return "", false
}

// find looks in several places, one after the other.
func find(name string, in []*attributes) (string, bool) {
	for _, a := range in {
		if text, ok := a.get(name); ok {
			return text, true
		}
	}
	return "", false
}

// attribute adds one pair of name and value to a. The text of one that nobody
// looks at is not copied.
func (b *batch) attribute(a *attributes, pair []byte) error {
	a.id += maphash.Bytes(b.seed, pair)
	var name, value []byte
	err := each(pair, func(f field) error {
		switch f.tag {
		case pairKey:
			name = f.bytes
		case pairValue:
			value = f.bytes
		}
		return nil
	})
	known, looked := b.index.read[string(name)]
	if err != nil || !looked {
		return err
	}
	text, ok, err := textOf(value)
	if err != nil || !ok {
		return err
	}
	for i := range a.read {
		if a.read[i].name == known {
			a.read[i].text = text
			return nil
		}
	}
	a.read = append(a.read, attribute{known, text})
	return nil
}

// textOf returns a value as a label has it: a text, a whole number, or true and
// false. Others are none.
func textOf(value []byte) (text string, ok bool, err error) {
	err = each(value, func(f field) error {
		switch f.tag {
		case valueText:
			if !utf8.Valid(f.bytes) {
				return errMalformed
			}
			text, ok = string(f.bytes), true
		case valueBool:
			text, ok = strconv.FormatBool(f.bits != 0), true
		case valueInt:
			text, ok = strconv.FormatInt(int64(f.bits), 10), true
		}
		return nil
	})
	return text, ok, err
}

// resource is who reports.
type resource struct {
	attributes
	sources sources // nil: the product is not registered
	product schema.Product
}

// resource reads a resource.
func (b *batch) resource(message []byte) (*resource, error) {
	r := new(resource)
	err := only(message, resourceAttribute, func(pair []byte) error { return b.attribute(&r.attributes, pair) })
	if err != nil {
		return nil, err
	}
	r.product.Name, _ = r.get(serviceName)
	r.product.Version, _ = r.get(serviceVersion)
	if !registry.IsVersion(r.product.Version) {
		r.product.Version = unknownVersion
	}
	r.sources = b.index.products[r.product.Name]
	return r, nil
}

// unknownVersion is a version of every product.
const unknownVersion = "unknown"

// items calls do with each span, metric or log record of a request, with whose it
// is and a number for its scope. What is of no registered product is counted and
// left out.
func (b *batch) items(request []byte, do func(r *resource, scope uint64, item []byte) error) error {
	return only(request, inRequest, func(part []byte) error {
		var at []byte
		if err := only(part, inResource, func(m []byte) error { at = m; return nil }); err != nil {
			return err
		}
		r, err := b.resource(at)
		if err != nil {
			return err
		}
		return only(part, resourceScopes, func(scope []byte) error { return b.scope(r, scope, do) })
	})
}

// scope calls do with each item of a scope.
func (b *batch) scope(r *resource, message []byte, do func(r *resource, scope uint64, item []byte) error) error {
	if r.sources == nil {
		n, err := count(message, scopeItems)
		if n > 0 {
			b.dropped.add(OfService, r.product.Name, WhyUnmapped, n)
		}
		return err
	}
	var id uint64
	if err := only(message, inScope, func(m []byte) error { id = maphash.Bytes(b.seed, m); return nil }); err != nil {
		return err
	}
	return only(message, scopeItems, func(item []byte) error { return do(r, id, item) })
}
