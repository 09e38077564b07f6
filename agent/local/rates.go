package local

import (
	"hash/maphash"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How much one caller, or one product whatever its processes, may send. A batch
// of 500 records has about 60 KB: this is about 20,000 records a second, and
// far more than a product has to say.
const (
	ratePerSecond = 2 << 20  // bytes, as long as it likes
	rateBurst     = 16 << 20 // bytes, at once
	requestCost   = 1 << 10  // bytes that each request counts for beside its body
	rateSlots     = 1024
)

// rated is who has an allowance: a caller, or a product by its name.
type rated struct {
	caller
	product string
}

// rates keeps allowances in a fixed number of slots, chosen by a keyed hash: a
// storm of new processes, or of invented names, takes no memory. Two that share
// a slot share its allowance, and nobody can aim for that.
type rates struct {
	seed  maphash.Seed
	limit rate.Limit
	burst int

	mu    sync.Mutex
	slots [rateSlots]*rate.Limiter
}

func newRates(perSecond, burst int) *rates {
	return &rates{seed: maphash.MakeSeed(), limit: rate.Limit(perSecond), burst: burst}
}

func (r *rates) slot(who rated) *rate.Limiter {
	i := maphash.Comparable(r.seed, who) % rateSlots
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.slots[i] == nil {
		r.slots[i] = rate.NewLimiter(r.limit, r.burst)
	}
	return r.slots[i]
}

// ask refuses who has nothing left; that costs nothing, so that whoever asks
// again too early is not put off for longer.
func (r *rates) ask(who rated) error {
	left := r.slot(who).Tokens()
	if left >= requestCost {
		return nil
	}
	after := math.Ceil((requestCost - left) / float64(r.limit))
	return &tooFast{after: time.Duration(after) * time.Second}
}

// charge takes what was used already, if need be on credit: what was read is
// never read in vain.
func (r *rates) charge(who rated, bytes int) {
	r.slot(who).ReserveN(time.Now(), min(bytes, r.burst))
}

// tooFast says when somebody may ask again.
type tooFast struct{ after time.Duration }

// Error implements error.
func (*tooFast) Error() string { return "asked too often" }
