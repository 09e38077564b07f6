package linkage

import (
	"math"
	"slices"
	"time"
)

// guesses is how an attack on a pool went.
type guesses struct{ right, asked int }

func (g guesses) share() float64 { return float64(g.right) / float64(g.asked) }

// interval is the interval of confidence of 95 % (Wilson 1927).
func (g guesses) interval() (low, high float64) {
	const z = 1.96
	n, p := float64(g.asked), g.share()
	middle, half := p+z*z/(2*n), z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return (middle - half) / (1 + z*z/n), (middle + half) / (1 + z*z/n)
}

// above says whether the guesses are right more often than by chance, four
// standard errors allowed.
func (g guesses) above(chance float64) bool {
	return g.share() > chance+4*math.Sqrt(chance*(1-chance)/float64(g.asked))
}

const (
	ways  = 4  // to count the envelopes at the door
	parts = 3  // of a crate
	far   = 64 // how far is counted
)

// guess is which number somebody names who counts in one way.
type guess struct{ way, part int }

// match guesses who sent each arrival. The attacker counts the envelopes at the
// door in several ways. On the first half of the crates he is told the truth
// afterwards, and learns which number, in which way, is right most often for each
// part of a crate. He is asked about the second half.
func (w *watched) match() (g guesses) {
	right := map[guess]*[far]int{}
	for _, p := range w.behind {
		if p.crate < w.crates/2 {
			w.learn(right, p)
		}
	}
	way, best := choose(right)
	for _, p := range w.behind {
		if p.crate < w.crates/2 {
			continue
		}
		g.asked++
		n, list := best[parts*p.place/p.of], w.candidates(p)[way]
		if n < len(list) && list[n] == p.who {
			g.right++
		}
	}
	return g
}

func (w *watched) learn(right map[guess]*[far]int, p put) {
	for way, list := range w.candidates(p) {
		in := guess{way, parts * p.place / p.of}
		if right[in] == nil {
			right[in] = &[far]int{}
		}
		for n, who := range list[:min(far, len(list))] {
			if who == p.who {
				right[in][n]++
			}
		}
	}
}

// choose returns the best way, and the number to name for each part.
func choose(right map[guess]*[far]int) (best int, numbers [parts]int) {
	most := -1
	for way := range ways {
		sum, of := 0, [parts]int{}
		for part := range parts {
			if counts := right[guess{way, part}]; counts != nil {
				top := slices.Max(counts[:])
				of[part] = slices.Index(counts[:], top)
				sum += top
			}
		}
		if sum > most {
			most, best, numbers = sum, way, of
		}
	}
	return best, numbers
}

// candidates lists who was at the door before an arrival, counted in four ways:
// from the last one back; from the first one since the crate before; the same
// from the place that the arrival has in its crate; and by time, whoever was the
// last one so many milliseconds before.
func (w *watched) candidates(p put) (out [ways][]int) {
	at := func(when time.Time) int {
		i, _ := slices.BinarySearchFunc(w.door, when, func(d put, t time.Time) int { return d.at.Compare(t) })
		return i
	}
	end, start := at(p.at), at(p.before)
	for i := end - 1; i >= max(0, end-far); i-- {
		out[0] = append(out[0], w.door[i].who)
	}
	for i := start; i < end; i++ {
		out[1] = append(out[1], w.door[i].who)
	}
	for i := start + p.place; i < end; i++ {
		out[2] = append(out[2], w.door[i].who)
	}
	for n := range far {
		if i := at(p.at.Add(-time.Duration(2*n) * time.Millisecond)); i > 0 {
			out[3] = append(out[3], w.door[i-1].who)
		}
	}
	return out
}
