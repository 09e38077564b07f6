package agent

import (
	"context"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/agent/follow"
	"github.com/tacit-telemetry/tacit/internal/process"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// logs is what follows the logs of products, while this host gives them. Only
// who watches the decision uses it.
type logs struct {
	followed []registry.Log
	end      context.CancelFunc // nil: nothing is followed
	ended    chan struct{}
}

// followLogs follows the logs that the decision gives now, and no others. What
// was gathered of those before is dropped when they are others.
func (a *Agent) followLogs(ctx context.Context) {
	given := a.givenLogs()
	if slices.Equal(given, a.logs.followed) {
		return
	}
	a.leaveLogs()
	if len(given) == 0 {
		return
	}
	ctx, cancel := context.WithCancel(ctx)
	a.logs = logs{followed: given, end: cancel, ended: make(chan struct{})}
	go func(ended chan<- struct{}) {
		defer close(ended)
		a.readLogs(ctx, given)
	}(a.logs.ended)
}

// leaveLogs ends it and waits until it has ended.
func (a *Agent) leaveLogs() {
	if a.logs.end != nil {
		a.logs.end()
		<-a.logs.ended
	}
	a.logs = logs{}
}

// givenLogs returns the logs whose lines are taken now: those of their templates,
// and all others. At level standard there are none, nor on a
// host that makes no pages.
func (a *Agent) givenLogs() (out []registry.Log) {
	t, now := a.terms(), a.config.Now()
	if t.Level != schema.Enhanced || a.machine().Ephemeral {
		return nil
	}
	taken := func(name string) bool {
		m, ok := a.collected(name, now)
		return ok && t.Takes(m)
	}
	if !taken(follow.LineMetric) || !taken(follow.SkippedMetric) {
		return nil
	}
	for _, l := range a.config.Registry.Logs {
		if taken(l.Metric) {
			out = append(out, l)
		}
	}
	return out
}

// readLogs reads logs until ctx ends, for whichever installation this is: what
// was gathered for one is not taken for the next.
func (a *Agent) readLogs(ctx context.Context, of []registry.Log) {
	for ctx.Err() == nil {
		p, within, release := a.hold(ctx)
		follow.Run(within, follow.Config{
			Logs: of, Treater: p.treatments, Matcher: a.matcher, Version: p.intake.Version, Window: a.config.LogWindow,
			Now: a.config.Now, Logger: a.config.Logger,
			Take: p.intake.TakeLogs,
		})
		release()
		if !a.hasParts() {
			pause(ctx, replacePause, nil)
		}
	}
	process.GiveBack() // what lines and their groups took
}

// matcher knows the lines of a product.
func (a *Agent) matcher(product string) follow.Matcher { return a.config.Registry.Matcher(product) }

// replacePause is how long it is waited for the next installation.
const replacePause = 100 * time.Millisecond
