package dictionary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// The heads under which something is said of a field.
const (
	headWhat      = "What it is"
	headExample   = "Example"
	headCategory  = "Category"
	headPurpose   = "Purpose"
	headProgramme = "Programme"
	headLevel     = "Level"
	headType      = "Type and unit"
	headAllowed   = "What it can be"
	headAnonymous = "Is it made anonymous, and how?"
	headGoes      = "Where it goes"
	headKept      = "How long it is kept"
	headProducts  = "Reported by"
	headOTLP      = "Taken from OpenTelemetry"
	headRead      = "Read from"
	headSince     = "Since"
	headExpires   = "Expires"
	headOwner     = "Owner"
	headReview    = "Review"
)

// heads returns all of them, in order.
func heads() []string {
	return []string{headWhat, headExample, headCategory, headPurpose, headProgramme, headLevel, headType, headAllowed, headAnonymous,
		headGoes, headKept, headProducts, headOTLP, headRead, headSince, headExpires, headOwner, headReview}
}

// field says all that the registry says of a metric.
func (b *builder) field(m *registry.Metric) Entry {
	v := b.ofValue(m)
	e := Entry{Name: m.Name, field: true, Rows: []Row{
		{Head: headWhat, Lines: []string{m.Description}},
		{Head: headExample, Words: []string{v.example()}},
		{Head: headCategory, Lines: []string{categoryTitle(m.Category)}},
		{Head: headPurpose, Lines: []string{m.Purpose}},
		{Head: headProgramme, Lines: []string{b.programme(m)}},
		{Head: headLevel, Lines: []string{levelWords(m.Level)}},
		{Head: headType, Lines: []string{typeAndUnit(m)}},
		v.allowed(),
		{Head: headAnonymous, Lines: []string{v.done(), anonymity(m.Page, len(m.Rollups) > 0)}},
		{Head: headGoes, Lines: goes(m)},
		{Head: headKept, Lines: b.keptFor(m)},
		b.reportedBy(m),
		{Head: headOTLP, Lines: sources(m)},
		{Head: headRead, Lines: b.readFrom(m)},
		{Head: headSince, Lines: []string{fmt.Sprintf("Release %d.", m.Since)}},
		{Head: headExpires, Lines: []string{expires(m)}},
		{Head: headOwner, Lines: []string{m.Owner}},
		{Head: headReview, Link: m.Review},
	}}
	labels := slices.Clone(m.Labels)
	slices.SortFunc(labels, func(a, c registry.Label) int { return strings.Compare(a.Name, c.Name) })
	for i := range labels {
		e.Labels = append(e.Labels, b.label(m, &labels[i]))
	}
	return e
}

// label says what is different for a label of a metric.
func (b *builder) label(m *registry.Metric, l *registry.Label) Entry {
	t := b.ofLabel(m, l)
	page, sums := m.Page && l.Treatment != schema.Drop, len(m.Rollups) > 0 && l.InRollups()
	e := Entry{Name: l.Name, Rows: []Row{
		{Head: headWhat, Lines: []string{l.Description}},
		{Head: headExample, Words: []string{t.example()}},
		{Head: headType, Lines: []string{labelType(l)}},
		t.allowed(),
		{Head: headAnonymous, Lines: []string{t.done(), anonymity(page, sums)}},
		{Head: headGoes, Lines: []string{labelGoes(page, sums)}},
	}}
	if len(m.OTLP) > 0 {
		e.Rows = append(e.Rows, Row{Head: headOTLP, Lines: []string{"Its attribute " + l.From() + "."}})
	}
	return e
}

func (b *builder) programme(m *registry.Metric) string {
	words := programmeWords(m.Programme)
	if p, ok := b.reg.Programme(m.Programme); ok {
		words += ". " + defaultWords(p.Default)
	}
	return strings.ToUpper(words[:1]) + words[1:]
}

func typeAndUnit(m *registry.Metric) string {
	if m.Unit == "" {
		return typeWords(m) + "."
	}
	return typeWords(m) + "; " + unitWords(m.Unit) + "."
}

func labelType(l *registry.Label) string {
	if l.Unit == "" {
		return "A text beside the value."
	}
	return "A number beside the value; " + unitWords(l.Unit) + "."
}

func (b *builder) reportedBy(m *registry.Metric) Row {
	if m.Products == nil {
		return Row{Head: headProducts, Lines: []string{"Any product."}}
	}
	return Row{Head: headProducts, Words: b.productNames(m.Products)}
}

func expires(m *registry.Metric) string {
	if m.Expires == "never" {
		return "Never."
	}
	return "Collected until " + m.Expires + ", that day included."
}

// sources says what of OpenTelemetry the metric is taken from.
func sources(m *registry.Metric) (out []string) {
	for _, s := range m.OTLP {
		if s.Kind == registry.SourceException {
			out = append(out, "Each exception: its type; never its message.")
			continue
		}
		out = append(out, fmt.Sprintf("The %s %s.", s.Kind, s.Name))
	}
	return out
}
