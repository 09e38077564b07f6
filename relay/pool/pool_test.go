package pool

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hop is a next hop that remembers what it took.
type hop struct {
	mu   sync.Mutex
	down bool
	got  [][]Item
}

func (h *hop) Forward(_ context.Context, items []Item) []Item {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return items
	}
	h.got = append(h.got, items)
	return nil
}

func (h *hop) set(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.down = down
}

func (h *hop) items() (all []Item) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.got {
		all = append(all, g...)
	}
	return all
}

// add adds n items of 100 bytes, of one peer, or with peer empty each of its
// own.
func add(t *testing.T, p *Pool, n int, peer string) {
	t.Helper()
	for i := range n {
		it := Item{Peer: peer, Inbox: strconv.Itoa(i), Envelope: make([]byte, 100)}
		if peer == "" {
			it.Peer = "peer " + strconv.Itoa(i)
		}
		if err := p.Add(it); err != nil {
			t.Fatalf("add item %d: %v", i, err)
		}
	}
}

// run runs a pool in its own goroutine until the returned call.
func run(p *Pool) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { p.Run(ctx) })
	return func() { cancel(); wg.Wait() }
}

func TestHalfLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 8, MaxWait: time.Hour, FlushEvery: time.Second})
		defer run(p)()
		add(t, p, 64, "")
		time.Sleep(4 * time.Second) // fake time: the longest wait for a flush
		synctest.Wait()
		h.mu.Lock()
		got := slices.Clone(h.got)
		h.mu.Unlock()
		if len(got) == 0 || len(got[0]) != 32 {
			t.Fatalf("flushes %d, want the first to be half", len(got))
		}
		if inOrder(got[0]) {
			t.Error("what left kept its order")
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		left := 64 - len(h.items())
		if left == 0 || left >= 8 {
			t.Errorf("%d wait, want 1 to 7: too few to leave mixed", left)
		}
		if s := p.Stats(); s.Thin != 0 || s.Items != left {
			t.Errorf("stats %+v, want none thin and %d held", s, left)
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if s := p.Stats(); s.Thin != uint64(left) || s.Items != 0 || s.Passed != 64 || s.Bytes != 0 {
			t.Errorf("stats %+v, want %d thin after MaxWait", s, left)
		}
	})
}

func inOrder(items []Item) bool {
	return slices.IsSortedFunc(items, func(a, b Item) int {
		x, _ := strconv.Atoi(a.Inbox)
		y, _ := strconv.Atoi(b.Inbox)
		return x - y
	})
}

// TestOnePeerIsThin has one connection put much: it must not count as many.
func TestOnePeerIsThin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 2, MaxWait: time.Minute, FlushEvery: time.Second})
		defer run(p)()
		began := time.Now()
		add(t, p, 100, "a")
		time.Sleep(59 * time.Second)
		synctest.Wait()
		if n := len(h.items()); n != 0 {
			t.Fatalf("%d left before MaxWait", n)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if s := p.Stats(); s.Thin != 100 || s.Passed != 100 {
			t.Errorf("after %v: %+v, want 100 thin", time.Since(began), s)
		}
	})
}

// TestMaxWaitHolds keeps a pool mixed and busy: nothing may wait longer.
func TestMaxWaitHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 1, MaxWait: 200 * time.Millisecond, FlushEvery: 75 * time.Millisecond})
		defer run(p)()
		for range 200 {
			add(t, p, 1, "a")
			time.Sleep(time.Duration(rand.N(40)) * time.Millisecond)
			synctest.Wait()
			p.mu.Lock()
			for _, it := range p.items {
				if waited := time.Since(it.since); waited >= p.cfg.MaxWait {
					t.Fatalf("an item waits for %v", waited)
				}
			}
			p.mu.Unlock()
		}
	})
}

// TestUniform draws many first leavers: each place must be as likely.
func TestUniform(t *testing.T) {
	const places, draws = 8, 8000
	var seen [places]int
	for seed := range uint64(draws) {
		p := New(Config{Next: &hop{}, MinPeers: 1, Random: rand.NewPCG(seed, 1)})
		add(t, p, places, "")
		leave := p.take(time.Now().Add(time.Hour), false, func() {})
		i, _ := strconv.Atoi(leave[0].Inbox)
		seen[i]++
	}
	for i, n := range seen {
		if n < draws/places*8/10 || n > draws/places*12/10 {
			t.Errorf("place %d left first %d times of %d, want about %d", i, n, draws, draws/places)
		}
	}
}

func TestBounds(t *testing.T) {
	for name, c := range map[string]struct {
		cfg   Config
		peers []string
		size  int
		want  []error
	}{
		"items": {Config{MinPeers: 1, MaxItems: 2}, []string{"a", "a", "a"}, 1, []error{nil, nil, ErrFull}},
		"bytes": {Config{MinPeers: 1, MaxBytes: 250}, []string{"a", "b", "c"}, 100, []error{nil, nil, ErrFull}},
		"a quarter of the items": {
			Config{MinPeers: 2, MaxItems: 8}, []string{"a", "a", "a", "b"}, 1, []error{nil, nil, ErrShare, nil},
		},
		"a quarter of the bytes": {
			Config{MinPeers: 2, MaxBytes: 400}, []string{"a", "a", "b"}, 60, []error{nil, ErrShare, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.cfg.Next = &hop{}
			p := New(c.cfg)
			for i, peer := range c.peers {
				if err := p.Add(Item{Peer: peer, Envelope: make([]byte, c.size)}); !errors.Is(err, c.want[i]) {
					t.Errorf("item %d of %s: %v, want %v", i, peer, err, c.want[i])
				}
			}
		})
	}
}

// TestNextHopDown keeps the next hop away: nothing is lost and the bounds
// hold, until items are too old.
func TestNextHopDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{down: true}
		p := New(Config{Next: h, MinPeers: 1, MaxWait: time.Second, FlushEvery: time.Second, MaxItems: 10, MaxAge: time.Hour})
		defer run(p)()
		add(t, p, 10, "a")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if err := p.Add(Item{Peer: "a"}); !errors.Is(err, ErrStuck) || !p.Stats().Stuck {
			t.Errorf("add to a pool that cannot empty: %v, want stuck", err)
		}
		if s := p.Stats(); s.Items != 10 || s.Passed != 0 || s.Returned == 0 || s.Returned > 10*60 {
			t.Errorf("stats %+v, want 10 held and tries with growing pauses", s)
		}
		h.set(false)
		time.Sleep(maxPause)
		synctest.Wait()
		if s := p.Stats(); s.Passed != 10 || s.Items != 0 {
			t.Errorf("stats %+v, want all passed once the hop is back", s)
		}
		h.set(true)
		add(t, p, 5, "a")
		time.Sleep(time.Hour + 2*maxPause)
		synctest.Wait()
		if s := p.Stats(); s.Dropped != 5 || s.Items != 0 || s.Bytes != 0 {
			t.Errorf("stats %+v, want 5 dropped for age", s)
		}
	})
}

func TestFlush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{down: true}
		p := New(Config{Next: h, MinPeers: 8, MaxWait: time.Hour, FlushEvery: time.Hour})
		end := run(p)
		add(t, p, 5, "a")
		synctest.Wait()
		end()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := p.Flush(ctx); err == nil {
			t.Error("a flush to a hop that is down says it worked")
		}
		h.set(false)
		if err := p.Flush(t.Context()); err != nil || len(h.items()) != 5 {
			t.Errorf("flush passed %d of 5: %v", len(h.items()), err)
		}
	})
}
