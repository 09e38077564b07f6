package sim_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

// What products report here: no part of Tacit reports the same by itself.
const (
	metric    = "tacit.operation.duration"
	operation = "lookup"
)

// fate is what a product was told of a record.
type fate byte

const (
	accepted fate = iota + 1 // it is kept: it must reach the store, once
	refused                  // it must not
	unsure                   // an error: it may, once
)

// ledger is what the products of one host know. Every record has a number of
// its own.
type ledger struct {
	id       [16]byte
	last     int64
	fates    map[int64]fate
	dropped  uint64         // records that the agent says it dropped, for their age or for room
	aged     bool           // it was off for longer than it keeps what it has left
	outcomes map[string]int // what stores answered, as the last life's outbox has it
}

func (l *ledger) note(records []schema.Record, f fate) {
	if l.fates == nil {
		l.fates = map[int64]fate{}
	}
	for _, r := range records {
		l.fates[r.Value.Number] = f
	}
}

// account is what became of all records of all hosts.
type account struct {
	Accepted int
	Lost     int // accepted, and not there
	Dropped  int // of these, for their age or for want of room, and said so
	Double   int // there more than once
	Leaked   int // refused, and there
	Sums     int // hosts whose sums are not those of their records
	Expired  int // batches that a store said are too old, and that are not
	Notes    []string
}

func (a *account) wrong() bool { return a.Lost-a.Dropped+a.Double+a.Leaked+a.Sums+a.Expired > 0 }

func (a *account) say(format string, args ...any) {
	if len(a.Notes) < 20 {
		a.Notes = append(a.Notes, fmt.Sprintf(format, args...))
	}
}

// settle compares what products were told with what the store holds.
func (w *world) settle() *account {
	a := &account{}
	rows := w.openRows()
	defer rows.Close()
	days := w.daysSeen()
	for _, h := range w.hosts {
		if !h.aged {
			a.Expired += h.outcomes["expired"]
		}
		if len(h.outcomes) > 0 {
			w.say("agent %d: %v", h.n, h.outcomes)
		}
		w.settlePages(a, h, h.opened(w, rows, days))
		w.settleSums(a, h, h.summed(w, rows, days))
	}
	return a
}

// settlePages looks at the detailed records.
func (w *world) settlePages(a *account, h *host, found map[int64]int) {
	lost := a.Lost
	for n, f := range h.fates {
		switch times := found[n]; {
		case f == accepted && times == 0:
			a.Lost++
			a.say("agent %d: record %d was accepted and is on no page", h.n, n)
		case times > 1:
			a.Double++
			a.say("agent %d: record %d is on %d pages", h.n, n, times)
		case f == refused && times > 0:
			a.Leaked++
			a.say("agent %d: record %d was refused and is on a page", h.n, n)
		}
		if f == accepted {
			a.Accepted++
		}
	}
	if h.aged {
		a.Dropped += a.Lost - lost // the agent counts it, or the store has said that it is too old
	} else {
		a.Dropped += min(a.Lost-lost, int(h.dropped))
	}
	for n := range found {
		if h.fates[n] == 0 {
			a.Leaked++
			a.say("agent %d: record %d was never offered and is on a page", h.n, n)
		}
	}
}

// total is what records add up to.
type total struct {
	count uint64
	sum   int64
}

// settleSums looks at the roll-ups. What is not sure to be kept may be in them.
func (w *world) settleSums(a *account, h *host, got total) {
	var least, most total
	for n, f := range h.fates {
		if f == accepted {
			least.count, least.sum = least.count+1, least.sum+n
		}
		if f != refused {
			most.count, most.sum = most.count+1, most.sum+n
		}
	}
	if h.dropped > 0 || h.aged {
		least = total{}
	}
	if got.count < least.count || got.count > most.count || got.sum < least.sum || got.sum > most.sum {
		a.Sums++
		a.say("agent %d: sums are of %d records that add up to %d, want %d and %d", h.n, got.count, got.sum, least.count, least.sum)
	}
}

// maxHoles ends the search for pages of a day.
const maxHoles = 24

// opened opens the host's pages and counts its records, by number. Repeats of a
// page count: nothing may be stored twice, under whatever place.
func (h *host) opened(w *world, rows *rows, days []schema.Day) map[int64]int {
	root, found := page.NewRoot(h.id), map[int64]int{}
	for _, d := range days {
		keys := root.Day(d)
		for n, holes := uint32(0), 0; holes < maxHoles; n++ {
			holes++
			_, err := rows.pages.Get(w.ctx, []pages.Ask{{Day: d, Tag: keys.Tag(n)}}, func(f pages.Found) error {
				holes = 0
				return count(keys, n, f.Page, found)
			})
			if err != nil {
				w.t.Errorf("open page %d of %s: %v", n, d, err)
			}
		}
	}
	return found
}

func count(keys page.DayKeys, n uint32, b []byte, found map[int64]int) error {
	sealed, err := page.Parse(b)
	if err != nil {
		return err
	}
	plain, err := keys.Open(n, sealed)
	if err != nil {
		return err
	}
	p, err := codec.DecodePage(plain)
	if err != nil {
		return err
	}
	for _, r := range p.Records {
		if r.Metric == metric && len(r.Labels) == 1 && r.Labels[0].Value == operation {
			found[r.Value.Number]++
		}
	}
	return nil
}

// summed adds up the host's part of the roll-ups: no other host has its version.
func (h *host) summed(w *world, rows *rows, days []schema.Day) (t total) {
	for _, d := range days {
		sums, err := rollup.Read(w.ctx, rows.db, rollup.Tuple{Day: d, Release: 1, Facets: []codec.Pair{
			{Name: "service.version", Value: h.product().Version}, {Name: "os.type", Value: runtime.GOOS},
		}})
		if err != nil {
			w.t.Errorf("read sums of %s: %v", d, err)
		}
		for _, m := range sums.Measures {
			if m.Metric == metric && len(m.Labels) == 1 && m.Labels[0].Value == operation {
				t.count, t.sum = t.count+m.Count, t.sum+m.Sum
			}
		}
	}
	return t
}

// daysSeen returns every day that a clock showed, and the days beside it.
func (w *world) daysSeen() []schema.Day {
	var out []schema.Day
	for d := range w.days {
		out = append(out, schema.Day(d-1), schema.Day(d), schema.Day(d+1))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// rest waits until no agent has anything left to send, and a while longer, so
// that what is sent twice arrives twice. It says whether that came to pass.
func (w *world) rest() bool {
	const limit, more = 4 * time.Hour, 2 * timeout
	end := time.Now().Add(limit)
	w.pass(2 * interval)
	for w.waiting() != "" {
		if time.Now().After(end) {
			w.t.Errorf("after %v something waits: %s", limit, w.waiting())
			return false
		}
		if w.plan.Kick {
			for _, h := range w.hosts {
				h.agent.Send(w.ctx)
			}
		}
		w.pass(interval)
	}
	w.pass(more)
	return true
}

// waiting says whose batches wait, or nothing.
func (w *world) waiting() string {
	var out []string
	for _, h := range w.hosts {
		if s := h.agent.Status().Spool; s.Batches > 0 {
			out = append(out, fmt.Sprintf("agent %d: %d batches", h.n, s.Batches))
		}
	}
	return strings.Join(out, ", ")
}
