package lookup

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// openPage is what one page holds.
type openPage struct {
	place
	order   int // in which it came
	batch   schema.BatchID
	writer  schema.Writer
	series  []Series
	records []Record
	unnamed int // records that the registry does not name
	damaged bool
}

// opener opens pages while others are still on their way. It has a goroutine for
// each processor, until close.
type opener struct {
	known  Registry
	sealed chan sealedPage
	all    sync.WaitGroup

	mu     sync.Mutex
	opened []*openPage
}

func newOpener(known Registry) *opener {
	o := &opener{known: known, sealed: make(chan sealedPage, pagesAhead)}
	for range runtime.GOMAXPROCS(0) {
		o.all.Go(func() {
			var s scratch
			for p := range o.sealed {
				o.open(&p, &s)
			}
		})
	}
	return o
}

// scratch is the room in which pages are opened one after the other: fresh room for
// each would be most of what a history of a million records costs.
type scratch struct {
	table codec.Table
	kinds []registry.Kind
}

// take gives it a page, and waits when the processors are behind.
func (o *opener) take(p sealedPage) { o.sealed <- p }

// pagesAhead is how many pages wait for a processor, so that the store need not.
const pagesAhead = 64

// close waits for the pages that it was given, and returns them in the order of their
// places.
func (o *opener) close() []*openPage {
	close(o.sealed)
	o.all.Wait()
	slices.SortFunc(o.opened, func(a, b *openPage) int {
		return cmp.Or(cmp.Compare(a.day.keys.Day(), b.day.keys.Day()), cmp.Compare(a.n, b.n), cmp.Compare(a.order, b.order))
	})
	return o.opened
}

func (o *opener) open(sealed *sealedPage, s *scratch) {
	p := &openPage{place: sealed.place, order: sealed.order}
	if err := p.read(sealed, s, o.known); err != nil {
		*p = openPage{place: sealed.place, order: sealed.order, damaged: true}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened = append(o.opened, p)
}

// read takes over what the registry names.
func (p *openPage) read(sealed *sealedPage, s *scratch, known Registry) error {
	box, err := page.Parse(sealed.bytes)
	if err != nil {
		return err
	}
	plain, err := sealed.day.keys.OpenInPlace(sealed.n, box)
	if err != nil {
		return err
	}
	t := &s.table
	if err := t.Open(plain); err != nil {
		return err
	}
	p.batch, p.writer = t.Batch, t.Writer
	p.takeSeries(s, known.For(t.Release))
	p.records = make([]Record, 0, t.Len())
	return t.Each(func(of int, row codec.Row) {
		if k := &s.kinds[of]; k.Metric == nil || k.Check(row.Value, row.Count) != nil {
			p.unnamed++
			return
		}
		p.records = append(p.records, Record{Series: &p.series[of], Time: row.Time, Value: row.Value, Count: row.Count})
	})
}

// takeSeries takes over what records have in common. Of what the registry does not
// name the kind has no metric.
func (p *openPage) takeSeries(s *scratch, reg *registry.Registry) {
	all := s.table.Series
	p.series, s.kinds = make([]Series, len(all)), slices.Grow(s.kinds[:0], len(all))[:len(all)]
	for i := range all {
		k, err := reg.TreatedKind(&all[i])
		if s.kinds[i] = k; err != nil {
			s.kinds[i] = registry.Kind{}
			continue
		}
		p.series[i] = Series{Product: all[i].Product, Metric: all[i].Metric, Labels: all[i].Labels, Category: k.Metric.Category}
		if all[i].Value.Kind == schema.KindNumber {
			p.series[i].Unit = k.Metric.Unit
		}
	}
}
