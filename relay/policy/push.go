package policy

import (
	"bytes"
	"context"
	"log/slog"
	"time"
)

// lookEvery is how often the disk is looked at for what another process wrote,
// or somebody's hand: as long as the second that is promised allows.
const lookEvery = 700 * time.Millisecond

// Push tells the policy's bytes to publish, from one goroutine, until ctx ends:
// at once, whenever they change, and every Heartbeat, for those who came while
// it was on its way. A change by this process is told at once, one on disk
// within a second. What publish refuses is told again at the next look. Run it
// once; the caller owns the goroutine.
func (p *Policy) Push(ctx context.Context, publish func([]byte) error) {
	look, beat := time.NewTicker(lookEvery), time.NewTicker(p.c.Heartbeat)
	defer look.Stop()
	defer beat.Stop()
	var told []byte // nil: to be told again
	failed := false
	for {
		if b := p.Wire().Marshal(); !bytes.Equal(b, told) {
			err := publish(b)
			if told = b; err != nil {
				told = nil
			}
			if err != nil && !failed {
				p.c.Logger.Warn("the site's policy was not pushed; it is tried again", slog.Uint64("revision", p.Wire().Revision))
			}
			failed = err != nil
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
			p.look(0)
		case <-beat.C:
			told = nil
		case <-p.woken:
		}
	}
}
