package forward

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Settings of the stream and its consumers; PROTOCOL section 7 gives the
// reasons.
const (
	maxAge        = 48 * time.Hour
	maxMsgSize    = 1 << 20
	duplicates    = time.Hour
	ackWait       = time.Minute
	maxAckPending = 64 // crates that one group may hold unconfirmed: 32 MiB
)

func streamConfig(maxBytes int64) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:        wire.StreamCrates,
		Description: "crates of sealed envelopes on their way to the stores",
		Subjects:    []string{wire.SubjectCrate + ".*"},
		Retention:   jetstream.InterestPolicy,
		Discard:     jetstream.DiscardNew,
		Storage:     jetstream.FileStorage,
		MaxBytes:    maxBytes,
		MaxAge:      maxAge,
		MaxMsgSize:  maxMsgSize,
		Duplicates:  duplicates,
		DenyDelete:  true,
		DenyPurge:   true,
		Replicas:    1,
	}
}

func consumerConfig(group int) jetstream.ConsumerConfig {
	return jetstream.ConsumerConfig{
		Durable:       wire.CrateConsumer(group),
		FilterSubject: wire.CrateSubject(group),
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       ackWait,
		MaxDeliver:    -1,
		MaxAckPending: maxAckPending,
	}
}

// makeStream makes the stream and one consumer a group, or brings those on disk
// up to date. The consumers begin anew with all that is in the stream: what a
// store has confirmed is not in it any more, and where a consumer was may be
// damaged, or be of another stream than the one that a damaged disk has left.
func (f *Forward) makeStream(ctx context.Context) error {
	if _, err := f.js.CreateOrUpdateStream(ctx, streamConfig(f.cfg.MaxBytes)); err != nil {
		return fmt.Errorf("make stream %s of %d bytes: %w", wire.StreamCrates, f.cfg.MaxBytes, err)
	}
	for group := range f.cfg.Groups {
		name := wire.CrateConsumer(group)
		if _, err := f.js.CreateOrUpdateConsumer(ctx, wire.StreamCrates, consumerConfig(group)); err != nil {
			return fmt.Errorf("make consumer %s: %w", name, err)
		}
		if _, err := f.js.ResetConsumerToSequence(ctx, wire.StreamCrates, name, 1); err != nil {
			return fmt.Errorf("begin consumer %s anew: %w", name, err)
		}
	}
	return nil
}
