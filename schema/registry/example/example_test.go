package example_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

func TestClean(t *testing.T) {
	for _, year := range []int{2026, 2126} {
		now := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if problems := registry.Lint(now, example.Files()...); len(problems) > 0 {
			t.Errorf("in %d: %v", year, problems)
		}
	}
}

// TestShowsAll: whoever begins with the example finds each type, each category
// but those of a product's own logs, each source and an overflow in it.
func TestShowsAll(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	found := map[any]bool{}
	for i := range reg.Metrics {
		m := &reg.Metrics[i]
		if m.Products == nil {
			continue // the base's
		}
		found[m.Type], found[m.Category], found[m.Programme] = true, true, true
		for _, s := range m.OTLP {
			found[s.Kind] = true
		}
		checkListed(t, m)
	}
	want := []any{
		schema.Counter, schema.Quantity, schema.Duration, schema.State, schema.Flag, schema.Failure, schema.Log, schema.Answer,
		schema.CEIP, schema.CSP,
		registry.SourceSpan, registry.SourceMetric, registry.SourceEvent, registry.SourceException,
	}
	for _, c := range schema.Categories() {
		want = append(want, c)
	}
	for _, w := range want {
		if !found[w] {
			t.Errorf("the example has no metric of %T %v", w, w)
		}
	}
}

// checkListed: the example has no free text; what is not listed is a number, a
// stack or a reason to refuse.
func checkListed(t *testing.T, m *registry.Metric) {
	t.Helper()
	if m.IsText() && len(m.Values) == 0 || m.Treatment != schema.Keep && m.Treatment != schema.Bucket {
		t.Errorf("values of %s are not listed", m.Name)
	}
	for _, l := range m.Labels {
		if len(l.Values) == 0 && len(l.Buckets) == 0 && l.Format != registry.FormatFrames {
			t.Errorf("values of label %s of %s are not listed", l.Name, m.Name)
		}
	}
}

// TestTuples: what a host with one product splits its counts by stays few.
func TestTuples(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range reg.Products {
		var tuples [][]string
		for i := range reg.Metrics {
			for _, u := range reg.Metrics[i].Rollups {
				known := slices.ContainsFunc(tuples, func(t []string) bool { return slices.Equal(t, u.Facets) })
				if reg.Metrics[i].MayReport(p.Name) && !known {
					tuples = append(tuples, u.Facets)
				}
			}
		}
		if len(tuples) > 8 {
			t.Errorf("%s has %d facet lists: %v", p.Name, len(tuples), tuples)
		}
	}
}

// TestScoreAgainstUsage: the question for which the usage is set on the host.
func TestScoreAgainstUsage(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	score, ok := reg.Metric("survey.score")
	byUsage := func(u registry.Rollup) bool { return slices.Equal(u.Facets, []string{"survey.usage"}) }
	if !ok || !slices.ContainsFunc(score.Rollups, byUsage) || len(score.BucketNames()) != 11 {
		t.Errorf("survey.score is %+v", score)
	}
}
