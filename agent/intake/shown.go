package intake

import (
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Bounds of what is kept in memory for the preview.
const (
	maxShown      = 500
	maxShownBytes = 256 << 10
)

// shown keeps records of programmes that do not take part, treated like all
// others, in memory only: a preview shows them, and a fragment of another
// programme that takes part may need a host fact as its facet. They are never
// spooled, and go as soon as their programme takes part: what was taken before a
// yes is never sent. When it is full it takes facts of the host only, up to as
// much again: any user of the host can offer those under names of his own.
type shown struct {
	records []shownRecord
	bytes   int
}

type shownRecord struct {
	schema.Record
	programme schema.Programme
	size      int
}

// wants says whether a record of a metric would be kept.
func (s *shown) wants(m *registry.Metric) bool {
	return m.Category == schema.Configuration || len(s.records) < maxShown && s.bytes < maxShownBytes
}

// keep takes a treated record. A fact of the host takes the place of what it
// was before.
func (s *shown) keep(m *registry.Metric, r schema.Record, size int) {
	if m.Category == schema.Configuration {
		s.remove(func(was shownRecord) bool {
			return was.Metric == r.Metric && was.Product == r.Product && slices.Equal(was.Labels, r.Labels)
		})
	}
	if len(s.records) >= 2*maxShown || s.bytes+size > 2*maxShownBytes {
		return
	}
	r.Labels = slices.Clone(r.Labels) // whoever offered it may use them again
	s.records = append(s.records, shownRecord{r, m.Programme, size})
	s.bytes += size
}

func (s *shown) remove(drop func(shownRecord) bool) {
	s.records = slices.DeleteFunc(s.records, func(r shownRecord) bool {
		if drop(r) {
			s.bytes -= r.size
			return true
		}
		return false
	})
}

// show keeps a record that is refused because its programme does not take part,
// if it would be taken otherwise.
func (in *Intake) show(r *schema.Record, m *registry.Metric, t *Terms, now time.Time) {
	in.mu.Lock()
	wants := in.shown.wants(m)
	in.mu.Unlock()
	if !wants || refuses(m, t, now) != "" {
		return
	}
	treated, reason := in.treat(r, now)
	var p pile
	if reason != "" || p.add(&treated, 0) != nil || in.clean(&p)[0].trips {
		return
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	in.shown.keep(m, treated, len(p.bytes))
}

// stillShown returns what is kept for the preview, after it forgot what is of
// programmes that take part by now.
func (in *Intake) stillShown(t *Terms) []schema.Record {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.shown.remove(func(r shownRecord) bool { return slices.Contains(t.Collect, r.programme) })
	out := make([]schema.Record, len(in.shown.records))
	for i, r := range in.shown.records {
		out[i] = r.Record
	}
	return out
}
