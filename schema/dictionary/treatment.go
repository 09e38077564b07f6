package dictionary

import (
	"fmt"
	"math"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// value is what the dictionary asks of a metric's value or of a label.
type value struct {
	m         *registry.Metric // for numbers; nil: a label
	treatment schema.Treatment
	values    []string
	format    registry.Format
	overflow  string
	ranges    []string // that take the place of a number
	templates []registry.Template
	labels    []registry.Label // that templates fill in
	modules   []string         // of the products that may report it
}

func (b *builder) ofValue(m *registry.Metric) value {
	return value{m: m, treatment: m.Treatment, values: m.Values, format: m.Format, overflow: m.Overflow,
		ranges: m.BucketNames(), templates: m.Templates, labels: m.Labels, modules: b.modules(m)}
}

func (b *builder) ofLabel(m *registry.Metric, l *registry.Label) value {
	return value{treatment: l.Treatment, values: l.Values, format: l.Format, overflow: l.Overflow, ranges: l.BucketNames(), modules: b.modules(m)}
}

// modules returns the own code of the products that may report the metric.
func (b *builder) modules(m *registry.Metric) (out []string) {
	for i := range b.reg.Products {
		if p := &b.reg.Products[i]; m.MayReport(p.Name) {
			out = append(out, p.Modules...)
		}
	}
	slices.Sort(out)
	return out
}

// isNumber says whether the value is a number before its treatment.
func (v value) isNumber() bool { return v.m != nil && !v.m.IsText() }

// done says what the host does to it.
func (v value) done() string {
	switch v.treatment {
	case schema.Bucket:
		return fmt.Sprintf("The host replaces the number by one of %s; the number itself goes nowhere.", plural(int64(len(v.ranges)), "range"))
	case schema.Hash:
		return "The host replaces it by a keyed hash whose key never leaves the host: nobody else can tell or try out what it was, only that it was the same again, in this field and this calendar year."
	case schema.Scrub:
		return "The host scrubs it word by word: only words of a list of harmless technical ones, short numbers and known technical forms stay; names, addresses, paths, IDs and the rest are replaced. " +
			"A common word that is also somebody's name may pass."
	case schema.Drop:
		return "The host drops it."
	case schema.Keep:
	}
	switch {
	case v.isNumber():
		return v.keptNumber()
	case len(v.templates) > 0:
		return fmt.Sprintf("Only the ID of one of %s that the vendor wrote beforehand; %s, and any other line is refused.", plural(int64(len(v.templates)), "line"), v.filled())
	case v.format != "":
		return formatDone(v.format, v.modules)
	case v.overflow != "":
		return fmt.Sprintf("Kept as it is when it is one of %s; any other becomes “%s” on the host.", plural(int64(len(v.values)), "listed word"), v.overflow)
	}
	return fmt.Sprintf("Kept as it is when it is one of %s; any other is refused.", plural(int64(len(v.values)), "listed word"))
}

// filled says what becomes of what lines are filled with.
func (v value) filled() string {
	switch {
	case !slices.ContainsFunc(v.templates, func(t registry.Template) bool { return len(t.Placeholders()) > 0 }):
		return "nothing is filled in"
	case len(v.labels) == 0:
		return "what is filled in is dropped"
	}
	return "of what is filled in, only what has the name of a label is told, and the rest is dropped"
}

func (v value) keptNumber() string {
	switch v.m.Type {
	case schema.Flag:
		return "Kept as it is: yes or no."
	case schema.Counter:
		return "Kept as it is: a number that tells how often or how much, and nothing of what or whom."
	case schema.Answer:
		return "Kept as it is: a score, without a word."
	}
	return "Kept as it is: a number within its bounds, and nothing else."
}

// formatDone says which texts of a format are kept.
func formatDone(f registry.Format, modules []string) string {
	switch f {
	case registry.FormatVersion:
		return "Kept as it is when it is a version: up to four numbers and known words such as beta; any other is refused."
	case registry.FormatOSVersion:
		return "Kept as it is when it is numbers with dots between; any other is refused."
	case registry.FormatCountry:
		return "Kept as it is when it is the code of a country, of two letters; any other is refused."
	case registry.FormatFrames:
		return "Kept are function, file name and line, of the product's own code (" + and(modules) + ") and of Go's standard library; " +
			"a stack with anything else is refused, and there is no path, argument or message in it."
	}
	return "Kept as it is when it has the form " + string(f) + "; any other is refused."
}

// unbounded says whether the registry names no largest number, and has put its
// own: the ranges hide how large a number is anyway.
func unbounded(m *registry.Metric) bool {
	return m.Treatment == schema.Bucket && m.Max == math.MaxInt64>>1
}

// allowed says what the value can be when it leaves the host.
func (v value) allowed() Row {
	r := Row{Head: headAllowed}
	switch {
	case v.treatment == schema.Bucket:
		if v.m != nil && !unbounded(v.m) {
			r.Lines = append(r.Lines, "A number above "+amount(v.m.Unit, v.m.Max)+" is refused.")
		}
		r.Lines, r.Words = append(r.Lines, "One of these ranges:"), v.ranges
	case v.isNumber() && v.m.Type == schema.Flag:
		r.Lines = []string{"0 (no) or 1 (yes)."}
	case v.isNumber():
		r.Lines = []string{"0 to " + amount(v.m.Unit, v.m.Max) + "."}
		if len(v.m.Buckets) > 0 && v.m.Type != schema.Answer {
			r.Lines, r.Words = append(r.Lines, "Ranges of the sums:"), v.m.BucketNames()
		}
	case len(v.templates) > 0:
		for _, t := range v.templates {
			r.Lines = append(r.Lines, t.ID+": “"+t.Text+"”")
		}
	case len(v.values) > 0:
		r.Words = v.values
	case v.format != "":
		r.Lines = []string{formatAllowed(v.format)}
	}
	return r
}

func formatAllowed(f registry.Format) string {
	switch f {
	case registry.FormatVersion:
		return "A version of a product, “devel” or “unknown”."
	case registry.FormatOSVersion:
		return "A version of a system, “rolling” or “unknown”."
	case registry.FormatCountry:
		return "A country's code of two letters (ISO 3166-1), or “unknown”."
	case registry.FormatFrames:
		return "Up to 32 lines, each a function, a file name and a line."
	}
	return string(f)
}
