package follow

import (
	"sync"
	"time"
)

// budget is what may still be taken until the next look.
type budget struct {
	full Rate // between two looks

	mu   sync.Mutex
	left Rate
}

// newBudget returns the budget of a rate for looks that are poll apart.
func newBudget(r Rate, poll time.Duration) *budget {
	share := poll.Seconds()
	full := Rate{Lines: max(1, int(float64(r.Lines)*share)), Bytes: max(1, int(float64(r.Bytes)*share))}
	return &budget{full: full, left: full}
}

// spend takes a line of n bytes, or says that there is no room for it.
func (b *budget) spend(n int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left.Lines < 1 || b.left.Bytes < n {
		return false
	}
	b.left.Lines--
	b.left.Bytes -= n
	return true
}

func (b *budget) refill() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left = b.full
}
