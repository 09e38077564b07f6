package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/demo"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// demoHost is one made-up host. Its agent is a whole one and sends as every agent
// does; what it sees of the host, and its clock, are the demo's. The clock runs
// through the days of the past: to relay and store it is a host that sealed its
// pages on those days and sends them now, which the store takes for 90 days.
type demoHost struct {
	name   string       // "": one of the many
	days   []demo.Day   // that it lives
	behind atomic.Int64 // by how much the clock is, in nanoseconds
	facts  atomic.Pointer[[]demo.Fact]
	agent  *agent.Agent
}

// newDemoHost returns the host as it is before it sends for the first time.
func newDemoHost(i *demo.Installation) *demoHost {
	h := &demoHost{name: i.Name(), days: i.Days()}
	h.facts.Store(&h.days[0].Facts)
	h.set(h.days[0].Sends.Add(-time.Hour))
	return h
}

// now is the host's clock.
func (h *demoHost) now() time.Time { return time.Now().Add(-time.Duration(h.behind.Load())).Round(0) }

// set sets the clock. It goes on from there.
func (h *demoHost) set(t time.Time) { h.behind.Store(int64(time.Since(t))) }

// right sets the clock right.
func (h *demoHost) right() { h.behind.Store(0) }

// collect is a [collect.Source] of the host.
func (h *demoHost) collect(context.Context) ([]collect.Sample, error) {
	facts := *h.facts.Load()
	out := make([]collect.Sample, len(facts))
	for i, f := range facts {
		out[i] = collect.Sample{Metric: f.Metric, Value: f.Value}
	}
	return out, nil
}

// demoSent is what the store has confirmed of one host, or of all.
type demoSent struct {
	Days    int `json:"host_days"` // on which a host was on, and sent one page
	Batches int `json:"batches"`   // pages and fragments
	Records int `json:"records"`   // that products reported
}

func (s *demoSent) add(more demoSent) {
	s.Days += more.Days
	s.Batches += more.Batches
	s.Records += more.Records
}

// live has the host live all of its days.
func (h *demoHost) live(ctx context.Context) (sent demoSent, err error) {
	for _, d := range h.days {
		if err := ctx.Err(); err != nil {
			return sent, err
		}
		h.set(d.Sends)
		h.facts.Store(&d.Facts)
		batches, err := h.tell(ctx, d.Records)
		if err != nil {
			return sent, err
		}
		sent.add(demoSent{Days: 1, Batches: batches, Records: len(d.Records)})
	}
	return sent, nil
}

// errDemo says that the demo could not be filled as it was made up.
var errDemo = errors.New("the demo was not filled")

// tell has the agent look at the host, take what the products report, and send
// all of it. It returns how many batches were confirmed.
func (h *demoHost) tell(ctx context.Context, records []schema.Record) (batches int, err error) {
	if err := h.agent.Collect(ctx); err != nil {
		return 0, err
	}
	answers, err := h.agent.Take(ctx, records, false)
	if err != nil {
		return 0, err
	}
	for i := range answers {
		if !answers[i].Accepted {
			return 0, cli.WithHint(fmt.Errorf("%w: a record of %s was refused: %s", errDemo, records[i].Metric, answers[i].Reason),
				"names of this host or its users are words of the demo, which the tripwire blocks: run it as another user, or elsewhere")
		}
	}
	return h.send(ctx)
}

// Times of filling. The machine may be a slow one, and busy.
const (
	demoReply   = time.Minute            // until an agent sends again
	demoGiveUp  = 10 * time.Minute       // of one host's day
	demoBetween = 200 * time.Millisecond // two tries
)

