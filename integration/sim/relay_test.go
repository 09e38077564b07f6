package sim_test

import (
	"crypto/ed25519"
	"fmt"
	"testing/synctest"
	"time"

	"github.com/tacit-telemetry/tacit/integration/sim/simnet"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/gate"
)

// What parts show to each other.
const (
	credential      = "the channel's"
	storeCredential = "the stores'"
)

// relayHost is a machine with a relay on it, through all of its lives.
type relayHost struct {
	w       *world
	name    string
	address string
	policy  bool // the site's policy is here
	field   bool // it has the field's times, and not the short ones of most worlds
	life    int
	clock   clock
	relay   *relay.Relay // nil: the machine is down
}

func (w *world) newRelay(name, address string, policy bool) *relayHost {
	r := &relayHost{w: w, name: name, address: address, policy: policy}
	r.begin()
	return r
}

func (w *world) public() ed25519.PublicKey { return w.vendor.Public().(ed25519.PublicKey) }

// link returns the name of the way to the next relay in this life.
func (r *relayHost) link() string { return fmt.Sprintf("%s-%d", linkEdge, r.life) }

func (r *relayHost) dir(life int) string { return r.w.path(fmt.Sprintf("%s-%d", r.name, life)) }

// begin starts the relay in the directory of this life. Unless it is said
// otherwise, its times are a small part of the field's, in proportion.
func (r *relayHost) begin() {
	r.w.apart()
	c := relay.Config{
		Dir: r.dir(r.life), Listen: r.address, Credential: credential,
		VendorKey: r.w.public(), Site: r.policy, Witness: r.dir(r.life) + ".witness",
		Now: r.clock.now, Logger: r.w.logger(r.name),
	}
	if !r.field {
		c.MinPeers, c.MaxWait, c.FlushEvery = r.w.plan.Peers, 4*time.Second, 2*time.Second
		c.Quota = gate.Quota{Envelopes: 10_000, Bytes: 1 << 30}
	}
	if r.address == edgeAddress {
		c.StoreCredential = storeCredential
	} else {
		r.w.net.Link(r.link(), edgeAddress).Set(r.w.links[linkEdge])
		c.Next = &relay.Next{Relays: []string{"nats://" + r.link() + ":8472"}, Credential: credential}
	}
	started, err := relay.New(r.w.ctx, c)
	if err == nil {
		err = started.Start(r.w.ctx)
	}
	if err != nil {
		r.w.t.Fatalf("start relay %s: %v", r.name, err)
	}
	r.relay = started
	if r == r.w.site && r.w.wanted != 0 {
		r.w.policy(r.w.wanted)
	}
}

// kill ends the relay with what its pool holds; its stream and its policy stay
// as they were on disk.
func (r *relayHost) kill(d time.Duration) {
	if r.relay == nil {
		return
	}
	synctest.Wait() // nobody is in the middle of writing
	old, life := r.relay, r.life
	r.relay = nil
	r.life++
	for _, ext := range []string{"", ".witness"} {
		if err := copyTree(r.dir(life)+ext, r.dir(r.life)+ext); err != nil {
			r.w.t.Fatal(err)
		}
	}
	r.w.net.Evict(r.address)
	r.w.isolate(r)
	if err := old.Stop(r.w.ctx); err != nil {
		r.w.say("relay %s of life %d: %v", r.name, life, err)
	}
	r.w.discard(r.dir(life))
	r.w.after(d, r.begin)
}

// isolate ends every connection of a relay at once.
func (w *world) isolate(r *relayHost) {
	if r.address == edgeAddress {
		w.link(linkStore).Cut()
	}
	if r.address == siteAddress {
		w.net.Link(fmt.Sprintf("%s-%d", linkEdge, r.life-1), edgeAddress).Set(simnet.Condition{Refuse: true})
		w.net.Link(fmt.Sprintf("%s-%d", linkEdge, r.life-1), edgeAddress).Cut()
	} else if w.plan.Chain {
		w.link(linkEdge).Cut()
	}
	if r == w.site {
		for _, h := range w.hosts {
			w.link(agentLink(h.n)).Cut()
		}
	}
}

func (r *relayHost) stop() {
	if r.relay == nil {
		return
	}
	if err := r.relay.Stop(r.w.ctx); err != nil {
		r.w.t.Errorf("stop relay %s: %v", r.name, err)
	}
	r.relay = nil
}
