package registry

import (
	"fmt"
	"math/bits"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// ValueLabel is the label under which a measure of a text metric carries the
// value itself: "os.type" with value=linux. No registered label has its name.
const ValueLabel = "value"

// MaxCount bounds the events of one measure, so that no single host can drown
// a roll-up.
const MaxCount = 1 << 32

// CheckFragment refuses a fragment, whole, that has one thing the registry
// does not name: another release, facets that are no registered tuple, a
// metric that does not roll up over them, a label or a value that is not
// listed. Numbers are plausible: a bucketed or text metric has no sum, bucket
// counts are one for each bucket and add up to the count. Whether the day is
// near is not asked here. The error wraps a sentinel of this package.
func (r *Registry) CheckFragment(f *codec.Fragment) error {
	if f.Release != r.Release {
		return fmt.Errorf("check fragment: %w", ErrUnknownRelease)
	}
	return r.checkContent(f)
}

// checkContent is CheckFragment for a fragment of any release.
func (r *Registry) checkContent(f *codec.Fragment) error {
	tuple, err := r.checkFacets(f.Facets)
	if err != nil {
		return fmt.Errorf("check fragment: %w", err)
	}
	for i := range f.Values {
		m, ok := r.metrics[f.Values[i].Metric]
		if !ok {
			return fmt.Errorf("check fragment: %w", ErrUnknownMetric)
		}
		if err := m.checkMeasure(&f.Values[i], tuple); err != nil {
			return fmt.Errorf("check fragment: measure of %q: %w", m.Name, err)
		}
	}
	return nil
}

// checkFacets returns the registered tuple that the facets are of.
func (r *Registry) checkFacets(facets []codec.Pair) ([]string, error) {
	for _, t := range r.tuples {
		if !sameNames(t, facets) {
			continue
		}
		for _, facet := range facets {
			if err := r.metrics[facet.Name].checkFacet(facet.Value); err != nil {
				return nil, fmt.Errorf("facet %q: %w", facet.Name, err)
			}
		}
		return t, nil
	}
	return nil, ErrUnknownTuple
}

func sameNames(names []string, pairs []codec.Pair) bool {
	if len(names) != len(pairs) {
		return false
	}
	for i, p := range pairs {
		if p.Name != names[i] {
			return false
		}
	}
	return true
}

// checkFacet refuses a text that the treated metric cannot have.
func (m *Metric) checkFacet(s string) error {
	if m.Treatment == schema.Bucket {
		return text{values: m.bucketNames}.allowed(s, nil)
	}
	return text{values: m.Values, format: m.Format}.allowed(s, nil)
}

func (m *Metric) checkMeasure(v *codec.Measure, tuple []string) error {
	if !m.rollsUp(tuple) {
		return ErrNotInRollup
	}
	if err := m.checkMeasureLabels(v.Labels); err != nil {
		return err
	}
	if v.Count == 0 || v.Count > MaxCount || v.Sum < 0 {
		return ErrBadCount
	}
	most := uint64(m.Max)
	if m.IsText() || m.Treatment == schema.Bucket {
		most = 0 // the exact sum would undo the bucket
	}
	if high, low := bits.Mul64(v.Count, most); high == 0 && uint64(v.Sum) > low {
		return ErrBadCount
	}
	return m.checkHistogram(v)
}

func (m *Metric) checkHistogram(v *codec.Measure) error {
	if len(v.Buckets) == 0 {
		return nil
	}
	if len(m.Buckets) == 0 || len(v.Buckets) != len(m.Buckets)+1 {
		return ErrBadCount
	}
	rest := v.Count
	for _, n := range v.Buckets {
		if n > rest {
			return ErrBadCount
		}
		rest -= n
	}
	if rest != 0 {
		return ErrBadCount
	}
	return nil
}

func (m *Metric) checkMeasureLabels(labels []codec.Pair) error {
	hasValue := false
	for i, pair := range labels {
		if i > 0 && labels[i-1].Name >= pair.Name {
			return ErrLabelOrder
		}
		if pair.Name == ValueLabel && m.IsText() {
			hasValue = true
			if err := m.checkFacet(pair.Value); err != nil {
				return fmt.Errorf("value: %w", err)
			}
			continue
		}
		l, ok := m.label(pair.Name)
		if !ok {
			return ErrUnknownLabel
		}
		if !l.InRollups() {
			return fmt.Errorf("label %q: %w", l.Name, ErrNotInRollup)
		}
		if err := l.checkInRollup(pair.Value); err != nil {
			return fmt.Errorf("label %q: %w", l.Name, err)
		}
	}
	if m.IsText() && !hasValue {
		return fmt.Errorf("label %q is missing: %w", ValueLabel, ErrWrongType)
	}
	return nil
}

// checkInRollup refuses a text that the treated label cannot have.
func (l *Label) checkInRollup(s string) error {
	if l.Treatment == schema.Bucket {
		return text{values: l.bucketNames}.allowed(s, nil)
	}
	return text{values: l.Values, format: l.Format}.allowed(s, nil)
}
