package registry

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// hashLen is the length of a hashed value: 16 bytes in hexadecimal.
const hashLen = 32

// stage says where in its life a record is checked.
type stage uint8

const (
	offered stage = iota // before its treatments
	treated              // after them
)

// CheckOffered refuses a record that the registry does not name: what a
// collector or a product hands in, before its treatments. A text may be of any
// form then when its treatment will hash or scrub it, or its overflow will take
// its place (at most [MaxOfferedLen] bytes of UTF-8), or drop it (anything).
// Whether the metric has expired is not asked here. The error wraps a sentinel
// of this package.
func (r *Registry) CheckOffered(rec *schema.Record) error { return r.check(rec, offered) }

// CheckTreated refuses a record that no page may hold: one that the registry
// does not name, or whose values are not as its treatments leave them. Whoever
// opens a page asks it for each record. The error wraps a sentinel of this
// package.
func (r *Registry) CheckTreated(rec *schema.Record) error { return r.check(rec, treated) }

func (r *Registry) check(rec *schema.Record, at stage) error {
	k, err := r.kindOf(rec, at)
	if err != nil {
		return err
	}
	if err := k.Check(rec.Value, rec.Count); err != nil {
		return err
	}
	return k.checkLabels(rec.Labels)
}

// Kind is what records of one product, metric and set of labels are checked by.
type Kind struct {
	Metric  *Metric
	product *Product
	at      stage
}

// TreatedKind checks what records on a page have in common, as [Registry.CheckTreated]
// does for each: there is one look at it, however many they are. Value and count
// are the kind's to check.
func (r *Registry) TreatedKind(of *schema.Record) (Kind, error) {
	k, err := r.kindOf(of, treated)
	if err != nil {
		return Kind{}, err
	}
	return k, k.checkLabels(of.Labels)
}

// kindOf checks product, version and metric.
func (r *Registry) kindOf(rec *schema.Record, at stage) (Kind, error) {
	p, ok := r.products[rec.Product.Name]
	if !ok {
		return Kind{}, fmt.Errorf("check record: %w", ErrUnknownProduct)
	}
	if !isVersion(rec.Product.Version) {
		return Kind{}, fmt.Errorf("check record: version of product %q: %w", p.Name, ErrWrongFormat)
	}
	m, ok := r.metrics[rec.Metric]
	if !ok {
		return Kind{}, fmt.Errorf("check record: %w", ErrUnknownMetric)
	}
	if !m.MayReport(p.Name) {
		return Kind{}, fmt.Errorf("check record of %q: %w", m.Name, ErrOtherProduct)
	}
	if at == treated && !m.Page {
		return Kind{}, fmt.Errorf("check record of %q: %w", m.Name, ErrNotOnPage)
	}
	return Kind{Metric: m, product: p, at: at}, nil
}

// Check checks what one record has for itself.
func (k Kind) Check(v schema.Value, count uint32) error {
	if !k.Metric.counts(count) {
		return fmt.Errorf("check record of %q: %w", k.Metric.Name, ErrBadCount)
	}
	if err := k.Metric.checkValue(v, k.product, k.at); err != nil {
		return fmt.Errorf("check record of %q: %w", k.Metric.Name, err)
	}
	return nil
}

func (k Kind) checkLabels(labels []schema.Label) error {
	if err := k.Metric.checkLabels(labels, k.product, k.at); err != nil {
		return fmt.Errorf("check record of %q: %w", k.Metric.Name, err)
	}
	return nil
}

// counts says whether one record of the metric may be of so many events, as one
// of a histogram's buckets is, or one of equal lines of a log. A counter says it
// by its value.
func (m *Metric) counts(events uint32) bool {
	several := m.Type == schema.Duration || m.Category == schema.ProductLog && m.IsText()
	return events <= 1 || several && events <= schema.MaxCount
}

func (m *Metric) checkValue(v schema.Value, p *Product, at stage) error {
	switch {
	case m.Treatment == schema.Bucket && at == treated:
		if v.Kind != schema.KindText || v.Number != 0 || !slices.Contains(m.bucketNames, v.Text) {
			return ErrNotTreated
		}
		return nil
	case m.IsText():
		if v.Kind != schema.KindText || v.Number != 0 {
			return ErrWrongType
		}
		return text{m.Values, m.Format, m.Overflow}.check(v.Text, m.Treatment, p, at)
	case v.Kind != schema.KindNumber || v.Text != "":
		return ErrWrongType
	case v.Number < 0 || v.Number > m.Max:
		return ErrOutOfRange
	}
	return nil
}

func (m *Metric) checkLabels(labels []schema.Label, p *Product, at stage) error {
	for i := range labels {
		l, ok := m.label(labels[i].Name)
		if !ok {
			return ErrUnknownLabel
		}
		if i > 0 && labels[i-1].Name >= l.Name {
			return ErrLabelOrder
		}
		if err := l.check(labels[i].Value, p, at); err != nil {
			return fmt.Errorf("label %q: %w", l.Name, err)
		}
	}
	return nil
}

func (l *Label) check(s string, p *Product, at stage) error {
	if l.Treatment == schema.Bucket {
		return l.checkBucket(s, at)
	}
	return text{l.Values, l.Format, l.Overflow}.check(s, l.Treatment, p, at)
}

// check refuses a text that its treatment does not take, or does not leave.
func (t text) check(s string, by schema.Treatment, p *Product, at stage) error {
	limit := MaxOfferedLen
	switch {
	case by == schema.Keep && (at == treated || t.overflow == ""):
		return t.allowed(s, p)
	case by == schema.Drop && at == offered:
		return nil // nobody will look at it
	case by == schema.Drop, by == schema.Hash && at == treated && !isHex(s, hashLen, hashLen):
		return ErrNotTreated
	case at == treated:
		limit = codec.MaxTextLen
	}
	if len(s) > limit {
		return ErrTooLong
	}
	if !utf8.ValidString(s) {
		return ErrNotUTF8
	}
	return nil
}
