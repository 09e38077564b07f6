package desk

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// Bounds of the tables of what all installations add up to.
const (
	mostVersions = 6  // the newest
	mostSeen     = 25 // rows of one metric, those with most events
	worseTimes   = 3  // so many times as often as in the version before is worse
)

// topic is what analysts ask for.
type topic struct {
	name     string
	category schema.Category
}

// topics are in the order in which they are offered.
var topics = []topic{{"used", schema.FeatureUsage}, {"slow", schema.Performance}, {"breaks", schema.ErrorReport}}

// insightsView is the page /insights.
type insightsView struct {
	Topic    string
	Topics   []choice
	Days     int
	From, To string
	Tables   []table
}

// table is one metric: a row for each of its series, a column for each version.
type table struct {
	Metric, Description string
	Versions            []version
	Rows                []seenRow
	Left                int // rows that are not shown
	Few                 int // versions that too few installations run: even what they are called may be one's alone
}

// version is a column.
type version struct {
	Name          string
	Installations uint64 // at least
}

// seenRow is a series by version.
type seenRow struct {
	Name  string
	Cells []seenCell

	events uint64
}

// seenCell is a series in one version.
type seenCell struct {
	Fewer int     // not 0: there were fewer events
	Often float64 // events for 100 installations and day; 0: none
	Takes string  // what the middle half takes
	Worse bool    // than in the version before

	spread *insights.Spread
}

// showInsights shows what the roll-ups say of all installations together, and of
// fewer than the threshold nothing.
func (d *Desk) showInsights(r *web.Request) (any, error) {
	p, err := d.cfg.Population(r.Context())
	known, unknown := d.cfg.Registry()
	if err := errors.Join(err, unknown); err != nil {
		d.cfg.Logger.Warn("what all installations add up to is not shown", slog.Any("err", err))
		return nil, &web.Problem{Status: http.StatusServiceUnavailable, Key: "desk.insights.later"}
	}
	v := insightsView{Days: insights.PopulationDays}
	at := max(0, slices.IndexFunc(topics, func(t topic) bool { return t.name == r.Form.Get("about") }))
	v.Topic = topics[at].name
	for i, t := range topics {
		v.Topics = append(v.Topics, choice{Name: t.name, Link: "/insights?about=" + t.name, Current: i == at})
	}
	reg := known.Newest()
	for i := range p.Answers {
		a := &p.Answers[i]
		v.From, v.To = a.From, a.To
		m, ok := reg.Metric(a.Metric)
		if ok && m.Category == topics[at].category && (v.Topic != "slow" || isTime(a.Unit)) && len(a.Cells) > 0 {
			v.Tables = append(v.Tables, tableOf(a, m.Description))
		}
	}
	return v, nil
}

// isTime says whether a unit is one of durations: of what performance is, other numbers
// are not slow.
func isTime(unit string) bool { return unit == "us" || unit == "ms" || unit == "s" }

// tableOf lays out an answer by version.
func tableOf(a *insights.Answer, description string) table {
	t := table{Metric: a.Metric, Description: description}
	rows := map[string]*seenRow{}
	cells := slices.DeleteFunc(slices.Clone(a.Cells), func(c insights.Cell) bool { return c.Fewer > 0 })
	t.Few = len(a.Cells) - len(cells)
	cells = cells[max(0, len(cells)-mostVersions):]
	for i := range cells {
		c := &cells[i]
		t.Versions = append(t.Versions, version{Name: c.Facets[0], Installations: c.Installations})
		for _, s := range c.Series {
			name := seriesName(s.Labels)
			row := rows[name]
			if row == nil {
				row = &seenRow{Name: name, Cells: make([]seenCell, len(cells))}
				rows[name] = row
			}
			row.Cells[i] = cellOf(c, &s, a.Unit)
			row.events += s.Events
		}
	}
	for _, row := range rows {
		row.compare()
		t.Rows = append(t.Rows, *row)
	}
	slices.SortFunc(t.Rows, func(x, y seenRow) int { return cmp.Or(cmp.Compare(y.events, x.events), cmp.Compare(x.Name, y.Name)) })
	t.Left = max(0, len(t.Rows)-mostSeen)
	t.Rows = t.Rows[:len(t.Rows)-t.Left]
	return t
}

// seriesName is what a row is called: the values of its labels.
func seriesName(labels map[string]string) string {
	name := ""
	for _, label := range slices.Sorted(maps.Keys(labels)) {
		if name != "" {
			name += " · "
		}
		name += labels[label]
	}
	return name
}

func cellOf(of *insights.Cell, s *insights.Series, unit string) seenCell {
	c := seenCell{Fewer: s.Fewer, spread: s.Spread}
	if of.Days > 0 {
		c.Often = 100 * float64(s.Events) / float64(of.Days)
	}
	if s.Spread != nil {
		c.Takes = s.Spread.Middle.Text(unit)
	}
	return c
}

// compare marks what is slower or more frequent than in the version before.
func (r *seenRow) compare() {
	for i := 1; i < len(r.Cells); i++ {
		c, was := &r.Cells[i], r.Cells[i-1]
		c.Worse = c.Fewer == 0 && (c.slower(was) || c.spread == nil && was.Fewer == 0 && c.Often > worseTimes*was.Often)
	}
}

// slower says that the middle halves do not meet.
func (c *seenCell) slower(than seenCell) bool {
	return c.spread != nil && than.spread != nil && than.spread.Middle.High > 0 && c.spread.Middle.Low >= than.spread.Middle.High
}

// Rate writes how often something was, to two digits.
func (c seenCell) Rate() string {
	if c.Often >= 100 {
		return strconv.FormatFloat(c.Often, 'f', 0, 64)
	}
	return fmt.Sprintf("%.2g", c.Often)
}
