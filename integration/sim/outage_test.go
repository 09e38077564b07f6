package sim_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/sim/simdisk"
	"github.com/tacit-telemetry/tacit/integration/sim/simrand"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestOutage: a site's relay is away for a day, and 1,000 agents come back to it
// at once. All of them are of the field's times: nothing here is shortened.
//
// Of the day only the last 90 minutes are lived through, in which pauses reach
// their longest; what the hours before leave lies in the spools from the start.
// An agent is here what sends: spool, outbox, uploader and its two loops,
// without the rest, whose looks at files would be most of the work.
func TestOutage(t *testing.T) {
	atOnce(t)
	for _, v := range simulate(t, figures.Size(t, 1, 3, 3), outage) {
		if v == nil {
			continue
		}
		figures.Report(t, figures.Partition, "24 h outage of %d agents: %d records / %d lost / %d double / envelopes in the worst minute %.1f times the mean / connections in the worst second %d / drained within %v",
			outageAgents(t), v.Account.Accepted, v.Account.Lost, v.Account.Double, v.Peak, v.Connects, v.Drained.Round(time.Minute))
	}
}

func outageAgents(t testing.TB) int { return figures.Size(t, 1000, 1000, 1000) }

// before is how much of the outage is lived through.
const before = 90 * time.Minute

// outage is one seed of it.
func outage(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, before)
	p.Chain, p.Agents = false, outageAgents(t)
	w := newEmptyWorld(t, p, dir)
	w.site = &relayHost{w: w, name: "edge", address: edgeAddress, policy: true, field: true}
	w.edge = w.site
	ctx, stop := context.WithCancel(w.ctx)
	var running sync.WaitGroup
	var senders []*sender
	for n := range p.Agents {
		s := w.newSender(n, figures.Size(t, 2, 24, 24))
		senders = append(senders, s)
		running.Go(func() { s.run(ctx) })
	}
	w.pass(before)
	w.edge.begin()
	w.store = w.newStore()
	back := time.Now()
	for waitingFor(senders) > 0 && time.Since(back) < 12*time.Hour {
		w.pass(time.Minute)
	}
	v := &verdict{Seed: seed, Plan: p.hash(t), Drained: time.Since(back), Passed: time.Since(w.start)}
	if n := waitingFor(senders); n > 0 {
		t.Errorf("%d batches wait 12 h after the outage", n)
	}
	envelopes, connections := w.watch.seen()
	v.Peak = float64(worst(envelopes, time.Minute)) / (float64(len(envelopes)) / v.Drained.Minutes())
	v.Connects = worst(connections, time.Second)
	stop()
	running.Wait()
	for _, s := range senders {
		s.close()
	}
	w.stop()
	v.Trace = w.watch.hash()
	v.Account = w.settle()
	return v
}

// worst returns how many there are in the worst minute, or second.
func worst(at []time.Time, each time.Duration) (most int) {
	counts := map[time.Time]int{}
	for _, t := range at {
		m := t.Truncate(each)
		counts[m]++
		most = max(most, counts[m])
	}
	return most
}

func waitingFor(senders []*sender) (n int) {
	for _, s := range senders {
		n += s.spool.Stats().Batches
	}
	return n
}

// sender is an agent that only sends.
type sender struct {
	*host
	spool *spool.Spool
	up    *upload.Uploader
}

