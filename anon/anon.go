// Package anon applies the registered treatments to a record, on the host,
// before it is written down: keep, bucket, hash, scrub or drop, for the value
// and for each label. A kept text that is not listed becomes its overflow, where
// it has one.
//
// A hashed text becomes 128 bits that only this installation can make, and that
// say nothing of another year's:
//
//	key of a year = HKDF-Expand-SHA256(hashing key, "tacit/v1/hash" | u32 year, 32)
//	hash          = HMAC-SHA256(key of the year, u32 length | metric | u32 length | label | text)[:16]
//
// The year is that of the record's day, in UTC; the label of a metric's own value
// is empty. HKDF is RFC 5869, HMAC RFC 2104.
//
// It promises that what it returns passes the registry's check of treated
// records (or of fragments, when its metric is for roll-ups only), or is an
// error and nothing. Its rooms do the special work: identity
// (who this installation is), scrub (free text), own (what would tell who),
// envelope and page (sealing).
package anon

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Scrubber makes one line of free text anonymous.
type Scrubber interface {
	Line(line string) string
}

// Treatments applies what the registry says.
type Treatments struct {
	Registry   *registry.Registry
	Scrubber   Scrubber
	HashingKey [32]byte // of this installation, random; never leaves the host
}

// Apply returns the record as it may leave the host. The record offered is not
// changed; the result may share its labels. Errors wrap a sentinel of package registry and never hold a value.
func (t *Treatments) Apply(r schema.Record) (schema.Record, error) {
	if err := t.Registry.CheckOffered(&r); err != nil {
		return schema.Record{}, err
	}
	m, ok := t.Registry.Metric(r.Metric)
	if !ok {
		return schema.Record{}, registry.ErrUnknownMetric
	}
	if m.KeepsAll(&r) {
		return r, nil
	}
	out := r
	out.Value = t.value(m, &r)
	out.Labels = nil
	for i := range m.Labels {
		spec := &m.Labels[i]
		for _, l := range r.Labels {
			if l.Name == spec.Name && spec.Treatment != schema.Drop {
				out.Labels = append(out.Labels, schema.Label{Name: l.Name, Value: t.text(spec.Treatment, field{m.Name, l.Name}, &r, spec.Fit(l.Value))})
			}
		}
	}
	// One order everywhere, so that equal records have equal bytes.
	slices.SortFunc(out.Labels, func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) })
	// What is for roll-ups only is kept or bucketed by the registry's own rules,
	// and meets CheckFragment later; no page holds it.
	if !m.Page {
		return out, nil
	}
	if err := t.Registry.CheckTreated(&out); err != nil {
		return schema.Record{}, fmt.Errorf("treat record: %w", err)
	}
	return out, nil
}

func (t *Treatments) value(m *registry.Metric, r *schema.Record) schema.Value {
	switch {
	case m.Treatment == schema.Bucket:
		return schema.Text(m.Bucket(r.Value.Number))
	case r.Value.Kind == schema.KindText:
		return schema.Text(t.text(m.Treatment, field{metric: m.Name}, r, m.Fit(r.Value.Text)))
	}
	return r.Value
}

// text applies a treatment to a text of a record.
func (t *Treatments) text(by schema.Treatment, of field, r *schema.Record, s string) string {
	switch by {
	case schema.Hash:
		return t.hash(of, yearOf(r), s)
	case schema.Scrub:
		lines := strings.Split(s, "\n")
		for i, line := range lines {
			lines[i] = t.Scrubber.Line(line)
		}
		return strings.Join(lines, "\n")
	}
	return s
}