// send gathers and sends until the store has confirmed all of it, as often as it
// takes: on a busy machine connections end and replies are late, and agents send
// again. It returns how many batches were confirmed, each once.
func (h *demoHost) send(ctx context.Context) (confirmed int, err error) {
	ctx, cancel := context.WithTimeout(ctx, demoGiveUp)
	defer cancel()
	for {
		sum, err := h.agent.Round(ctx, true)
		confirmed += sum.Replies
		switch refused := h.refusal(); {
		case len(sum.Kept) > 0:
			return confirmed, fmt.Errorf("%w: the store refused %v", errDemo, sum.Kept)
		case err == nil:
			return confirmed, nil
		case refused != nil:
			return confirmed, refused
		}
		select {
		case <-ctx.Done():
			return confirmed, err
		case <-time.After(demoBetween):
		}
	}
}

// refusal returns an error when this host refuses telemetry.
func (h *demoHost) refusal() error {
	why := h.agent.Why()
	if why.State != participation.Off {
		return nil
	}
	return cli.WithHint(fmt.Errorf("this host refuses telemetry: %s", why.Reason),
		"the demo obeys that too, though nothing of it is of this host or leaves it: see tacit why")
}

// demoFleet is the hosts of the demo and where they leave what they send.
type demoFleet struct {
	fleet *demo.Fleet
	dir   string // of their agents, for as long as they live
	open  func(ctx context.Context, data datadir.Dir, h *demoHost) (*agent.Agent, error)

	mu   sync.Mutex
	told demoTold
	done int // hosts
}

// demoTold is what the fleet has sent, for whoever compares it with the store.
type demoTold struct {
	demoSent
	Named []demoNamed `json:"named"`
}

// demoNamed is an installation that can be looked up by its ID.
type demoNamed struct {
	Name string `json:"name"`
	ID   string `json:"id"`
	demoSent
}

// run has all hosts live, some at a time, and removes their agents. user is the
// first of them, whose agent stays. What goes wrong with one ends all.
func (f *demoFleet) run(ctx context.Context, user *demoHost, said func(done int)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	one := func(live func() error) {
		if err := live(); err != nil {
			cancel(err) // the first is kept
			return
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.done++
		said(f.done)
	}
	wg.Go(func() { one(func() error { return f.live(ctx, user) }) })
	var next atomic.Int64 // after the user
	for range demoAtOnce {
		wg.Go(func() {
			for n := next.Add(1); n < demo.Installations && ctx.Err() == nil; n = next.Add(1) {
				one(func() error { return f.liveAndLeave(ctx, int(n)) })
			}
		})
	}
	wg.Wait()
	return errors.Join(context.Cause(ctx), os.RemoveAll(f.dir))
}

// live has one host live, and notes what it sent.
func (f *demoFleet) live(ctx context.Context, h *demoHost) error {
	var sent demoSent
	err := h.hear(ctx)
	if err == nil {
		sent, err = h.live(ctx)
	}
	if err != nil {
		return fmt.Errorf("fill the demo: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.told.add(sent)
	if h.name != "" {
		f.told.Named = append(f.told.Named, demoNamed{Name: h.name, ID: h.agent.Installation().ID, demoSent: sent})
	}
	return nil
}

// liveAndLeave is live for a host whose agent is not needed afterwards.
func (f *demoFleet) liveAndLeave(ctx context.Context, n int) (err error) {
	h := newDemoHost(f.fleet.Installation(n))
	dir := filepath.Join(f.dir, fmt.Sprint(n))
	data := datadir.Dir(filepath.Join(dir, "data"))
	if err := data.Make(); err != nil {
		return err
	}
	if h.agent, err = f.open(ctx, data, h); err != nil {
		return fmt.Errorf("start agent %d of the demo: %w", n, err)
	}
	defer func() { err = errors.Join(err, h.agent.Stop(context.WithoutCancel(ctx)), os.RemoveAll(dir)) }()
	return f.live(ctx, h)
}

// hear connects the agent, and waits until it may send.
func (h *demoHost) hear(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, demoGiveUp)
	defer cancel()
	for {
		h.agent.Hear(ctx)
		if refused := h.refusal(); refused != nil || h.agent.Why().MaySend {
			return refused
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %s", ctx.Err(), h.agent.Why().Reason)
		case <-time.After(demoBetween):
		}
	}
}
