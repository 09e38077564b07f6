package ingest

import (
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// step is something that happens on a day, counted from the first.
type step struct {
	on   schema.Day
	do   string // see [sender.take]
	want wire.Status
}

const none = unanswered

// orders are orders in which the attempts of one batch may come, of a host whose
// clock is ahead by some days. reach is as far ahead as a key opens.
func orders(reach schema.Day) map[string]struct {
	ahead schema.Day
	steps []step
} {
	return map[string]struct {
		ahead schema.Day
		steps []step
	}{
		"held until its day": {2, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {1, "held", wire.Redate}, {2, "held", wire.Redate}, {40, "held", wire.Redate},
		}},
		"before the new one": {2, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {1, "held", wire.Redate}, {1, "send", wire.Stored}, {1, "held", wire.Redate},
		}},
		"on the day of the answer too": {2, []step{
			{0, "hold", none}, {0, "hold", none}, {0, "held", wire.Redate}, {0, "send", wire.Redate}, {0, "held", wire.Redate}, {0, "send", wire.Stored}, {1, "held", wire.Redate},
		}},
		"the answer is lost": {2, []step{
			{0, "lose", wire.Redate}, {1, "held", wire.Redate}, {1, "send", wire.Redate}, {1, "send", wire.Stored}, {1, "held", wire.Redate},
		}},
		"a restart": {3, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "restart", none}, {0, "send", wire.Stored}, {2, "restart", none}, {2, "held", wire.Redate},
		}},
		"in doubt when it comes": {2, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {1, "doubt", none}, {1, "held", none}, {1, "sure", none}, {1, "held", wire.Redate},
		}},
		"in doubt when it is sent": {2, []step{
			{0, "doubt", none}, {0, "lose", none}, {0, "sure", none}, {1, "held", wire.Stored}, {1, "send", wire.Stored}, {2, "held", wire.Stored},
		}},
		"the held one is stored": {2, []step{
			{0, "hold", none}, {1, "held", wire.Stored}, {1, "send", wire.Stored}, {2, "held", wire.Stored},
		}},
		"in another month": {45, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {44, "held", wire.Redate},
		}},
		"the last day that a key opens": {reach, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {reach - 1, "held", wire.Redate},
		}},
		"a day later": {reach + 1, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {reach, "held", none},
		}},
		"a day later, when no day was sure since": {reach + 1, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {0, "unsure", none}, {reach, "held", none},
		}},
		"ten years": {3652, []step{
			{0, "hold", none}, {0, "send", wire.Redate}, {0, "send", wire.Stored}, {0, "unsure", none}, {3652, "held", none},
		}},
	}
}

// TestABatchCountsOnce takes the attempts of one batch in every order, and its
// host does what it is told: it is counted once in the end.
func TestABatchCountsOnce(t *testing.T) {
	for _, kind := range []envelope.Kind{envelope.Page, envelope.Fragment} {
		probe := newBench(t, firstDay)
		for name, order := range orders(reachOf(probe.cfg.Keyring.lastStart()) - firstDay) {
			b := newBench(t, firstDay)
			s := &sender{bench: b, kind: kind, clock: firstDay + order.ahead}
			s.content = b.content(kind, s.clock, 1)
			for i, one := range order.steps {
				b.today = dayOf(b.today, firstDay+one.on)
				if got := s.take(one.do); slices.ContainsFunc(got, func(w wire.Status) bool { return w != one.want }) {
					t.Errorf("%s, kind %d: step %d, %s on day %d: %v, want %v", name, kind, i, one.do, one.on, got, one.want)
				}
			}
			if n := b.counted(firstDay, firstDay+min(order.ahead, 200)); n != 1 {
				t.Errorf("%s, kind %d: counted %d times", name, kind, n)
			}
		}
	}
}

// dayOf moves today, and what is not in doubt of it.
func dayOf(was calendar.Today, d schema.Day) calendar.Today {
	now := calendar.On(d)
	if now.Certain = was.Certain; was.Sure < was.First {
		now.Sure = was.Sure
	}
	return now
}

// sender is a host with one batch to send.
type sender struct {
	*bench
	kind    envelope.Kind
	clock   schema.Day // of the host
	content envelope.Content
	held    []*envelope.Sealed // attempts that a relay keeps
}

// take does one step and returns what was answered.
func (s *sender) take(do string) []wire.Status {
	switch do {
	case "hold": // an attempt is sealed, and a relay keeps it
		s.held = append(s.held, s.seal(s.clock, s.content))
	case "held": // all that it keeps comes, and it keeps copies
		return s.one(s.held...)
	case "lose": // an attempt comes, a relay keeps a copy, and the reply is lost
		s.held = append(s.held, s.seal(s.clock, s.content))
		return s.one(s.held[len(s.held)-1])
	case "send":
		got := s.one(s.seal(s.clock, s.content))
		if got[0] == wire.Redate {
			s.clock = s.today.Day
			s.content = s.bench.content(s.kind, s.clock, 1)
		}
		return got
	case "restart":
		s.restart()
	case "doubt":
		s.today.Certain = false
	case "sure":
		s.today.Certain = true
	case "unsure":
		s.today.Sure = 0
	}
	return nil
}

// TestAMarkedNameIsTaken: what comes with another body under a name that was
// told to change is refused, before its day and on it.
func TestAMarkedNameIsTaken(t *testing.T) {
	for _, kind := range []envelope.Kind{envelope.Page, envelope.Fragment} {
		b := newBench(t, firstDay)
		was, other, early := b.content(kind, firstDay+2, 1), b.content(kind, firstDay+2, 2), b.content(kind, firstDay+1, 2)
		other.Batch, early.Batch = was.Batch, was.Batch
		if got := b.one(b.seal(firstDay, was), b.seal(firstDay, other), b.seal(firstDay, was)); !slices.Equal(got, []wire.Status{wire.Redate, wire.Conflict, wire.Redate}) {
			t.Errorf("kind %d: %v", kind, got)
		}
		if got := b.one(b.seal(firstDay, early)); got[0] != wire.Conflict {
			t.Errorf("kind %d: another body of a day within the window: %v", kind, got)
		}
		b.today = dayOf(b.today, firstDay+1)
		if got := b.one(b.seal(firstDay, other), b.seal(firstDay, was)); !slices.Equal(got, []wire.Status{wire.Conflict, wire.Redate}) {
			t.Errorf("kind %d, the day after: %v", kind, got)
		}
		if n := b.counted(firstDay, firstDay+2); n != 0 {
			t.Errorf("kind %d: %d counted", kind, n)
		}
	}
}

// TestStrangersMakeFewMonths: batches of any day to come make no more months than
// a key lasts.
func TestStrangersMakeFewMonths(t *testing.T) {
	b := newBench(t, firstDay)
	var all []*envelope.Sealed
	for ahead := schema.Day(2); ahead < 1000; ahead += 15 {
		all = append(all, b.seal(firstDay, b.content(envelope.Fragment, firstDay+ahead, 1)))
	}
	if got := b.one(all...); slices.ContainsFunc(got, func(s wire.Status) bool { return s != wire.Redate }) {
		t.Errorf("%v", got)
	}
	months, err := b.db.Months()
	if last := reachOf(b.cfg.Keyring.lastStart()).Month(); err != nil || len(months) > 5 || months[len(months)-1] > last {
		t.Errorf("%v, %v: more than five months, or one after %s", months, err, last)
	}
}
