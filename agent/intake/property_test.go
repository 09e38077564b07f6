package intake_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// aText is a text that the registry takes for a value or a label.
func aText(t *rapid.T, values []string, format registry.Format) string {
	switch {
	case len(values) > 0:
		return rapid.SampledFrom(values).Draw(t, "listed")
	case format == registry.FormatVersion:
		return fmt.Sprintf("%d.%d", rapid.IntRange(0, 99).Draw(t, "major"), rapid.IntRange(0, 9).Draw(t, "minor"))
	case format == registry.FormatFrames:
		return fmt.Sprintf("example.com/finder/menu.Open menu.go:%d", rapid.IntRange(1, 9999).Draw(t, "line"))
	}
	return strings.ToValidUTF8(rapid.StringN(0, 60, 200).Draw(t, "free"), "")
}

// aRecord is any record that the registry takes, of the last five days.
func aRecord(reg *registry.Registry, now time.Time) *rapid.Generator[schema.Record] {
	return rapid.Custom(func(t *rapid.T) schema.Record {
		m := &reg.Metrics[rapid.IntRange(0, len(reg.Metrics)-1).Draw(t, "metric")]
		r := record(m.Name, schema.Value{})
		r.Product.Version = rapid.SampledFrom([]string{"5.3.1", "5.4.0"}).Draw(t, "version")
		r.Time = now.Unix() - rapid.Int64Range(0, 5*24*60*60).Draw(t, "age")
		if m.IsText() {
			r.Value = schema.Text(aText(t, m.Values, m.Format))
		} else {
			r.Value = schema.Number(rapid.OneOf(rapid.Int64Range(0, m.Max), rapid.SampledFrom([]int64{0, 1, m.Max})).Draw(t, "number"))
		}
		for i := range m.Labels {
			if l := &m.Labels[i]; rapid.Bool().Draw(t, "labelled") {
				r.Labels = append(r.Labels, label(l.Name, aText(t, l.Values, l.Format)))
			}
		}
		slices.SortFunc(r.Labels, func(a, b schema.Label) int { return strings.Compare(a.Name, b.Name) })
		return r
	})
}

// TestEverythingGatheredIsRegistered gathers random records in random portions
// and checks what comes out as whoever receives it does, and adds it up.
func TestEverythingGatheredIsRegistered(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		h := newHouse(t)
		h.level = schema.Enhanced
		h.take(facts()...)
		taken := facts()
		var pages []codec.Page
		var fragments []codec.Fragment
		for range rapid.IntRange(1, 3).Draw(rt, "portions") {
			records := rapid.SliceOfN(aRecord(h.reg, h.now), 0, 40).Draw(rt, "records")
			h.take(records...)
			taken = append(taken, records...)
			p, f := h.gather()
			pages, fragments = append(pages, p...), append(fragments, f...)
		}
		checkPages(rt, h.reg, pages, taken)
		checkFragments(rt, h.reg, fragments, taken)
	})
}

func checkPages(t *rapid.T, reg *registry.Registry, pages []codec.Page, taken []schema.Record) {
	got, want := 0, 0
	for _, p := range pages {
		for i := range p.Records {
			if err := reg.CheckTreated(&p.Records[i]); err != nil {
				t.Errorf("%+v: %v", p.Records[i], err)
			}
		}
		got += len(p.Records)
	}
	for _, r := range taken {
		if m, _ := reg.Metric(r.Metric); m.Page {
			want++
		}
	}
	if got != want {
		t.Errorf("%d records on pages, want %d", got, want)
	}
}

func checkFragments(t *rapid.T, reg *registry.Registry, fragments []codec.Fragment, taken []schema.Record) {
	count := map[string]uint64{}
	for i := range fragments {
		if err := reg.CheckFragment(&fragments[i]); err != nil {
			t.Errorf("%+v: %v", fragments[i], err)
		}
		for _, v := range fragments[i].Values {
			count[v.Metric] += v.Count
		}
	}
	for _, m := range reg.Metrics {
		if m.Category == schema.Configuration {
			continue // counted once a day
		}
		if want := expected(&m, taken); count[m.Name] > want || want < registry.MaxCount && count[m.Name] != want {
			t.Errorf("%s is counted %d times, want %d", m.Name, count[m.Name], want)
		}
	}
}

// expected counts the events of a metric in all its roll-ups.
func expected(m *registry.Metric, taken []schema.Record) (n uint64) {
	for _, r := range taken {
		switch {
		case r.Metric != m.Name:
		case m.Type == schema.Counter:
			n += uint64(len(m.Rollups)) * uint64(r.Value.Number)
		default:
			n += uint64(len(m.Rollups))
		}
	}
	return min(n, math.MaxInt64)
}
