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
package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
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
	ReasonOff        = "off"        // the host does not take part
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

// Config assembles an intake. All fields but Logger and Now are required.
type Config struct {
	Registry *registry.Registry
	Treater  Treater
	Tripwire Tripwire
	Spool    Spool
	Blocked  Blocked
	Writer   schema.Writer
	// MayCollect says whether records may be taken now.
	MayCollect func() bool
	// Level is how much detail the host gives. nil: standard.
	Level func() schema.Level
	// Ephemeral hosts make fragments only: their state does not persist.
	Ephemeral bool
	Now       func() time.Time // nil: time.Now
	Logger    *slog.Logger     // nil: discard
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
}

// New returns an intake.
func New(c Config) *Intake {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Level == nil {
		c.Level = func() schema.Level { return schema.Standard }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	in := &Intake{config: c, refused: map[string]uint64{}}
	kept, _, _ := c.Spool.Uncut()
	in.loud = len(kept)
	return in
}

// Take takes records. The answers are in their order. An error means that the
// spool could not keep them: none was accepted.
//
// Records that tell about the agent itself are quiet: they wait for the next
// envelope and are no reason for one, or every envelope would cause another.
func (in *Intake) Take(ctx context.Context, records []schema.Record, quiet bool) ([]Answer, error) {
	answers := make([]Answer, len(records))
	if !in.config.MayCollect() {
		for i := range answers {
			answers[i] = in.refuse(ReasonOff)
		}
		return answers, nil
	}
	keep := make([][]byte, 0, len(records))
	for i, r := range records {
		b, reason := in.prepare(r)
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

// prepare returns a record's bytes for the spool, or why it is refused.
func (in *Intake) prepare(r schema.Record) (b []byte, reason string) {
	r.Time = in.plausible(r.Time)
	if m, ok := in.config.Registry.Metric(r.Metric); ok && m.Level == schema.Enhanced && in.config.Level() != schema.Enhanced {
		return nil, ReasonLevel
	}
	treated, err := in.config.Treater.Apply(r)
	if err != nil {
		return nil, registry.Reason(err)
	}
	b, err = codec.EncodeRecord(treated)
	if err != nil {
		return nil, ReasonOther
	}
	if _, hit := in.config.Tripwire.Trips(b); hit {
		return nil, ReasonIdentifies
	}
	// A customer number may come as a number, which has no digits in the bytes.
	if n := treated.Value; n.Kind == schema.KindNumber {
		if _, hit := in.config.Tripwire.Trips(strconv.AppendInt(nil, n.Number, 10)); hit {
			return nil, ReasonIdentifies
		}
	}
	return b, ""
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

// Gather makes fragments and pages of all records that wait, in steps of the
// spool. A batch that trips is not sent: it goes to Blocked. It returns how
// many batches are ready.
func (in *Intake) Gather(ctx context.Context) (int, error) {
	in.gather.Lock()
	defer in.gather.Unlock()
	in.mu.Lock()
	loud := in.loud // all of these are kept by now; more may come meanwhile
	in.mu.Unlock()
	total := 0
	for more := true; more; {
		var (
			kept    [][]byte
			through uint64
		)
		if kept, through, more = in.config.Spool.Uncut(); len(kept) == 0 {
			break
		}
		if in.config.Now().Before(schema.EarliestClock) {
			return total, ErrClock
		}
		n, err := in.cut(ctx, kept, through)
		if err != nil && !errors.Is(err, spool.ErrPurged) {
			return total, fmt.Errorf("gather: %w", err)
		}
		total += n
	}
	in.gathered(loud)
	return total, nil
}

// cut gathers some records in one step.
func (in *Intake) cut(ctx context.Context, kept [][]byte, through uint64) (int, error) {
	batches, state, err := in.batches(kept, true)
	if err != nil {
		return 0, err
	}
	ready := make([]spool.Batch, 0, len(batches))
	for _, b := range batches {
		ok, err := in.Passes(b)
		if err != nil {
			return 0, err
		}
		if ok {
			ready = append(ready, b)
		}
	}
	return len(ready), in.config.Spool.Cut(ctx, spool.Cut{Through: through, Batches: ready, State: state})
}

func (in *Intake) gathered(loud int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.loud -= loud
}

// Preview returns what Gather would make now, of the oldest MiB of records, and
// changes nothing. What would be blocked is left out.
func (in *Intake) Preview() ([]spool.Batch, error) {
	in.gather.Lock()
	defer in.gather.Unlock()
	kept, _, _ := in.config.Spool.Uncut()
	batches, _, err := in.batches(kept, false)
	return slices.DeleteFunc(batches, func(b spool.Batch) bool {
		_, hit, bad := in.trips(b)
		return hit || bad != nil
	}), err
}

// batches makes pages and fragments of records as the spool keeps them. What
// cannot be read is counted, when it is for good.
func (in *Intake) batches(kept [][]byte, count bool) ([]spool.Batch, []byte, error) {
	records := make([]schema.Record, 0, len(kept))
	var bad error
	for _, b := range kept {
		r, err := codec.DecodeRecord(b)
		if err != nil {
			bad = errors.Join(bad, err) // its checksum is right: another version wrote it
			if count {
				in.refuse(ReasonOther)
			}
			continue
		}
		r.Time = in.plausible(r.Time) // it may have been taken while the clock was wrong
		records = append(records, r)
	}
	if bad != nil {
		in.config.Logger.Warn("records of another version are left out", slog.Any("error", bad))
	}
	// Time order for pages, and so that of several days the first is counted
	// first, whenever its records came.
	slices.SortStableFunc(records, func(a, b schema.Record) int { return cmp.Compare(a.Time, b.Time) })
	today := schema.DayOf(in.config.Now())
	var out []spool.Batch
	if !in.config.Ephemeral {
		pages, err := in.pages(records, today)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, pages...)
	}
	fragments, state, err := in.fragments(records, today)
	return append(out, fragments...), state, err
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
