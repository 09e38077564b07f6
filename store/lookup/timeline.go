package lookup

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
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
	pages, w := newOpener(opt.Registry), newWalk(asker, found.days)
	w.take = pages.take
	err = w.run(ctx)
	opened := pages.close()
	if err != nil {
		return nil, fmt.Errorf("look up: %w", err)
	}
	unread := slices.Sorted(maps.Keys(w.unread))
	if len(opened) == 0 && len(unread) > 0 {
		return nil, fmt.Errorf("look up: %w: %v", ErrUnread, unread)
	}
	if len(opened) == 0 {
		return nil, fmt.Errorf("look up: %w since %s", ErrNothing, first)
	}
	h := &History{reach: w.reached(), Unread: unread, Installation: map[string]schema.Value{}, Products: map[string]string{}}
	h.fill(opened, opt)
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

// fill takes over the pages that were found, in the order of their places.
func (h *History) fill(found []*openPage, opt Options) {
	h.OldestDay, h.NewestDay = found[0].day.keys.Day(), found[len(found)-1].day.keys.Day()
	seen, all := map[schema.BatchID]bool{}, 0
	sound := slices.DeleteFunc(found, func(p *openPage) bool {
		if p.damaged {
			h.Damaged++
			h.DamagedOn = append(h.DamagedOn, p.day.keys.Day())
			return true
		}
		again := seen[p.batch]
		seen[p.batch] = true
		return again
	})
	h.DamagedOn = slices.Compact(h.DamagedOn)
	for _, p := range sound {
		h.Pages++
		h.NotUnderstood += p.unnamed
		all += len(p.records)
		if p.writer != sound[len(sound)-1].writer {
			h.OtherWriter++
			for i := range p.series {
				p.series[i].OtherWriter = true
			}
		}
	}
	h.Records = make([]Record, 0, all) // once: there may be a million
	for _, p := range sound {
		h.Records = append(h.Records, p.records...)
		p.records = nil
	}
	h.order(opt)
}

// order puts the records in order of time, notes the latest, and leaves out what
// nobody asked for.
func (h *History) order(opt Options) {
	byTime := func(a, b Record) int { return cmp.Compare(a.Time, b.Time) }
	if !slices.IsSortedFunc(h.Records, byTime) {
		slices.SortStableFunc(h.Records, byTime)
	}
	for i := range slices.Backward(h.Records) {
		h.note(&h.Records[i])
	}
	if !opt.Since.IsZero() {
		from, _ := h.Likely(opt.Now)
		h.Records = slices.Delete(h.Records, h.at(from), max(h.at(from), h.at(opt.Since)))
	}
}

// at returns the index of the first record of a time or later.
func (h *History) at(t time.Time) int {
	i, _ := slices.BinarySearchFunc(h.Records, t.Unix(), func(r Record, t int64) int { return cmp.Or(cmp.Compare(r.Time, t), 1) })
	return i
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

// note keeps the latest state of the installation. Records come from the latest
// back, and of each series the first says all.
func (h *History) note(r *Record) {
	if r.noted || r.OtherWriter {
		return
	}
	r.noted = true
	if _, later := h.Products[r.Product.Name]; !later {
		h.Products[r.Product.Name] = r.Product.Version
	}
	if _, later := h.Installation[r.Metric]; !later && r.Category == schema.Configuration {
		h.Installation[r.Metric] = r.Value
	}
}
