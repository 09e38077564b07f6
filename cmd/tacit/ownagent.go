package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay/console"
)

// ownAgent is the agent that runs on the relay's own machine, as the console
// asks it. The installation ID is not asked for.
type ownAgent struct{ caller *local.Caller }

var _ console.Agent = ownAgent{}

func newOwnAgent(data datadir.Dir) ownAgent { return ownAgent{local.NewCaller(data.Run())} }

// Preview implements [console.Agent].
func (a ownAgent) Preview(ctx context.Context) (console.Preview, error) {
	p, err := a.caller.Preview(ctx)
	if errors.Is(err, local.ErrNotRunning) {
		return console.Preview{}, console.ErrNoAgent
	}
	if err != nil {
		return console.Preview{}, err
	}
	out := console.Preview{Sends: p.Sends}
	if !p.Sends {
		why, err := a.caller.Why(ctx)
		if err != nil {
			return console.Preview{}, err
		}
		out.By, out.Reason = reasonOf(why)
	}
	for _, page := range p.Pages {
		out.Envelopes = append(out.Envelopes, shownPage(page))
	}
	for _, f := range p.Fragments {
		out.Envelopes = append(out.Envelopes, shownFragment(f))
	}
	return out, nil
}

// reasonOf says who decided, and in one sentence why nothing is sent.
func reasonOf(why local.Why) (by, reason string) {
	if why.MaySend && !why.SendsFrom.IsZero() {
		return console.ByGrace, "in grace: nothing is sent until " + why.SendsFrom.UTC().Format("2006-01-02 15:04 UTC")
	}
	return why.By, why.Reason
}

func shownPage(p local.Page) console.Envelope {
	e := console.Envelope{Kind: console.KindPage, Release: p.Release}
	for _, r := range p.Records {
		e.Rows = append(e.Rows, console.Row{
			Time: r.Time, Product: strings.TrimSpace(r.Product + " " + r.Version), Metric: r.Metric,
			Labels: pairs(r.Labels), Value: fmt.Sprint(r.Value.Any()) + shownCount(r.Count),
		})
	}
	return e
}

func shownFragment(f local.Fragment) console.Envelope {
	e := console.Envelope{Kind: console.KindFragment, Day: f.Day, Release: f.Release, First: f.First}
	for _, name := range slices.Sorted(maps.Keys(f.Facets)) {
		e.Facets = append(e.Facets, console.Field{Name: name, Value: f.Facets[name]})
	}
	for _, m := range f.Measures {
		row := console.Row{Metric: m.Metric, Labels: pairs(m.Labels), Count: m.Count}
		if m.Sum != 0 {
			row.Value = strconv.FormatInt(m.Sum, 10)
		}
		e.Rows = append(e.Rows, row)
	}
	return e
}

// pairs writes labels as a=b, c=d.
func pairs(labels map[string]string) string {
	out := make([]string, 0, len(labels))
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, name+"="+labels[name])
	}
	return strings.Join(out, ", ")
}
