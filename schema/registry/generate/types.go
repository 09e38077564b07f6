package generate

import (
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// enum is a type with a value for each listed text.
type enum struct {
	Name   string
	Values []value
	Of     string // what it is a value of

	texts []string
}

// value is one listed text and its name in Go.
type value struct{ Name, Text string }

// Texts is the name of the table behind the type.
func (e *enum) Texts() string { return "textsOf" + e.Name }

// valuesOf names values after their type.
func valuesOf(prefix string, texts []string) []value {
	out := make([]value, len(texts))
	for i, text := range texts {
		out[i] = value{prefix + exported(text), text}
	}
	return out
}

// types are the types of a product's metrics and labels, by the order in which
// they are needed.
type types struct {
	all      []*enum
	ofMetric map[*registry.Metric]string
	ofLabel  map[*registry.Label]string
}

func newTypes(p *registry.Product, metrics []*registry.Metric) *types {
	t := &types{ofMetric: map[*registry.Metric]string{}, ofLabel: map[*registry.Label]string{}}
	for _, m := range metrics {
		if hasType(m) {
			t.ofMetric[m] = t.add(nameOf(p, m), m.Values, fmt.Sprintf("metric %q", m.Name))
		}
		for i := range m.Labels {
			l := &m.Labels[i]
			if !isListed(l.Values, l.Treatment) {
				continue
			}
			name := exported(l.Name)
			if t.differs(name, l.Values) { // who comes first keeps the short name, also when others come later
				name = nameOf(p, m) + name
			}
			t.ofLabel[l] = t.add(name, l.Values, fmt.Sprintf("label %q of metric %q", l.Name, m.Name))
		}
	}
	return t
}

// differs says whether there is a type of that name with other values.
func (t *types) differs(name string, texts []string) bool {
	return slices.ContainsFunc(t.all, func(e *enum) bool { return e.Name == name && !slices.Equal(e.texts, texts) })
}

// hasType says whether the metric's value gets a type: a failure's codes are
// errors, a log's lines are functions.
func hasType(m *registry.Metric) bool {
	return m.IsText() && m.Type != schema.Failure && m.Type != schema.Log && isListed(m.Values, m.Treatment)
}

// add returns the type of that name with these values, and makes it unless it is
// there. Two of one name and other values are found by checkNames.
func (t *types) add(name string, texts []string, of string) string {
	for _, e := range t.all {
		if e.Name == name && slices.Equal(e.texts, texts) {
			return name
		}
	}
	t.all = append(t.all, &enum{Name: name, Values: valuesOf(name, texts), Of: of, texts: texts})
	return name
}
