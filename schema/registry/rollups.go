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

// lintTogether applies the rules that concern roll-ups across the files. The
// registry has what lies below them: its metrics were checked before.
func lintTogether(reg *Registry, entries []entry) {
	metrics := map[string]*Metric{}
	tuples := map[string][]string{} // by the sorted names: the first writing
	for i := range reg.Metrics {
		metrics[reg.Metrics[i].Name] = &reg.Metrics[i]
		for _, u := range reg.Metrics[i].Rollups {
			tuples[tupleKey(u.Facets)] = u.Facets
		}
	}
	for _, e := range entries {
		if _, twice := metrics[e.m.Name]; !twice {
			metrics[e.m.Name] = e.m
		}
	}
	names := slices.Sorted(maps.Keys(metrics))
	for _, e := range entries {
		if !e.o.has("rollups") {
			continue
		}
		e.lintRollupTreatments(e.o, e.m)
		seen := map[string]bool{}
		for j, u := range e.m.Rollups {
			at := element(e.o.value("rollups"), j)
			e.lintFacets(at, u.Facets, metrics, names)
			e.lintFacetExpiry(at, u.Facets, metrics)
			e.lintTuple(at, u.Facets, tuples, seen)
			e.lintCells(at, u.Facets, metrics)
		}
	}
	lintTaken(reg.Metrics, entries)
	lintAmbiguous(entries)
	for _, p := range reg.Products {
		lintTuples(p.Name, reg.Metrics, entries)
	}
}

// lintTuples bounds the distinct facet lists of one product's metrics.
func lintTuples(product string, below []Metric, entries []entry) {
	known := map[string]bool{}
	for i := range below {
		for _, u := range below[i].Rollups {
			known[tupleKey(u.Facets)] = true
		}
	}
	for _, e := range entries {
		if !e.m.MayReport(product) {
			continue
		}
		for j, u := range e.m.Rollups {
			if key := tupleKey(u.Facets); len(u.Facets) > 0 && !known[key] {
				known[key] = true
				if len(known) == MaxTuples+1 {
					e.problem(element(e.o.value("rollups"), j), fmt.Sprintf("more than %d different facet lists for product %q", MaxTuples, product),
						"use a facet list that is there already")
				}
			}
		}
	}
}

// tupleKey is the same for equal facets in any order.
func tupleKey(facets []string) string { return strings.Join(slices.Sorted(slices.Values(facets)), " ") }

// lintRollupTreatments keeps hashes and scrubbed text on pages: in a fragment
// they would link or tell.
func (rd *reader) lintRollupTreatments(o object, m *Metric) {
	pageOnly := []schema.Treatment{schema.Hash, schema.Scrub}
	at := o.at["rollups"]
	if m.IsText() && slices.Contains(pageOnly, m.Treatment) {
		rd.problem(at, fmt.Sprintf("%s has a roll-up, but treatment %s, for pages only", o.what, m.Treatment),
			"remove rollups, or list values and use treatment keep")
	}
	if m.Format == FormatFrames {
		rd.problem(at, fmt.Sprintf("%s has a roll-up, but format %s, for pages only", o.what, m.Format), "remove rollups")
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
// lintFacetExpiry asks that facets last: a host remembers theirs, and would go on
// giving it away with the metric.
// lintCells bounds into how many cells a facet list may split: where there are
// too many, nearly each installation has its own, and none is ever shown.
const (
	versionsInUse = 50
	countryCount  = len(countries)/2 + 1
)

// cells returns into how many values a facet splits; 0: it is no facet.
// lintTuple wants each facet list once in a metric, and in one order everywhere.
func (rd *reader) lintTuple(rollup *yaml.Node, facets []string, tuples map[string][]string, seen map[string]bool) {
	key := tupleKey(facets)
	first, known := tuples[key]
	switch {
	case len(facets) == 0:
	case seen[key]:
		rd.problem(rollup, "this roll-up is there twice", "remove one of them")
	case known && !slices.Equal(first, facets):
		rd.problem(rollup, "these facets are elsewhere in another order", "write ["+strings.Join(first, ", ")+"]")
	case !known:
		tuples[key] = facets
	}
	seen[key] = true
}

// facetNode returns where the i-th facet of a roll-up stands.
