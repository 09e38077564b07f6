package upload

import (
	"context"
	"math/rand/v2"
	"time"
)

// The pause before another dial: it grows while dials fail, and the moments of
// a fleet that lost its relay lie apart.
const (
	firstPause = time.Second
	maxPause   = time.Minute
)

// Listen keeps one connection while this host allows one, so that the site's
// decision arrives when it is made, until ctx ends. A connection that ended is
// made anew after a random, growing pause, or at once after [Uploader.Changed].
func (u *Uploader) Listen(ctx context.Context) {
	defer u.Hangup()
	for pause := firstPause; ; {
		since := time.Now()
		changed := u.stay(ctx)
		if time.Since(since) > maxPause {
			pause = firstPause
		}
		if !changed {
			changed = u.rest(ctx, pause/2+rand.N(pause))
			pause = min(2*pause, maxPause)
		}
		if ctx.Err() != nil {
			return
		}
		if changed {
			pause = firstPause
		}
	}
}

// stay connects and stays as long as the connection does. It returns true when
// it was left to look anew because something changed.
func (u *Uploader) stay(ctx context.Context) (changed bool) {
	l, err := u.attach(ctx, false)
	if err != nil {
		return false // Trouble says so
	}
	select {
	case <-l.ended:
	case <-u.woken:
		return true
	case <-ctx.Done():
	}
	return false
}

// rest waits, or less when something changed, which it returns.
func (u *Uploader) rest(ctx context.Context, pause time.Duration) (changed bool) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-u.woken:
		return true
	case <-ctx.Done():
	}
	return false
}
