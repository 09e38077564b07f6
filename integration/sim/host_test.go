package sim_test

import (
	"fmt"
	"os"
	"testing/synctest"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/integration/sim/simdisk"
	"github.com/tacit-telemetry/tacit/integration/sim/simnet"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// Times of agents: small, so that hours of the field fit into minutes. Their
// proportions are about the field's.
const (
	interval = 20 * time.Second
	window   = 8 * time.Second
	timeout  = 20 * time.Second
)

// host is a machine with an agent on it, through all of its lives.
type host struct {
	w      *world
	n      int
	life   int
	clock  clock
	agent  *agent.Agent // nil: the machine is down
	isOff  bool         // the host refuses
	wasUp  bool         // before all machines were off
	behind bool         // its clock was, for longer than its spool keeps anything
	left   time.Time    // when it was last up, by the right clock
	rarely bool         // it sends every few hours, and mixes as long
	ledger
}

func (w *world) newHost(n int) *host {
	h := &host{w: w, n: n}
	h.begin()
	id, err := uuid.Parse(h.agent.Installation().ID)
	if err != nil {
		w.t.Fatal(err)
	}
	h.id = id
	return h
}

// link returns the name of the host's link in this life.
func (h *host) link() string { return fmt.Sprintf("%s-%d", agentLink(h.n), h.life) }

func (h *host) dir(life int) datadir.Dir {
	return datadir.Dir(h.w.path(fmt.Sprintf("%s-%d", agentLink(h.n), life)))
}

// product is one that only this host has, so that sums can be told apart.
func (h *host) product() schema.Product {
	return schema.Product{Name: "tacit", Version: fmt.Sprintf("1.0.%d", h.n)}
}

// begin starts the agent in the directory of this life, unless it runs.
func (h *host) begin() {
	if h.agent != nil {
		return
	}
	h.w.apart()
	h.w.net.Link(h.link(), h.w.site.address).Set(h.w.links[agentLink(h.n)])
	dir := h.dir(h.life)
	if err := dir.Make(); err != nil {
		h.w.t.Fatal(err)
	}
	interval, window := interval, window
	if h.rarely {
		interval, window = 6*time.Hour, 6*time.Hour
	}
	a, err := agent.New(h.w.ctx, agent.Config{
		Data: dir, Product: h.product(), Relays: []string{"nats://" + h.link() + ":8472"}, Credential: credential,
		Vendor: h.w.public(), Interval: interval, Facts: 24 * time.Hour, Window: window, Timeout: timeout,
		Now: h.clock.now, Logger: h.w.logger(h.link()),
	})
	if err == nil {
		err = a.Start(h.w.ctx)
	}
	if err != nil {
		h.w.t.Fatalf("start agent %d: %v", h.n, err)
	}
	h.agent = a
	h.aged = h.aged || h.behind || !h.left.IsZero() && h.w.right.now().Sub(h.left) > spoolKeeps
}

// set sets the host's clock wrong. A batch that was made while it was far behind
// looks, once it is right, as old as that: an agent that saw it come knows
// better, one that began since cannot tell it from what lay there while the
// machine was off.
func (h *host) set(days int) {
	h.clock.jump(days)
	h.behind = h.behind || time.Duration(-days)*24*time.Hour > spoolKeeps
}

// offer lets a product report n records, each another number.
func (h *host) offer(n int) {
	if h.agent == nil {
		return
	}
	records := make([]schema.Record, n)
	for i := range records {
		h.last++
		records[i] = schema.Record{
			Time: h.clock.now().Unix(), Product: h.product(), Metric: metric, Value: schema.Number(h.last),
			Labels: []schema.Label{{Name: "operation", Value: operation}},
		}
	}
	answers, err := h.agent.Take(h.w.ctx, records, false)
	if err != nil {
		h.w.say("agent %d took nothing: %v", h.n, err)
		h.note(records, unsure)
		return
	}
	for i := range answers {
		if answers[i].Accepted {
			h.note(records[i:i+1], accepted)
		} else {
			h.note(records[i:i+1], refused)
		}
	}
}

// die makes the agent as if it was killed: nothing that it does from now on
// reaches the network, or the directory of its next life.
func (h *host) die() {
	synctest.Wait() // nobody is in the middle of writing
	h.w.link(agentLink(h.n)).Set(simnet.Condition{Vanish: true})
	old, life := h.agent, h.life
	h.agent = nil
	h.life++
	for _, name := range []func(int) string{
		func(n int) string { return string(h.dir(n)) },
		func(n int) string { return string(h.dir(n)) + ".witness" },
	} {
		if err := copyTree(name(life), name(h.life)); err != nil {
			h.w.t.Fatal(err)
		}
	}
	h.w.net.Link(h.linkOf(life), h.w.site.address).Cut()
	h.w.grave.Go(func() {
		if err := old.Stop(h.w.ctx); err != nil {
			h.w.say("agent %d of life %d: %v", h.n, life, err)
		}
		h.w.discard(string(h.dir(life)))
	})
}

func (h *host) linkOf(life int) string { return fmt.Sprintf("%s-%d", agentLink(h.n), life) }

func (h *host) kill(d time.Duration) {
	if h.agent == nil {
		return
	}
	h.die()
	h.w.after(d, h.begin)
}

// away ends the agent in order, and starts it again.
func (h *host) away(d time.Duration) {
	if h.agent == nil {
		return
	}
	h.stop()
	h.w.after(d, h.begin)
}

func (h *host) stop() {
	if h.agent == nil {
		return
	}
	h.lookAtOutbox()
	if err := h.agent.Stop(h.w.ctx); err != nil {
		h.w.t.Errorf("stop agent %d: %v", h.n, err)
	}
	h.agent = nil
	h.left = h.w.right.now()
}

// spoolKeeps is how long an agent keeps what it cannot send.
const spoolKeeps = 30 * 24 * time.Hour

// lookAtOutbox notes what became of what was sent.
func (h *host) lookAtOutbox() {
	entries, err := h.agent.Outbox()
	if err != nil {
		h.w.t.Errorf("outbox of agent %d: %v", h.n, err)
	}
	h.outcomes = map[string]int{}
	for _, e := range entries {
		h.outcomes[e.Outcome]++
	}
	h.dropped = h.agent.Status().Spool.Dropped
}

// quiet is how long after a refusal something may still leave.
const quiet = time.Second

// off refuses on the host, and sees that nothing leaves until it is lifted.
func (h *host) off(d time.Duration) {
	if h.agent == nil || h.isOff {
		return
	}
	h.isOff = true
	if _, err := h.agent.Participate(h.w.ctx, local.Participate{}); err != nil {
		h.w.t.Fatalf("turn agent %d off: %v", h.n, err)
	}
	from := time.Now().Add(quiet)
	h.w.after(d, func() {
		h.isOff = false
		for _, at := range h.w.watch.putsOf(agentLink(h.n)) {
			if at.After(from) {
				h.w.t.Errorf("agent %d sent an envelope %v after it was turned off", h.n, at.Sub(from)+quiet)
			}
		}
		if h.agent == nil {
			h.begin()
		}
		if _, err := h.agent.Participate(h.w.ctx, local.Participate{On: true}); err != nil {
			h.w.t.Fatalf("turn agent %d on: %v", h.n, err)
		}
	})
}

// full makes the spool's volume full for a time.
func (h *host) full(d time.Duration) {
	disk := simdisk.Of(string(h.dir(h.life)))
	disk.Fill(true)
	h.w.after(d, func() { disk.Fill(false) })
}

// discard removes what no part uses any more.
func (w *world) discard(path string) {
	if err := os.RemoveAll(path); err != nil {
		w.say("%v", err)
	}
}
