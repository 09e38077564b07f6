package lookup

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Registry says what may be shown, and how: [registry.Set] does.
type Registry interface {
	// For returns the registry by which a page of that release is shown: its
	// own, or another one where that is not known.
	For(release schema.Release) *registry.Registry
}

// Options say what to look for.
type Options struct {
	// Since leaves out earlier records and pages first sent before. Zero:
	// everything of the last 90 days. At most 400 days back. Records that a wrong
	// clock dates years back are not left out: nothing else may be left of the host.
	Since time.Time
	// Now is the time of the lookup. Zero: the clock's.
	Now time.Time
	// Registry is required.
	Registry Registry
	// Ticket is what the engineer works on, for the note that the host's user
	// reads; at most page.MaxTicketLen bytes of printable ASCII. "": none.
	Ticket string
	// After is what the same subject opened before: the answer waits until the store
	// has a page more, but no longer than Wait. nil: it does not wait.
	After *History
	Wait  time.Duration
}

// History is what the store has of one installation.
type History struct {
	// Installation is the latest value of every configuration metric, and
	// Products the latest version of every product that reported, both as the
	// newest writer has them.
	Installation map[string]schema.Value
	Products     map[string]string
	// Records are in time order; those of one second as they were written.
	Records []Record

	Pages         int            // that were opened, without repeats
	OtherWriter   int            // of these, of another writer than the newest
	Damaged       int            // pages that do not open or do not have the form
	DamagedOn     []schema.Day   // days on which these were sent first, in order, each once
	NotUnderstood int            // records that the registry of their page does not name
	Unread        []schema.Month // months that the store could not read whole

	OldestDay, NewestDay schema.Day // of first sending, of the pages found

	Simulated bool // the store is a demo's: whoever asked sets it

	reach reach // of the pages found, see Options.After
}

// Record is a record with what the registry says of it.
type Record struct {
	schema.Record
	Category    schema.Category
	Unit        string // of a number; empty for texts and plain counts
	OtherWriter bool   // of another writer than the newest page
}

// Timeline leaves a note for the host, asks for the pages that the subject opens,
// opens them and puts the records in order. Errors wrap [ErrNothing] when there is
// no page, [ErrNoCode], [ErrTicket], or [ErrNote] with what the store said.
func Timeline(ctx context.Context, store Store, subject Subject, opt Options) (*History, error) {
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	if err := checkTicket(opt.Ticket); err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	first, last := span(opt)
	found, err := subject.open(ctx, store, first, last, schema.DayOf(opt.Now))
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	asker, err := subject.leave(ctx, store, found.box, opt)
	if err != nil {
		return nil, fmt.Errorf("look up: %w: %w", ErrNote, err)
	}
	if err := await(ctx, asker, found.days, opt); err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	w := newWalk(asker, found.days)
	if err := w.run(ctx); err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	unread := slices.Sorted(maps.Keys(w.unread))
	if len(w.found) == 0 && len(unread) > 0 {
		return nil, fmt.Errorf("look up: %w: %v", ErrUnread, unread)
	}
	if len(w.found) == 0 {
		return nil, fmt.Errorf("look up: %w since %s", ErrNothing, first)
	}
	h := &History{reach: w.reached(), Unread: unread, Installation: map[string]schema.Value{}, Products: map[string]string{}}
	h.fill(openAll(h, w.found), opt)
	return h, nil
}

// span returns the days to walk, both included.
func span(opt Options) (first, last schema.Day) {
	today := schema.DayOf(opt.Now)
	first = today - min(defaultDays, today)
	if !opt.Since.IsZero() {
		first = max(schema.DayOf(opt.Since), today-min(maxDays, today))
	}
	return first, today + 1
}

