package attack

import (
	"bytes"
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// beforeHint is how many forgeries an attempt gets before the hint that ends it.
// An agent takes four answers to an attempt at a time, in order: that it obeys
// the hint shows that it has judged the forgeries.
const beforeHint = 3

// forger is the attacker who wants an agent to believe that the store has a
// batch. He has true replies: of the very attempt, of earlier ones, of others.
type forger struct {
	t      testing.TB
	edge   *hostileEdge
	random *rand.Rand

	waiting map[attemptID]put
	heard   []answer
	tried   int
	done    map[string]int
}

const mostHeard = 4096

// run forges until n were tried.
func (f *forger) run(n int) {
	deadline := time.NewTimer(rig.Patience)
	for f.tried < n && !f.t.Failed() {
		select {
		case p := <-f.edge.puts:
			f.give(p)
		case a := <-f.edge.answers:
			if p, ok := f.waiting[a.attempt]; ok {
				delete(f.waiting, a.attempt)
				f.forge(p, a)
			}
		case <-deadline.C:
			f.t.Errorf("no agent sends any more after %d forgeries: they may have ended what was outstanding", f.tried)
		}
		deadline.Reset(rig.Patience)
	}
}

// give gives the store what comes together, in a crate that it does not let
// wait, to have the true replies.
func (f *forger) give(p put) {
	envelopes := make([][]byte, fullGroup, fullGroup+32)
	for quiet := time.After(2 * time.Millisecond); ; {
		f.waiting[p.attempt()] = p
		envelopes = append(envelopes, p.envelope)
		select {
		case p = <-f.edge.puts:
			if len(envelopes) < fullGroup+32 {
				continue
			}
			f.waiting[p.attempt()] = p
			envelopes = append(envelopes, p.envelope)
		case <-quiet:
		}
		f.edge.give(f.t, crateOf(envelopes...))
		return
	}
}

// forge says forgeries to an attempt of which it has the true reply, and ends
// it with a hint.
func (f *forger) forge(p put, a answer) {
	for range beforeHint {
		name, b := f.forgery(a)
		f.done[name]++
		f.edge.say(f.t, p.inbox, b)
	}
	if len(f.heard) < mostHeard {
		f.heard = append(f.heard, a)
	} else {
		f.heard[f.random.IntN(mostHeard)] = a
	}
	name, last := "hint later", hint(hintLater, 0)
	switch f.random.IntN(64) {
	case 0:
		name, last = "hint off", hint(hintOff, 0)
	case 1, 2, 3, 4:
		name, last = "hint reseal", hint(hintReseal, 0)
	}
	f.done[name]++
	f.edge.say(f.t, p.inbox, last)
	f.tried += beforeHint + 1
}

// forgery returns what is not the reply to the attempt that a answers.
func (f *forger) forgery(a answer) (string, []byte) {
	r, other := f.random, f.other(a)
	switch r.IntN(14) {
	case 0, 1, 2:
		return "flipped", flipped(r, a.reply, 0, replyLen)
	case 3:
		return "truncated", a.reply[:r.IntN(replyLen)]
	case 4:
		return "lengthened", join(a.reply, noise(r, 1+r.IntN(1000)))
	case 5:
		return "twice as long", join(a.reply, a.reply)
	case 6, 7:
		return "replayed", other.reply
	case 8:
		return "half of another", join(a.reply[:replyLen/2], other.reply[replyLen/2:])
	case 9:
		return "nonce of another", join(other.reply[:24], a.reply[24:])
	case 10:
		return "noise", noise(r, replyLen)
	case 11:
		return "sealed by the forger", f.sealed(a)
	case 12:
		return "as on the store's subject", join(a.attempt[:], a.reply)
	default:
		b := []byte{byte(r.IntN(3)), byte(r.IntN(7)), byte(r.IntN(3)), 0, 0, 0} // later, with a wait that is none, among them
		switch b[1] {
		case hintLater, hintOff, hintReseal:
			b[0], b[2] = 0, 0xff
		}
		return "hint that ends nothing", b
	}
}

// other returns the reply to any other attempt: an earlier one of the batch, of
// another batch, of another agent.
func (f *forger) other(a answer) answer {
	if len(f.heard) > 0 {
		if o := f.heard[f.random.IntN(len(f.heard))]; o.attempt != a.attempt {
			return o
		}
	}
	return answer{a.attempt, noise(f.random, replyLen)}
}

// sealed is the form of a reply "stored" under a key of the forger's own.
func (f *forger) sealed(a answer) []byte {
	aead, err := chacha20poly1305.NewX(noise(f.random, 32))
	if err != nil {
		f.t.Fatal(err)
	}
	plain := make([]byte, replyLen-aead.NonceSize()-aead.Overhead())
	plain[0] = 1
	nonce := noise(f.random, aead.NonceSize())
	return aead.Seal(bytes.Clone(nonce), nonce, plain, a.attempt[:])
}

// TestForgedReplies says forged, replayed, swapped and damaged replies and all
// hints to real agents with batches outstanding. None may end a batch; the true
// replies then end all of them, and everything is stored once.
func TestForgedReplies(t *testing.T) {
	t.Parallel()
	n := figures.Size(t, 10_000, 1_000_000, 0)
	w := newHostileWorld(t, 2)
	f := &forger{t: t, edge: w.edge, random: choices(t), waiting: map[attemptID]put{}, done: map[string]int{}}
	for _, d := range w.agents {
		d.offer(t, 28)
	}
	end := w.keepSending(t)
	accepted, outstanding := 0, make([]int, len(w.agents))
	const looks = 10
	for look := range looks {
		f.run((look + 1) * n / looks)
		accepted = max(accepted, w.ended(t, outstanding))
	}
	t.Logf("%d and %d batches outstanding; it tried %v", outstanding[0], outstanding[1], f.done)
	f.hold(end)
	accepted = max(accepted, w.ended(t, outstanding))
	if accepted > 0 {
		t.Errorf("%d forgeries were accepted", accepted)
	}
	w.paid(t, f)
	figures.Report(t, figures.Replies, "%d tried / %d accepted", f.tried, accepted)
}

// ended returns how many batches of all agents ended so far: by the outbox, or
// by how many were outstanding, which it notes.
func (w *hostileWorld) ended(t testing.TB, outstanding []int) (n int) {
	t.Helper()
	for i, d := range w.agents {
		left := d.batches(t)
		n += max(d.ended(t), outstanding[i]-left)
		outstanding[i] = max(outstanding[i], left)
	}
	return n
}

// keepSending has every agent send again and again, until the function that it
// returns is called.
func (w *hostileWorld) keepSending(t testing.TB) (end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var sending sync.WaitGroup
	for _, d := range w.agents {
		sending.Go(func() {
			for ctx.Err() == nil {
				d.send(t)
			}
		})
	}
	return func() { cancel(); sending.Wait() }
}

// hold has every agent wait for a day, until their rounds have ended. They are
// killed in it, and forget it: a hint is no more than that.
func (f *forger) hold(end func()) {
	ended := make(chan struct{})
	go func() { end(); close(ended) }()
	wait := func(p put) {
		f.edge.say(f.t, p.inbox, hint(hintLater, 24*time.Hour))
		f.tried++
	}
	for _, p := range f.waiting {
		wait(p)
	}
	for {
		select {
		case p := <-f.edge.puts:
			wait(p)
		case <-ended:
			return
		}
	}
}

// paid restarts the agents, brings every true reply, and compares.
func (w *hostileWorld) paid(t *testing.T, f *forger) {
	t.Helper()
	for _, d := range w.agents {
		d.Kill()
		d.Start(t)
	}
	h := newHostileRelay(t, w.edge, f.random, 0)
	h.honest.Store(true)
	end := h.begin()
	w.settle(t)
	end()
	for i, d := range w.agents {
		if n := d.ended(t); n == 0 {
			t.Errorf("agent %d accepts no true reply", i)
		}
	}
	w.edge.drained(t)
	pages := w.checkPages(t)
	w.stopStore(t)
	sums := w.checkSums(t, w.holdings(t))
	if pages.extra+pages.lost+sums.extra+sums.lost > 0 {
		t.Errorf("after the true replies: pages %+v, sums %+v", pages, sums)
	}
}
