package participation

import (
	"context"
	"time"
)

// pollEvery is how often the files are looked at: as long as the second that is
// promised allows. It is most of what an idle agent costs, so that they are
// read only when they do not look as before, and once every wholeEvery.
const (
	pollEvery  = 700 * time.Millisecond
	wholeEvery = 10 * time.Second
)

// Watch calls changed with the decision as it is now, and again each time that
// it or one of its inputs changes, at most one call at a time, until ctx ends.
// It blocks; the caller owns the goroutine. A word said to this resolver is
// noticed at once, one said in another process within a second.
func (r *Resolver) Watch(ctx context.Context, changed func(Decision)) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	look, read := r.looks(), time.Now()
	last := r.Decide()
	changed(last)
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			now := r.looks()
			if now.as(look) && time.Since(read) < wholeEvery {
				continue
			}
			look = now
		case <-r.woken:
		}
		read = time.Now()
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
