package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// What one agent of the fleet does at a time.
const (
	benchOffer = 500    // records in one call, as a product's client sends them
	benchBurst = 20_000 // records between two rounds of sending
)

// fleet is agents of installations of their own, all in this process: real from
// the local API's records on, but for the socket.
type fleet struct {
	members []*agent.Agent
}

// openBenchFleet makes the installations and lets them look at the host once,
// whose facts are the facets of their fragments.
func openBenchFleet(ctx context.Context, o benchOptions, dir string, edge *benchEdge) (*fleet, error) {
	f := &fleet{}
	for i := range o.installations {
		data := datadir.Dir(filepath.Join(dir, "agents", fmt.Sprint(i), "data"))
		if err := data.Make(); err != nil {
			return nil, errors.Join(err, f.stop(ctx))
		}
		a, err := agent.New(ctx, agent.Config{
			Data: data, Product: cli.Product(), Relays: []string{"tls://" + edge.address}, Fingerprint: edge.fingerprint,
			Credential: edge.credential, Vendor: edge.vendor, Timeout: benchPatience,
		})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("start agent %d: %w", i, err), f.stop(ctx))
		}
		f.members = append(f.members, a)
	}
	if err := f.each(func(_ int, a *agent.Agent) error { return introduce(ctx, a) }); err != nil {
		return nil, errors.Join(fmt.Errorf("send what is found on the host: %w", err), f.stop(ctx))
	}
	return f, nil
}

// each calls do for all agents at the same time. The first error is returned:
// most likely all have the same.
func (f *fleet) each(do func(i int, a *agent.Agent) error) error {
	errs := make([]error, len(f.members))
	var wg sync.WaitGroup
	for i, a := range f.members {
		wg.Go(func() { errs[i] = do(i, a) })
	}
	wg.Wait()
	return cmp.Or(errs...)
}

// introduce has an agent hear the relay, and send what it finds on the host.
func introduce(ctx context.Context, a *agent.Agent) error {
	ctx, cancel := context.WithTimeout(ctx, benchPatience)
	defer cancel()
	a.Hear(ctx)
	if why := a.Why(); !why.MaySend {
		return cli.WithHint(fmt.Errorf("this host refuses telemetry: %s", why.Reason),
			"the bench obeys that too, though nothing of it would leave this host: see tacit why")
	}
	// A source that cannot be read here costs a facet, not the bench.
	_ = a.Collect(ctx)
	for {
		_, err := a.Round(ctx, true)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond): // the key list has not reached the relay yet
		}
	}
}

// stop ends the agents.
func (f *fleet) stop(ctx context.Context) error {
	var err error
	for _, a := range f.members {
		err = errors.Join(err, a.Stop(context.WithoutCancel(ctx)))
	}
	return err
}

// benchRun is what one round of the fleet came to.
type benchRun struct {
	took time.Duration
	cpu  float64 // seconds, of this process
}

// run has the fleet take and send n records, to the last reply, and profiles
// this process meanwhile.
func (f *fleet) run(ctx context.Context, n int, profile string) (r benchRun, err error) {
	err = profiled(profile, func() error {
		began, cpu := time.Now(), processCPU(os.Getpid())
		err := f.each(func(i int, a *agent.Agent) error {
			share := (i+1)*n/len(f.members) - i*n/len(f.members)
			return send(ctx, a, newBenchSource(i, share), share, benchBurst*i/len(f.members))
		})
		r = benchRun{took: time.Since(began), cpu: processCPU(os.Getpid()) - cpu}
		return err
	})
	return r, err
}

// send has one agent take n records and send them. Of its first burst it has so
// many behind it: a fleet is not in step.
func send(ctx context.Context, a *agent.Agent, source *benchSource, n, behind int) error {
	records := make([]schema.Record, benchOffer)
	for waits := behind; n > 0; {
		records = records[:min(n, benchOffer)]
		source.fill(records)
		answers, err := a.Take(ctx, records, false)
		if err != nil {
			return err
		}
		for i := range answers {
			if !answers[i].Accepted {
				return fmt.Errorf("%w: a record of %s was refused: %s", errBench, records[i].Metric, answers[i].Reason)
			}
		}
		n, waits = n-len(records), waits+len(records)
		if waits < benchBurst && n > 0 {
			continue
		}
		waits = 0
		if err := round(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// round gathers, sends, and makes sure that everything has its reply.
func round(ctx context.Context, a *agent.Agent) error {
	sum, err := a.Round(ctx, true)
	if err != nil {
		return err
	}
	if len(sum.Kept) > 0 || sum.Replies != sum.Batches {
		return fmt.Errorf("%w: %d batches, %d replies, outcomes to look at %v", errBench, sum.Batches, sum.Replies, sum.Kept)
	}
	if s := a.Status(); s.Spool.Dropped > 0 {
		return fmt.Errorf("%w: %d records were dropped from a spool", errBench, s.Spool.Dropped)
	}
	return nil
}

// weigh reads from the outbox of one agent what its last pages held.
func (f *fleet) weigh(r *benchReport) error {
	entries, err := f.members[0].Outbox()
	if err != nil {
		return err
	}
	pages, records, bytes := 0, 0, 0
	for _, e := range entries[len(entries)-min(len(entries), 64):] {
		entry, err := f.members[0].OutboxEntry(e.Number)
		if err != nil {
			return err
		}
		if entry.Page != nil && len(entry.Page.Records) > 100 { // the last of a burst is padding, mostly
			pages, records, bytes = pages+1, records+len(entry.Page.Records), bytes+len(entry.Plain)
		}
	}
	if pages > 0 {
		r.PageBytes, r.PageRecords = float64(bytes)/float64(records), float64(records)/float64(pages)
	}
	return nil
}
