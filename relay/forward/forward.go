package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
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
	publishTries = 2
	publishWait  = 2 * time.Second // for one acknowledgement
	publishPause = 100 * time.Millisecond
)

// Forward is an edge's forwarder. Make one with New, then Start and Stop it.
type Forward struct {
	cfg     Config
	js      jetstream.JetStream
	senders *senders
	counts  counts
	failed  atomic.Int64  // crates that the stream did not take since it was last mended
	sick    chan struct{} // told of these

	mender   mender     // for the goroutine of keep
	standing []standing // of each group's consumer; for the same
	cancel   context.CancelFunc
	done     chan struct{} // closed when keep has ended

	mu      sync.Mutex
	over    *way                 // what crates go over: this stream, until it is begun anew
	subs    []*nats.Subscription // between Start and Stop: replies, key lists
	dropped int                  // by subscriptions that have ended
}

var _ pool.Forwarder = (*Forward)(nil)

type counts struct {
	crates, envelopes, retries, refused, malformed, mended atomic.Uint64
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
	return &Forward{
		cfg: cfg, js: js, senders: newSenders(cfg.Agents, cfg.MaxRoutes, cfg.RouteAge, cfg.Logger),
		sick: make(chan struct{}, 1), standing: make([]standing, cfg.Groups), over: &way{}, done: make(chan struct{}),
	}, nil
}

// Start makes the stream and its consumers, removing files that are in the way,
// and begins to bring replies back. On a full disk it starts without: the stream
// is made when there is room. Ctx must have a deadline.
func (f *Forward) Start(ctx context.Context) error {
	err := f.makeStream(ctx)
	if err == nil {
		err = f.sound(ctx)
	}
	for try := remake; err != nil && try <= discard; try++ {
		if f.look(ctx) {
			err = f.sound(ctx)
		}
	}
	if err != nil && f.cfg.Files.StreamRoom() == nil {
		return err
	}
	if err := f.listen(ctx); err != nil {
		return err
	}
	ctx, f.cancel = context.WithCancel(context.WithoutCancel(ctx)) // ctx bounds starting only
	go func() {
		defer close(f.done)
		f.keep(ctx)
	}()
	return nil
}

// parallel is how many crates are on their way to the stream: it writes one
// after another, and should not wait for the next.
const parallel = 4

// Forward implements [pool.Forwarder]. It returns when every item's crate is
// on disk or was given up; after the first crate that was, it begins no other.
func (f *Forward) Forward(ctx context.Context, items []pool.Item) (left []pool.Item) {
	items = f.senders.expect(items)
	crates := pack(items, f.cfg.Groups)
	safe := make([]bool, len(crates))
	var next, failed atomic.Int64
	var all sync.WaitGroup
	for range min(parallel, len(crates)) {
		all.Go(func() {
			for failed.Load() == 0 {
				i := int(next.Add(1)) - 1
				if i >= len(crates) {
					return
				}
				if safe[i] = f.pass(ctx, crates[i]); !safe[i] {
					failed.Add(1)
				}
			}
		})
	}
	all.Wait()
	for i, c := range crates {
		if !safe[i] {
			left = append(left, c.items...)
		}
	}
	return left
}

// pass passes one crate on, and says whether it is on disk.
func (f *Forward) pass(ctx context.Context, c crate) bool {
	f.mu.Lock()
	over := f.over
	f.mu.Unlock()
	before := f.counts.mended.Load()
	err := f.publish(ctx, c)
	if err == nil {
		f.failed.Store(0)
		f.senders.went(c.items, over)
		f.counts.crates.Add(1)
		f.counts.envelopes.Add(uint64(len(c.items)))
		return true
	}
	f.counts.refused.Add(1)
	f.cfg.Logger.Warn("a crate was not taken by the stream",
		slog.Int("group", c.group), slog.Int("envelopes", len(c.items)), slog.Any("error", err))
	if ctx.Err() == nil && !full(err) && before == f.counts.mended.Load() { // else it fell to what was mended meanwhile
		f.fell()
	}
	return false
}

// full says whether the stream refused a crate because it has its MaxBytes.
// That is no trouble of its files: the stores have to read it.
func full(err error) bool {
	answer, ok := errors.AsType[*jetstream.APIError](err)
	return ok && strings.Contains(answer.Description, "maximum bytes")
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

// Ready says, before ctx ends, that the stream can be asked, takes crates and has
// room for another; else the error is why not.
func (f *Forward) Ready(ctx context.Context) error {
	stream, err := f.js.Stream(ctx, wire.StreamCrates)
	if err != nil {
		return fmt.Errorf("ask for the stream: %w", err)
	}
	info := stream.CachedInfo()
	if info.Config.MaxBytes > 0 && info.State.Bytes+wire.MaxCrateLen > uint64(info.Config.MaxBytes) {
		return ErrStreamFull
	}
	if f.failed.Load() > 0 {
		return ErrStreamSick
	}
	return nil
}

// ErrStreamFull says that the stores do not read the stream, or not as fast as
// it fills. Start a store, or see what keeps it from reading.
var ErrStreamFull = errors.New("the stream is full: the stores do not read it")

// ErrStreamSick says that the stream takes nothing, for want of room on its disk
// as a rule. Make room; the relay goes on by itself.
var ErrStreamSick = errors.New("the stream takes nothing: see whether its disk is full")

// Stats returns the counts.
func (f *Forward) Stats() Stats {
	c := &f.counts
	f.mu.Lock()
	dropped := f.droppedLocked()
	f.mu.Unlock()
	return f.senders.stats(Stats{
		Crates: c.crates.Load(), Envelopes: c.envelopes.Load(), Retries: c.retries.Load(), Refused: c.refused.Load(),
		Malformed: c.malformed.Load(), Mended: c.mended.Load(), Dropped: uint64(dropped), Upstream: Stream,
	})
}
