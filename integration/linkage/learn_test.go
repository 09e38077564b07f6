package linkage

import (
	"cmp"
	"math"
	"slices"
	"testing"
)

// The attacker's learning. Each feature is cut into bins and each bin weighed by
// the logarithm of how much more often linked pairs fall into it than others do;
// a logistic regression puts the weights of all features together.

const (
	bins      = 20
	smoothing = 20  // pairs that each bin is taken to have besides
	steps     = 150 // of the regression
	rate      = 0.5
	decay     = 1e-4
)

// weigher turns one feature into its weight.
type weigher struct {
	bounds []float64 // upper, of all bins but the last
	weight []float64 // by bin; the last one is for what is not there
}

// newWeigher learns from the values of linked pairs and of others. NaN is not
// there.
func newWeigher(linked, other []float64) weigher {
	var all []float64
	for _, x := range append(slices.Clone(linked), other...) {
		if !math.IsNaN(x) {
			all = append(all, x)
		}
	}
	slices.Sort(all)
	var w weigher
	for i := 1; i < bins && len(all) > 0; i++ {
		w.bounds = append(w.bounds, all[i*len(all)/bins])
	}
	w.bounds = slices.Compact(w.bounds)
	n := len(w.bounds) + 2
	counts := func(xs []float64) []float64 {
		c := make([]float64, n)
		for _, x := range xs {
			c[w.bin(x, n)]++
		}
		return c
	}
	p, q := counts(linked), counts(other)
	for i := range n {
		w.weight = append(w.weight, math.Log((p[i]+smoothing)/(float64(len(linked))+smoothing))-math.Log((q[i]+smoothing)/(float64(len(other))+smoothing)))
	}
	return w
}

// bin returns the bin of a value: a bound belongs to the bin above it.
func (w weigher) bin(x float64, n int) int {
	if math.IsNaN(x) {
		return n - 1
	}
	i, there := slices.BinarySearch(w.bounds, x)
	if there {
		i++
	}
	return i
}

func (w weigher) of(x float64) float64 { return w.weight[w.bin(x, len(w.weight))] }

// sample is pairs, by feature.
type sample struct {
	names         []string
	linked, other [][]float64 // by pair
}

func column(pairs [][]float64, i int) []float64 {
	out := make([]float64, len(pairs))
	for j := range pairs {
		out[j] = pairs[j][i]
	}
	return out
}

// verdict is how well an attack did on pairs that it has not learned from.
type verdict struct {
	area, deviation float64 // under the curve; its standard error
	best            string  // feature
	bestArea        float64
	alone           map[string]float64
}

// attack learns from one sample and is asked about the other.
func attack(learn, ask sample) verdict {
	v := verdict{alone: map[string]float64{}}
	weighers := make([]weigher, len(learn.names))
	for i, name := range learn.names {
		w := newWeigher(column(learn.linked, i), column(learn.other, i))
		weighers[i] = w
		v.alone[name] = area(weights(w, column(ask.linked, i)), weights(w, column(ask.other, i)))
		if v.alone[name] > v.bestArea {
			v.best, v.bestArea = name, v.alone[name]
		}
	}
	weighAll := func(pairs [][]float64) [][]float64 {
		out := make([][]float64, len(pairs))
		for j, p := range pairs {
			out[j] = make([]float64, len(p))
			for i, x := range p {
				out[j][i] = weighers[i].of(x)
			}
		}
		return out
	}
	beta := regress(weighAll(learn.linked), weighAll(learn.other))
	v.area = area(scores(beta, weighAll(ask.linked)), scores(beta, weighAll(ask.other)))
	v.deviation = deviation(v.area, len(ask.linked), len(ask.other))
	return v
}

func weights(w weigher, xs []float64) []float64 {
	out := make([]float64, len(xs))
	for i, x := range xs {
		out[i] = w.of(x)
	}
	return out
}

// regress returns the coefficients of a logistic regression, the constant last.
func regress(linked, other [][]float64) []float64 {
	n := len(linked[0])
	beta := make([]float64, n+1)
	for i := range n {
		beta[i] = 1 // as if the features knew nothing of each other
	}
	all := float64(len(linked) + len(other))
	for range steps {
		gradient := make([]float64, n+1)
		learn := func(pairs [][]float64, truth float64) {
			for _, p := range pairs {
				miss := truth - 1/(1+math.Exp(-score(beta, p)))
				for i, x := range p {
					gradient[i] += miss * x
				}
				gradient[n] += miss
			}
		}
		learn(linked, 1)
		learn(other, 0)
		for i := range beta {
			beta[i] += rate * (gradient[i]/all - decay*beta[i])
		}
	}
	return beta
}

func score(beta, p []float64) float64 {
	s := beta[len(p)]
	for i, x := range p {
		s += beta[i] * x
	}
	return s
}

func scores(beta []float64, pairs [][]float64) []float64 {
	out := make([]float64, len(pairs))
	for i, p := range pairs {
		out[i] = score(beta, p)
	}
	return out
}

// area returns the area under the curve: how often a linked pair scores above
// another one, ties counted half.
func area(linked, other []float64) float64 {
	type scored struct {
		x      float64
		linked bool
	}
	all := make([]scored, 0, len(linked)+len(other))
	for _, x := range linked {
		all = append(all, scored{x, true})
	}
	for _, x := range other {
		all = append(all, scored{x, false})
	}
	slices.SortFunc(all, func(a, b scored) int { return cmp.Compare(a.x, b.x) })
	var sum, below float64
	for i := 0; i < len(all); {
		var p, q float64
		j := i
		for ; j < len(all) && all[j].x == all[i].x; j++ {
			if all[j].linked {
				p++
			} else {
				q++
			}
		}
		sum += p * (below + q/2)
		below += q
		i = j
	}
	return sum / float64(len(linked)) / float64(len(other))
}

// deviation is the standard error of an area (Hanley and McNeil 1982).
func deviation(a float64, n, m int) float64 {
	q1, q2 := a/(2-a), 2*a*a/(1+a)
	return math.Sqrt((a*(1-a) + float64(n-1)*(q1-a*a) + float64(m-1)*(q2-a*a)) / float64(n) / float64(m))
}

// TestLearning is the control of the attacker's learning: what tells, he finds,
// and what is noise, he does not believe.
func TestLearning(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	make2 := func(shift float64) sample {
		s := sample{names: []string{"noise", "tells"}}
		for range 4000 {
			s.linked = append(s.linked, []float64{random.NormFloat64(), math.Abs(random.NormFloat64()) + shift})
			s.other = append(s.other, []float64{random.NormFloat64(), math.Abs(random.NormFloat64())})
		}
		return s
	}
	if v := attack(make2(0.5), make2(0.5)); v.area < 0.68 || v.best != "tells" {
		t.Errorf("an area of %.3f by %q, where there is something to find", v.area, v.best)
	}
	if v := attack(make2(0), make2(0)); math.Abs(v.area-0.5) > 5*v.deviation {
		t.Errorf("an area of %.3f ± %.3f, where there is nothing to find", v.area, v.deviation)
	}
	if a := area([]float64{1, 2, 2}, []float64{0, 2}); a != 4.0/6 {
		t.Errorf("the area of a known case is %v", a)
	}
}
