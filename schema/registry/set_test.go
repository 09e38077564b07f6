package registry

import (
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// atRelease returns a registry of a product at a release, in which a metric of
// each release up to that one rolls up.
func atRelease(t *testing.T, release int) *Registry {
	t.Helper()
	metrics := ""
	for n := 1; n <= release; n++ {
		metrics += aMetric("kind"+string(rune('0'+n)), n, ", rollups: [{facets: [os.type]}]")
	}
	r, err := Overlay(nil, File{Name: "f.yaml", Data: []byte("release: " + string(rune('0'+release)) +
		"\nbase: [{release: 1, from: 1}]\nproducts: " + mail + "\nmetrics:\n" + metrics)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSet(t *testing.T) {
	one, two, four := atRelease(t, 1), atRelease(t, 2), atRelease(t, 4)
	s, err := NewSet(two, four, one)
	if err != nil {
		t.Fatal(err)
	}
	for release, want := range map[schema.Release]*Registry{1: one, 2: two, 4: four, 3: four, 5: four, 0: four} {
		if got := s.For(release); got != want {
			t.Errorf("release %d is checked by release %d", release, got.Release)
		}
	}
	if s.Newest() != four {
		t.Errorf("the newest is %d", s.Newest().Release)
	}
	for _, c := range []struct {
		release schema.Release
		metric  string
		want    error
	}{
		{1, "kind1", nil},
		{1, "kind2", ErrUnknownMetric}, // its own release says so
		{2, "kind2", nil},
		{2, "kind4", ErrUnknownMetric},
		{3, "kind3", nil}, // nobody has its release, and the newest knows it
		{5, "kind4", nil},
		{5, "kind5", ErrUnknownMetric},
	} {
		f := codec.Fragment{
			Release: c.release, Facets: pairs("os.type", "linux"),
			Values: []codec.Measure{{Metric: c.metric, Labels: pairs("value", "a"), Count: 1}},
		}
		wantRefusal(t, c.metric, s.CheckFragment(&f), c.want)
	}
}

func TestNewSetRefuses(t *testing.T) {
	if _, err := NewSet(); err == nil {
		t.Error("a set of nothing")
	}
	if _, err := NewSet(atRelease(t, 1), atRelease(t, 2), atRelease(t, 1)); err == nil {
		t.Error("a set with release 1 twice")
	}
}
