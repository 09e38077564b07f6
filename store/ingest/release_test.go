package ingest

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// releases knows the base as release 1, and the example's registry as release 2.
func releases(t *testing.T) *registry.Set {
	t.Helper()
	files := example.Files()
	for i := range files {
		files[i].Data = bytes.Replace(files[i].Data, []byte("\nrelease: 1\n"), []byte("\nrelease: 2\n"), 1)
	}
	reg, err := registry.Overlay(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := registry.NewSet(registry.Base(), reg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestFragmentsOfReleases: each is checked by its own release, and by the newest
// where that is not known; what is refused is counted by why.
func TestFragmentsOfReleases(t *testing.T) {
	const today = schema.Day(20_500)
	b := newBench(t, today)
	b.cfg.Registry = releases(t)
	sealed := func(release schema.Release, metric, label, value string) *envelope.Sealed {
		plain, err := codec.EncodeFragment(codec.Fragment{Day: today, Release: release, Facets: facets, Values: []codec.Measure{{
			Metric: metric, Labels: []codec.Pair{{Name: label, Value: value}}, Count: 1, Sum: 1,
		}}})
		if err != nil {
			t.Fatal(err)
		}
		return b.seal(today, envelope.Content{Kind: envelope.Fragment, Batch: schema.NewBatchID(), Payload: plain})
	}
	got := b.one(
		sealed(1, "tacit.command.used", "command", "up"),
		sealed(1, "finder.menu.used", "menu", "open"),
		sealed(2, "finder.menu.used", "menu", "open"),
		sealed(3, "finder.menu.used", "menu", "open"),
		sealed(3, "finder.menu.used", "menu", "of.release.3"),
		sealed(3, "finder.of.release.3", "menu", "open"),
	)
	if want := []wire.Status{wire.Stored, wire.BadForm, wire.Stored, wire.Stored, wire.BadForm, wire.BadForm}; !slices.Equal(got, want) {
		t.Errorf("answered %v, want %v", got, want)
	}
	counts := b.Counts()
	if want := map[string]uint64{"unknown_metric": 2, "not_listed": 1}; !maps.Equal(counts.Refused, want) || counts.Foreign != 3 {
		t.Errorf("refused %v and %d of a release that is not known, want %v and 3", counts.Refused, counts.Foreign, want)
	}
	if counts.Outcomes["bad-form"] != 3 || counts.Outcomes["stored"] != 3 {
		t.Errorf("outcomes %v", counts.Outcomes)
	}
}
