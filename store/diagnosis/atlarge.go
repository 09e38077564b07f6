package diagnosis

import (
	"maps"
	"math"
	"slices"

	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// atLarge says how common a signature's code is at large, by version.
func (x *examiner) atLarge(s *Signature) {
	if x.cfg.Population == nil {
		return
	}
	cells := x.versionsOf(s.Product)
	of, _ := x.cfg.Population.Of(s.Metric)
	for _, c := range of.Cells {
		cells[c.Facets[0]] = c
	}
	versions := slices.SortedFunc(maps.Keys(cells), registry.CompareVersions)
	for _, v := range versions {
		s.AtLarge = append(s.AtLarge, commonness(v, cells[v], s.Code))
	}
	s.Began, s.Ended = beganAndEnded(s.AtLarge)
}

// versionsOf returns a cell of each version of a product at large: such that have
// what only that product reports, without their series.
func (x *examiner) versionsOf(product string) map[string]insights.Cell {
	cells := map[string]insights.Cell{}
	for i := range x.cfg.Registry.Metrics {
		m := &x.cfg.Registry.Metrics[i]
		if len(m.Products) != 1 || m.Products[0] != product {
			continue
		}
		of, _ := x.cfg.Population.Of(m.Name)
		for _, c := range of.Cells {
			if has, ok := cells[c.Facets[0]]; ok && has.Installations >= c.Installations {
				continue
			}
			c.Series = nil
			cells[c.Facets[0]] = c
		}
	}
	return cells
}

// commonness says how common a code is in a cell.
func commonness(version string, c insights.Cell, code string) AtLarge {
	out := AtLarge{Version: version, Fewer: c.Fewer, Installations: c.Installations}
	if c.Fewer > 0 {
		return out
	}
	var events uint64
	fewer := 0
	for _, s := range c.Series {
		if s.Labels[registry.ValueLabel] != code {
			continue
		}
		events += s.Events
		fewer = max(fewer, s.Fewer)
	}
	if events == 0 && fewer > 0 {
		out.Fewer = fewer
		return out
	}
	if c.Days > 0 {
		out.Per100 = twoDigits(100 * float64(events) / float64(c.Days))
	}
	return out
}

// beganAndEnded returns the versions with which something began after one without
// it, and ended again. Versions of too few are passed over.
func beganAndEnded(versions []AtLarge) (began, ended string) {
	without := false
	for _, v := range versions {
		switch {
		case v.Fewer > 0:
		case v.Per100 == 0:
			without = true
			if began != "" && ended == "" {
				ended = v.Version
			}
		case without && (began == "" || ended != ""):
			began, ended = v.Version, ""
		}
	}
	return began, ended
}

// seriesAtLarge returns what there is at large of a metric with these labels in a
// version; false when that is nothing, or too few.
func (x *examiner) seriesAtLarge(metric, version string, labels map[string]string) (insights.Series, bool) {
	if x.cfg.Population == nil {
		return insights.Series{}, false
	}
	of, _ := x.cfg.Population.Of(metric)
	for _, c := range of.Cells {
		if c.Facets[0] != version {
			continue
		}
		for _, s := range c.Series {
			if s.Fewer == 0 && maps.Equal(s.Labels, labels) {
				return s, true
			}
		}
	}
	return insights.Series{}, false
}

// twoDigits rounds to two digits.
func twoDigits(x float64) float64 {
	if x == 0 {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(x))-1)
	return math.Round(x/unit) * unit
}
