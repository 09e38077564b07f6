package registry

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// lintThreshold asks what can be asked of one roll-up alone.
func (rd *reader) lintThreshold(o object, u *Rollup) {
	if o.has("min_installations") && u.MinInstallations < MinInstallationsFloor {
		rd.problem(o.at["min_installations"], fmt.Sprintf("min_installations of %s is %d", o.what, u.MinInstallations),
			fmt.Sprintf("write at least %d", MinInstallationsFloor))
	}
	if len(u.Facets) > codec.MaxFacets {
		rd.problem(o.at["facets"], fmt.Sprintf("%s has %d facets", o.what, len(u.Facets)),
			fmt.Sprintf("use at most %d: more would single installations out", codec.MaxFacets))
	}
}

// lintRollups applies the rules that concern roll-ups across the file.
func (rd *reader) lintRollups(reg *Registry, objects []object) {
	metrics := map[string]*Metric{}
	for i := range reg.Metrics {
		if _, twice := metrics[reg.Metrics[i].Name]; !twice {
			metrics[reg.Metrics[i].Name] = &reg.Metrics[i]
		}
	}
	names := slices.Sorted(maps.Keys(metrics))
	tuples := map[string][]string{} // by the sorted names: the first writing
	for i, o := range objects {
		m := &reg.Metrics[i]
		if !o.has("rollups") {
			continue
		}
		rd.lintRollupTreatments(o, m)
		seen := map[string]bool{}
		for j, u := range m.Rollups {
			at := element(o.value("rollups"), j)
			rd.lintFacets(at, u.Facets, metrics, names)
			rd.lintTuple(at, u.Facets, tuples, seen)
		}
	}
}

// lintRollupTreatments keeps hashes and scrubbed text on pages: in a fragment
// they would link or tell.
func (rd *reader) lintRollupTreatments(o object, m *Metric) {
	pageOnly := []schema.Treatment{schema.Hash, schema.Scrub}
	at := o.at["rollups"]
	if m.IsText() && slices.Contains(pageOnly, m.Treatment) || m.Format == FormatFrames {
		rd.problem(at, fmt.Sprintf("%s has a roll-up, but its values are for pages only", o.what),
			"remove rollups, or list values and use treatment keep")
	}
	for _, l := range m.Labels {
		if slices.Contains(pageOnly, l.Treatment) {
			rd.problem(at, fmt.Sprintf("%s has a roll-up, but its label %q has treatment %s, for pages only", o.what, l.Name, l.Treatment),
				"remove rollups, or give the label treatment keep or drop")
		}
	}
}

// lintFacets asks that each facet is a registered configuration metric of
// which a host has one listed or bounded text.
func (rd *reader) lintFacets(rollup *yaml.Node, facets []string, metrics map[string]*Metric, names []string) {
	for i, name := range facets {
		at := facetNode(rollup, i)
		m, ok := metrics[name]
		switch {
		case !ok:
			fix := "register it first"
			if near := nearest(name, names); near != "" {
				fix = "write " + near
			}
			rd.problem(at, fmt.Sprintf("facet %s is not a metric", quoted(name)), fix)
		case m.Category != "" && m.Category != schema.Configuration:
			rd.problem(at, fmt.Sprintf("facet %q has category %s", name, m.Category), "use a configuration metric as facet")
		case m.Type != "" && m.Treatment != "" && !m.canBeFacet():
			rd.problem(at, fmt.Sprintf("facet %q is not enumerated, bounded or bucketed", name),
				"use a state with treatment keep, or a quantity with treatment bucket")
		}
	}
}

func (m *Metric) canBeFacet() bool {
	if m.Treatment == schema.Bucket {
		return true
	}
	return m.Type == schema.State && m.Treatment == schema.Keep && m.Format != FormatFrames
}

// lintTuple bounds the distinct facet lists and wants each in one order.
func (rd *reader) lintTuple(rollup *yaml.Node, facets []string, tuples map[string][]string, seen map[string]bool) {
	sorted := slices.Clone(facets)
	slices.Sort(sorted)
	key := strings.Join(sorted, " ")
	first, known := tuples[key]
	switch {
	case len(facets) == 0:
	case seen[key]:
		rd.problem(rollup, "this roll-up is there twice", "remove one of them")
	case known && !slices.Equal(first, facets):
		rd.problem(rollup, "these facets are elsewhere in another order", "write ["+strings.Join(first, ", ")+"]")
	case !known:
		tuples[key] = facets
		if len(tuples) == MaxTuples+1 {
			rd.problem(rollup, fmt.Sprintf("more than %d different facet lists", MaxTuples), "use a facet list that is there already")
		}
	}
	seen[key] = true
}

// facetNode returns where the i-th facet of a roll-up stands.
func facetNode(rollup *yaml.Node, i int) *yaml.Node {
	for j := 0; j+1 < len(rollup.Content); j += 2 {
		if rollup.Content[j].Value == "facets" {
			return element(rollup.Content[j+1], i)
		}
	}
	return rollup
}
