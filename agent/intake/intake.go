// Package intake takes what collectors and products offer and makes it ready
// to be sent: it asks whether the host takes part, checks every field against
// the registry, treats it, looks for this host's own identifiers in what is
// left, and spools it. Later it gathers records into fragments and pages.
//
// It promises that nothing is spooled which the registry does not name or
// which still tells who this is, and that "accepted" means synced. What it
// refuses is counted by reason and answered with the reason; it never keeps
// the refused value. When the spool is full or broken, records are refused
// with the spool's error, and the caller may offer them again. Records of logs are
// taken while less than a quarter of the spool is used, so that a long outage costs
// no older records of other categories.
//
// Each metric is of a programme with a switch of its own. Records of one that
// does not take part are refused; a bounded number of them stays in memory, as
// treated, for the preview. What was spooled before its programme was refused
// is put into batches of its own, which wait until it is on again. The programme
// of a fragment is that of its measures: facets are labels that the registry
// names for the roll-up, whichever programme the host fact is also of.
//
// Pages carry the revision of the site's decision that their records were taken
// under: when it changes, what waits is gathered first.
package intake

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// ErrNoFacts says that the facts of this host were not taken yet. Records are kept
// and nothing is gathered until they are: sums are by these facts, and what is
// gathered before is in none.
var ErrNoFacts = errors.New("the facts of this host are not known yet")

// ErrClock says that this host's clock was never set. Records are kept and
// nothing is gathered until it is right: their day would be wrong for good.
var ErrClock = errors.New("the clock of this host is not set")

// Reasons for a refusal that are not the registry's.
const (
	ReasonOff        = "off"        // the host does not take part in the metric's programme
	ReasonRelease    = "release"    // came with a release of the registry that is not acknowledged
	ReasonLevel      = "level"      // needs a level that the host does not give
	ReasonShare      = "share"      // of a log, which has all of the spool that logs may take
	ReasonIdentifies = "identifies" // holds something that tells who this is
	ReasonOther      = "other"
)

// Treater anonymises one record.
type Treater interface {
	Apply(schema.Record) (schema.Record, error)
}

// Tripwire looks for this host's own identifiers. It names the class of what
// it found, never the value.
type Tripwire interface {
	Trips(plain []byte) (class string, hit bool)
}

// Spool keeps records and takes cuts.
type Spool interface {
	Append(ctx context.Context, records ...[]byte) error
	Uncut() (records [][]byte, through uint64, more bool, err error)
	Cut(ctx context.Context, c spool.Cut) error
	State() []byte
	Filled() (used, bound int64) // in bytes
}

// Blocked keeps a batch that the tripwire blocked, for the user to see.
type Blocked func(b spool.Batch, class string) error

// Config assembles an intake. A field is required unless its comment says what
// nil means.
type Config struct {
	Registry *registry.Registry
	Treater  Treater
	Tripwire Tripwire
	Spool    Spool
	Blocked  Blocked
	Writer   schema.Writer
	// Terms says what records may be taken and sent on now.
	Terms func() Terms
	// Known says whether the facts of this host were taken.
	Known func() bool
	// Ephemeral hosts make fragments only: their state does not persist.
	Ephemeral bool
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: discard
}

func (c *Config) defaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Answer says what became of one offered record.
type Answer struct {
	Accepted bool
	Reason   string // of a refusal: a fixed word
}

// Intake is safe for concurrent use.
type Intake struct {
	config Config
	gather sync.Mutex // one gathering at a time

	mu      sync.Mutex
	refused map[string]uint64
	told    map[string]string // version that a product told last, by its name, which the registry bounds
	loud    int               // records that are worth an envelope of their own
	shown   shown
	// revision is that of the site's decision which records are taken under; the
	// spool's state says the same.
	revision uint64
}

// New returns an intake.
func New(c Config) *Intake {
	c.defaults()
	in := &Intake{config: c, refused: map[string]uint64{}, told: map[string]string{}}
	kept, _, _, err := c.Spool.Uncut()
	if in.loud = len(kept); err != nil {
		in.loud = 1 // gathering says so
	}
	if m, err := readMemory(c.Spool.State()); err == nil { // else gathering says so
		in.revision = m.Policy
	}
	return in
}

func (in *Intake) refuse(reason string) Answer {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refused[reason]++
	return Answer{Reason: reason}
}

// Refused counts refusals by reason since the start.
func (in *Intake) Refused() map[string]uint64 {
	in.mu.Lock()
	defer in.mu.Unlock()
	return maps.Clone(in.refused)
}

// Waiting says whether there is anything worth an envelope.
func (in *Intake) Waiting() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.loud > 0
}

// Passes looks at the very plaintext that would be sealed. A batch that trips
// goes to Blocked, and its records are counted as refused.
func (in *Intake) Passes(b spool.Batch) (bool, error) {
	class, hit, err := in.trips(b)
	if err != nil || !hit {
		return err == nil, err
	}
	in.config.Logger.Error("tripwire blocked a batch", slog.String("class", class), slog.String("kind", b.Kind.String()))
	in.mu.Lock()
	in.refused[ReasonIdentifies] += uint64(b.Records)
	in.mu.Unlock()
	return false, in.config.Blocked(b, class)
}

func (in *Intake) trips(b spool.Batch) (class string, hit bool, err error) {
	plain, err := codec.Plain(b.Plain)
	if err != nil {
		return "", false, err
	}
	class, hit = in.config.Tripwire.Trips(plain)
	return class, hit, nil
}
