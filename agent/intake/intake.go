// Package intake takes what collectors and products offer and makes it ready
// to be sent: it asks whether the host takes part, checks every field against
// the registry, treats it, looks for this host's own identifiers in what is
// left, and spools it. Later it gathers records into fragments and pages.
//
// It promises that nothing is spooled which the registry does not name or
// which still tells who this is, and that "accepted" means synced. What it
// refuses is counted by reason and answered with the reason; it never keeps
// the refused value. When the spool is full or broken, records are refused
// with the spool's error, and the caller may offer them again.
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
	"fmt"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// ErrClock says that this host's clock was never set. Records are kept and
// nothing is gathered until it is right: their day would be wrong for good.
var ErrClock = errors.New("the clock of this host is not set")

// Reasons for a refusal that are not the registry's.
const (
	ReasonOff        = "off"        // the host does not take part in the metric's programme
	ReasonRelease    = "release"    // came with a release of the registry that is not acknowledged
	ReasonLevel      = "level"      // needs a level that the host does not give
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
	Uncut() (records [][]byte, through uint64, more bool)
	Cut(ctx context.Context, c spool.Cut) error
	State() []byte
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
	// MayCollect says whether records of a programme may be taken now.
	MayCollect func(schema.Programme) bool
	// MaySend says whether they may leave now. nil: as MayCollect says.
	MaySend func(schema.Programme) bool
	// Level is how much detail the host gives. nil: standard.
	Level func() schema.Level
	// Release is the registry's release that participation covers: metrics
	// that came later are refused. nil: that of Registry.
	Release func() uint32
	// Revision is that of the site's decision which is in force, for pages.
	// nil: 0, there is none.
	Revision func() uint64
	// Ephemeral hosts make fragments only: their state does not persist.
	Ephemeral bool
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: discard
}

func (c *Config) defaults() {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.MaySend == nil {
		c.MaySend = c.MayCollect
	}
	if c.Level == nil {
		c.Level = func() schema.Level { return schema.Standard }
	}
	if c.Release == nil {
		c.Release = func() uint32 { return uint32(c.Registry.Release) }
	}
	if c.Revision == nil {
		c.Revision = func() uint64 { return 0 }
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
	loud    int // records that are worth an envelope of their own
	shown   shown
	// revision is that of the site's decision which records are taken under; the
	// spool's state says the same.
	revision uint64
}

// New returns an intake.
func New(c Config) *Intake {
	c.defaults()
	in := &Intake{config: c, refused: map[string]uint64{}}
	kept, _, _ := c.Spool.Uncut()
	in.loud = len(kept)
	if m, err := readMemory(c.Spool.State()); err == nil { // else gathering says so
		in.revision = m.Policy
	}
	return in
}

// Take takes records. The answers are in their order. An error means that the
// spool could not keep them: none was accepted.
//
// Records that tell about the agent itself are quiet: they wait for the next
// envelope and are no reason for one, or every envelope would cause another.
func (in *Intake) Take(ctx context.Context, records []schema.Record, quiet bool) ([]Answer, error) {
	answers := make([]Answer, len(records))
	keep := make([][]byte, 0, len(records))
	t := in.terms()
	if len(t.collect) > 0 {
		in.followRevision(ctx)
	}
	for i, r := range records {
		b, reason := in.judge(r, t)
		if reason != "" {
			answers[i] = in.refuse(reason)
			continue
		}
		keep = append(keep, b)
		answers[i] = Answer{Accepted: true}
	}
	if err := in.config.Spool.Append(ctx, keep...); err != nil {
		return nil, fmt.Errorf("keep %d records: %w", len(keep), err)
	}
	if !quiet {
		in.mu.Lock()
		in.loud += len(keep)
		in.mu.Unlock()
	}
	return answers, nil
}

// judge returns a record's bytes for the spool, or why it is refused.
func (in *Intake) judge(r schema.Record, t terms) (b []byte, reason string) {
	m, known := in.config.Registry.Metric(r.Metric)
	if !t.takes(m, known) {
		if known {
			in.show(r, m, t)
		}
		return nil, ReasonOff
	}
	if known {
		if reason := t.refuses(m); reason != "" {
			return nil, reason
		}
	}
	_, b, reason = in.prepare(r)
	return b, reason
}

// prepare treats a record and returns its bytes too, or why it is refused.
func (in *Intake) prepare(r schema.Record) (treated schema.Record, b []byte, reason string) {
	r.Time = in.plausible(r.Time)
	treated, err := in.config.Treater.Apply(r)
	if err != nil {
		return treated, nil, registry.Reason(err)
	}
	b, err = codec.EncodeRecord(treated)
	if err != nil {
		return treated, nil, ReasonOther
	}
	if _, hit := in.config.Tripwire.Trips(b); hit {
		return treated, nil, ReasonIdentifies
	}
	// A customer number may come as a number, which has no digits in the bytes.
	if n := treated.Value; n.Kind == schema.KindNumber {
		if _, hit := in.config.Tripwire.Trips(strconv.AppendInt(nil, n.Number, 10)); hit {
			return treated, nil, ReasonIdentifies
		}
	}
	return treated, b, ""
}

// maxLate is how old an event may be that a product reports.
const maxLate = 30 * 24 * time.Hour

// plausible returns the time of an event, or now when that cannot be: it is
// missing, in the future, or from before anybody could have seen it.
func (in *Intake) plausible(unix int64) int64 {
	now := in.config.Now()
	if t := time.Unix(unix, 0); t.After(now.Add(time.Hour)) || t.Before(now.Add(-maxLate)) {
		return now.Unix()
	}
	return unix
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
	plain := b.Plain
	if b.Kind == kindPage {
		if plain, err = codec.Plain(b.Plain); err != nil {
			return "", false, err
		}
	}
	class, hit = in.config.Tripwire.Trips(plain)
	return class, hit, nil
}
