package registry

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
)

// SourceKind says what of OpenTelemetry a metric is taken from.
type SourceKind string

// The kinds of sources.
const (
	SourceSpan      SourceKind = "span"      // each span of that name: a duration, or a counter's one
	SourceMetric    SourceKind = "metric"    // sums to counters, gauges to quantities, histograms to durations
	SourceEvent     SourceKind = "event"     // each log record with that event name: a counter's one
	SourceException SourceKind = "exception" // each exception: its type is an error's value
)

func sourceKinds() []SourceKind {
	return []SourceKind{SourceSpan, SourceMetric, SourceEvent, SourceException}
}

// Source is one thing of OpenTelemetry that becomes a metric's records.
type Source struct {
	Kind SourceKind
	Name string // of the span, metric or event; empty for exceptions
}

// From returns the name of the OpenTelemetry attribute that the label is taken from.
func (l *Label) From() string {
	if l.Attribute != "" {
		return l.Attribute
	}
	return l.Name
}

// maxSourceLen bounds the name of a span, a metric, an event or an attribute.
const maxSourceLen = 200

// isSource says whether s can be the name of a span, a metric or an event:
// printable ASCII, as OpenTelemetry names them.
func isSource(s string) bool {
	notPrintable := func(r rune) bool { return r < ' ' || r > '~' }
	return s != "" && len(s) <= maxSourceLen && strings.IndexFunc(s, notPrintable) < 0
}

// isAttribute says whether s can be the name of an attribute.
func isAttribute(s string) bool {
	bad := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("._-", r) }
	return s != "" && len(s) <= maxSourceLen && isAlphanumeric(rune(s[0])) && strings.IndexFunc(s, bad) < 0
}

// sources reads what a metric is taken from.
func (rd *reader) sources(o object) []Source {
	if !o.has("otlp") {
		return nil
	}
	var out []Source
	for _, n := range rd.list(o.at["otlp"], "otlp of "+o.what) {
		if s, ok := rd.source(n, o); ok {
			out = append(out, s)
		}
	}
	return out
}

// source reads one source: a mapping of one kind.
func (rd *reader) source(n *yaml.Node, of object) (Source, bool) {
	var kinds []string
	for _, k := range sourceKinds() {
		kinds = append(kinds, string(k))
	}
	had := len(rd.problems)
	s := rd.object(n, "source", " of "+of.what, nil, kinds)
	if len(rd.problems) > had {
		return Source{}, false
	}
	if len(s.at) != 1 {
		rd.problem(n, fmt.Sprintf("%s has %d kinds", s.what, len(s.at)), "write one of "+strings.Join(kinds, ", ")+", and the next in an element of its own")
		return Source{}, false
	}
	for kind, value := range s.at {
		if SourceKind(kind) == SourceException {
			return Source{Kind: SourceException}, rd.yesOnly(s, kind)
		}
		name := rd.text(s, kind)
		if len(rd.problems) == had && !isSource(name) {
			rd.problem(value, fmt.Sprintf("%s of %s does not have the form", kind, s.what),
				fmt.Sprintf("write the name as OpenTelemetry has it, at most %d printable bytes", maxSourceLen))
		}
		return Source{Kind: SourceKind(kind), Name: name}, len(rd.problems) == had
	}
	return Source{}, false
}

// yesOnly reads a key that is true or is left out.
func (rd *reader) yesOnly(o object, key string) bool {
	if !rd.yes(o, key) {
		rd.problem(o.at[key], fmt.Sprintf("%s of %s is false", key, o.what), "write true, or remove it")
		return false
	}
	return true
}

// attribute reads the name of the attribute that a label is taken from.
func (rd *reader) attribute(o object) string {
	had := len(rd.problems)
	s := rd.text(o, "attribute")
	if o.has("attribute") && len(rd.problems) == had && !isAttribute(s) {
		rd.problem(o.at["attribute"], "attribute of "+o.what+" does not have the form",
			"write the name as OpenTelemetry has it, such as http.route")
		return ""
	}
	return s
}

// sourcesOf returns the kinds of sources that give records of the type.
func sourcesOf(t schema.Type) []SourceKind {
	switch t {
	case schema.Duration:
		return []SourceKind{SourceSpan, SourceMetric}
	case schema.Counter:
		return []SourceKind{SourceSpan, SourceMetric, SourceEvent}
	case schema.Quantity:
		return []SourceKind{SourceMetric}
	case schema.Failure:
		return []SourceKind{SourceException}
	}
	return nil
}

// lintSources asks whether the metric can be what it is taken from, and that
// its labels come from attributes that tell nothing about a person or a machine.
func (rd *reader) lintSources(o object, m *Metric) {
	can := sourcesOf(m.Type)
	for i, s := range m.OTLP {
		if m.Type != "" && !slices.Contains(can, s.Kind) {
			rd.problem(element(o.value("otlp"), i), fmt.Sprintf("%s has type %s, which no %s gives", o.what, m.Type, s.Kind), fixSource(can))
		}
		if s.Kind == SourceException && len(m.Values) > 0 && m.Overflow == "" {
			rd.problem(element(o.value("otlp"), i), o.what+" takes exceptions, and refuses each type that is not listed",
				"add "+otherValue+" to values, and overflow: "+otherValue)
		}
	}
}

// lintTaken asks that a product's span, metric or event becomes one metric only.
func lintTaken(below []Metric, entries []entry) {
	takers := map[Source][]*Metric{}
	for i := range below {
		for _, s := range below[i].OTLP {
			takers[s] = append(takers[s], &below[i])
		}
	}
	for _, e := range entries {
		for i, s := range e.m.OTLP {
			other := slices.IndexFunc(takers[s], e.m.sharesProduct)
			if other >= 0 {
				e.problem(element(e.o.value("otlp"), i), fmt.Sprintf("%s takes what metric %q takes", e.o.what, takers[s][other].Name),
					"remove it from one of them")
			}
			takers[s] = append(takers[s], e.m)
		}
	}
}

// sharesProduct says whether one product may report both metrics.
func (m *Metric) sharesProduct(other *Metric) bool {
	return m.Products == nil || other.Products == nil || slices.ContainsFunc(m.Products, other.MayReport)
}

// lintAttribute asks that a label is taken from no attribute that may tell who.
func (rd *reader) lintAttribute(o object, l *Label, mapped bool) {
	switch {
	case !mapped && o.has("attribute"):
		rd.problem(o.at["attribute"], o.what+" has an attribute, but its metric takes nothing of OpenTelemetry", "remove attribute, or add otlp to the metric")
	case mapped && NeverMapped(l.From()):
		at := o.value("name")
		if o.has("attribute") {
			at = o.at["attribute"]
		}
		rd.problem(at, fmt.Sprintf("%s is taken from %s, which may tell who it is", o.what, l.From()),
			"remove the label: this attribute is never mapped")
	}
}

func fixSource(can []SourceKind) string {
	if len(can) == 0 {
		return "remove otlp"
	}
	words := make([]string, len(can))
	for i, k := range can {
		words[i] = string(k)
	}
	return "use " + strings.Join(words, " or ")
}
