package sim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// plan is all that a seed decides beforehand. Nothing that happens changes it.
type plan struct {
	Seed   uint64
	Start  time.Time // of the world
	Agents int
	Chain  bool // a site's relay stands before the edge's
	Peers  int  // K of every relay
	Kick   bool // at the end users ask to send; else the agents' own pauses end
	Events []event
	Faults time.Duration // from the start until everything is repaired
}

// event is something that is done to the world.
type event struct {
	At     time.Duration // since the start
	Act    act
	Agent  int           // whose, where it is an agent's
	Link   string        // which way, where it is one's
	For    time.Duration // how long, where it ends by itself
	Amount int           // records, bytes a second
}

// act is what an event does.
type act string

// The acts.
const (
	offer        act = "offer"         // a product reports Amount records
	cut          act = "cut"           // connections end, both sides notice
	stall        act = "stall"         // nothing arrives until it is over: a black hole
	vanish       act = "vanish"        // what is written is gone, and connections stay: half-open
	refuse       act = "refuse"        // nothing listens there
	trickle      act = "trickle"       // Amount bytes a second
	slow         act = "slow"          // Amount milliseconds each way
	killAgent    act = "kill agent"    // as kill -9; it comes back after For
	stopAgent    act = "stop agent"    // in order; it comes back after For
	killEdge     act = "kill edge"     // with what its pool holds
	killSite     act = "kill site"     // with what its pool holds
	killStore    act = "kill store"    // at any moment
	killReplied  act = "kill replying" // the store, when its rows are on disk and no reply has left
	killAnswered act = "kill answered" // the store, when a reply has just left
	killSending  act = "kill sending"  // an agent, when an envelope has just left
	loseReply    act = "lose reply"    // the next reply to an agent goes with its connection
	siteOff      act = "site off"      // for For
	hostOff      act = "host off"      // the host's own, for For
	jumpAgent    act = "jump agent"    // Amount days
	jumpRelay    act = "jump relay"    // Amount days
	jumpStore    act = "jump store"    // Amount days
	fullDisk     act = "full disk"     // of an agent, for For
	leap         act = "leap"          // Amount days pass at once, for everybody
	asleep       act = "asleep"        // every machine is off for Amount days
)

// The names of links that are no agent's.
const (
	linkStore = "store" // from the store to the edge
	linkEdge  = "edge"  // from the site's relay to the edge's
	linkAll   = "all"   // every agent's
)

// hash tells two plans apart.
func (p *plan) hash(t testing.TB) string {
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// dice is a seed's choices.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 0))} }

// one says yes once in n times.
func (d dice) one(n int) bool { return d.IntN(n) == 0 }

// between returns a time from low to high, in milliseconds.
func (d dice) between(low, high time.Duration) time.Duration {
	return low + time.Duration(d.Int64N(int64(high-low)/1e6+1))*time.Millisecond
}

// few returns a number from low to high, and low ones more often.
func (d dice) few(low, high int) int { return low + min(d.IntN(high-low+1), d.IntN(high-low+1)) }

// moment returns when a world starts. Ends of days, months and years, which are
// where batches change their place, come within it more often than by chance.
func (d dice) moment(length time.Duration) time.Time {
	day := time.Date(2026, time.Month(d.IntN(24)), 1+d.IntN(28), 0, 0, 0, 0, time.UTC)
	switch {
	case d.one(6):
		day = time.Date(2026+d.IntN(2), 1, 1, 0, 0, 0, 0, time.UTC)
	case d.one(3):
		day = time.Date(2026, time.Month(d.IntN(24)), 1, 0, 0, 0, 0, time.UTC)
	case !d.one(3):
		return day.Add(d.between(0, 24*time.Hour))
	}
	return day.Add(-d.between(0, length))
}

// newPlan returns the common part of a plan.
func newPlan(d dice, seed uint64, length time.Duration) *plan {
	return &plan{
		Seed: seed, Start: d.moment(length), Agents: 1, Peers: 1, Chain: d.one(4), Kick: !d.one(8), Faults: length,
	}
}

// add adds an event.
func (p *plan) add(e event) { p.Events = append(p.Events, e) }

// sorted puts events in the order of their times.
func (p *plan) sorted() *plan {
	slices.SortStableFunc(p.Events, func(a, b event) int { return int(a.At - b.At) })
	return p
}

// offers lets products report at random times.
func (p *plan) offers(d dice) {
	for a := range p.Agents {
		for range d.few(2, 12) {
			p.add(event{At: d.between(0, p.Faults), Act: offer, Agent: a, Amount: d.few(1, 20)})
		}
	}
}

// someLink returns a link of the plan.
func (p *plan) someLink(d dice) string {
	switch {
	case d.one(4):
		return linkStore
	case p.Chain && d.one(3):
		return linkEdge
	case d.one(4):
		return linkAll
	}
	return agentLink(d.IntN(p.Agents))
}

func agentLink(n int) string { return fmt.Sprintf("agent%d", n) }

// fault adds one fault of the network or of a part.
func (p *plan) fault(d dice, at time.Duration, acts []act) {
	e := event{At: at, Act: acts[d.IntN(len(acts))], Agent: d.IntN(p.Agents), For: d.between(time.Second, p.Faults/2)}
	switch e.Act {
	case cut, stall, vanish, refuse:
		e.Link = p.someLink(d)
	case trickle:
		e.Link, e.Amount = p.someLink(d), 200+d.IntN(4000)
	case slow:
		e.Link, e.Amount = p.someLink(d), d.few(1, 3000)
	case killSite:
		if !p.Chain {
			e.Act = killEdge
		}
	}
	p.add(e)
}