// newSender returns one with so many pages and fragments in its spool.
func (w *world) newSender(n, batches int) *sender {
	h := &host{w: w, n: n}
	binary.BigEndian.PutUint64(h.id[:], uint64(n)+w.plan.Seed<<32)
	w.hosts = append(w.hosts, h)
	w.net.Link(h.link(), edgeAddress)
	dir := w.path(agentLink(n))
	s := &sender{host: h}
	err := durable.MakeOwnerDir(dir)
	if err == nil {
		s.spool, err = spool.Open(spool.Config{Dir: filepath.Join(dir, "spool"), Disk: simdisk.Of(dir)})
	}
	var box *outbox.Outbox
	if err == nil {
		box, err = outbox.Open(outbox.Config{Dir: filepath.Join(dir, "outbox")})
	}
	if err == nil {
		yes := func() bool { return true }
		s.up, err = upload.New(upload.Config{
			Relays: []string{"nats://" + h.link() + ":8472"}, Credential: credential, Vendor: w.public(), Dir: dir,
			Root: page.NewRoot(h.id), Build: page.Build{Release: 1, Version: "1.0.0"}, Spool: s.spool, Outbox: box,
			Passes:  func(spool.Batch) (bool, error) { return true, nil },
			MaySend: yes, MayListen: yes, SiteOff: func() bool { return false }, Site: anySite{},
		})
	}
	if err != nil {
		w.t.Fatal(err)
	}
	s.fill(batches)
	return s
}

// anySite takes every policy.
type anySite struct{}

// Hear implements [upload.Site].
func (anySite) Hear(wire.Policy) error { return nil }

// HearNone implements [upload.Site].
func (anySite) HearNone() error { return nil }

// fill spools what the hours of an outage leave: each a page and a fragment.
func (s *sender) fill(batches int) {
	for range batches {
		s.last++
		now := time.Now()
		r := schema.Record{
			Time: now.Unix(), Product: s.product(), Metric: metric, Value: schema.Number(s.last),
			Labels: []schema.Label{{Name: "operation", Value: operation}},
		}
		id := schema.NewBatchID()
		plain, err := codec.EncodePage(codec.Page{Batch: id, Writer: schema.Writer{1}, Release: 1, Records: []schema.Record{r}})
		s.must(err)
		fragment, err := codec.EncodeFragment(codec.Fragment{
			Day: schema.DayOf(now), Release: 1,
			Facets: []codec.Pair{{Name: "service.version", Value: s.product().Version}, {Name: "os.type", Value: runtime.GOOS}},
			Values: []codec.Measure{s.measure()},
		})
		s.must(err)
		s.must(s.spool.Cut(s.w.ctx, spool.Cut{Batches: []spool.Batch{
			{ID: id, Kind: envelope.Page, Day: schema.DayOf(now), Records: 1, Plain: plain},
			{ID: schema.NewBatchID(), Kind: envelope.Fragment, Day: schema.DayOf(now), Records: 1, Plain: fragment},
		}}))
		s.note([]schema.Record{r}, accepted)
	}
}

// measure is what the registry makes of the last record.
func (s *sender) measure() codec.Measure {
	known, ok := registry.Base().Metric(metric)
	if !ok {
		s.w.t.Fatalf("metric %s is not registered any more", metric)
	}
	m := codec.Measure{
		Metric: metric, Labels: []codec.Pair{{Name: "operation", Value: operation}}, Count: 1, Sum: s.last,
		Buckets: make([]uint64, len(known.Buckets)+1),
	}
	m.Buckets[0] = 1
	return m
}

func (s *sender) must(err error) {
	if err != nil {
		s.w.t.Fatal(fmt.Errorf("%s: %w", agentLink(s.n), err))
	}
}

// run is the agent's two loops: it listens, and sends about every hour. Who has
// nothing left hangs up: 1,000 idle connections would be most of the work.
func (s *sender) run(ctx context.Context) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	var both sync.WaitGroup
	both.Go(func() { s.up.Listen(ctx) })
	for ctx.Err() == nil && s.spool.Stats().Batches > 0 {
		const hour = time.Hour // the agent's interval, and its longest pause after failures
		select {
		case <-ctx.Done():
		case <-time.After(hour/2 + simrand.N(hour)):
			_, err := s.up.Flush(ctx, false)
			if err != nil {
				s.w.say("%s: %v", agentLink(s.n), err)
			}
		}
	}
	end()
	both.Wait()
}

func (s *sender) close() {
	s.up.Hangup()
	s.must(s.spool.Close())
}
