package anon_test

import (
	"reflect"
	"testing"

	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestLabelInBuckets: of a number that is a label, its range leaves the host, also
// when a line of a log was put into it before.
func TestLabelInBuckets(t *testing.T) {
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	all := &anon.Treatments{Registry: reg, Scrubber: blunt{}}
	line, ok := reg.Matcher("finder").Match("Renewed the copy of the index on zoe-laptop: 120 documents in 12.5s")
	if !ok {
		t.Fatal("the line is of no template")
	}
	line.Product.Version, line.Count = "5.3.1", 3
	for name, in := range map[string]schema.Record{
		"numbers": record("finder.log", schema.Text("sync_done"), label("documents", "120"), label("took", "12500000")),
		"a line":  line,
	} {
		got, err := all.Apply(in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := []schema.Label{label("documents", "100–10000"), label("took", "10–60 s")}
		if !reflect.DeepEqual(got.Labels, want) || got.Value.Text != "sync_done" || got.Count != in.Count {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}
