package diagnosis

import (
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// sameAttempt is how many seconds a failure and a duration of one attempt may be
// apart.
const sameAttempt = 2

// operationKey names an operation of a product.
type operationKey struct{ product, name string }

// operation counts attempts while reading.
type operation struct {
	versions map[string]*Operation
	streak   uint64     // of failures, up to now
	last     *signature // that failed last

	// The last failures that no duration was seen of, and the last success, which
	// may turn out to be a failure's duration.
	failedAt, succeededAt int64
	failed, succeeded     uint64
	streakBefore          uint64 // before that success
}

// operation returns what is counted of an operation.
func (x *examiner) operation(product, name string) *operation {
	key := operationKey{product, name}
	o, ok := x.operations[key]
	if !ok {
		o = &operation{versions: map[string]*Operation{}}
		x.operations[key] = o
	}
	return o
}

// of returns the counts under a version.
func (o *operation) of(product, version, name string) *Operation {
	v, ok := o.versions[version]
	if !ok {
		v = &Operation{Product: product, Version: version, Name: name}
		o.versions[version] = v
	}
	return v
}

// took counts a duration of n events: successes, unless a failure was just seen.
// It returns how many attempts that adds.
func (o *operation) took(at int64, n uint64, v *Operation) uint64 {
	if o.failed > 0 && at-o.failedAt <= sameAttempt {
		same := min(n, o.failed)
		o.failed -= same
		if n -= same; n == 0 {
			return 0
		}
	}
	v.Attempts += n
	o.streakBefore, o.streak = o.streak, 0
	o.succeededAt, o.succeeded = at, n
	return n
}

// fail counts a failure. It returns how many attempts that adds.
func (o *operation) fail(at int64, v *Operation, by *signature) (more uint64) {
	if o.succeeded > 0 && at-o.succeededAt <= sameAttempt {
		if o.succeeded--; o.succeeded == 0 {
			o.streak = o.streakBefore
		}
	} else {
		v.Attempts++
		more = 1
		if at-o.failedAt > sameAttempt {
			o.failed = 0
		}
		o.failed++
		o.failedAt = at
	}
	v.Failures++
	o.streak++
	o.last = by
	return more
}

// readDuration counts an attempt, and how long it took.
func (x *examiner) readDuration(r *lookup.Record, p *product) {
	s := x.seriesOf(r)
	if s == nil || s.timing == nil {
		return
	}
	n := uint64(r.Events())
	p.attempts += s.operation.took(r.Time, n, s.counts)
	s.timing.add(durationOf(s.of, r.Value), n, r.Time)
}

// operationName returns what was attempted, as people read it: the value of the
// label that the product's errors have as well, or else the metric and its labels.
func (x *examiner) operationName(r *lookup.Record) string {
	for _, l := range r.Labels {
		if x.isShared(r.Product.Name, l.Name, schema.ErrorReport) {
			return l.Value
		}
	}
	words := []string{}
	if name := strings.TrimSuffix(strings.TrimPrefix(r.Metric, r.Product.Name+"."), ".duration"); name != "operation" {
		words = append(words, name)
	}
	for _, l := range r.Labels {
		words = append(words, l.Value)
	}
	return strings.Join(words, " ")
}

// isShared says whether a metric of that category of the product has a label of
// that name.
func (x *examiner) isShared(product, label string, c schema.Category) bool {
	key := sharedKey{product, label, c}
	is, ok := x.shared[key]
	if !ok {
		is = slices.ContainsFunc(x.cfg.Registry.Metrics, func(m registry.Metric) bool {
			return m.Category == c && m.MayReport(product) &&
				slices.ContainsFunc(m.Labels, func(l registry.Label) bool { return l.Name == label && l.InRollups() })
		})
		x.shared[key] = is
	}
	return is
}

// sharedKey is a question of isShared.
type sharedKey struct {
	product, label string
	category       schema.Category
}

// listOperations returns what was attempted.
func (x *examiner) listOperations() []Operation {
	out := []Operation{}
	for _, o := range x.operations {
		for _, v := range o.versions {
			out = append(out, *v)
		}
	}
	slices.SortFunc(out, func(a, b Operation) int {
		return byProduct(a.Product, a.Name, a.Version, b.Product, b.Name, b.Version)
	})
	return out
}

// muchUsed is the share of a product's attempts from which on an operation counts
// as in much use.
const muchUsed = 0.1

// inMuchUse says whether an operation is used much, and how much, in words.
func (x *examiner) inMuchUse(product, name string) (bool, string) {
	o, ok := x.operations[operationKey{product, name}]
	p := x.products[product]
	if !ok || p == nil || p.attempts == 0 {
		return false, ""
	}
	var of uint64
	for _, v := range o.versions {
		of += v.Attempts
	}
	return float64(of) >= muchUsed*float64(p.attempts), grouped(of) + " of " + grouped(p.attempts) + " attempts here are of it"
}
