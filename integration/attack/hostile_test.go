package attack

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// Bounds of what the store may come to need, whatever a relay does.
const (
	mostMemory = 640 << 20 // its own limit is 512 MiB
	mostGrowth = 1 << 20   // bytes on disk, by replays of what it has
)

// TestHostileRelay has the attacker take real envelopes of real agents and give
// the real store these and hostile ones, and do with the store's replies what a
// relay should not. Then the store holds what the agents were told to count, and
// what the attacker sent as an agent of its own, and nothing else; also after
// everything was replayed to it again, after a restart, and days later.
func TestHostileRelay(t *testing.T) {
	t.Parallel()
	n := figures.Size(t, 1000, 100_000, 0)
	w := newHostileWorld(t, 3)
	h := newHostileRelay(t, w.edge, choices(t), 10+n/2000)
	building := make(chan string, 1)
	go func() {
		defer close(building)
		building <- aheadStore(t)
	}()
	end := h.begin()
	for h.tried.Load() < int64(n) && !t.Failed() {
		before := h.tried.Load()
		if w.round(t, 8); h.tried.Load() == before {
			t.Error("no agent sends any more: what it sent before has no reply")
		}
	}
	h.honest.Store(true)
	w.settle(t)
	w.edge.drained(t)
	end()
	if h.answered > h.given {
		t.Errorf("the store opened %d envelopes of %d that were not changed", h.answered, h.given)
	}
	pages := w.checkPages(t)
	checkMemory(t, w.store.PID())
	for _, d := range w.agents {
		d.Kill()
	}
	w.stopStore(t)
	held := w.holdings(t)
	sums := w.checkSums(t, held)
	extra, lost := pages.extra+sums.extra, pages.lost+sums.lost
	rows := held.rows("pages", "p") - pages.pages - int(h.own.Load())
	extra, lost = extra+max(0, rows), lost+max(0, -rows)
	if named := held.rows("pages", "b"); named != held.rows("pages", "p") {
		t.Errorf("%d batches are named for %d pages", named, held.rows("pages", "p"))
	}
	extra += w.replays(t, h, held, <-building)
	if extra+lost > 0 {
		t.Errorf("%d extra, %d lost; it tried %v", extra, lost, h.done)
	}
	t.Logf("%d pages of agents, %d of the attacker's own; it tried %v", pages.pages, h.own.Load(), h.done)
	figures.Report(t, figures.HostileRelay, "%d tried / %d extra / %d lost", h.tried.Load(), extra, lost)
}

// round has every agent count something and send.
func (w *hostileWorld) round(t testing.TB, versions int) {
	t.Helper()
	var sending sync.WaitGroup
	for _, d := range w.agents {
		d.offer(t, versions)
		sending.Go(func() { d.send(t) })
	}
	sending.Wait()
}

// replays gives the store all that the attacker has seen again, after a
// restart and days later, and returns how many rows that changes.
func (w *hostileWorld) replays(t *testing.T, h *hostileRelay, held holding, later string) (changed int) {
	t.Helper()
	size := w.onDisk(t)
	w.replay(t, h)
	changed += w.differs(t, held, "after a restart")
	if now := w.onDisk(t); now > size+mostGrowth {
		t.Errorf("replays of what it has made the store grow from %d to %d bytes", size, now)
	}
	w.store.Command.Path = later
	for _, days := range []int{3, 40} {
		w.store.Command.Env = []string{fmt.Sprintf("%s=%dh", aheadVariable, 24*days)}
		w.replay(t, h)
		changed += w.differs(t, held, fmt.Sprintf("%d days later", days))
	}
	// Beyond the retention nothing is new, whether the pages are gone by then or not.
	w.store.Command.Env = []string{fmt.Sprintf("%s=%dh", aheadVariable, 24*130)}
	w.replay(t, h)
	last := w.holdings(t)
	if n := last.added("pages", held) + last.changed("sums", held); n > 0 {
		t.Errorf("replays after the retention changed %d rows", n)
		changed += n
	}
	return changed
}

func (w *hostileWorld) differs(t *testing.T, held holding, when string) int {
	t.Helper()
	now := w.holdings(t)
	n := now.changed("pages", held) + now.changed("sums", held)
	if n > 0 {
		t.Errorf("replays %s changed %d rows", when, n)
	}
	return n
}

// replay starts the store, gives it everything of the past again, and stops it.
func (w *hostileWorld) replay(t *testing.T, h *hostileRelay) {
	t.Helper()
	w.store.Start(t)
	for range h.past {
		h.note("replay after a restart")
	}
	h.pack(h.past)
	w.edge.drained(t)
	if got := w.answered(t); got < float64(len(h.past)) {
		t.Errorf("the store answered %v of %d replays: this proves little", got, len(h.past))
	}
	checkMemory(t, w.store.PID())
	w.stopStore(t)
}

// answered counts the envelopes of which the store has judged the inside since it
// started, or the key that it no longer has.
func (w *hostileWorld) answered(t *testing.T) (n float64) {
	t.Helper()
	for _, outcome := range []string{"stored", "expired", "key"} {
		n += w.store.Metric(t, fmt.Sprintf("tacit_store_envelopes_total{outcome=%q}", outcome))
	}
	return n
}

// stopStore ends the store, which must be alive and end in order.
func (w *hostileWorld) stopStore(t testing.TB) {
	t.Helper()
	if _, code := w.store.Interrupt(t); code != 0 || bytes.Contains([]byte(w.store.Text()), []byte("panic")) {
		t.Errorf("the store ends with %d: %s", code, w.store.Text())
	}
	if info, err := os.Stat(filepath.Join(w.store.Data, "store", "quarantine.json")); err == nil && info.Size() > 64<<10 {
		t.Errorf("the quarantine has %d bytes", info.Size())
	}
}

// checkMemory wants that a process has little memory of its own, where the
// system tells.
func checkMemory(t testing.TB, pid int) {
	t.Helper()
	for _, f := range fields(fmt.Sprintf("/proc/%d/status", pid)) {
		if len(f) == 3 && f[0] == "RssAnon:" {
			n, err := strconv.Atoi(f[1])
			if err != nil || n<<10 > mostMemory {
				t.Errorf("the store has %s KiB of memory", f[1])
			}
			t.Logf("the store has %d MiB of memory", n>>10)
		}
	}
}
