package registry

import (
	"fmt"
	"strconv"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// Matcher turns the lines that a product logs into records, by the templates of
// its metrics. It never changes, and may be used by many at once.
type Matcher struct {
	product string
	lines   *template.Matcher
	of      []templateOf
}

// templateOf says which metric a template is of.
type templateOf struct {
	metric *Metric
	id     string
}

// Matcher returns what matches the lines of a product. One that is not
// registered, or has no templates, has one that matches none.
func (r *Registry) Matcher(product string) *Matcher {
	out := &Matcher{product: product}
	var lines []*template.Template
	for i := range r.Metrics {
		m := &r.Metrics[i]
		if !m.MayReport(product) {
			continue
		}
		slots := m.slots()
		for _, t := range m.Templates {
			parsed, err := template.Parse(t.Text, slots)
			if err != nil {
				panic(fmt.Sprintf("registry: internal error: template %s of %s: %v", t.ID, m.Name, err))
			}
			lines = append(lines, parsed)
			out.of = append(out.of, templateOf{m, t.ID})
		}
	}
	out.lines = template.NewMatcher(product, lines)
	return out
}

// Match returns the record of a line, without its line end: the ID of the one
// template that it is of, and its labels as the treatments leave them, so that
// equal records may be counted. Nothing else of the line is in it; time and the
// product's version are the caller's to fill in. It fails for a line that no
// template explains, or several do: that is one to be scrubbed.
func (m *Matcher) Match(line string) (schema.Record, bool) {
	i, labels, ok := m.lines.Match(line)
	if !ok {
		return schema.Record{}, false
	}
	of := m.of[i]
	return schema.Record{Product: schema.Product{Name: m.product}, Metric: of.metric.Name, Value: schema.Text(of.id), Labels: labels}, true
}

// slots returns what may stand in the placeholders of the metric's templates.
func (m *Metric) slots() map[string]template.Slot {
	out := map[string]template.Slot{}
	for i := range m.Labels {
		l := &m.Labels[i]
		switch {
		case l.Treatment == schema.Bucket:
			out[l.Name] = template.Slot{Unit: l.Unit, Bucket: func(n int64) string { return l.Fit(strconv.FormatInt(n, 10)) }}
		case l.Treatment != schema.Keep:
		case l.Format != "":
			out[l.Name] = template.Slot{Fits: func(s string) bool { return l.Format.match(s, nil) == nil }}
		default:
			out[l.Name] = template.Slot{Words: l.Values, Other: l.Overflow}
		}
	}
	return out
}
