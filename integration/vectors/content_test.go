package vectors

import (
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// firsts names the first-bits, from bit 0.
var firsts = []struct {
	bit  codec.First
	name string
}{
	{codec.FirstToday, "today"},
	{codec.FirstThisWeek, "week"},
	{codec.FirstThisMonth, "month"},
	{codec.FirstEver, "ever"},
}

func contentOf(f codec.Fragment) fragmentContent {
	c := fragmentContent{Day: uint32(f.Day), Release: uint32(f.Release),
		Facets: pairs(f.Facets), First: []string{}, Values: []measureContent{}}
	for _, first := range firsts {
		if f.First&first.bit != 0 {
			c.First = append(c.First, first.name)
		}
	}
	for _, m := range f.Values {
		c.Values = append(c.Values, measureContent{Metric: m.Metric, Labels: pairs(m.Labels),
			Count: m.Count, Sum: m.Sum, Buckets: append([]uint64{}, m.Buckets...)})
	}
	return c
}

func pairs(ps []codec.Pair) [][2]string {
	out := [][2]string{}
	for _, p := range ps {
		out = append(out, [2]string{p.Name, p.Value})
	}
	return out
}

func contentOfPage(p codec.Page) pageContent {
	c := pageContent{Batch: p.Batch[:], Writer: p.Writer[:], Release: uint32(p.Release), Policy: p.Policy,
		Records: []recordContent{}}
	for _, r := range p.Records {
		c.Records = append(c.Records, contentOfRecord(r))
	}
	return c
}

func contentOfRecord(r schema.Record) recordContent {
	c := recordContent{Time: r.Time, Product: r.Product.Name, Version: r.Product.Version, Metric: r.Metric,
		Labels: [][2]string{}, Count: r.Count}
	for _, l := range r.Labels {
		c.Labels = append(c.Labels, [2]string{l.Name, l.Value})
	}
	if r.Value.Kind == schema.KindNumber {
		c.Number = &r.Value.Number
	} else {
		c.Text = &r.Value.Text
	}
	return c
}
