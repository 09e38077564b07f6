package diagnosis

import (
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/insights"
)

// Report is what is wrong with one installation. It is plain data, made once:
// all lists may be empty, and times are UTC.
type Report struct {
	// Sentence is what is wrong in one sentence of plain English without a line
	// break: that of the first problem, or that there is none.
	Sentence string `json:"sentence"`
	// Severity is that of the first problem; 4 when there is none.
	Severity Severity `json:"severity"`
	// Problems are what is wrong, the worst first. One problem is one case.
	Problems []Problem `json:"problems"`
	// Products are those that reported, by name, with the version of now.
	Products []Product `json:"products"`
	// Environment is the latest value of each configuration metric, by name.
	Environment []Fact `json:"environment"`
	// Changes of products and environment, the oldest first; at most MaxChanges.
	Changes []Change `json:"changes"`
	// Operations are what was attempted, by product, operation and version.
	Operations []Operation `json:"operations"`
	// Health is the latest value of each series of an engine's or an appliance's
	// health, by product and metric.
	Health []Health `json:"health"`
	// Notes say in plain words what is not shown or not certain: records not
	// understood, damaged pages, another writer, a wrong clock, no population.
	Notes []string `json:"notes"`
	// Through is the time of the newest record with a likely time: "data up to".
	// Zero: there is none.
	Through time.Time `json:"through"`
	// Records is how many there were.
	Records int `json:"records"`
}

// Kind says what a problem is about.
type Kind string

// The kinds of problems.
const (
	Failing     Kind = "failing"     // an error; Problem.Error is set
	SlowRunning Kind = "slow"        // Problem.Slow is set
	Unhealthy   Kind = "health"      // Problem.Health is set
	WrongClock  Kind = "clock"       // the host's clock is wrong by days or years
	Unsupported Kind = "unsupported" // a version is past its end of life
)

// Problem is one thing that is wrong.
type Problem struct {
	Kind     Kind     `json:"kind"`
	Sentence string   `json:"sentence"`
	Severity Severity `json:"severity"`
	Product  string   `json:"product,omitempty"`
	Version  string   `json:"version,omitempty"` // the product's of now

	Error  *Signature `json:"error,omitempty"`
	Slow   *Slow      `json:"slow,omitempty"`
	Health *Health    `json:"health,omitempty"`

	// Known is the vendor's entry for it; nil: none.
	Known *Issue `json:"known_issue,omitempty"`
	// Steps are what was done in the minutes before it was last seen, in order;
	// the last is the error itself. Only of kind Failing.
	Steps []Step `json:"steps,omitempty"`
	// Last is when it was last seen; zero: it holds.
	Last time.Time `json:"last"`
}

// Severity is a suggestion: the engineer decides.
type Severity struct {
	Level  int    `json:"level"`  // 1 urgent, 2 high, 3 medium, 4 low
	Reason string `json:"reason"` // why, in plain words
}

// Name returns the severity's word: urgent, high, medium or low.
func (s Severity) Name() string {
	switch s.Level {
	case 1:
		return "urgent"
	case 2:
		return "high"
	case 3:
		return "medium"
	}
	return "low"
}

// Product is a product on this installation.
type Product struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	// EndOfLife is the last day of support of that version; "": the vendor's file
	// does not say. Supported says that it is not over.
	EndOfLife string `json:"end_of_life,omitempty"`
	Supported bool   `json:"supported"`
}

// Fact is one value of the environment.
type Fact struct {
	Metric string            `json:"metric"`
	Labels map[string]string `json:"labels,omitempty"`
	Value  string            `json:"value"` // as people read it, with its unit
}

// Change is one change of the environment or of a product's version.
type Change struct {
	Time time.Time `json:"time"`
	What string    `json:"what"` // a metric, or a product's name
	From string    `json:"from"` // "": it was not there
	To   string    `json:"to"`
}

// Operation is what was attempted with one operation of a product.
type Operation struct {
	Product  string `json:"product"`
	Version  string `json:"version"`
	Name     string `json:"name"`
	Attempts uint64 `json:"attempts"`
	Failures uint64 `json:"failures"`
}

