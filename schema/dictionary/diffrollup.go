package dictionary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// rollups says what changed of how a metric is summed.
func (d *differ) rollups(m, n *registry.Metric) {
	if len(m.Rollups) == 0 && len(n.Rollups) > 0 {
		d.ask("goes into sums now, which are kept for longer than pages")
	}
	if len(m.Rollups) > 0 && len(n.Rollups) == 0 {
		d.say("does not go into sums any more")
	}
	for _, u := range m.Rollups {
		if _, ok := over(n, u.Facets); !ok {
			d.say("sums are no longer split by " + facets(u))
		}
	}
	for _, u := range n.Rollups {
		was, ok := over(m, u.Facets)
		switch {
		case !ok:
			d.ask("sums are also split by " + facets(u))
		case was.MinInstallations != u.MinInstallations:
			d.either(u.MinInstallations < was.MinInstallations, fmt.Sprintf("sums split by %s are shown from %s instead of %d",
				facets(u), plural(int64(u.MinInstallations), "installation"), was.MinInstallations))
		}
	}
}

// over returns the metric's roll-up over these facets.
func over(m *registry.Metric, facets []string) (registry.Rollup, bool) {
	i := slices.IndexFunc(m.Rollups, func(u registry.Rollup) bool { return slices.Equal(u.Facets, facets) })
	if i < 0 {
		return registry.Rollup{}, false
	}
	return m.Rollups[i], true
}

func facets(u registry.Rollup) string { return strings.Join(u.Facets, " × ") }
