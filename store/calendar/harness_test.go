package calendar

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// begin is when the tests' truth begins.
var begin = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

// machine is a host with a clock that can be wrong. What would be on its disk is
// in memory: the tests of the file have a real one.
type machine struct {
	t      *testing.T
	truth  time.Time
	wrong  time.Duration // by which its clock is ahead
	ran    time.Duration
	looked time.Duration
	course course
	file   []byte
}

// newMachine returns a host on which a store starts for the first time.
func newMachine(t *testing.T, wrong time.Duration) *machine {
	m := &machine{t: t, truth: begin, wrong: wrong}
	m.course.believed = m.says()
	m.save()
	return m
}

// proven returns a host on which a store has run for so long that nothing is in
// doubt on any level.
func proven(t *testing.T) *machine {
	t.Helper()
	m := newMachine(t, 0)
	m.run(8 * day)
	if got := m.Today(); got != On(m.day()) {
		t.Fatalf("after eight days: %+v on %s", got, m.day())
	}
	return m
}

func (m *machine) says() time.Time { return clean(m.truth.Add(m.wrong)) }

// save writes the file.
func (m *machine) save() {
	m.t.Helper()
	var err error
	if m.file, err = m.course.marshal(); err != nil {
		m.t.Fatal(err)
	}
}

// start starts a store's process; the one before was killed.
func (m *machine) start() {
	m.t.Helper()
	var err error
	if m.course, err = parse(m.file); err != nil {
		m.t.Fatalf("%v: %s", err, m.file)
	}
	m.ran, m.looked = 0, 0
	m.Today()
}

// Today looks as [Calendar.Today] does.
func (m *machine) Today() Today {
	m.course.look(m.says(), m.ran-m.looked)
	m.looked = m.ran
	return m.course.today()
}

// rest lets time pass while no store runs.
func (m *machine) rest(d time.Duration) { m.truth = m.truth.Add(d) }

// run lets a store run, look every hour, and write what it believed before.
func (m *machine) run(d time.Duration) {
	for ; d > 0; d -= time.Hour {
		step := min(d, time.Hour)
		m.save()
		m.truth, m.ran = m.truth.Add(step), m.ran+step
		m.Today()
	}
}

// day is the true day.
func (m *machine) day() schema.Day { return schema.DayOf(m.truth) }

// answer is what a store says of a batch.
type answer int

const (
	stored answer = iota
	waits
	refused
)

// answer says what becomes of a batch of the true day.
func (m *machine) answer() answer {
	switch t, d := m.Today(), m.day(); {
	case d+90 < t.First:
		return refused
	case d > t.Last+1 && t.Certain && d > t.Day+90: // redated so far back that it is too old when the clock is right
		return refused
	case d > t.Last+1:
		return waits
	}
	return stored
}
