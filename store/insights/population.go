package insights

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Population is what all installations add up to, metric by metric, by version
// of the product: of the last [PopulationDays] days. It is the same for whoever
// asks.
type Population struct {
	Answers []Answer `json:"answers"` // by metric
}

// PopulationDays is how many days a population is of.
const PopulationDays = 30

// How long a population is kept: that long at least, and so many times as long
// as it took to gather.
const (
	keepAtLeast = 10 * time.Second
	keepTimes   = 20
)

// kept is a population that was gathered.
type kept struct {
	population *Population
	until      time.Time
}

// Of returns what there is of a metric. Its cells have one facet, the version,
// in ascending order.
func (p *Population) Of(metric string) (Answer, bool) {
	i, found := slices.BinarySearchFunc(p.Answers, metric, func(a Answer, name string) int {
		if a.Metric < name {
			return -1
		} else if a.Metric > name {
			return 1
		}
		return 0
	})
	if !found {
		return Answer{}, false
	}
	return p.Answers[i], true
}

// Population returns what all installations add up to. It reads all roll-ups of
// the last [PopulationDays] days, once for all who ask within a while; when ctx
// ends it goes on, for whoever asks next. The caller changes nothing in it.
func (in *Insights) Population(ctx context.Context) (*Population, error) {
	select {
	case in.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("gather population: %w", ctx.Err())
	}
	if p := in.kept.population; p != nil && in.cfg.Now().Before(in.kept.until) {
		<-in.turn
		return p, nil
	}
	failed := make(chan error, 1)
	var p *Population
	go func() {
		defer func() { <-in.turn }()
		err := in.gatherPopulation(context.WithoutCancel(ctx))
		p = in.kept.population
		failed <- err
	}()
	select {
	case err := <-failed:
		return p, err
	case <-ctx.Done():
		return nil, fmt.Errorf("gather population: %w", ctx.Err())
	}
}

// gatherPopulation reads the roll-ups, and keeps what it makes of them. Closing the
// rows ends it.
func (in *Insights) gatherPopulation(ctx context.Context) error {
	began := in.cfg.Now()
	in.kept = kept{}
	g := newGathering(in.cfg.Registry)
	metrics := in.cfg.Registry.Newest().Metrics
	for i := range metrics {
		by := []string{versionFacet}
		if u, ok := narrowest(&metrics[i], by); ok {
			g.want(&metrics[i], u, by)
		}
	}
	from, to := in.days(PopulationDays)
	if err := g.gather(ctx, in.cfg.Rows, from, to); err != nil {
		return fmt.Errorf("gather population: %w", err)
	}
	ended := in.cfg.Now()
	in.kept = kept{
		population: &Population{Answers: g.answers(from, to)},
		until:      ended.Add(max(keepAtLeast, keepTimes*ended.Sub(began))),
	}
	return nil
}
