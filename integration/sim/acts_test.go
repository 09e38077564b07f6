package sim_test

import (
	"time"

	"github.com/tacit-telemetry/tacit/integration/sim/simnet"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// patience is how long a trap is waited for.
const patience = time.Minute

// do does what an event says.
func (w *world) do(e event) {
	switch h := w.hosts[e.Agent]; e.Act {
	case offer:
		h.offer(e.Amount)
	case cut:
		w.each(e.Link, func(name string) { w.link(name).Cut() })
	case stall:
		w.condition(e, simnet.Condition{Stall: true})
	case vanish:
		w.condition(e, simnet.Condition{Vanish: true})
	case refuse:
		w.condition(e, simnet.Condition{Refuse: true})
		w.each(e.Link, func(name string) { w.link(name).Cut() })
	case trickle:
		w.condition(e, simnet.Condition{Rate: e.Amount})
	case slow:
		w.condition(e, simnet.Condition{Delay: time.Duration(e.Amount) * time.Millisecond})
	case siteOff:
		w.policy(wire.SwitchOff)
		w.after(e.For, func() { w.policy(wire.SwitchOn) })
	case hostOff:
		h.off(e.For)
	case jumpAgent:
		h.set(e.Amount)
		w.after(e.For, func() { h.clock.jump(0) })
	case jumpRelay:
		w.site.clock.jump(e.Amount)
		w.after(e.For, func() { w.site.clock.jump(0) })
	case jumpStore:
		w.store.clock.jump(e.Amount)
		w.after(e.For, func() { w.store.clock.jump(0) })
	case fullDisk:
		h.full(e.For)
	case leap:
		w.leap(e.Amount)
	case asleep:
		w.asleep(e.Amount)
	default:
		w.kill(e)
	}
}

// kill ends a part and lets it come back.
func (w *world) kill(e event) {
	h := w.hosts[e.Agent]
	switch e.Act {
	case killAgent:
		h.kill(e.For)
	case stopAgent:
		h.away(e.For)
	case killEdge:
		w.edge.kill(e.For)
	case killSite:
		w.site.kill(e.For)
	case killStore:
		w.store.kill(e.For)
	case killReplied:
		if w.waitFor(w.traps.add(&trap{host: linkStore, text: "PUB tacit.reply ", up: true, lose: true}), patience) {
			w.store.kill(e.For)
		}
	case killAnswered:
		if w.waitFor(w.traps.add(&trap{host: linkStore, text: "PUB tacit.reply ", up: true}), patience) {
			w.store.kill(e.For)
		}
	case killSending:
		if w.waitFor(w.traps.add(&trap{host: agentLink(h.n), text: "PUB tacit.put ", up: true}), patience) {
			h.kill(e.For)
		}
	case loseReply:
		// A reply is 256 bytes, a hint is shorter: the length ends the line.
		w.waitFor(w.traps.add(&trap{host: agentLink(h.n), text: " 256\r\n", lose: true}), patience)
	}
}

// each calls do for the links that a name stands for.
func (w *world) each(name string, do func(name string)) {
	if name != linkAll {
		do(name)
		return
	}
	for _, h := range w.hosts {
		do(agentLink(h.n))
	}
}

// condition puts links into a condition for a time.
func (w *world) condition(e event, c simnet.Condition) {
	w.each(e.Link, func(name string) { w.set(name, c) })
	w.after(e.For, func() { w.each(e.Link, func(name string) { w.set(name, simnet.Condition{}) }) })
}

func (w *world) set(name string, c simnet.Condition) {
	w.links[name] = c
	w.link(name).Set(c)
}

// link returns the link that a host uses in its present life.
func (w *world) link(name string) *simnet.Link {
	switch name {
	case linkStore:
		return w.net.Link(w.store.link(), edgeAddress)
	case linkEdge:
		return w.net.Link(w.site.link(), edgeAddress)
	}
	for _, h := range w.hosts {
		if agentLink(h.n) == name {
			return w.net.Link(h.link(), w.site.address)
		}
	}
	panic("sim: internal error: no link " + name)
}

// policy is the administrator's decision; he waits until the machine with the
// console is up.
func (w *world) policy(s wire.Switch) {
	if w.wanted = s; w.site.relay == nil {
		return
	}
	w.wanted = 0
	p := w.site.relay.Policy()
	settings := policy.Settings{CEIP: s, CSP: s, Level: schema.Standard}
	if _, err := p.Save(w.ctx, "sim", p.State().Policy.Revision, settings, 1); err != nil {
		w.t.Errorf("save the policy: %v", err)
	}
}
