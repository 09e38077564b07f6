package desk

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// Bounds of the charts of engine and appliance health.
const (
	mostCharts  = 12
	mostSeries  = 200 // that are told apart
	chartPoints = 80
)

// chart is one series over time, as a small line.
type chart struct {
	Product, Metric string
	Labels          string
	Latest          string
	Low, High       string // of what is drawn
	Picture         template.HTML
}

// series is what a chart is drawn of: the last value in each piece of the time.
type series struct {
	chart
	unit   string
	count  int
	last   int64
	points map[int64]int64
}

// chartsOf draws numbers of engines and appliances, those with most values first.
// records are in time order. What is of no time from earliest to latest, as a wrong
// clock dates it, is not drawn: it would leave no room for the others.
func chartsOf(records []lookup.Record, earliest, latest int64) (out []chart) {
	records = between(records, earliest, latest+1)
	if len(records) == 0 {
		return nil
	}
	from, to := records[0].Time, records[len(records)-1].Time
	step := max(1, (to-from)/chartPoints+1)
	all, lately := map[string]*series{}, map[*lookup.Series]*series{}
	for i := range records {
		r := &records[i]
		if r.Value.Kind != schema.KindNumber || r.OtherWriter || r.Category != schema.Engine && r.Category != schema.ApplianceHealth {
			continue
		}
		s, ok := lately[r.Series]
		if !ok {
			s = seriesOf(all, r)
			lately[r.Series] = s
		}
		if s == nil {
			continue
		}
		s.count, s.last = s.count+1, r.Value.Number
		s.points[(r.Time-from)/step] = r.Value.Number
	}
	var list []*series
	for _, s := range all {
		if len(s.points) > 1 {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *series) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Labels, b.Labels), cmp.Compare(a.Product, b.Product))
	})
	for _, s := range list[:min(len(list), mostCharts)] {
		out = append(out, s.draw())
	}
	return out
}

// seriesOf returns what a record is drawn in; nil when there are too many.
func seriesOf(all map[string]*series, r *lookup.Record) *series {
	labels := labelText(r.Labels)
	key := r.Product.Name + "\x00" + r.Metric + "\x00" + labels
	s := all[key]
	if s == nil && len(all) < mostSeries {
		s = &series{chart: chart{Product: r.Product.Name, Metric: r.Metric, Labels: labels}, unit: r.Unit, points: map[int64]int64{}}
		all[key] = s
	}
	return s
}

func labelText(labels []schema.Label) string {
	var parts []string
	for _, l := range labels {
		parts = append(parts, l.Name+"="+l.Value)
	}
	return strings.Join(parts, " ")
}

// draw makes the line. What it shows stands beside it in numbers.
func (s *series) draw() chart {
	const width, height = 160, 40
	var times []int64
	low, high := s.last, s.last
	for t, v := range s.points {
		times, low, high = append(times, t), min(low, v), max(high, v)
	}
	slices.Sort(times)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="spark" viewBox="0 0 %d %d" preserveAspectRatio="none" aria-hidden="true" focusable="false"><polyline fill="none" points="`, width, height)
	for _, t := range times {
		y := float64(height) / 2
		if high > low {
			y = float64(height-2) - float64(s.points[t]-low)/float64(high-low)*float64(height-4)
		}
		fmt.Fprintf(&b, "%.1f,%.1f ", float64(t)*width/chartPoints, y)
	}
	c := s.chart
	c.Picture = template.HTML(strings.TrimSpace(b.String()) + `"/></svg>`)
	c.Latest, c.Low, c.High = insights.Number(s.unit, s.last), insights.Number(s.unit, low), insights.Number(s.unit, high)
	return c
}
