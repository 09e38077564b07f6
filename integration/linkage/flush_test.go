package linkage

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/relay"
)

// TestByCount has K connections in the pool whenever it is let go, and wants
// that nobody names the sender of an envelope more often than once in K times.
func TestByCount(t *testing.T) {
	t.Parallel()
	for _, k := range []int{8, 32} {
		if k == 32 && figures.Size(t, 8, 32, 32) < k {
			continue
		}
		t.Run(fmt.Sprintf("K=%d", k), func(t *testing.T) { byCount(t, k, figures.Size(t, 1600, 8000, 0)) })
	}
}

func byCount(t *testing.T, k, arrivals int) {
	random := seeded(t)
	w := watch(t, 3*k, relay.Config{MinPeers: k, MaxWait: time.Hour, FlushEvery: time.Millisecond})
	idle := random.Perm(3 * k)
	for len(w.behind) < arrivals {
		idle = append(idle, w.take(false)...)
		if len(w.door)-len(w.behind) >= k { // all that may leave by count is there
			idle = append(idle, w.take(true)...)
			continue
		}
		i := random.IntN(len(idle))
		who := idle[i]
		idle = slices.Delete(idle, i, i+1)
		pause(random, 300*time.Microsecond)
		w.send(who)
	}
	w.sameSize(t)
	g, chance := w.match(), 1/float64(k)
	if g.above(chance) {
		t.Errorf("the sender is named %d of %d times, %.3f: by chance it is 1/%d, %.3f", g.right, g.asked, g.share(), k, chance)
	}
	low, high := g.interval()
	figures.Report(t, figures.Linkage1, "by count: top-1 %.3f (%.3f to %.3f) against 1/%d = %.3f, %d arrivals in %d flushes", g.share(), low, high, k, chance, g.asked, w.crates)
}

// TestByTime has fewer connections than K in the pool: what waited T leaves
// anyway, with all that is there, and hides among that.
func TestByTime(t *testing.T) {
	t.Parallel()
	const k, peers = 8, 40
	arrivals := figures.Size(t, 500, 4000, 0)
	random := seeded(t)
	w := watch(t, peers, relay.Config{MinPeers: k, MaxWait: 60 * time.Millisecond, FlushEvery: 10 * time.Millisecond})
	for len(w.behind) < arrivals {
		w.take(false)
		pause(random, 15*time.Millisecond)
		w.send(random.IntN(peers))
	}
	w.sameSize(t)
	g := w.match()
	sizes, chance := w.pools()
	if g.above(chance) {
		t.Errorf("the sender is named %d of %d times, %.3f: by chance it is %.3f", g.right, g.asked, g.share(), chance)
	}
	slices.Sort(sizes)
	sum := 0
	for _, n := range sizes {
		sum += n
	}
	figures.Report(t, figures.Linkage1, "by time: pool of %.1f when it leaves (least %d, median %d), top-1 %.3f against %.3f by chance",
		float64(sum)/float64(len(sizes)), sizes[0], sizes[len(sizes)/2], g.share(), chance)
}

// pools returns how many envelopes the pool held whenever some left, and how
// often somebody names the sender of one who knows exactly whose these were.
func (w *watched) pools() (sizes []int, chance float64) {
	inside, next, size, most := map[int]int{}, 0, 0, 0
	for i, p := range w.behind {
		for next < len(w.door) && w.door[next].at.Before(p.at) {
			inside[w.door[next].who]++
			next++
		}
		if i == 0 || w.behind[i-1].crate != p.crate {
			size, most = 0, 0
			for _, n := range inside {
				size, most = size+n, max(most, n)
			}
			sizes = append(sizes, size)
		}
		inside[p.who]--
		chance += float64(most) / float64(size)
	}
	return sizes, chance / float64(len(w.behind))
}

// sameSize wants that size tells nothing.
func (w *watched) sameSize(t *testing.T) {
	t.Helper()
	for _, p := range append(slices.Clone(w.door), w.behind...) {
		if p.size != envelopeLen {
			t.Fatalf("an envelope of %d bytes, want all of %d", p.size, envelopeLen)
		}
	}
}
