package sim_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

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
