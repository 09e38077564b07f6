package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/demo"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

const (
	demoData    = ".tacit-demo" // directory of the demo when none is named
	demoSeed    = 1             // what the fleet is drawn from, the same for everybody
	demoFacts   = 24 * time.Hour
	simulated   = "SIMULATED FLEET" // how everything of a demo is marked
	issuesFile  = "issues.yaml"     // the vendor's file, in the directory of the demo
	demoAgents  = "fleet"           // agents of the fleet, while it is filled
	demoAtOnce  = 48                // hosts that live at the same time: as many as keep the machine busy
	demoGC      = 400               // of the heap of 300 agents, while the demo is filled: a quarter of the time was collection
	demoVersion = 1                 // of the mark's form
)

// demoMark is DIR/demo.json.
type demoMark struct {
	Form   int       `json:"form"`
	Seed   uint64    `json:"seed"`
	Filled time.Time `json:"filled,omitzero"` // zero: it was interrupted
	TookMS int64     `json:"took_ms,omitempty"`
	demoTold
}

// checkDemo refuses a directory of real installations for the demo, and the
// directory of a demo for anything else.
func checkDemo(data datadir.Dir, isDemo bool) error {
	switch {
	case data.IsDemo() && !isDemo:
		return cli.WithHint(fmt.Errorf("%s %w", data, datadir.ErrDemo), "add --demo, or name another directory with --data")
	case !isDemo || data.IsDemo():
		return nil
	}
	entries, err := os.ReadDir(string(data))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("open the directory of the demo: %w", err)
	}
	if len(entries) > 0 {
		return cli.WithHint(fmt.Errorf("%s is not empty, and not the directory of a demo", data),
			"name another with --data, which the demo makes itself: it fills it with installations that do not exist")
	}
	return nil
}

// demoRegistry is the registry of the demo's products.
func demoRegistry() (release, error) {
	reg, err := registry.Overlay(nil, example.Files()...)
	return release{reg, example.Files()}, err
}

// openDemo looks whether the demo is filled. One whose filling was interrupted
// begins anew: the caller holds the directory.
func (h *house) openDemo(context.Context) error {
	if !h.options.demo {
		return nil
	}
	h.demo = newDemoHost(demo.New(demoSeed, time.Now()).Installation(0))
	mark, err := readDemoMark(h.data)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err == nil && !mark.Filled.IsZero():
		h.mark = mark
		h.demo.facts.Store(&h.demo.days[len(h.demo.days)-1].Facts)
		h.demo.right()
		return nil
	}
	h.mark = demoMark{Form: demoVersion, Seed: demoSeed}
	if err := writeJSON(h.data.Demo(), h.mark, durable.OwnerFile); err != nil {
		return err
	}
	return h.clearDemo()
}

func readDemoMark(data datadir.Dir) (m demoMark, err error) {
	b, err := os.ReadFile(data.Demo())
	if err == nil {
		err = json.Unmarshal(b, &m)
		if err != nil || m.Form != demoVersion {
			return m, cli.WithHint(fmt.Errorf("%s cannot be read", data.Demo()), "remove the directory of the demo, and it is made anew")
		}
	}
	return m, err
}

// clearDemo removes what an interrupted filling left.
func (h *house) clearDemo() error {
	var errs []error
	for _, path := range []string{
		h.data.Agent(), h.data.Relay(), h.data.Store(), h.data.Keys(), filepath.Join(string(h.data), demoAgents),
		h.data.Witness("agent"), h.data.Witness("relay"),
	} {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(errs...)
}

// demoAgent returns how the agent of a made-up host is assembled.
func (h *house) demoAgent(data datadir.Dir, of *demoHost) agent.Config {
	c := h.agentConfig(data)
	c.Host, c.Sources, c.OTLP = []collect.Source{of.collect}, nil, nil
	c.Facts, c.Timeout, c.Now = demoFacts, demoReply, of.now
	return c
}

// fill has the fleet of the demo report its days, unless it did before.
func (h *house) fill(ctx context.Context) error {
	if !h.mark.Filled.IsZero() {
		return nil
	}
	start, shown := time.Now(), newProgress(h.env)
	f := &demoFleet{
		fleet: demo.New(demoSeed, start), dir: filepath.Join(string(h.data), demoAgents),
		open: func(ctx context.Context, data datadir.Dir, of *demoHost) (*agent.Agent, error) {
			return agent.New(ctx, h.demoAgent(data, of))
		},
	}
	h.demo.agent = h.agent
	usual := debug.SetGCPercent(demoGC)
	defer debug.SetGCPercent(usual)
	err := f.run(ctx, h.demo, func(done int) {
		shown.say("%s: %d of %d installations have reported their %d days", simulated, done, demo.Installations, demo.Days)
	})
	shown.done()
	if err != nil {
		return h.explain(err)
	}
	h.demo.right()
	if err := os.WriteFile(filepath.Join(string(h.data), issuesFile), demo.Issues, 0o644); err != nil {
		return err
	}
	h.mark.demoTold, h.mark.Filled, h.mark.TookMS = f.told, time.Now().UTC().Truncate(time.Second), time.Since(start).Milliseconds()
	return writeJSON(h.data.Demo(), h.mark, durable.OwnerFile)
}
