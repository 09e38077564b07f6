package desk

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// readings are values of one series, a second apart.
func readings(s lookup.Series, values ...int64) (out []lookup.Record) {
	for i, v := range values {
		out = append(out, lookup.Record{Series: &s, Time: int64(1000 * i), Value: schema.Number(v)})
	}
	return out
}

// drawn returns what charts show in numbers.
func drawn(records ...[]lookup.Record) (out []string) {
	all := slices.Concat(records...)
	slices.SortStableFunc(all, func(a, b lookup.Record) int { return int(a.Time - b.Time) })
	for _, c := range chartsOf(all, 0, 1<<40) {
		out = append(out, fmt.Sprintf("%s %s %s: %s to %s, now %s", c.Product, c.Metric, c.Labels, c.Low, c.High, c.Latest))
	}
	return out
}

// TestCharts: a line for each product, metric and set of labels of health, over all of
// its pages, and none for anything else.
func TestCharts(t *testing.T) {
	of := func(product, metric string, c schema.Category, labels ...schema.Label) lookup.Series {
		return lookup.Series{Product: schema.Product{Name: product}, Metric: metric, Category: c, Labels: labels}
	}
	depth := of("engine", "depth", schema.Engine)
	other := depth
	other.OtherWriter = true
	texts := readings(depth, 0, 0)
	for i := range texts {
		texts[i].Value = schema.Text("full")
	}
	got := drawn(
		readings(depth, 20, 10, 30), readings(depth, 20, 10, 30, 25), // of two pages
		readings(of("engine", "depth", schema.Engine, schema.Label{Name: "queue", Value: "in"}), 1, 2, 1),
		readings(of("box", "depth", schema.ApplianceHealth), 5, 4),
		readings(of("box", "took", schema.Performance), 7, 7), readings(other, 900, 901), texts, readings(of("box", "once", schema.Engine), 1),
	)
	want := []string{"engine depth : 10 to 30, now 25", "engine depth queue=in: 1 to 2, now 1", "box depth : 4 to 5, now 4"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestManyCharts: so many are told apart, and those with most values are drawn.
func TestManyCharts(t *testing.T) {
	var all [][]lookup.Record
	for i := range mostSeries + 1 {
		values := []int64{1, 2}
		switch i {
		case mostSeries - 1:
			values = []int64{1, 2, 3}
		case mostSeries: // one too many
			values = []int64{1, 2, 3, 4}
		}
		all = append(all, readings(lookup.Series{Metric: fmt.Sprintf("m%03d", i), Category: schema.Engine}, values...))
	}
	got := drawn(all...)
	if len(got) != mostCharts || got[0] != fmt.Sprintf(" m%03d : 1 to 3, now 3", mostSeries-1) || got[1] != " m000 : 1 to 2, now 2" {
		t.Errorf("%d charts: %q", len(got), got)
	}
}
