package pool

import (
	"errors"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestLater asks how long to stay away: longer the longer the trouble lasts and
// the more were refused, never the same for two, and short again after it.
func TestLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{down: true}
		p := New(Config{Next: h, MinPeers: 1, MaxWait: time.Second, FlushEvery: time.Second})
		defer run(p)()
		mean := func(n int) (sum time.Duration) {
			for range n {
				sum += p.Later() / time.Duration(n)
			}
			return sum
		}
		if calm := mean(100); calm < leastLater*8/10 || calm > leastLater*12/10 {
			t.Errorf("without trouble %v, want about %v", calm, leastLater)
		}
		add(t, p, 1, "a")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if long := mean(100); long < 8*time.Minute || long > 13*time.Minute {
			t.Errorf("after ten minutes %v, want about as long again", long)
		}
		told := map[time.Duration]bool{}
		for range 20 {
			told[p.Later()] = true
		}
		if len(told) < 15 {
			t.Errorf("of twenty %d are told another time than the others", len(told))
		}
		if many := mean(100_000); many < 13*time.Minute {
			t.Errorf("after 100,000 refusals %v: they would come back at once", many)
		}
		time.Sleep(40 * time.Minute)
		if most := p.Later(); most > mostLater*3/2 {
			t.Errorf("%v, want at most %v", most, mostLater*3/2)
		}
		h.set(false)
		time.Sleep(maxPause)
		synctest.Wait()
		if calm := mean(100); calm > leastLater*12/10 {
			t.Errorf("after the trouble %v, want about %v", calm, leastLater)
		}
	})
}

// TestStuckEnds: a pool that takes nothing has something to try again, or takes.
func TestStuckEnds(t *testing.T) {
	for name, end := range map[string]func(h *hop, p *Pool){
		"the next hop is back": func(h *hop, p *Pool) { h.set(false); p.Retry() },
		"all is too old":       func(*hop, *Pool) { time.Sleep(time.Hour + 2*maxPause) },
		"shut and opened":      func(_ *hop, p *Pool) { p.Shut(true); p.Shut(false) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hop{down: true}
				p := New(Config{Next: h, MinPeers: 2, MaxWait: time.Second, FlushEvery: time.Second})
				defer run(p)()
				add(t, p, 3, "a")
				for _, it := range []struct {
					after time.Duration
					want  error
				}{{2 * time.Second, nil}, {stuckAfter, ErrStuck}} {
					time.Sleep(it.after)
					synctest.Wait()
					if err := p.Add(Item{Peer: "b"}); !errors.Is(err, it.want) {
						t.Errorf("after %v: %v, want %v", it.after, err, it.want)
					}
				}
				end(h, p)
				synctest.Wait()
				if err := p.Add(Item{Peer: "b"}); err != nil {
					t.Errorf("afterwards: %v", err)
				}
			})
		})
	}
}

// TestComesBackOnce: what left mixed and came back is tried again without being
// drawn again, and is not thin when it goes alone.
func TestComesBackOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{down: true}
		p := New(Config{Next: h, MinPeers: 8, MaxWait: time.Hour, FlushEvery: time.Minute, Random: rand.NewPCG(1, 1)})
		defer run(p)()
		add(t, p, 8, "")
		for p.Stats().Returned == 0 {
			time.Sleep(10 * time.Millisecond)
			synctest.Wait()
		}
		h.set(false)
		time.Sleep(firstPause)
		synctest.Wait()
		if s := p.Stats(); s.Passed != 4 || s.Thin != 0 || s.Items != 4 {
			t.Errorf("%+v, want the half that was drawn, none of it thin", s)
		}
	})
}

// TestPlenty fills a pool faster than the clock flushes it: nobody is refused,
// and what leaves is mixed.
func TestPlenty(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 8, MaxWait: time.Hour, FlushEvery: time.Hour, MaxItems: 128})
		defer run(p)()
		for range 100 {
			add(t, p, 16, "")
			time.Sleep(plentyPause)
			synctest.Wait()
		}
		if s := p.Stats(); s.Thin != 0 || s.Passed < 1400 || s.Items < 16 {
			t.Errorf("%+v of 1,600, want nearly all passed, none thin, and some kept", s)
		}
		for _, g := range h.got {
			if len(g) > 1 && inOrder(g) && len(g) > 16 {
				t.Error("what left kept its order")
			}
		}
	})
}

// TestPlentyOfOne: one connection that fills its share cannot make the pool
// leave.
func TestPlentyOfOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 3, MaxWait: time.Hour, FlushEvery: time.Minute, MaxItems: 128})
		defer run(p)()
		for peer, n := range map[string]int{"a": 32, "b": 32} {
			add(t, p, n, peer)
		}
		if err := p.Add(Item{Peer: "a", Class: wire.ClassNormal}); !errors.Is(err, ErrShare) {
			t.Errorf("%v, want that its share is full", err)
		}
		time.Sleep(30 * time.Minute)
		synctest.Wait()
		if s := p.Stats(); s.Passed != 0 {
			t.Errorf("%+v, want that two wait for a third", s)
		}
	})
}
