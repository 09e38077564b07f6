package sim_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/sim/simnet"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// world is everything that a seed's simulation consists of.
type world struct {
	t      testing.TB
	ctx    context.Context
	plan   *plan
	dir    string
	net    *simnet.Network
	log    io.Writer // what happens, for who replays a seed
	vendor ed25519.PrivateKey
	start  time.Time

	hosts  []*host
	site   *relayHost // with the policy; without a chain it is the edge
	edge   *relayHost
	store  *storeHost
	links  map[string]simnet.Condition // by the plan's names
	ends   []ending                    // of conditions and absences, by time
	traps  traps
	begun  int            // parts so far
	right  clock          // that nobody sets wrong
	slept  time.Duration  // of all machines
	wanted wire.Switch    // the policy that waits for its relay; 0: none
	grave  sync.WaitGroup // killed parts that end
	watch  watch
	days   map[int64]bool // day numbers that any clock ever showed
}

// clock is a host's: what it shows is ahead of the world's time. Timers run on
// all the same, as they do when somebody sets a clock.
type clock struct{ base, ahead atomic.Int64 } // days: that passed in a moment, and that it is wrong

func (c *clock) now() time.Time {
	return time.Now().Add(time.Duration(c.base.Load()+c.ahead.Load()) * 24 * time.Hour).Round(0)
}

// jump sets the clock ahead of the right time by so many days.
func (c *clock) jump(days int) { c.ahead.Store(int64(days)) }

// ending is something that ends by itself.
type ending struct {
	at time.Time
	do func()
}

// newEmptyWorld makes a world without parts. The caller is in a bubble.
func newEmptyWorld(t testing.TB, p *plan, dir string) *world {
	time.Sleep(time.Until(p.Start))
	_, vendor, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, ctx: context.Background(), plan: p, dir: dir, net: simnet.New(p.Seed), log: io.Discard, vendor: vendor,
		start: time.Now(), links: map[string]simnet.Condition{}, days: map[int64]bool{},
	}
	if verbose() {
		w.log = os.Stdout
	}
	w.watch.trace = map[string]hash.Hash{}
	w.net.Watch(w.see)
	simnet.Use(w.net)
	return w
}

// newWorld makes a world and starts all of its parts.
func newWorld(t testing.TB, p *plan, dir string) *world {
	w := newEmptyWorld(t, p, dir)
	w.edge = w.newRelay("edge", edgeAddress, !p.Chain)
	w.site = w.edge
	if p.Chain {
		w.site = w.newRelay("site", siteAddress, true)
	}
	w.store = w.newStore()
	for n := range p.Agents {
		w.hosts = append(w.hosts, w.newHost(n))
	}
	return w
}

// addresses of relays in the simulated network.
const (
	edgeAddress = "127.0.0.1:8472"
	siteAddress = "127.0.0.1:8473"
)

// run does what the plan says, and then repairs everything.
func (w *world) run() {
	for _, e := range w.plan.Events {
		w.until(w.start.Add(e.At + w.slept))
		w.say("%s %s agent %d for %v amount %d", e.Act, e.Link, e.Agent, e.For, e.Amount)
		w.do(e)
	}
	w.until(w.start.Add(w.plan.Faults + w.slept))
	for len(w.ends) > 0 {
		w.finish(0)
	}
	w.say("all is repaired")
}

// apart keeps the beginnings of parts apart: where two do something in the same
// moment, the order of the two is the scheduler's and not the seed's.
func (w *world) apart() {
	w.begun++
	time.Sleep(time.Duration(w.begun) * 137 * time.Microsecond)
}

// until lets time pass, and what ends by itself end in it.
func (w *world) until(at time.Time) {
	for {
		next, found := -1, at
		for i, e := range w.ends {
			if !e.at.After(found) {
				next, found = i, e.at
			}
		}
		w.pass(time.Until(found))
		if next < 0 {
			return
		}
		w.finish(next)
	}
}

// pass lets time pass, in steps that see every day that a clock shows.
func (w *world) pass(d time.Duration) {
	w.noteDays()
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(min(time.Until(end), time.Minute))
		w.noteDays()
	}
}

func (w *world) noteDays() {
	for _, c := range w.clocks() {
		w.days[c.now().Unix()/86400] = true
	}
}

func (w *world) clocks() []*clock {
	out := []*clock{&w.edge.clock, &w.site.clock, &w.right}
	if w.store != nil {
		out = append(out, &w.store.clock)
	}
	for _, h := range w.hosts {
		out = append(out, &h.clock)
	}
	return out
}

func (w *world) finish(i int) {
	e := w.ends[i]
	w.ends = append(w.ends[:i:i], w.ends[i+1:]...)
	e.do()
}

// after does something when d is over, or when everything is repaired.
func (w *world) after(d time.Duration, do func()) {
	w.ends = append(w.ends, ending{at: time.Now().Add(d), do: do})
}

// stop ends every part, the store's last.
func (w *world) stop() {
	for _, h := range w.hosts {
		h.stop()
	}
	w.store.stop()
	w.site.stop()
	w.edge.stop()
	w.net.Close()
	w.grave.Wait()
	time.Sleep(time.Hour) // timers of what has ended run out
}

// say writes what happens.
func (w *world) say(format string, args ...any) {
	fmt.Fprintf(w.log, "%12v  %s\n", time.Since(w.start).Round(time.Millisecond), fmt.Sprintf(format, args...))
}

// logger returns the log of one part, for who replays a seed.
func (w *world) logger(part string) *slog.Logger {
	if w.log == io.Discard {
		return slog.New(slog.DiscardHandler)
	}
	return slog.New(slog.NewTextHandler(w.log, nil)).With(slog.String("part", part))
}

// path returns a place of the world's own.
func (w *world) path(name string) string { return filepath.Join(w.dir, name) }
