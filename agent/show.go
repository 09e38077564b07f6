package agent

import (
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// show decodes the bytes that are or would be sealed, so that what a user sees
// is read from them and from nothing else.
func show(kind envelope.Kind, plain []byte) (*local.Page, *local.Fragment, error) {
	if kind == envelope.Page {
		p, err := codec.DecodePage(plain)
		if err != nil {
			return nil, nil, err
		}
		return showPage(p), nil, nil
	}
	if kind != envelope.Fragment { // what a user asked for: sealed, or a name that means nothing
		return nil, nil, nil
	}
	f, err := codec.DecodeFragment(plain)
	if err != nil {
		return nil, nil, err
	}
	return nil, showFragment(f), nil
}

func showPage(p codec.Page) *local.Page {
	out := &local.Page{Release: uint32(p.Release), Records: make([]local.Shown, len(p.Records))}
	for i, r := range p.Records {
		out.Records[i] = local.Shown{
			Time: time.Unix(r.Time, 0).UTC().Format(time.RFC3339), Metric: r.Metric,
			Product: r.Product.Name, Version: r.Product.Version, Value: local.Value{Value: r.Value}, Labels: labelMap(r.Labels),
		}
		if r.Count > 1 {
			out.Records[i].Count = r.Count
		}
	}
	return out
}

func labelMap(labels []schema.Label) map[string]string {
	out := make(map[string]string, len(labels))
	for _, l := range labels {
		out[l.Name] = l.Value
	}
	return out
}

func showFragment(f codec.Fragment) *local.Fragment {
	out := &local.Fragment{
		Day: f.Day.String(), Release: uint32(f.Release), Facets: pairMap(f.Facets), Measures: make([]local.Measure, len(f.Values)),
	}
	for _, bit := range []struct {
		bit  codec.First
		name string
	}{{codec.FirstToday, "today"}, {codec.FirstThisWeek, "this week"}, {codec.FirstThisMonth, "this month"}, {codec.FirstEver, "ever"}} {
		if f.First&bit.bit != 0 {
			out.First = append(out.First, bit.name)
		}
	}
	for i, v := range f.Values {
		out.Measures[i] = local.Measure{Metric: v.Metric, Labels: pairMap(v.Labels), Count: v.Count, Sum: v.Sum, Buckets: v.Buckets}
	}
	return out
}

func pairMap(pairs []codec.Pair) map[string]string {
	out := make(map[string]string, len(pairs))
	for _, p := range pairs {
		out[p.Name] = p.Value
	}
	return out
}
