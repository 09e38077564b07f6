package sim_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// watch is what an observer on the wires sees. It knows two words of NATS.
type watch struct {
	mu    sync.Mutex
	trace map[string]hash.Hash   // of what passed, and when, by link
	puts  map[string][]time.Time // envelopes that left a host, by its link
	hello []time.Time            // connections that were made
}

// see is the observer: it notes what passes, and springs traps.
func (w *world) see(link string, up bool, b []byte) (lose bool) {
	text := string(b)
	w.watch.mu.Lock()
	w.watch.note(fmt.Sprintf("%d %v %d", time.Since(w.start), up, len(b)), link, text)
	if n := strings.Count(text, "PUB tacit.put "); up && n > 0 {
		if w.watch.puts == nil {
			w.watch.puts = map[string][]time.Time{}
		}
		for range n {
			w.watch.puts[hostOf(link)] = append(w.watch.puts[hostOf(link)], time.Now())
		}
	}
	if up && strings.HasPrefix(text, "CONNECT ") {
		w.watch.hello = append(w.watch.hello, time.Now())
	}
	w.watch.mu.Unlock()
	return w.traps.spring(link, up, text)
}

// hostOf returns the plan's name of a link, without which life of its host it is
// of.
func hostOf(link string) string {
	name, _, _ := strings.Cut(link, "-")
	return name
}

// note adds to the trace of a link. The server's pings come at moments that no
// seed decides, and mean nothing. Call with mu held.
func (w *watch) note(what, link, text string) {
	if text == "PING\r\n" || text == "PONG\r\n" {
		return
	}
	if w.trace[link] == nil {
		w.trace[link] = sha256.New()
	}
	_, _ = io.WriteString(w.trace[link], what+"\n")
}

// hash tells two traces apart. What happens in one moment on two links has no
// order.
func (w *watch) hash() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := sha256.New()
	for _, link := range slices.Sorted(maps.Keys(w.trace)) {
		fmt.Fprintf(all, "%s %x\n", link, w.trace[link].Sum(nil))
	}
	return hex.EncodeToString(all.Sum(nil)[:8])
}

// seen returns when envelopes left any host, and when connections were made.
func (w *watch) seen() (envelopes, connections []time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.puts {
		envelopes = append(envelopes, at...)
	}
	return envelopes, w.hello
}

// putsOf returns when envelopes left a host.
func (w *watch) putsOf(link string) []time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.puts[link]
}

// traps are moments that are waited for on the wires.
type traps struct {
	mu  sync.Mutex
	set []*trap
}

// trap is one: the bytes that hold the text on that host's wire.
type trap struct {
	host, text string
	up         bool
	lose       bool // the bytes, and their connection
	sprung     chan struct{}
}

func (t *traps) add(one *trap) *trap {
	one.sprung = make(chan struct{})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.set = append(t.set, one)
	return one
}

func (t *traps) spring(link string, up bool, text string) (lose bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, one := range t.set {
		if one.up == up && one.host == hostOf(link) && strings.Contains(text, one.text) {
			t.set = append(t.set[:i:i], t.set[i+1:]...)
			close(one.sprung)
			return one.lose
		}
	}
	return false
}

// waitFor waits until the trap springs, at most d.
func (w *world) waitFor(one *trap, d time.Duration) bool {
	select {
	case <-one.sprung:
		return true
	case <-time.After(d):
	}
	w.traps.mu.Lock()
	defer w.traps.mu.Unlock()
	for i := range w.traps.set {
		if w.traps.set[i] == one {
			w.traps.set = append(w.traps.set[:i:i], w.traps.set[i+1:]...)
			break
		}
	}
	return false
}
