package diagnosis

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// lookEvery is how many records are read between two looks at the context.
const lookEvery = 4096

// examiner reads a history once and keeps what a report needs of it.
type examiner struct {
	cfg   Config
	h     *lookup.History
	clock clock

	products   map[string]*product
	ranLast    *product // of the record before
	series     map[string]*series
	lately     map[*lookup.Series]*series // by what records of one page have in common
	facts      map[string]*schema.Value   // latest value, by metric and labels
	operations map[operationKey]*operation
	signatures map[signatureKey]*signature
	changes    []Change
	shared     map[sharedKey]bool
	scratch    []byte

	through         int64 // time of the newest likely record
	overSeries      int   // records that were left out for MaxSeries,
	overSignatures  int   // for MaxSignatures,
	overChanges     int   // and changes for MaxChanges
	ofOther, ofTime int   // records of another writer, and of a wrong clock
}

// Examine says what is wrong. It reads the history's records once and changes
// nothing. It fails only when ctx ends, or without a registry.
func Examine(ctx context.Context, cfg Config, h *lookup.History) (Report, error) {
	if cfg.Registry == nil {
		return Report{}, errors.New("examine history: config needs a Registry")
	}
	if cfg.Now.IsZero() {
		cfg.Now = time.Now()
	}
	x := &examiner{
		cfg: cfg, h: h, clock: newClock(h, cfg.Now),
		products: map[string]*product{}, series: map[string]*series{}, lately: map[*lookup.Series]*series{}, facts: map[string]*schema.Value{},
		operations: map[operationKey]*operation{}, signatures: map[signatureKey]*signature{}, shared: map[sharedKey]bool{},
	}
	for i := range h.Records {
		if i%lookEvery == 0 && ctx.Err() != nil {
			return Report{}, fmt.Errorf("examine history: %w", ctx.Err())
		}
		x.read(&h.Records[i])
	}
	return x.report(), nil
}

// read takes one record; they come in time order.
func (x *examiner) read(r *lookup.Record) {
	switch {
	case r.OtherWriter:
		x.ofOther++
		return
	case !x.clock.believes(r.Time):
		x.ofTime++
		return
	}
	x.through = max(x.through, r.Time)
	p := x.product(r)
	switch r.Category {
	case schema.Configuration:
		x.readFact(r)
	case schema.Performance:
		p.active()
		x.readDuration(r, p)
	case schema.FeatureUsage:
		p.active()
	case schema.ErrorReport:
		x.readError(r, p)
	case schema.Engine, schema.ApplianceHealth:
		x.readHealth(r)
	}
}

func (x *examiner) report() Report {
	out := Report{
		Problems: []Problem{}, Products: []Product{}, Environment: x.environment(), Changes: append([]Change{}, x.changes...),
		Operations: x.listOperations(), Health: x.listHealth(), Records: len(x.h.Records),
	}
	if x.through > 0 {
		out.Through = moment(x.through)
	}
	for _, name := range slices.Sorted(maps.Keys(x.products)) {
		out.Products = append(out.Products, x.products[name].shown(x.cfg.Known, x.cfg.Now))
	}
	out.Problems = x.slow(append(out.Problems, x.failing()...))
	out.Problems = append(out.Problems, x.unhealthy(out.Health)...)
	out.Problems = append(out.Problems, x.clock.problems()...)
	out.Problems = append(out.Problems, unsupported(out.Products)...)
	slices.SortStableFunc(out.Problems, worse)
	x.addSteps(out.Problems)
	out.Notes = x.notes()
	out.Sentence, out.Severity = x.nothing(&out), Severity{Level: 4, Reason: "nothing that is wrong is to be seen"}
	if out.Records == 0 {
		out.Severity.Reason = "nothing is to be seen"
	}
	if len(out.Problems) > 0 {
		out.Sentence, out.Severity = out.Problems[0].Sentence, out.Problems[0].Severity
	}
	return out
}

// worse orders problems by severity, then by kind; the most frequent come first
// already.
func worse(a, b Problem) int {
	if a.Severity.Level != b.Severity.Level {
		return a.Severity.Level - b.Severity.Level
	}
	order := []Kind{Failing, SlowRunning, Unhealthy, WrongClock, Unsupported}
	return slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
}

// sentOn names days; "" when none is known.
func sentOn(days []schema.Day) string {
	names := make([]string, len(days))
	for i, d := range days {
		names[i] = d.String()
	}
	if len(names) == 0 {
		return ""
	}
	return ", sent on " + strings.Join(names, ", ")
}

// notes say what is not shown or not certain.
func (x *examiner) notes() []string {
	notes := []string{}
	add := func(n int, one, many, rest string) {
		if n > 0 {
			notes = append(notes, count(uint64(n), one, many)+rest)
		}
	}
	if x.cfg.Population == nil {
		notes = append(notes, "nothing is compared with other installations: what they add up to is not known")
	}
	add(x.h.NotUnderstood, "record is", "records are", " not understood: another registry release wrote them")
	add(x.h.Damaged, "page is", "pages are", " damaged"+sentOn(x.h.DamagedOn))
	add(x.ofOther, "record is", "records are", " left out, of another writer: a clone or a restored backup")
	add(x.ofTime, "record is", "records are", " left out, dated by a wrong clock")
	add(x.overSignatures, "error is", "errors are", " left out: there are too many kinds")
	add(x.overSeries, "record is", "records are", " left out: there are too many series")
	add(x.overChanges, "older change is", "older changes are", " left out")
	for _, m := range x.h.Unread {
		notes = append(notes, "month "+m.String()+" could not be read whole")
	}
	return notes
}
