package desk

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// row is one record of the time line.
type row struct {
	Time     time.Time
	Minute   string // link to the minute, in its first row on the page; "": the row before is of the same
	Category schema.Category
	Product  schema.Product
	Metric   string
	Labels   []schema.Label
	Frames   string // one a line; "": none
	Value    string
	Count    uint32 // 0 and 1: one event
	Usual    string // "": not known
	Slow     bool   // above what all but 5 in 100 take
	Other    bool   // of another writer

	number int64
}

// frames is the label that holds a stack.
const frames = "frames"

func rowOf(r *lookup.Record, w wanted, before []row) row {
	out := row{
		Time: time.Unix(r.Time, 0).UTC(), Category: r.Category, Product: r.Product, Metric: r.Metric,
		Value: shownValue(r.Value, r.Unit), Count: r.Count, Other: r.OtherWriter, number: r.Value.Number,
	}
	minute := r.Time - mod(r.Time, 60)
	if n := len(before); n == 0 || before[n-1].Time.Unix() < minute {
		out.Minute = w.within("minute", minute)
	}
	for _, l := range r.Labels {
		if l.Name == frames {
			out.Frames = l.Value
			continue
		}
		out.Labels = append(out.Labels, l)
	}
	return out
}

// Bad says that the record is of an error.
func (r row) Bad() bool { return r.Category == schema.ErrorReport }

// shownValue writes a value as people read it, with a registered unit.
func shownValue(v schema.Value, unit string) string {
	if v.Kind == schema.KindText {
		return v.Text
	}
	return shownNumber(v.Number, unit)
}

// shownNumber writes durations and sizes in units of their order; others in the
// registered one. An annotation, such as {use}, says nothing (UCUM section 2.4).
func shownNumber(n int64, unit string) string {
	seconds := map[string]float64{"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
	switch scale, isTime := seconds[unit]; {
	case isTime:
		return shownSeconds(float64(n) * scale)
	case unit == "By":
		return shownBytes(n)
	case unit == "" || unit == "1" || strings.HasPrefix(unit, "{"):
		return strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10) + " " + unit
}

func shownSeconds(s float64) string {
	switch {
	case s < 1e-3:
		return fmt.Sprintf("%.3g µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.3g ms", s*1e3)
	case s < 120:
		return fmt.Sprintf("%.3g s", s)
	case s < 2*60*60:
		return fmt.Sprintf("%.3g min", s/60)
	case s < 48*60*60:
		return fmt.Sprintf("%.3g h", s/3600)
	}
	return fmt.Sprintf("%.0f d", s/86400)
}

func shownBytes(n int64) string {
	size, units := float64(n), []string{"B", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for size >= 1000 && i < len(units)-1 {
		size, i = size/1000, i+1
	}
	return fmt.Sprintf("%.3g %s", size, units[i])
}

// line returns a row as text, to be copied.
func (r row) line() string {
	parts := []string{r.Time.Format(time.RFC3339), string(r.Category), r.Product.Name + " " + r.Product.Version, r.Metric, r.Value}
	for _, l := range r.Labels {
		parts = append(parts, l.Name+"="+l.Value)
	}
	if r.Count > 1 {
		parts = append(parts, "×"+strconv.FormatUint(uint64(r.Count), 10))
	}
	if r.Frames != "" {
		parts = append(parts, frames+"="+strings.ReplaceAll(r.Frames, "\n", " < "))
	}
	return strings.Join(parts, "\t")
}

// Copy returns the rows of the page as text, one a line.
func (l line) Copy() string {
	lines := make([]string, len(l.Rows))
	for i, r := range l.Rows {
		lines[i] = r.line()
	}
	return strings.Join(lines, "\n")
}

// compare says of durations what is usual for that version, from what all
// installations add up to.
func (l *line) compare(p diagnosis.Population) {
	if p == nil {
		return
	}
	for i := range l.Rows {
		if r := &l.Rows[i]; r.Category == schema.Performance {
			r.compare(p)
		}
	}
}

func (r *row) compare(p diagnosis.Population) {
	answer, ok := p.Of(r.Metric)
	if !ok {
		return
	}
	for _, cell := range answer.Cells {
		if len(cell.Facets) != 1 || cell.Facets[0] != r.Product.Version {
			continue
		}
		for _, s := range cell.Series {
			if s.Spread != nil && sameLabels(s.Labels, r.Labels) {
				r.Usual = shownRange(s.Spread.Middle, answer.Unit)
				r.Slow = s.Spread.Most.High > 0 && r.number >= s.Spread.Most.High
			}
		}
	}
}

// sameLabels says whether a record is of a series: it has all of its labels.
func sameLabels(of map[string]string, labels []schema.Label) bool {
	for name, value := range of {
		if !slices.Contains(labels, schema.Label{Name: name, Value: value}) {
			return false
		}
	}
	return true
}

func shownRange(r insights.Range, unit string) string {
	if r.High == 0 {
		return "≥ " + shownNumber(r.Low, unit)
	}
	return shownNumber(r.Low, unit) + " – " + shownNumber(r.High, unit)
}
