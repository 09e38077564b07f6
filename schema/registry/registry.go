package registry

import (
	_ "embed"
	"slices"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of a registry and of what is offered to it.
const (
	MaxFile       = 1 << 20 // bytes of a registry file
	MaxOfferedLen = 8 << 10 // bytes of a text before its treatment
	MaxTuples     = 8       // distinct facet lists of one product's metrics, those of the base included
	MaxCells      = 20_000  // into which the facets of one roll-up may split
	MaxTemplates  = 1_000   // of one metric

	DefaultMinInstallations = 20 // of a roll-up that names no other threshold
	MinInstallationsFloor   = 5  // the lowest threshold that a roll-up may name
)

// Registry is what may be collected, at one release. It comes out of [Parse],
// [Overlay] or [Base], never out of a literal, and is read only.
type Registry struct {
	Release    schema.Release
	Products   []Product
	Programmes []Programme
	Metrics    []Metric
	Logs       []Log // that hosts follow at level enhanced; the base has none

	products   map[string]*Product
	programmes map[schema.Programme]*Programme
	metrics    map[string]*Metric
	tuples     [][]string
}

// Product is a product that may report.
type Product struct {
	Name string
	// Modules are the import-path prefixes of the product's own code. Stack
	// frames are kept only when their function is in one of these, in the
	// main package, or in Go's standard library.
	Modules []string
}

// Default says whether a programme is on where nobody decided.
type Default string

// The defaults of a programme.
const (
	DefaultOn  Default = "on"  // participates until somebody refuses
	DefaultAsk Default = "ask" // waits for a decision
	DefaultOff Default = "off" // needs a yes
)

// Programme is one purpose with a switch of its own.
type Programme struct {
	Name    schema.Programme
	Default Default
	Purpose string // for the people who are asked, in plain words
}

// Metric is one thing that may be collected, and all that is promised of it.
type Metric struct {
	Name        string // lower-case words and dots, as OpenTelemetry names it where it does
	Description string
	Category    schema.Category
	Programme   schema.Programme
	Level       schema.Level
	Type        schema.Type
	Unit        string // of numbers, as UCUM writes it: "By", "us", "{row}"; empty for texts
	Treatment   schema.Treatment
	Values      []string // the texts that may be kept; of a log, the IDs of its templates; or
	Format      Format   // the form of the texts that may be kept
	Overflow    string   // what a text becomes that is not among Values; empty: it is refused
	Templates   []Template
	Max         int64   // the largest number that is taken; never 0 for numbers
	Buckets     []int64 // ascending bounds in Unit; n bounds make n+1 buckets
	Labels      []Label
	OTLP        []Source // what of OpenTelemetry becomes this metric
	Products    []string // who may report it; nil: every product
	Rollups     []Rollup
	Page        bool // whether a page may hold it
	Owner       string
	Purpose     string
	Review      string // link to the review that allowed it
	Since       schema.Release
	Expires     string // a date such as 2027-06-30, or "never"

	bucketNames []string
	expires     time.Time // the first moment at which it is not collected; zero: never
	keepsAll    bool
	overflows   bool
}

// Label is a named text beside a metric's value: a number, too, is told by the
// name of its bucket.
type Label struct {
	Name        string
	Description string
	Treatment   schema.Treatment
	Values      []string // the texts that may be kept; or
	Format      Format   // the form of the texts that may be kept
	Overflow    string   // what a text becomes that is not among Values; empty: it is refused
	Unit        string   // of a number, as UCUM writes it; it is offered in decimal digits
	Buckets     []int64  // ascending bounds in Unit; n bounds make n+1 buckets
	Attribute   string   // the OpenTelemetry attribute that it is taken from; empty: that of its name

	bucketNames []string
}

// Template is one line that a product may log: the record carries the ID, and
// the labels of the metric that are placeholders of the text.
type Template struct {
	ID   string
	Text string // what the line says, with {name} where something is filled in; see package template
}

// Rollup is a count over many installations, split by the values of its facets.
type Rollup struct {
	Facets           []string // one to codec.MaxFacets names of configuration metrics
	MinInstallations int      // cells of fewer installations are not shown
}

//go:embed base.yaml
var baseYAML []byte

// baseFile names the base in problems.
const baseFile = "base.yaml"

var base = sync.OnceValue(func() *Registry {
	r, err := Parse(baseFile, baseYAML)
	if err != nil {
		panic("registry: internal error: " + err.Error())
	}
	return r
})

// Base returns the registry that is built in. It is parsed at the first call.
func Base() *Registry { return base() }

// Metric returns the metric of that name.
func (r *Registry) Metric(name string) (*Metric, bool) {
	m, ok := r.metrics[name]
	return m, ok
}

// Modules returns the modules of all products, in order and each once.
func (r *Registry) Modules() []string {
	var modules []string
	for _, p := range r.products {
		modules = append(modules, p.Modules...)
	}
	slices.Sort(modules)
	return slices.Compact(modules)
}

// Product returns the product of that name.
func (r *Registry) Product(name string) (*Product, bool) {
	p, ok := r.products[name]
	return p, ok
}

// Programme returns the programme of that name.
func (r *Registry) Programme(name schema.Programme) (*Programme, bool) {
	p, ok := r.programmes[name]
	return p, ok
}

// Tuples returns the distinct facet lists of all roll-ups, in the order of the
// files; those of one product's metrics are at most [MaxTuples].
func (r *Registry) Tuples() [][]string {
	out := make([][]string, len(r.tuples))
	for i, t := range r.tuples {
		out[i] = slices.Clone(t)
	}
	return out
}

// KeepsAll says whether the record's value and all of its labels are kept as they
// are offered: then nothing is to be treated, and what [Registry.CheckOffered]
// takes is what [Registry.CheckTreated] takes, but for whether a page may hold it.
func (m *Metric) KeepsAll(r *schema.Record) bool {
	return m.keepsAll && (!m.overflows || m.listsAll(r))
}

// IsText says whether the metric's values are texts, not numbers.
func (m *Metric) IsText() bool {
	switch m.Type {
	case schema.State, schema.Failure, schema.Log:
		return true
	case schema.Answer:
		return len(m.Values) > 0
	}
	return false
}

// MayReport says whether the product may report the metric.
func (m *Metric) MayReport(product string) bool {
	return m.Products == nil || slices.Contains(m.Products, product)
}

// Expired says whether the metric is not to be collected any more: it is so
// from the day after the one that it names, in UTC.
func (m *Metric) Expired(now time.Time) bool {
	return !m.expires.IsZero() && !now.Before(m.expires)
}

// InRollups says whether the label travels in fragments: enumerated and
// bounded ones do, and buckets; stack frames stay on the page, since each is
// nearly its own cell, and what is dropped travels nowhere.
func (l *Label) InRollups() bool {
	return l.Treatment == schema.Bucket || l.Treatment == schema.Keep && l.Format != FormatFrames
}

// label returns the registered label of that name.
func (m *Metric) label(name string) (*Label, bool) {
	for i := range m.Labels {
		if m.Labels[i].Name == name {
			return &m.Labels[i], true
		}
	}
	return nil, false
}

// rollsUp says whether the metric has a roll-up over exactly these facets.
func (m *Metric) rollsUp(facets []string) bool {
	return slices.ContainsFunc(m.Rollups, func(u Rollup) bool { return slices.Equal(u.Facets, facets) })
}

// index fills the tables behind the lookups.
func (r *Registry) index() {
	r.products = make(map[string]*Product, len(r.Products))
	for i := range r.Products {
		r.products[r.Products[i].Name] = &r.Products[i]
	}
	r.programmes = make(map[schema.Programme]*Programme, len(r.Programmes))
	for i := range r.Programmes {
		r.programmes[r.Programmes[i].Name] = &r.Programmes[i]
	}
	r.metrics = make(map[string]*Metric, len(r.Metrics))
	for i := range r.Metrics {
		m := &r.Metrics[i]
		m.index()
		r.metrics[m.Name] = m
		for _, u := range m.Rollups {
			if r.tupleOf(u.Facets) < 0 {
				r.tuples = append(r.tuples, u.Facets)
			}
		}
	}
}

// index fills what is looked up at every record.
func (m *Metric) index() {
	m.bucketNames = bucketNames(m.Unit, m.Buckets)
	if m.Type == schema.Answer {
		m.bucketNames = scoreNames(m.Max)
	}
	m.keepsAll = m.Treatment == schema.Keep &&
		!slices.ContainsFunc(m.Labels, func(l Label) bool { return l.Treatment != schema.Keep })
	m.overflows = m.Overflow != "" || slices.ContainsFunc(m.Labels, func(l Label) bool { return l.Overflow != "" })
	m.expires = endOf(m.Expires)
}

// endOf returns the end of the day that a metric names as its last, in UTC;
// zero when it names none.
func endOf(expires string) time.Time {
	last, err := time.Parse(time.DateOnly, expires)
	if err != nil {
		return time.Time{}
	}
	return last.AddDate(0, 0, 1)
}

// tupleOf returns the index of a facet list, or -1.
func (r *Registry) tupleOf(facets []string) int {
	return slices.IndexFunc(r.tuples, func(t []string) bool { return slices.Equal(t, facets) })
}
