package diagnosis

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// unknownVersion is what a record says that was read from a log: the file does not
// say which version wrote it.
const unknownVersion = "unknown"

// versionMetric is the configuration metric that says a product's version, which
// every record says as well.
const versionMetric = "service.version"

// product is what is known of one product while reading.
type product struct {
	name     string
	versions []ran  // in the order in which they were first seen
	now      int    // index of the one of the newest record
	crashes  uint64 // in a row, with next to nothing in between
	since    uint64 // records of use since the last crash
	crashed  int64  // when
	attempts uint64 // of all operations
}

// ran is a version that ran.
type ran struct {
	version     string
	first, last int64
}

// product notes that a record's product ran.
func (x *examiner) product(r *lookup.Record) *product {
	p := x.ranLast
	if p == nil || p.name != r.Product.Name {
		p = x.productCalled(r.Product.Name)
		x.ranLast = p
	}
	if v := r.Product.Version; len(p.versions) == 0 || v != p.version() && v != unknownVersion {
		x.runs(p, r)
	}
	p.versions[p.now].last = r.Time
	return p
}

func (x *examiner) productCalled(name string) *product {
	p, ok := x.products[name]
	if !ok {
		p = &product{name: name}
		x.products[name] = p
	}
	return p
}

// runs notes that a product runs in another version from a record on.
func (x *examiner) runs(p *product, r *lookup.Record) {
	if len(p.versions) > 0 && p.version() != unknownVersion {
		x.change(Change{Time: moment(r.Time), What: p.name, From: p.version(), To: r.Product.Version})
	}
	p.now = slices.IndexFunc(p.versions, func(v ran) bool { return v.version == r.Product.Version })
	if p.now < 0 {
		p.now = len(p.versions)
		p.versions = append(p.versions, ran{version: r.Product.Version, first: r.Time})
	}
}

// version returns the version of now.
func (p *product) version() string { return p.versions[p.now].version }

// active notes that the product was used.
func (p *product) active() { p.since++ }

// crash notes that it crashed. What follows at once is its start.
func (p *product) crash(at int64) {
	const start = 2 // records that say no more than that it was started again
	if p.since > start || at-p.crashed > int64(time.Hour/time.Second) {
		p.crashes = 0
	}
	p.crashes++
	p.since, p.crashed = 0, at
}

func (p *product) shown(k *Known, now time.Time) Product {
	out := Product{Name: p.name, Version: p.version(), EndOfLife: k.endOfLife(p.name, p.version()), Supported: true}
	if last, err := time.Parse(time.DateOnly, out.EndOfLife); err == nil {
		out.Supported = now.Before(last.AddDate(0, 0, 1))
	}
	return out
}

// unsupported returns a problem for each version that is past its end of life.
func unsupported(products []Product) (out []Problem) {
	for _, p := range products {
		if p.Supported {
			continue
		}
		out = append(out, Problem{
			Kind: Unsupported, Product: p.Name, Version: p.Version,
			Sentence: fmt.Sprintf("Version %s of %s is without support since %s.", p.Version, p.Name, p.EndOfLife),
			Severity: Severity{4, "nothing fails because of it as far as is to be seen"},
		})
	}
	return out
}

// fact returns where the latest value of a fact is kept: facts are the host's,
// whichever product and version tells them.
func (x *examiner) fact(r *lookup.Record) *schema.Value {
	key := r.Metric + labelsText(r.Labels)
	v, ok := x.facts[key]
	if !ok {
		v = &schema.Value{}
		x.facts[key] = v
	}
	return v
}

// readFact notes a value of the environment, and whether it changed.
func (x *examiner) readFact(r *lookup.Record) {
	if r.Metric == versionMetric {
		return
	}
	s := x.seriesOf(r)
	if s == nil || *s.fact == r.Value {
		return
	}
	if s.fact.Kind != 0 {
		x.change(Change{
			Time: moment(r.Time), What: r.Metric + labelsText(r.Labels), From: shownValue(s.of, *s.fact), To: shownValue(s.of, r.Value),
		})
	}
	*s.fact = r.Value
}

// change keeps the newest changes.
func (x *examiner) change(c Change) {
	if len(x.changes) == MaxChanges {
		x.changes = slices.Delete(x.changes, 0, 1)
		x.overChanges++
	}
	x.changes = append(x.changes, c)
}

// environment returns the latest facts, also those that are older than the
// records.
func (x *examiner) environment() []Fact {
	facts := []Fact{}
	for _, name := range slices.Sorted(maps.Keys(x.h.Installation)) {
		m, ok := x.cfg.Registry.Metric(name)
		if ok && name != versionMetric {
			facts = append(facts, Fact{Metric: name, Value: shownValue(m, x.h.Installation[name])})
		}
	}
	return facts
}

// lastChange returns the last change within a day before a time, other than to
// that version of the product; nil when there is none.
func (x *examiner) lastChange(at int64, product, version string) *Change {
	for _, c := range slices.Backward(x.changes) {
		far := at - c.Time.Unix()
		if far >= 0 && far <= int64(24*time.Hour/time.Second) && (c.What != product || c.To != version) {
			return &c
		}
	}
	return nil
}

// labelMap returns labels as a report has them; nil when there are none.
func labelMap(labels []schema.Label) map[string]string {
	if len(labels) == 0 {
		return nil
	}
	out := make(map[string]string, len(labels))
	for _, l := range labels {
		out[l.Name] = l.Value
	}
	return out
}

// byProduct orders what belongs to products.
func byProduct(product, name, version, otherProduct, otherName, otherVersion string) int {
	return cmp.Or(cmp.Compare(product, otherProduct), cmp.Compare(name, otherName), cmp.Compare(version, otherVersion))
}
