package generate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// maxHandles is how many combinations of label values one metric may have for
// each to keep its counter or timer. One of more makes them at each call.
const maxHandles = 4096

// plan is what the file has, in the order of the registry.
type plan struct {
	Package     string
	Product     *registry.Product
	Release     schema.Release
	ErrorMetric string
	Enums       []*enum
	Codes       []codes
	Functions   []*function
}

// HasDurations says whether the file needs package time.
func (p *plan) HasDurations() bool {
	return slices.ContainsFunc(p.Functions, func(f *function) bool { return f.Metric.Type == schema.Duration || f.takes("time.Duration") })
}

// HasNumbers says whether the file needs package strconv.
func (p *plan) HasNumbers() bool {
	return slices.ContainsFunc(p.Functions, func(f *function) bool { return f.takes("time.Duration") || f.takes("int64") })
}

// takes says whether a label has the type.
func (f *function) takes(kind string) bool {
	return slices.ContainsFunc(f.Params, func(p param) bool { return p.Type == kind })
}

// Kept returns which types of the client are kept, and the function that makes
// each.
func (p *plan) Kept() map[string]string {
	out := map[string]string{}
	for _, f := range p.Functions {
		if f.Handles > 0 {
			out[f.Handle()] = strings.ToLower(f.Handle())
		}
	}
	return out
}

// codes are the registered codes of one error metric.
type codes struct {
	Metric string
	Values []value
}

// function is what is generated for one metric, or for one template of a log.
type function struct {
	Metric *registry.Metric
	Line   *registry.Template // nil: it is no log
	Name   string             // of the metric as Go writes it
	Type   string             // of its value, when its texts are listed; else ""
	Params []param

	Handles int // combinations of label values; 0: none is kept
}

// param is one label as a parameter.
type param struct {
	Name  string // in Go
	Label string // registered
	Type  string // in Go
	Size  int    // how many values it has, that it is left out is one of them; 0: it is a text
}

// newPlan works out the names. The error says which two things would have the
// same.
func newPlan(r *registry.Registry, p *registry.Product) (*plan, error) {
	out := &plan{Product: p, Release: r.Release}
	metrics := metricsOf(r, p.Name)
	if len(metrics) == 0 {
		return nil, fmt.Errorf("product %q has no metrics of its own; name the files that have them", p.Name)
	}
	types := newTypes(p, metrics)
	for _, m := range metrics {
		if m.Type == schema.Log {
			for i := range m.Templates {
				out.Functions = append(out.Functions, newLine(p, m, &m.Templates[i], types))
			}
			continue
		}
		f := newFunction(p, m, types)
		out.Functions = append(out.Functions, f)
		if m.Type != schema.Failure {
			continue
		}
		if !slices.ContainsFunc(m.Labels, func(l registry.Label) bool { return l.Name == "frames" && isFrames(&l) }) {
			return nil, fmt.Errorf("metric %q has no label frames of the format frames, which the client sends with every failure; add it", m.Name)
		}
		if out.ErrorMetric == "" {
			out.ErrorMetric = m.Name
		}
		if len(m.Values) > 0 {
			out.Codes = append(out.Codes, codes{m.Name, valuesOf(f.Name, m.Values)})
		}
	}
	out.Enums = types.all
	return out, out.checkNames()
}

func newFunction(p *registry.Product, m *registry.Metric, types *types) *function {
	f := &function{Metric: m, Name: nameOf(p, m), Type: types.ofMetric[m]}
	f.Handles = 1
	for i := range m.Labels {
		l := &m.Labels[i]
		if isFrames(l) {
			continue
		}
		one := newParam(l, types)
		f.Params = append(f.Params, one)
		f.Handles *= one.Size
	}
	if f.Handles > maxHandles || m.Type != schema.Counter && m.Type != schema.Duration {
		f.Handles = 0
	}
	return f
}

// newLine returns the function of a template: it takes the labels of the text, in
// its order.
func newLine(p *registry.Product, m *registry.Metric, t *registry.Template, types *types) *function {
	f := &function{Metric: m, Line: t, Name: nameOf(p, m) + exported(t.ID)}
	for _, name := range t.Placeholders() {
		i := slices.IndexFunc(m.Labels, func(l registry.Label) bool { return l.Name == name })
		if i >= 0 {
			f.Params = append(f.Params, newParam(&m.Labels[i], types))
		}
	}
	return f
}

func newParam(l *registry.Label, types *types) param {
	out := param{Name: parameter(l.Name), Label: l.Name, Type: "string"}
	e := types.ofLabel[l]
	switch {
	case e != "":
		out.Type, out.Size = e, len(l.Values)+1
	case l.Unit == "us":
		out.Type = "time.Duration"
	case l.Unit != "":
		out.Type = "int64"
	}
	return out
}

// nameOf is the metric's name in Go, without the product's in front.
func nameOf(p *registry.Product, m *registry.Metric) string {
	return exported(strings.TrimPrefix(m.Name, p.Name+"."))
}

// checkNames refuses a file that would declare a name twice.
func (p *plan) checkNames() error {
	owners := map[string]string{"Start": "the function that begins to report"}
	claim := func(name, owner string) error {
		if other, found := owners[name]; found {
			return fmt.Errorf("%s and %s would both be called %s; rename one of them", other, owner, name)
		}
		if name == "" || name[0] < 'A' || name[0] > 'Z' {
			return fmt.Errorf("%s has no name in Go: one begins with a letter; rename it", owner)
		}
		owners[name] = owner
		return nil
	}
	for _, f := range p.Functions {
		for _, name := range f.names() {
			if err := claim(name, f.of()); err != nil {
				return err
			}
		}
	}
	for _, e := range p.Enums {
		if err := claim(e.Name, e.Of); err != nil {
			return err
		}
		for _, v := range e.Values {
			if err := claim(v.Name, fmt.Sprintf("value %q of %s", v.Text, e.Of)); err != nil {
				return err
			}
		}
	}
	for _, c := range p.Codes {
		for _, v := range c.Values {
			if err := claim(v.Name, fmt.Sprintf("code %q of metric %q", v.Text, c.Metric)); err != nil {
				return err
			}
		}
	}
	return nil
}

// of is what the function reports.
func (f *function) of() string {
	if f.Line != nil {
		return fmt.Sprintf("template %q of metric %q", f.Line.ID, f.Metric.Name)
	}
	return fmt.Sprintf("metric %q", f.Metric.Name)
}

// names are the functions of a metric.
func (f *function) names() []string {
	if f.IsCounter() {
		return []string{f.Name, f.Call()}
	}
	return []string{f.Call()}
}
