package participation

import (
	"context"
	"time"
)

// pollEvery is how often the files are looked at. It is most of what an idle
// agent costs: as long as the second that is promised allows.
const pollEvery = 700 * time.Millisecond

// Watch calls changed with the decision as it is now, and again each time that
// it or one of its inputs changes, at most one call at a time, until ctx ends.
// It blocks; the caller owns the goroutine. A word said to this resolver is
// noticed at once, one said in another process within a second.
func (r *Resolver) Watch(ctx context.Context, changed func(Decision)) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	last := r.Decide()
	changed(last)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-r.woken:
		}
		if d := r.Decide(); !equal(d, last) {
			last = d
			changed(d)
		}
	}
}

// wake lets Watch look at once.
func (r *Resolver) wake() {
	select {
	case r.woken <- struct{}{}:
	default: // it is awake already
	}
}
