package intake_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// TestNewMeasuresApart: a store that knows release 3 only refuses the measures
// that came with release 4, and none of the others; what says that a fragment is
// the first of its tuple is not among what it refuses.
func TestNewMeasuresApart(t *testing.T) {
	h := newHouse(t)
	fresh := record("menu.new", schema.Number(2))
	fresh.Time = monday.Unix() - 60 // it happened before all that the older store knows
	h.take(fresh)
	h.take(facts()...)
	h.take(used(), swaps(), fresh)
	_, fragments := h.gather()
	older := olderStore(t)
	var passed []codec.Fragment
	var refused []string
	for i := range fragments {
		f := &fragments[i]
		if f.Release != h.reg.Release {
			t.Errorf("a fragment of release %d", f.Release)
		}
		if err := older.CheckFragment(f); err == nil {
			passed = append(passed, *f)
			continue
		}
		for _, v := range f.Values {
			refused = append(refused, v.Metric)
		}
		if f.First != 0 {
			t.Errorf("what an older store refuses says that it is the first: %b", f.First)
		}
	}
	if !slices.Equal(refused, []string{"menu.new"}) {
		t.Errorf("an older store refuses %s", refused)
	}
	if _, ok := measure(passed, "service.version", "os.type", pair("value", "linux")); !ok {
		t.Error("os.type is in no fragment that an older store takes")
	}
	for _, name := range []string{"menu.used", "disk.swaps"} {
		if got, _ := measure(passed, "service.version", name); got.Count != 1 {
			t.Errorf("of what an older store takes, %s: %+v", name, got)
		}
	}
	if got, _ := measure(fragments, "service.version", "menu.new"); got.Count != 4 {
		t.Errorf("menu.new: %+v", got)
	}
}

// olderStore knows the tests' registry as it was at release 3.
func olderStore(t *testing.T) *registry.Set {
	t.Helper()
	before, rest, ok := bytes.Cut(registryYAML, []byte("  - name: menu.new\n"))
	_, after, more := bytes.Cut(rest, []byte("  - name: "))
	if !ok || !more {
		t.Fatal("the test's registry changed")
	}
	text := bytes.Replace(slices.Concat(before, []byte("  - name: "), after), []byte("release: 4\n"), []byte("release: 3\n"), 1)
	reg, err := registry.Parse("older.yaml", text)
	if err != nil {
		t.Fatal(err)
	}
	set, err := registry.NewSet(reg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// TestExpiredIsNotShown: what would not be taken is in no preview either.
func TestExpiredIsNotShown(t *testing.T) {
	h := newHouse(t)
	reg, err := registry.Parse("expires.yaml", bytes.ReplaceAll(registryYAML, []byte("expires: never"), []byte("expires: 2026-11-16")))
	if err != nil {
		t.Fatal(err)
	}
	h.reg = reg
	h.intake = intake.New(h.config(h.spool))
	h.refused = schema.CSP
	h.wantReasons([]schema.Record{swaps()}, "off")
	h.set(monday.Add(24 * time.Hour))
	h.wantReasons([]schema.Record{swaps()}, "off")
	if pages, _ := h.preview(); len(pages) != 1 || len(pages[0].Records) != 1 {
		t.Errorf("the preview has %+v, want the one of the day before", pages)
	}
}
