package forward

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// What is wrong with a stream that answers.
var (
	errGone  = errors.New("its files are gone")
	errStill = errors.New("a consumer gives out nothing")
)

// standsAfter is for how long a consumer may give out nothing although a store
// asks and there is something.
const standsAfter = 5 * time.Minute

// standing is how far a consumer was when it last moved.
type standing struct {
	delivered, floor uint64
	since            time.Time
}

// sound says whether the stream's files are there, it and its consumers answer,
// and these move; else the error is why not. A flipped bit can put a consumer
// where the stream never comes to, or have it wait for nobody's acknowledgement.
func (f *Forward) sound(ctx context.Context) error {
	if !f.cfg.Files.StreamThere() {
		return errGone
	}
	stream, err := f.js.Stream(ctx, wire.StreamCrates)
	if err != nil {
		return fmt.Errorf("ask for the stream: %w", err)
	}
	for group := range f.cfg.Groups {
		c, err := stream.Consumer(ctx, wire.CrateConsumer(group))
		if err != nil {
			return fmt.Errorf("ask for consumer %s: %w", wire.CrateConsumer(group), err)
		}
		if f.stands(group, c.CachedInfo()) {
			return fmt.Errorf("%s: %w", wire.CrateConsumer(group), errStill)
		}
	}
	return nil
}

// stands says whether a consumer has given out nothing for too long, although a
// store asked all the time and there was something.
func (f *Forward) stands(group int, info *jetstream.ConsumerInfo) bool {
	s := &f.standing[group]
	idle := info.NumWaiting == 0 || info.NumPending == 0 && info.NumAckPending == 0
	if idle || s.since.IsZero() || s.delivered != info.Delivered.Consumer || s.floor != info.AckFloor.Consumer {
		*s = standing{delivered: info.Delivered.Consumer, floor: info.AckFloor.Consumer, since: time.Now()}
		return false
	}
	return time.Since(s.since) >= standsAfter
}
