package registry

import (
	"math"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/codec"
)

type fragmentCase struct {
	name string
	want error
	edit func(f *codec.Fragment)
}

func pairs(s ...string) []codec.Pair {
	var out []codec.Pair
	for i := 0; i < len(s); i += 2 {
		out = append(out, codec.Pair{Name: s[i], Value: s[i+1]})
	}
	return out
}

func checkFragments(t *testing.T, cases []fragmentCase) {
	t.Helper()
	for _, c := range cases {
		f := codec.Fragment{
			Release: 1, Facets: pairs("service.version", "1.2.3", "os.type", "linux"),
			Values: []codec.Measure{{Metric: "tacit.command.used", Labels: pairs("command", "up"), Count: 3, Sum: 3}},
		}
		c.edit(&f)
		wantRefusal(t, c.name, Base().CheckFragment(&f), c.want)
	}
}

func TestCheckFragment(t *testing.T) {
	checkFragments(t, []fragmentCase{
		{"as it is", nil, func(*codec.Fragment) {}},
		{"no measure, first bits only", nil, func(f *codec.Fragment) { f.Values = nil }},
		{"another release", ErrUnknownRelease, func(f *codec.Fragment) { f.Release++ }},
		{"facet not listed", ErrNotListed, func(f *codec.Fragment) { f.Facets[1].Value = secret }},
		{"facet of wrong format", ErrWrongFormat, func(f *codec.Fragment) { f.Facets[0].Value = secret }},
		{"facets in another order", ErrUnknownTuple, func(f *codec.Fragment) { f.Facets[0], f.Facets[1] = f.Facets[1], f.Facets[0] }},
		{"unknown facet", ErrUnknownTuple, func(f *codec.Fragment) { f.Facets[1].Name = secret }},
		{"no facets", ErrUnknownTuple, func(f *codec.Fragment) { f.Facets = nil }},
		{"a facet too few", ErrUnknownTuple, func(f *codec.Fragment) { f.Facets = f.Facets[:1] }},
		{"unknown metric", ErrUnknownMetric, func(f *codec.Fragment) { f.Values[0].Metric = secret }},
		{"metric of other facets", ErrNotInRollup, func(f *codec.Fragment) { f.Values[0] = codec.Measure{Metric: "country", Count: 1} }},
		{"metric for pages only", ErrNotInRollup, func(f *codec.Fragment) { f.Values[0] = codec.Measure{Metric: "exception", Count: 1} }},
		{"the second measure is wrong", ErrNotListed, func(f *codec.Fragment) {
			f.Values = append(f.Values, codec.Measure{Metric: "tacit.command.used", Labels: pairs("command", secret), Count: 1, Sum: 1})
		}},
		{"unknown label", ErrUnknownLabel, func(f *codec.Fragment) { f.Values[0].Labels = pairs(secret, "up") }},
		{"label twice", ErrLabelOrder, func(f *codec.Fragment) { f.Values[0].Labels = pairs("command", "up", "command", "up") }},
		{"value label of a number", ErrUnknownLabel, func(f *codec.Fragment) { f.Values[0].Labels = pairs("value", "up") }},
		{"no count", ErrBadCount, func(f *codec.Fragment) { f.Values[0].Count = 0 }},
		{"a flood", ErrBadCount, func(f *codec.Fragment) { f.Values[0].Count = MaxCount + 1 }},
		{"negative sum", ErrBadCount, func(f *codec.Fragment) { f.Values[0].Sum = -1 }},
		{"sum above what the max allows", ErrBadCount, func(f *codec.Fragment) { f.Values[0].Sum = 3*1_000_000 + 1 }},
		{"buckets where there are none", ErrBadCount, func(f *codec.Fragment) { f.Values[0].Buckets = []uint64{3} }},
	})
}

// What each type of metric may add.
func TestCheckMeasure(t *testing.T) {
	place := pairs("country", "DE", "host.memory", "16–32 GiB")
	system := pairs("os.type", "linux", "os.version", "13", "host.arch", "amd64")
	measure := func(m codec.Measure, facets []codec.Pair) func(f *codec.Fragment) {
		return func(f *codec.Fragment) { f.Facets, f.Values = facets, []codec.Measure{m} }
	}
	version := pairs("service.version", "1.2.3", "os.type", "linux")
	duration := func(count uint64, sum int64, buckets ...uint64) func(f *codec.Fragment) {
		return measure(codec.Measure{Metric: "tacit.operation.duration", Labels: pairs("operation", "spool"),
			Count: count, Sum: sum, Buckets: buckets}, version)
	}
	memory := func(sum int64, buckets ...uint64) func(f *codec.Fragment) {
		return measure(codec.Measure{Metric: "host.memory", Count: 1, Sum: sum, Buckets: buckets}, place)
	}
	checkFragments(t, []fragmentCase{
		{"error", nil, measure(codec.Measure{Metric: "tacit.error", Labels: pairs("value", "panic"), Count: 1}, version)},
		{"error with frames", ErrNotInRollup, measure(codec.Measure{Metric: "tacit.error",
			Labels: pairs("frames", "main.main main.go:7", "value", "panic"), Count: 1}, version)},
		{"state", nil, measure(codec.Measure{Metric: "os.name", Labels: pairs("value", "debian"), Count: 1}, system)},
		{"state without value", ErrWrongType, measure(codec.Measure{Metric: "os.name", Count: 1}, system)},
		{"state not listed", ErrNotListed, measure(codec.Measure{Metric: "os.name", Labels: pairs("value", secret), Count: 1}, system)},
		{"state with a sum", ErrBadCount, measure(codec.Measure{Metric: "os.name", Labels: pairs("value", "debian"), Count: 1, Sum: 1}, system)},
		{"bucket that is not one", ErrNotListed, func(f *codec.Fragment) {
			f.Facets, f.Values = pairs("country", "DE", "host.memory", "23.4 GiB"), nil
		}},

		{"duration", nil, duration(3, 700, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"duration without buckets", nil, duration(3, 700)},
		{"bucket counts above the count", ErrBadCount, duration(3, 700, 1, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"bucket counts below the count", ErrBadCount, duration(3, 700, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"bucket counts that overflow", ErrBadCount, duration(3, 700, math.MaxUint64, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)},
		{"too few buckets", ErrBadCount, duration(3, 700, 1, 2)},
		{"memory", nil, memory(0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)},
		{"exact memory", ErrBadCount, memory(25125558272, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0)},
	})
}
