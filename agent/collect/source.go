package collect

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// What a fact is when the host does not tell it, or tells something that the
// registry does not list.
const (
	unknown = "unknown"
	other   = "other"
)

// Sample is one fact as it was read, before any treatment.
type Sample struct {
	Metric string         // the registered name
	Value  schema.Value   // in the registered unit
	Labels []schema.Label // sorted by name; host facts have none so far
}

// Source reads some facts anew. It returns what it could read, and an error
// that names the fact that it could not, without a path.
type Source func(ctx context.Context) ([]Sample, error)

// Config says where the sources look.
type Config struct {
	// DataDir is the data directory: the free space of its volume is told.
	// Empty: the working directory.
	DataDir string
	// Country returns what the machine policy says, two capital letters, or
	// "" for the country of the time zone. Nil: the time zone.
	Country func() string
	// Registry lists the values that a fact may have; what it does not list
	// is told as "other". Nil: the registry that is built in.
	Registry *registry.Registry
}

// Host returns the sources of this host's facts, in the order in which
// documents list them.
func Host(c Config) []Source {
	if c.DataDir == "" {
		c.DataDir = "."
	}
	if c.Registry == nil {
		c.Registry = registry.Base()
	}
	return []Source{
		c.system, c.processor, memory, c.country,
		c.disk, uptime, process,
	}
}

// Collect asks every source, in order. It returns what all of them read, and
// the joined errors of those that could not; when the context ends it stops
// and returns what it has, with the context's error.
func Collect(ctx context.Context, sources []Source) ([]Sample, error) {
	var samples []Sample
	var errs []error
	for _, read := range sources {
		if err := ctx.Err(); err != nil {
			return samples, errors.Join(append(errs, fmt.Errorf("collect host facts: %w", err))...)
		}
		s, err := read(ctx)
		samples, errs = append(samples, s...), append(errs, err)
	}
	return samples, errors.Join(errs...)
}

func text(metric, value string) Sample {
	return Sample{Metric: metric, Value: schema.Text(value)}
}

func number(metric string, value int64) Sample {
	return Sample{Metric: metric, Value: schema.Number(value)}
}

// whole returns n as a record holds it; no host has more than fits.
func whole(n uint64) int64 { return int64(min(n, math.MaxInt64)) }

// listed returns the value if the registry lists it for the metric, and
// "other" if not.
func (c Config) listed(metric, value string) string {
	if m, ok := c.Registry.Metric(metric); ok && slices.Contains(m.Values, value) {
		return value
	}
	return other
}

// readError names the fact, and leaves out the path that the system's error
// may hold: it can be in somebody's home directory.
func readError(fact string, err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		err = p.Err
	}
	return fmt.Errorf("read %s: %w", fact, err)
}
