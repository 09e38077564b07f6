package insights

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

// versionFacet is the facet that stands for the reporting product's version.
const versionFacet = "service.version"

// Config says what is asked.
type Config struct {
	// Rows has the roll-ups: [db.DB] does. Required.
	Rows rollup.Reader
	// Registry says what a metric is, and how many installations a cell needs: the
	// newest release does. Required.
	Registry *registry.Set
	// Today is the last day of every answer. Required.
	Today func() schema.Day
	// Now is the clock, by which a population is kept for a while. nil: time.Now.
	Now func() time.Time
}

// Insights answers questions. It may be used by many at once.
type Insights struct {
	cfg  Config
	turn chan struct{} // held by who gathers the population
	kept kept
}

// New returns what answers questions about the rows.
func New(cfg Config) (*Insights, error) {
	if cfg.Rows == nil || cfg.Registry == nil || cfg.Today == nil {
		return nil, errors.New("make insights: config needs Rows, Registry and Today")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	return &Insights{cfg: cfg, turn: make(chan struct{}, 1)}, nil
}

// Answer answers a question. Errors wrap [ErrNoMetric], [ErrNoRollup] or
// [ErrTooMany], or are those of the rows.
func (in *Insights) Answer(ctx context.Context, q Question) (Answer, error) {
	if q.Days < 1 || q.Days > MaxDays {
		return Answer{}, fmt.Errorf("ask for %d days: write 1 to %d", q.Days, MaxDays)
	}
	m, ok := in.cfg.Registry.Newest().Metric(q.Metric)
	if !ok {
		return Answer{}, fmt.Errorf("ask for %q: %w%s", q.Metric, ErrNoMetric, in.nearest(q.Metric))
	}
	u, ok := narrowest(m, q.By)
	if !ok {
		return Answer{}, fmt.Errorf("ask for %s by %s: %w; it has %s", m.Name, strings.Join(q.By, ","), ErrNoRollup, facetsOf(m))
	}
	g := newGathering(in.cfg.Registry)
	g.want(m, u, q.By)
	from, to := in.days(q.Days)
	if err := g.gather(ctx, in.cfg.Rows, from, to); err != nil {
		return Answer{}, fmt.Errorf("ask for %s: %w", m.Name, err)
	}
	return g.answers(from, to)[0], nil
}

// days returns the last n days, both ends included.
func (in *Insights) days(n int) (from, to schema.Day) {
	to = in.cfg.Today()
	return to - min(schema.Day(n-1), to), to
}

// nearest returns a hint at the metric whose name begins or ends like that.
func (in *Insights) nearest(name string) string {
	if name == "" {
		return ""
	}
	for _, m := range in.cfg.Registry.Newest().Metrics {
		if len(m.Rollups) > 0 && (strings.HasPrefix(m.Name, name) || strings.HasSuffix(m.Name, "."+name)) {
			return "; there is " + m.Name
		}
	}
	return ""
}

// narrowest returns the roll-up of a metric that has all of these facets and the
// fewest others, so that cells are as full as they can be.
func narrowest(m *registry.Metric, by []string) (best registry.Rollup, found bool) {
	for _, u := range m.Rollups {
		has := !slices.ContainsFunc(by, func(name string) bool { return !slices.Contains(u.Facets, name) })
		if has && (!found || len(u.Facets) < len(best.Facets)) {
			best, found = u, true
		}
	}
	return best, found
}

// facetsOf returns the facets of a metric's roll-ups, as people read them.
func facetsOf(m *registry.Metric) string {
	if len(m.Rollups) == 0 {
		return "none, since it is for pages only"
	}
	lists := make([]string, len(m.Rollups))
	for i, u := range m.Rollups {
		lists[i] = strings.Join(u.Facets, ",")
	}
	return strings.Join(lists, " or ")
}
