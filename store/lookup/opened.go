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
			for p := range o.sealed {
				o.open(&p)
			}
		})
	}
	return o
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

func (o *opener) open(sealed *sealedPage) {
	p := &openPage{place: sealed.place, order: sealed.order}
	if err := p.read(sealed, o.known); err != nil {
		*p = openPage{place: sealed.place, order: sealed.order, damaged: true}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.opened = append(o.opened, p)
}

// read takes over what the registry names.
func (p *openPage) read(sealed *sealedPage, known Registry) error {
	box, err := page.Parse(sealed.bytes)
	if err != nil {
		return err
	}
	plain, err := sealed.day.keys.Open(sealed.n, box)
	if err != nil {
		return err
	}
	t, err := codec.OpenTable(plain)
	if err != nil {
		return err
	}
	p.batch, p.writer = t.Batch, t.Writer
	kinds := p.takeSeries(t, known)
	p.records = make([]Record, 0, t.Len())
	return t.Each(func(of int, row codec.Row) {
		if k := kinds[of]; k.Metric == nil || k.Check(row.Value, row.Count) != nil {
			p.unnamed++
			return
		}
		p.records = append(p.records, Record{Series: &p.series[of], Time: row.Time, Value: row.Value, Count: row.Count})
	})
}

// takeSeries takes over what records have in common. Of what the registry does not
// name the kind has no metric.
func (p *openPage) takeSeries(t *codec.Table, known Registry) []registry.Kind {
	reg, kinds := known.For(t.Release), make([]registry.Kind, len(t.Series))
	p.series = make([]Series, len(t.Series))
	for i := range t.Series {
		of := &t.Series[i]
		k, err := reg.TreatedKind(of)
		if err != nil {
			continue
		}
		kinds[i] = k
		p.series[i] = Series{Product: of.Product, Metric: of.Metric, Labels: of.Labels, Category: k.Metric.Category}
		if of.Value.Kind == schema.KindNumber {
			p.series[i].Unit = k.Metric.Unit
		}
	}
	return kinds
}
