// Package simrand stands for math/rand/v2 in the simulation's binary: the same
// functions, from a seed. The random moments of agents and relays come from
// them, and a seed that replays has to replay these too. It has what agents and
// relays use, and no more; the compiler says when they use something else.
package simrand

import (
	"math/rand/v2"
	"sync"
)

var (
	mu     sync.Mutex
	random = rand.New(rand.NewPCG(0, 0))
)

// Seed begins the sequence of a seed.
func Seed(seed uint64) {
	mu.Lock()
	defer mu.Unlock()
	random = rand.New(rand.NewPCG(seed, 2))
}

// Rand and Source are math/rand/v2's.
type (
	Rand   = rand.Rand
	Source = rand.Source
)

// New is math/rand/v2's.
func New(s Source) *Rand { return rand.New(s) }

// N returns a number below n.
func N[Int interface {
	~int | ~int64 | ~uint32 | ~uint64
}](n Int) Int {
	mu.Lock()
	defer mu.Unlock()
	return Int(random.Uint64N(uint64(n)))
}

// Perm returns the numbers below n in random order.
func Perm(n int) []int {
	mu.Lock()
	defer mu.Unlock()
	return random.Perm(n)
}

// Shuffle puts n things in random order.
func Shuffle(n int, swap func(i, j int)) {
	mu.Lock()
	defer mu.Unlock()
	random.Shuffle(n, swap)
}