// Signature is one kind of error.
type Signature struct {
	Product  string `json:"product"`
	Metric   string `json:"metric"`
	Code     string `json:"code"`
	Function string `json:"function,omitempty"` // innermost of the product's own, with its import path
	Frames   string `json:"frames,omitempty"`   // of the newest occurrence, one a line, innermost first

	// Operation is the one that failed most often with it; "": none is told.
	Operation string    `json:"operation,omitempty"`
	First     time.Time `json:"first"` // seen here
	Last      time.Time `json:"last"`
	Events    uint64    `json:"events"`
	// Versions are those under which it was seen here, in the order in which they ran.
	Versions []string `json:"versions"`
	// Since is the version that it began with here; "": it was there from the
	// start of the history, or began under a version that ran without it.
	Since string `json:"since,omitempty"`
	// Attempts and Failures are those of Operation under Versions, by this
	// signature; 0 of 0 when no operation is told.
	Attempts uint64 `json:"attempts,omitempty"`
	Failures uint64 `json:"failures,omitempty"`
	// Streak is how many of the last attempts failed in a row.
	Streak uint64 `json:"streak,omitempty"`
	// After is the change of the day before it was first seen; nil: there was none.
	After *Change `json:"after,omitempty"`
	// AtLarge says how common the code is, by version of the product, the oldest
	// first; empty: not known.
	AtLarge []AtLarge `json:"at_large,omitempty"`
	// Began is the first version at large that has it after one without it, and
	// Ended the first without it after that; "": there is none.
	Began string `json:"began_at_large,omitempty"`
	Ended string `json:"ended_at_large,omitempty"`
}

// AtLarge is how common something is in one version.
type AtLarge struct {
	Version string `json:"version"`
	// Fewer is not 0 when there were fewer installations than that, and then nothing
	// else is said; or, beside Installations, when there were fewer events.
	Fewer         int    `json:"fewer_than,omitempty"`
	Installations uint64 `json:"installations,omitempty"` // that ran the version, at least; rounded down
	// Per100 is how many events there were per 100 installations and day that
	// they reported on, to two digits.
	Per100 float64 `json:"per_100_installation_days,omitempty"`
}

// Slow is an operation that takes longer than it should.
type Slow struct {
	Product   string            `json:"product"`
	Version   string            `json:"version"`
	Metric    string            `json:"metric"`
	Labels    map[string]string `json:"labels,omitempty"`
	Operation string            `json:"operation"` // as people read it
	Events    uint64            `json:"events"`
	Median    int64             `json:"median"` // here, in Unit; about
	P95       int64             `json:"p95"`
	Unit      string            `json:"unit"`
	// Usual is the middle half of all installations of this version; nil: not known.
	Usual *insights.Range `json:"usual,omitempty"`
	// Before is the median here under the version before, and Since this version;
	// 0 and "": there is none.
	Before int64  `json:"before,omitempty"`
	Since  string `json:"since,omitempty"`
	// Regressed says that it became slow at large too, with the version Since;
	// UsualBefore is the middle half of the version before that.
	Regressed   bool            `json:"regressed,omitempty"`
	UsualBefore *insights.Range `json:"usual_before,omitempty"`
	Last        time.Time       `json:"last"`
}

// Text writes a duration of the operation as people read it, to two digits.
func (s *Slow) Text(n int64) string { return insights.Number(s.Unit, int64(twoDigits(float64(n)))) }

// Health is the latest value of one series.
type Health struct {
	Product string            `json:"product"`
	Version string            `json:"version"`
	Metric  string            `json:"metric"`
	Labels  map[string]string `json:"labels,omitempty"`
	Value   string            `json:"value"` // as people read it
	Time    time.Time         `json:"time"`
	// Usual is where 19 of 20 reports at large lie, as people read it; "": not known.
	Usual string `json:"usual,omitempty"`
	// OutOfRange says that at most one report in fifty is as far out.
	OutOfRange bool `json:"out_of_range,omitempty"`
}

// Step is one thing that was done before an error.
type Step struct {
	Time     time.Time       `json:"time"`
	Category schema.Category `json:"category"`
	Product  string          `json:"product"`
	What     string          `json:"what"`  // in plain words
	Times    uint64          `json:"times"` // in a row; of equal events
}

// Population is what all installations add up to, thresholded:
// [*insights.Population] is one. It is the same for whoever asks, so that the
// question says nothing about the installation that is examined.
type Population interface {
	// Of returns what there is of a metric, by version of the product.
	Of(metric string) (insights.Answer, bool)
}

var _ Population = (*insights.Population)(nil)

// Config is what a history is examined by.
type Config struct {
	// Registry says what a metric is. Required.
	Registry *registry.Registry
	// Population is what to compare with. nil: nothing is compared.
	Population Population
	// Known is the vendor's file. nil: no issue is known.
	Known *Known
	// Now is the time of the lookup. Zero: the clock's.
	Now time.Time
}
