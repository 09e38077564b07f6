package agent

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/schema"
)

// facts remembers what was told of the host, so that what holds is told once a
// day and when it changes, not every hour.
type facts struct {
	mu   sync.Mutex
	day  schema.Day
	told map[string]schema.Value
}

// news says whether a fact is worth telling again.
func (f *facts) news(today schema.Day, s collect.Sample) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.day != today || f.told == nil {
		f.day, f.told = today, map[string]schema.Value{}
	}
	key := s.Metric + fmt.Sprint(s.Labels)
	was, ok := f.told[key]
	f.told[key] = s.Value
	return !ok || was != s.Value
}

// Collect looks at the host once and takes in what is new. A source that
// cannot be read is an error; the others are taken in all the same.
func (a *Agent) Collect(ctx context.Context) error {
	start := time.Now()
	now := a.config.Now()
	samples, failed := collect.Collect(ctx, a.sources)
	samples = append(samples, collect.Sample{Metric: "service.version", Value: schema.Text(a.config.Product.Version)})
	var records []schema.Record
	for _, s := range samples {
		m, ok := a.config.Registry.Metric(s.Metric)
		if ok && m.Category == schema.Configuration && !a.facts.news(schema.DayOf(now), s) {
			continue
		}
		records = append(records, schema.Record{
			Time: now.Unix(), Product: a.config.Product, Metric: s.Metric, Value: s.Value, Labels: s.Labels,
		})
	}
	_, err := a.intake.Take(ctx, records, false)
	a.lookedOnce.Do(func() { close(a.looked) })
	a.tell(ctx, "tacit.operation.duration", schema.Number(time.Since(start).Microseconds()), schema.Label{Name: "operation", Value: "collect"})
	return errors.Join(failed, err)
}

// Looked waits until the host was looked at once after Start.
func (a *Agent) Looked(ctx context.Context) error {
	select {
	case <-a.looked:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Memory returns the host's memory as it really is, in GiB, for its own user's
// eyes: the "before" of a treatment. It is "" when it cannot be read.
func (a *Agent) Memory(ctx context.Context) string {
	samples, _ := collect.Collect(ctx, a.sources) // what could not be read was reported when it was collected
	for _, s := range samples {
		if s.Metric == "host.memory" {
			return fmt.Sprintf("%.1f GiB", float64(s.Value.Number)/(1<<30))
		}
	}
	return ""
}
