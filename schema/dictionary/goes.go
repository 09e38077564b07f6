package dictionary

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// goes says where a metric goes, a sentence each.
func goes(m *registry.Metric) (out []string) {
	if m.Page {
		out = append(out, "On the page of the installation, sealed: only who has its ID opens it.")
	}
	if len(m.Rollups) == 0 {
		return out
	}
	out = append(out, "Into sums: "+added(m)+".")
	for _, u := range m.Rollups {
		out = append(out, fmt.Sprintf("They are split by %s, and shown from %s.", strings.Join(u.Facets, " × "), plural(int64(u.MinInstallations), "installation")))
	}
	return out
}

// goesShort says the same in a few words.
func goesShort(m *registry.Metric) string {
	switch {
	case len(m.Rollups) == 0:
		return "Page."
	case !m.Page:
		return "Sums."
	}
	return "Page and sums."
}

// added says what of a metric a host adds to sums. What holds is counted once a
// day, however often it is looked at.
func added(m *registry.Metric) string {
	ranges := plural(int64(len(m.Buckets)+1), "range")
	daily := m.Category == schema.Configuration
	switch {
	case m.Treatment == schema.Bucket && daily:
		return "once a day, which of the " + ranges + " it is in"
	case m.Treatment == schema.Bucket:
		return "how often it was in which of the " + ranges
	case m.IsText() && daily:
		return "once a day, which it is of all that it can be"
	case m.IsText():
		return "how often it was which of all that it can be"
	case m.Type == schema.Answer:
		return "how often which score was given, and all of them added up"
	case m.Type == schema.Counter:
		return "the number, added up over the day"
	case daily:
		return "the number, once a day"
	case len(m.Buckets) > 0:
		return "how many there were, all of them added up, and how many were in which of the " + ranges
	}
	return "how many there were, and all of them added up"
}

// labelGoes says where a label goes with its metric.
func labelGoes(page, sums bool) string {
	switch {
	case page && sums:
		return "With the value, on the page and into sums, which it splits."
	case page:
		return "With the value, on the page only."
	case sums:
		return "With the value, into sums, which it splits."
	}
	return "Nowhere."
}

// anonymity answers the question in the house's words: only sums above a
// threshold are anonymous.
func anonymity(page, sums bool) string {
	switch {
	case page && sums:
		return "In the sums that are shown it is anonymous; on the page it is pseudonymous."
	case page:
		return "It is on the page only, where it is pseudonymous and not anonymous."
	case sums:
		return "It is in sums only, and in those that are shown it is anonymous."
	}
	return "It leaves the host in no form."
}

// keptFor says how long a metric is kept, where.
func (b *builder) keptFor(m *registry.Metric) (out []string) {
	if m.Page {
		out = append(out, "On pages: "+plural(int64(cmp.Or(b.PageDays, defaultPageDays)), "day")+".")
	}
	if len(m.Rollups) > 0 {
		out = append(out, "In sums: "+plural(b.rollupMonths(), "month")+".")
	}
	return out
}
