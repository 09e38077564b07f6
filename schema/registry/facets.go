package registry

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

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

func (e entry) lintFacetExpiry(rollup *yaml.Node, facets []string, metrics map[string]*Metric) {
	until := endOf(e.m.Expires)
	if until.IsZero() && e.m.Expires != "never" {
		return // it was said that this is no date
	}
	for i, name := range facets {
		m, ok := metrics[name]
		if !ok || endOf(m.Expires).IsZero() {
			continue
		}
		if end := endOf(m.Expires); until.IsZero() || until.After(end) {
			e.problem(facetNode(rollup, i), fmt.Sprintf("facet %q expires before %s", name, e.o.what),
				"let the metric expire on "+m.Expires+", or use another facet")
		}
	}
}

func (m *Metric) canBeFacet() bool {
	if m.Treatment == schema.Bucket {
		return true
	}
	return m.Type == schema.State && m.Treatment == schema.Keep && m.Format != FormatFrames
}

func (rd *reader) lintCells(rollup *yaml.Node, facets []string, metrics map[string]*Metric) {
	cells := int64(1)
	for _, name := range facets {
		m, ok := metrics[name]
		if !ok || m.cells() == 0 || len(facets) > codec.MaxFacets {
			return // what is wrong with it was said
		}
		cells *= int64(m.cells())
	}
	if cells > MaxCells {
		rd.problem(rollup, fmt.Sprintf("facets [%s] split into %d cells", strings.Join(facets, ", "), cells),
			fmt.Sprintf("use fewer facets, or such with fewer values: at most %d cells", MaxCells))
	}
}

// How many values of a format are reckoned with.

func (m *Metric) cells() int {
	switch m.Format {
	case FormatVersion, FormatOSVersion:
		return versionsInUse
	case FormatCountry:
		return countryCount
	}
	if m.Treatment == schema.Bucket {
		return len(m.Buckets) + 1
	}
	return len(m.Values)
}

func facetNode(rollup *yaml.Node, i int) *yaml.Node {
	for j := 0; j+1 < len(rollup.Content); j += 2 {
		if rollup.Content[j].Value == "facets" {
			return element(rollup.Content[j+1], i)
		}
	}
	return rollup
}
