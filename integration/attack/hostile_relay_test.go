package attack

import (
	"context"
	"crypto/sha256"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// hostileRelay is the attacker at work. What it keeps is bounded; run owns all
// of it but the atomics.
type hostileRelay struct {
	t      testing.TB
	edge   *hostileEdge
	random *rand.Rand
	each   int // hostile envelopes beside each true one

	tried  atomic.Int64 // hostile envelopes, crates and deliveries
	own    atomic.Int64 // pages of its own that the store has to keep
	honest atomic.Bool  // it does what a relay should

	waiting map[attemptID]*put // given to the store, and no attempt in its place yet
	late    [][]byte           // held back, to be given later
	past    [][]byte           // true envelopes of the past
	heard   []answer           // true replies of the past
	done    map[string]int     // tries by trick

	openable        map[[32]byte]bool // envelopes that nobody has changed, by hash
	given, answered int               // times that the store got one, and replies of it
}

// mostPast bounds what the attacker remembers.
const mostPast = 3000

func newHostileRelay(t testing.TB, e *hostileEdge, r *rand.Rand, each int) *hostileRelay {
	return &hostileRelay{t: t, edge: e, random: r, each: each, waiting: map[attemptID]*put{}, done: map[string]int{}, openable: map[[32]byte]bool{}}
}

// run takes what agents and the store say until ctx ends.
func (h *hostileRelay) run(ctx context.Context) {
	nag := time.NewTicker(nagEvery)
	defer nag.Stop()
	for {
		select {
		case p := <-h.edge.puts:
			h.attack(h.more(p))
		case a := <-h.edge.answers:
			h.bring(a)
		case <-nag.C:
			h.nag()
		case <-ctx.Done():
			return
		}
	}
}

// How often, and how many times, an agent hears that it should send again.
const (
	nagEvery = 200 * time.Millisecond
	mostNags = 4
)

// nag has agents send again what they were told something about before, a few
// times: an agent takes four answers to an attempt at a time, so that among many
// false ones the true one may be lost, and so may this.
func (h *hostileRelay) nag() {
	for attempt, p := range h.waiting {
		if !p.told {
			continue
		}
		if p.nags++; p.nags > 1 {
			h.edge.say(h.t, p.inbox, hint(hintLater, 0))
		}
		if p.nags > mostNags {
			delete(h.waiting, attempt)
		}
	}
}

// more takes the puts that come together.
func (h *hostileRelay) more(p put) []put {
	out := []put{p}
	for quiet := time.After(5 * time.Millisecond); len(out) < 32; {
		select {
		case p := <-h.edge.puts:
			out = append(out, p)
		case <-quiet:
			return out
		}
	}
	return out
}

// attack gives the store the true envelopes among hostile ones, in any order, in
// one crate or over many.
func (h *hostileRelay) attack(puts []put) {
	list := h.late
	h.late = nil
	for _, p := range puts {
		if len(p.envelope) < headLen {
			h.t.Errorf("an agent puts %d bytes", len(p.envelope))
			continue
		}
		h.waiting[p.attempt()] = &p
		h.past = remember(h.past, p.envelope, h.random)
		h.openable[sha256.Sum256(p.envelope)] = true
		if h.honest.Load() {
			h.edge.say(h.t, p.inbox, hint(hintQueued, 0))
			list = append(list, p.envelope)
			continue
		}
		list = append(list, h.take(p)...)
		for range h.each {
			list = append(list, h.hostile(p.envelope))
		}
	}
	h.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	h.pack(list)
}

// take takes an envelope, or holds it back and has the agent seal another
// attempt, which will come before it.
func (h *hostileRelay) take(p put) [][]byte {
	if h.random.IntN(8) == 0 {
		h.note("held back")
		h.waiting[p.attempt()].told = true
		h.late = append(h.late, p.envelope)
		h.edge.say(h.t, p.inbox, hint(hintLater, 0))
		return nil
	}
	if h.random.IntN(2) == 0 {
		h.edge.say(h.t, p.inbox, hint(hintQueued, 0))
	}
	return [][]byte{p.envelope}
}

// hostile returns one hostile envelope.
func (h *hostileRelay) hostile(e []byte) []byte {
	switch h.random.IntN(10) {
	case 0:
		h.note("front-run with junk")
		return h.frontRun(e, ownJunk(h.random))
	case 1:
		h.note("front-run with a page")
		h.own.Add(1)
		return h.frontRun(e, ownPage(h.random, e))
	}
	trick := tricks[h.random.IntN(len(tricks))]
	h.note(trick.name)
	return trick.make(h.random, e, h.past[h.random.IntN(len(h.past))])
}

// frontRun seals something of its own that opens.
func (h *hostileRelay) frontRun(e, content []byte) []byte {
	b := frontRun(h.t, *h.edge.keys.Load(), e, content)
	h.openable[sha256.Sum256(b)] = true
	return b
}

func (h *hostileRelay) note(trick string) {
	h.done[trick]++
	h.tried.Add(1)
}

// fullGroup is how many envelopes a store commits without waiting for more: empty
// ones do.
const fullGroup = 64

// pack gives the store all of it: in crates of any length, some of them twice,
// and crates that are none between.
func (h *hostileRelay) pack(list [][]byte) {
	for len(list) > 0 {
		n, size := 0, 3
		for most := 1 + h.random.IntN(60); n < len(list) && n < most && size+4+len(list[n]) <= maxCrate-4*fullGroup; n++ {
			size += 4 + len(list[n])
		}
		crate := crateOf(list[:n]...)
		if h.honest.Load() {
			crate = crateOf(append(list[:n:n], make([][]byte, fullGroup)...)...)
		}
		h.give(crate, list[:n])
		if !h.honest.Load() && h.random.IntN(6) == 0 {
			h.note("crate twice")
			h.give(crate, list[:n])
		}
		if !h.honest.Load() && h.random.IntN(6) == 0 {
			h.note("crate that is none")
			h.edge.give(h.t, badCrates(h.random, list[:min(n, 4)]...))
		}
		list = list[n:]
	}
}

// give gives the store a crate of these envelopes.
func (h *hostileRelay) give(crate []byte, envelopes [][]byte) {
	for _, e := range envelopes {
		if h.openable[sha256.Sum256(e)] {
			h.given++
		}
	}
	h.edge.give(h.t, crate)
}

// bring brings a reply to its agent, or does what it should not with it.
func (h *hostileRelay) bring(a answer) {
	h.answered++
	p, ok := h.waiting[a.attempt]
	if !ok {
		return // of a repeat
	}
	p.told = true
	if len(h.heard) < mostPast {
		h.heard = append(h.heard, a)
	}
	if h.honest.Load() {
		h.edge.say(h.t, p.inbox, a.reply)
		return
	}
	switch h.random.IntN(5) {
	case 0:
		h.note("reply dropped")
		h.edge.say(h.t, p.inbox, hint(hintLater, 0)) // the agent sends again
		return
	case 1:
		h.note("reply to another agent")
		for _, other := range h.waiting {
			h.edge.say(h.t, other.inbox, a.reply)
			break
		}
	case 2:
		h.note("reply of another before the true one")
		h.edge.say(h.t, p.inbox, h.heard[h.random.IntN(len(h.heard))].reply)
	case 3:
		h.note("reply twice")
		h.edge.say(h.t, p.inbox, a.reply)
	}
	h.edge.say(h.t, p.inbox, a.reply) // or the front-runner's own, to the same attempt
}

// remember adds b, or puts it in the place of any other when there are many.
func remember(past [][]byte, b []byte, r *rand.Rand) [][]byte {
	if len(past) < mostPast {
		return append(past, b)
	}
	past[r.IntN(len(past))] = b
	return past
}

// begin has the attacker work until the function that it returns is called, or
// the test ends.
func (h *hostileRelay) begin() (end func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var working sync.WaitGroup
	working.Go(func() { h.run(ctx) })
	end = func() { cancel(); working.Wait() }
	h.t.Cleanup(end)
	return end
}
