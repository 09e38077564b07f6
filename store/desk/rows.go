package desk

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
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
	return insights.Number(unit, v.Number)
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
func (l *line) compare(p *insights.Population) {
	if p == nil {
		return
	}
	for i := range l.Rows {
		if r := &l.Rows[i]; r.Category == schema.Performance {
			r.compare(p)
		}
	}
}

func (r *row) compare(p *insights.Population) {
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
				r.Usual = s.Spread.Middle.Text(answer.Unit)
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
