package otlp

import (
	"context"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Taker takes records. The answers are in their order; an error means that none
// was taken, and that they may be offered again.
type Taker interface {
	Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error)
}

// Config assembles a receiver. A field is required unless its comment says what
// nil means.
type Config struct {
	Registry *registry.Registry
	Taker    Taker
	// MayCollect says whether this host takes part. While it does not, requests
	// are answered as taken, and nobody looks at them.
	MayCollect func() bool
	// Identifies says whether a name tells who this is: it is counted as another
	// then. Nil: none does.
	Identifies func(name string) bool
	Now        func() time.Time // nil: time.Now
}

func (c *Config) defaults() {
	if c.Identifies == nil {
		c.Identifies = func(string) bool { return false }
	}
	if c.Now == nil {
		c.Now = time.Now
	}
}

// Receiver answers OTLP over HTTP. It is safe for concurrent use; one request at
// a time is mapped and taken.
type Receiver struct {
	config  Config
	index   *index
	seed    maphash.Seed
	reading budget
	turn    chan struct{} // holds one: whose turn it is
	dropped tally
	series  *memory      // of whose turn it is
	forget  atomic.Int64 // Unix nanoseconds of the last Forget that nobody followed yet; 0: none
}

// New returns a receiver.
func New(c Config) *Receiver {
	c.defaults()
	return &Receiver{
		config: c, index: newIndex(c.Registry), seed: maphash.MakeSeed(), turn: make(chan struct{}, 1),
		dropped: tally{identifies: c.Identifies}, series: newMemory(c.Now()),
	}
}

// Dropped counts what was dropped since the start, by name and reason, sorted.
func (r *Receiver) Dropped() []Count { return r.dropped.counts() }

// Forget forgets how far sums and histograms had counted. Call it when
// participation changes. It does not wait for the request whose turn it is.
func (r *Receiver) Forget() { r.forget.Store(r.config.Now().UnixNano()) }

// await waits for this request's turn, until ctx ends.
func (r *Receiver) await(ctx context.Context) (done func(), err error) {
	select {
	case r.turn <- struct{}{}:
		if since := r.forget.Swap(0); since != 0 {
			r.series = newMemory(time.Unix(0, since))
		}
		return func() { <-r.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
