package diagnosis

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// maxCode bounds how much of an error's code stands in a sentence, in characters.
const maxCode = 80

// grouped returns a number with its thousands apart.
func grouped(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count returns a number and what it counts.
func count(n uint64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + many
}

// words returns the value of a label as people read it.
func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

// capital begins a sentence.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// limited returns an error's code in one line of bounded length.
func limited(s string) string {
	runes := []rune(strings.Join(strings.Fields(s), " "))
	if len(runes) > maxCode {
		return string(runes[:maxCode]) + "…"
	}
	return string(runes)
}

// shownValue returns a value as people read it.
func shownValue(m *registry.Metric, v schema.Value) string {
	if v.Kind != schema.KindNumber {
		return v.Text
	}
	if m.Type == schema.Flag {
		return map[int64]string{0: "no", 1: "yes"}[v.Number]
	}
	return insights.Number(m.Unit, v.Number)
}

// about returns a number of which two digits say something.
func about(unit string, n int64) string {
	return "about " + insights.Number(unit, int64(twoDigits(float64(n))))
}

// labelsText returns labels behind a metric's name.
func labelsText(labels []schema.Label) string {
	if len(labels) == 0 {
		return ""
	}
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = l.Name + "=" + l.Value
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// labelsOf is labelsText of what a report has.
func labelsOf(labels map[string]string) string {
	var list []schema.Label
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		list = append(list, schema.Label{Name: name, Value: labels[name]})
	}
	return labelsText(list)
}

// inHundred returns a rate as people read it.
func inHundred(x float64) string { return fmt.Sprintf("%.2g", x) }
