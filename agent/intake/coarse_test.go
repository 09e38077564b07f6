package intake_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestFragmentsTellTheDayOnly: of every registered metric, what happened at
// midnight and what happened at all hours, in any order, give the same fragments
// byte for byte: they hold no time of day, and nothing that follows from one.
func TestFragmentsTellTheDayOnly(t *testing.T) {
	reg, err := registry.Overlay(registry.Base(), example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	records := ofEachMetric(reg)
	midnight := schema.DayOf(monday).Time()
	want := fragmentsOf(t, reg, records, func() time.Time { return midnight })
	if len(want) < 10 {
		t.Fatalf("%d fragments prove nothing", len(want))
	}
	for range 5 {
		shuffled := slices.Clone(records)
		facts := slices.IndexFunc(shuffled, func(r schema.Record) bool { return category(reg, &r) != schema.Configuration })
		rest := shuffled[facts:]
		rand.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
		got := fragmentsOf(t, reg, shuffled, func() time.Time { return midnight.Add(rand.N(24 * time.Hour)) })
		if !slices.EqualFunc(got, want, bytes.Equal) {
			t.Errorf("%d fragments of one day say at what time of it, or in which order, things happened", len(got))
		}
	}
	if other := fragmentsOf(t, reg, records, func() time.Time { return midnight.Add(-time.Second) }); slices.EqualFunc(other, want, bytes.Equal) {
		t.Error("fragments do not tell the day: what they are compared by is not in them")
	}
}

func category(reg *registry.Registry, r *schema.Record) schema.Category {
	m, _ := reg.Metric(r.Metric)
	return m.Category
}

// fragmentsOf returns what leaves of these records when they happen at these
// times, in an order of its own: batches leave in random order.
func fragmentsOf(t *testing.T, reg *registry.Registry, records []schema.Record, at func() time.Time) (plain [][]byte) {
	t.Helper()
	h := newHouse(t)
	h.reg, h.level, h.covered = reg, schema.Enhanced, uint32(reg.Release)
	h.set(schema.DayOf(monday).Time().Add(24*time.Hour - time.Second))
	h.intake = intake.New(h.config(h.spool))
	for _, r := range records {
		r.Time = at().Unix()
		h.take(r)
	}
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, b := range h.pending() {
		if b.Kind == envelope.Fragment {
			plain = append(plain, b.Plain)
		}
	}
	slices.SortFunc(plain, bytes.Compare)
	return plain
}

// ofEachMetric returns records of every metric: the facts of the host first, one
// of each, so that facets are the same whenever they are asked for.
func ofEachMetric(reg *registry.Registry) (facts []schema.Record) {
	var events []schema.Record
	for i := range reg.Metrics {
		m := &reg.Metrics[i]
		if m.Category == schema.Configuration {
			facts = append(facts, sample(reg, m, 0))
			continue
		}
		for n := range 3 {
			events = append(events, sample(reg, m, n))
		}
	}
	return append(facts, events...)
}

// sample is the nth record of a metric, of a product that may report it.
func sample(reg *registry.Registry, m *registry.Metric, n int) schema.Record {
	r := schema.Record{Product: schema.Product{Version: "5.3.1"}, Metric: m.Name, Value: schema.Number(min(int64(n), m.Max))}
	for _, p := range reg.Products {
		if m.MayReport(p.Name) {
			r.Product.Name = p.Name
		}
	}
	if m.IsText() {
		values := slices.Clone(m.Values)
		for _, line := range m.Templates {
			values = append(values, line.ID)
		}
		r.Value = schema.Text(sampleText(values, m.Format, n))
	}
	for i := range m.Labels {
		if l := &m.Labels[i]; len(l.Values) > 0 {
			r.Labels = append(r.Labels, label(l.Name, sampleText(l.Values, l.Format, n)))
		}
	}
	slices.SortFunc(r.Labels, func(a, b schema.Label) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return r
}

func sampleText(values []string, format registry.Format, n int) string {
	switch {
	case len(values) > 0:
		return values[n%len(values)]
	case format == registry.FormatCountry:
		return "unknown"
	}
	return "5.3.1" // a version of a product or a system, or a text that is scrubbed
}
