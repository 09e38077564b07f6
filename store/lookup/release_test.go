package lookup

import (
	"bytes"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestPagesOfReleases: the records of a page are shown by the registry of its
// release, and by the newest where that is not known.
func TestPagesOfReleases(t *testing.T) {
	files := example.Files()
	for i := range files {
		files[i].Data = bytes.Replace(files[i].Data, []byte("\nrelease: 1\n"), []byte("\nrelease: 2\n"), 1)
	}
	second, err := registry.Overlay(nil, files...)
	if err != nil {
		t.Fatal(err)
	}
	known, err := registry.NewSet(registry.Base(), second)
	if err != nil {
		t.Fatal(err)
	}
	for release, want := range map[schema.Release]struct{ shown, not int }{1: {1, 2}, 2: {2, 1}, 3: {2, 1}} {
		s := &shelf{}
		p := one(used(now))
		p.Release = release
		for _, metric := range []string{"finder.menu.used", "finder.of.release.3"} {
			r := record(metric, now, schema.Number(1), schema.Label{Name: "menu", Value: "open"})
			r.Product = schema.Product{Name: "finder", Version: "5.3.1"}
			p.Records = append(p.Records, r)
		}
		s.put(t, today, 0, p)
		h, err := Timeline(t.Context(), s, SubjectOf(id), Options{Now: now, Since: time.Time{}, Registry: known})
		if err != nil {
			t.Fatal(err)
		}
		if len(h.Records) != want.shown || h.NotUnderstood != want.not {
			t.Errorf("of release %d, %d records are shown and %d are not understood, want %+v", release, len(h.Records), h.NotUnderstood, want)
		}
	}
}
