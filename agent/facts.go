package agent

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// facts remembers what was told of the host, so that what holds is told once a
// day and when it changes, not every hour.
type facts struct {
	mu    sync.Mutex
	day   schema.Day
	told  map[string]schema.Value
	known bool // a look at the host was taken in: gathering has what sums are by
}

// areKnown says whether a look at the host was taken in.
func (f *facts) areKnown() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.known
}

// know notes that a look at the host was taken in.
func (f *facts) know() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.known = true
}

// news says whether a fact is worth telling: it was not told today, or not so.
func (f *facts) news(today schema.Day, s collect.Sample) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	was, ok := f.told[factKey(s)]
	return f.day != today || !ok || was != s.Value
}

// remember notes that a fact was told.
func (f *facts) remember(today schema.Day, s collect.Sample) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.day != today || f.told == nil {
		f.day, f.told = today, map[string]schema.Value{}
	}
	f.told[factKey(s)] = s.Value
}

// forget makes every fact news again: what was told was purged.
func (f *facts) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told, f.known = nil, false
}

func factKey(s collect.Sample) string { return s.Metric + fmt.Sprint(s.Labels) }

// Collect looks at the host once and takes in what is new. A source that
// cannot be read is an error; the others are taken in all the same. What is
// refused, because the host does not take part or the disk is full, stays new.
func (a *Agent) Collect(ctx context.Context) error {
	p, ctx, release := a.hold(ctx)
	defer release()
	start := time.Now()
	may := a.participation.Decide().MayCollect
	now := a.config.Now()
	today := schema.DayOf(now)
	samples, failed := collect.Collect(ctx, a.sources)
	samples = append(samples, collect.Sample{Metric: "service.version", Value: schema.Text(a.config.Product.Version)})
	samples = slices.DeleteFunc(samples, func(s collect.Sample) bool {
		m, ok := a.collected(s.Metric, now)
		return !ok || m.Category == schema.Configuration && !p.facts.news(today, s)
	})
	records := make([]schema.Record, len(samples))
	for i, s := range samples {
		records[i] = schema.Record{
			Time: now.Unix(), Product: a.config.Product, Metric: s.Metric, Value: s.Value, Labels: s.Labels,
		}
	}
	answers, err := p.intake.Take(ctx, records, false)
	for i, answer := range answers {
		if answer.Accepted {
			p.facts.remember(today, samples[i])
		}
	}
	if may && err == nil {
		p.facts.know()
	}
	a.lookedOnce.Do(func() { close(a.looked) })
	a.tell(ctx, p, "tacit.operation.duration", schema.Number(time.Since(start).Microseconds()), schema.Label{Name: "operation", Value: "collect"})
	return errors.Join(failed, err)
}

// collected returns a metric of the agent's own, unless the registry leaves it out
// or it has expired: then nobody is asked for it, and nothing is refused.
func (a *Agent) collected(metric string, now time.Time) (*registry.Metric, bool) {
	m, ok := a.config.Registry.Metric(metric)
	return m, ok && !m.Expired(now)
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