// openAll opens pages in the order of their places, without repeats.
func openAll(h *History, found []sealedPage) []*codec.Page {
	slices.SortStableFunc(found, func(a, b sealedPage) int {
		return cmp.Or(cmp.Compare(a.day.keys.Day(), b.day.keys.Day()), cmp.Compare(a.n, b.n))
	})
	h.OldestDay, h.NewestDay = found[0].day.keys.Day(), found[len(found)-1].day.keys.Day()
	opened := make([]*codec.Page, len(found)) // nil: it does not open
	onAllProcessors(len(found), func(i int) {
		if p, err := found[i].open(); err == nil {
			opened[i] = &p
		}
	})
	for i, p := range opened {
		if p == nil {
			h.Damaged++
			h.DamagedOn = append(h.DamagedOn, found[i].day.keys.Day())
		}
	}
	h.DamagedOn = slices.Compact(h.DamagedOn)
	seen := map[schema.BatchID]bool{}
	return slices.DeleteFunc(opened, func(p *codec.Page) bool {
		if p == nil {
			return true
		}
		again := seen[p.Batch]
		seen[p.Batch] = true
		return again
	})
}

func (f *sealedPage) open() (codec.Page, error) {
	sealed, err := page.Parse(f.bytes)
	if err != nil {
		return codec.Page{}, err
	}
	plain, err := f.day.keys.Open(f.n, sealed)
	if err != nil {
		return codec.Page{}, err
	}
	return codec.DecodePage(plain)
}

// fill takes over what the registry names.
func (h *History) fill(opened []*codec.Page, opt Options) {
	if len(opened) == 0 {
		return
	}
	newest := opened[len(opened)-1].Writer
	for _, p := range opened {
		h.Pages++
		if p.Writer != newest {
			h.OtherWriter++
		}
	}
	h.takeAll(opened, newest, opt.Registry)
	byTime := func(a, b Record) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(h.Records, byTime) {
		slices.SortStableFunc(h.Records, byTime)
	}
	for i := range h.Records {
		h.note(&h.Records[i])
	}
	if !opt.Since.IsZero() {
		from, _ := h.Likely(opt.Now)
		h.Records = slices.DeleteFunc(h.Records, func(r Record) bool { return r.Time < opt.Since.Unix() && r.Time >= from.Unix() })
	}
}

// How far a record's time may be from when its page was sent.
const (
	aheadOf  = 24 * time.Hour
	behindOf = maxDays * 24 * time.Hour // the longest that an agent keeps a record, and that pages are shown
)

// Likely returns between which times, both included, the records of the history may
// be of. One of another time is dated by a clock that was wrong.
func (h *History) Likely(now time.Time) (from, to time.Time) {
	return h.OldestDay.Time().Add(-behindOf), now.Add(aheadOf)
}

// takeAll takes over the records of all pages, in the order of pages. They get room
// once: a history may have a million. A page is let go when it is taken.
func (h *History) takeAll(opened []*codec.Page, newest schema.Writer, known Registry) {
	from, all := make([]int, len(opened)), 0
	for i, p := range opened {
		from[i] = all
		all += len(p.Records)
	}
	h.Records = make([]Record, all)
	taken := make([]int, len(opened))
	onAllProcessors(len(opened), func(i int) {
		p := opened[i]
		opened[i] = nil
		taken[i] = take(h.Records[from[i]:], p, p.Writer != newest, known.For(p.Release))
	})
	end := 0
	for i, n := range taken {
		end += copy(h.Records[end:], h.Records[from[i]:from[i]+n])
	}
	h.NotUnderstood += all - end
	clear(h.Records[end:])
	h.Records = h.Records[:end]
}

// take puts those records of a page that the registry names into room for all of
// them, and returns how many.
func take(room []Record, p *codec.Page, other bool, reg *registry.Registry) (n int) {
	for i := range p.Records {
		r := &p.Records[i]
		m, ok := reg.Metric(r.Metric)
		if !ok || reg.CheckTreated(r) != nil {
			continue
		}
		room[n] = Record{Record: *r, Category: m.Category, OtherWriter: other}
		if r.Value.Kind == schema.KindNumber {
			room[n].Unit = m.Unit
		}
		n++
	}
	return n
}

// onAllProcessors calls do for 0 to n-1, several at a time.
func onAllProcessors(n int, do func(i int)) {
	var next atomic.Int64
	var all sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				do(int(i))
			}
		})
	}
	all.Wait()
}

// note keeps the latest state of the installation; records come in time order.
func (h *History) note(r *Record) {
	if r.OtherWriter {
		return
	}
	if h.Products[r.Product.Name] != r.Product.Version {
		h.Products[r.Product.Name] = r.Product.Version
	}
	if r.Category == schema.Configuration {
		h.Installation[r.Metric] = r.Value
	}
}
