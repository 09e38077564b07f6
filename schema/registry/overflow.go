package registry

import (
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
)

// otherValue is the only text that may take the place of those that are not
// listed. One word, so that everybody who reads a count knows it.
const otherValue = "other"

// Fit returns the text as the metric keeps it: itself, or the metric's
// overflow when it has one and the text is not listed.
func (m *Metric) Fit(s string) string { return text{m.Values, m.Format, m.Overflow}.fit(s) }

// Fit returns the text as the label keeps it: itself; or the name of its bucket
// when it is a number; or the label's overflow when it has one and the text is
// not listed.
func (l *Label) Fit(s string) string {
	if l.Treatment == schema.Bucket {
		return l.bucket(s)
	}
	return text{l.Values, l.Format, l.Overflow}.fit(s)
}

func (t text) fit(s string) string {
	if t.overflow == "" || slices.Contains(t.values, s) {
		return s
	}
	return t.overflow
}

// listsAll says whether no overflow takes the place of a text of the record.
func (m *Metric) listsAll(r *schema.Record) bool {
	if m.Fit(r.Value.Text) != r.Value.Text {
		return false
	}
	for i := range r.Labels {
		if l, ok := m.label(r.Labels[i].Name); ok && l.Fit(r.Labels[i].Value) != r.Labels[i].Value {
			return false
		}
	}
	return true
}
