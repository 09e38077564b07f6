package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of publishing one crate.
const (
	publishTries = 3
	publishWait  = 2 * time.Second // for one acknowledgement
	publishPause = 100 * time.Millisecond
)

// Forward is an edge's forwarder. Make one with New, then Start and Stop it.
type Forward struct {
	cfg     Config
	js      jetstream.JetStream
	senders *senders
	counts  counts

	mu      sync.Mutex
	subs    []*nats.Subscription // between Start and Stop: replies, key lists
	dropped int                  // by subscriptions that have ended
}

var _ pool.Forwarder = (*Forward)(nil)

type counts struct {
	crates, envelopes, retries, refused, malformed atomic.Uint64
}

// New returns a forwarder that does nothing yet.
func New(cfg Config) (*Forward, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if cfg.Groups < 1 || cfg.Groups > wire.Partitions {
		return nil, fmt.Errorf("make a forwarder: %d groups of stores: set 1 to %d", cfg.Groups, wire.Partitions)
	}
	js, err := jetstream.New(cfg.Edge)
	if err != nil {
		return nil, fmt.Errorf("make a forwarder: %w", err)
	}
	return &Forward{cfg: cfg, js: js, senders: newSenders(cfg.Agents, cfg.MaxRoutes, cfg.RouteAge, cfg.Logger)}, nil
}

// Start makes the stream and its consumers and begins to bring replies back.
// Ctx must have a deadline.
func (f *Forward) Start(ctx context.Context) error {
	if err := f.makeStream(ctx); err != nil {
		return err
	}
	return f.listen(ctx)
}

// Forward implements [pool.Forwarder]. It returns when every item's crate is
// on disk or was given up; after the first crate that was, it tries no more.
func (f *Forward) Forward(ctx context.Context, items []pool.Item) (left []pool.Item) {
	crates := pack(items, f.cfg.Groups)
	for i, c := range crates {
		for _, it := range c.items {
			f.senders.add(it.Attempt, it.Inbox)
		}
		err := f.publish(ctx, c)
		if err == nil {
			f.counts.crates.Add(1)
			f.counts.envelopes.Add(uint64(len(c.items)))
			continue
		}
		f.counts.refused.Add(1)
		f.cfg.Logger.Warn("a crate was not taken by the stream",
			slog.Int("group", c.group), slog.Int("envelopes", len(c.items)), slog.Any("error", err))
		for _, c := range crates[i:] {
			left = append(left, c.items...)
		}
		return left
	}
	return nil
}

// publish publishes one crate and waits until it is on disk. An answer of the
// stream ends the tries, silence does not.
func (f *Forward) publish(ctx context.Context, c crate) (err error) {
	msg := c.message()
	for try := range publishTries {
		if try > 0 {
			f.counts.retries.Add(1)
			if err := wait(ctx, publishPause<<try); err != nil {
				return err
			}
		}
		err = f.publishOnce(ctx, msg)
		var answer *jetstream.APIError
		if err == nil || errors.As(err, &answer) || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (f *Forward) publishOnce(ctx context.Context, msg *nats.Msg) error {
	ctx, cancel := context.WithTimeout(ctx, publishWait)
	defer cancel()
	_, err := f.js.PublishMsg(ctx, msg)
	return err
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// Ready says, before ctx ends, that the stream can be asked and has room for
// another crate; else the error is why not.
func (f *Forward) Ready(ctx context.Context) error {
	stream, err := f.js.Stream(ctx, wire.StreamCrates)
	if err != nil {
		return fmt.Errorf("ask for the stream: %w", err)
	}
	info := stream.CachedInfo()
	if info.Config.MaxBytes > 0 && info.State.Bytes+wire.MaxCrateLen > uint64(info.Config.MaxBytes) {
		return ErrStreamFull
	}
	return nil
}

// ErrStreamFull says that the stores do not read the stream, or not as fast as
// it fills. Start a store, or see what keeps it from reading.
var ErrStreamFull = errors.New("the stream is full: the stores do not read it")

// Stats returns the counts.
func (f *Forward) Stats() Stats {
	c := &f.counts
	f.mu.Lock()
	dropped := f.droppedLocked()
	f.mu.Unlock()
	return f.senders.stats(Stats{
		Crates: c.crates.Load(), Envelopes: c.envelopes.Load(), Retries: c.retries.Load(), Refused: c.refused.Load(),
		Malformed: c.malformed.Load(), Dropped: uint64(dropped), Upstream: Stream,
	})
}
