package demo

import (
	_ "embed"
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Size of the fleet.
const (
	Installations = 300
	Days          = 30
)

// Issues is the vendor's file of known issues and supported releases, as package
// diagnosis reads it.
//
//go:embed issues.yaml
var Issues []byte

// Who is who among the installations that can be looked up after the demo was
// filled.
const (
	User  = "user"  // whose search fails, and the last steps are of today
	Slow  = "slow"  // runs 5.3.0, where opening is slow, and searches well
	Sound = "sound" // still runs 5.2.0, and nothing is wrong
)

// Fleet is made-up installations. Its methods change nothing and may be called
// at the same time.
type Fleet struct {
	seed  uint64
	now   time.Time
	first schema.Day
}

// New returns the fleet of a seed, whose last whole day is the day before now's.
// On the day of now itself there is only the user's last session, of the hour
// before.
func New(seed uint64, now time.Time) *Fleet {
	return &Fleet{seed: seed, now: now, first: schema.DayOf(now) - Days}
}

// Installation returns one of them; n is from 0 to [Installations] - 1. The first
// few are those with a name.
func (f *Fleet) Installation(n int) *Installation {
	i := &Installation{fleet: f, n: n, host: newHost(f.random(n, 0))}
	i.settle()
	return i
}

// random returns what an installation draws from; day 0 is for what it is.
func (f *Fleet) random(n, day int) *rand.Rand {
	return rand.New(rand.NewPCG(f.seed, uint64(n)<<32|uint64(day)))
}

// Day is what one installation has to tell on a day that it was on.
type Day struct {
	Sends   time.Time // when it gathers and sends; nothing is later
	Facts   []Fact    // what its agent finds on the host then
	Records []schema.Record
}

// Fact is a fact of the host, before any treatment.
type Fact struct {
	Metric string
	Value  schema.Value
}

// Installation is one made-up host with its products.
type Installation struct {
	fleet *Fleet
	n     int
	host  host

	name    string
	updates int  // the day on which Finder 5.3.0 came, from 1; more than Days: never
	fails   bool // search fails under 5.3.0
	engine  bool // Engine runs here too
}

// newVersion is the day on which Finder 5.3.0 was published, from 1.
const newVersion = 12

// settle decides what the products do here. What has a name is not left to
// chance.
func (i *Installation) settle() {
	r := i.fleet.random(i.n, Days+2)
	i.updates = newVersion + int(r.ExpFloat64()*6)
	if r.IntN(100) < 12 {
		i.updates = Days + 1 // never
	}
	i.fails = i.host.deployment == "on_premises" && r.IntN(100) < 35
	i.engine = r.IntN(4) == 0
	switch i.n {
	case 0:
		i.name, i.updates, i.fails, i.engine = User, Days-1, true, true
		i.host.system, i.host.deployment, i.host.edition = systems[0].value, "on_premises", "enterprise"
	case 1, 2, 3:
		i.name, i.updates, i.fails = Sound, Days+1, false
	case 4:
		i.name, i.updates, i.fails = Slow, newVersion+2, false
	}
}

// Name returns who this is, or "" for one of the many.
func (i *Installation) Name() string { return i.name }

// statesEvery is after how many days a product tells again what it is: its
// edition and the like. What it is changes seldom.
const statesEvery = 7

// Days returns what the installation has to tell, in the order of time.
func (i *Installation) Days() []Day {
	var out []Day
	told := -statesEvery // day on which products told their states last
	for day := 1; day <= Days; day++ {
		r := i.fleet.random(i.n, day)
		if i.name == "" && !i.host.isOn(r, i.start(day)) {
			continue
		}
		states := day-told >= statesEvery || day == i.updates
		if states {
			told = day
		}
		out = append(out, i.day(day, r, states))
	}
	if i.name == User {
		out = append(out, i.lastSession())
	}
	return out
}

// start returns midnight of a day, which are counted from 1.
func (i *Installation) start(day int) time.Time {
	return (i.fleet.first + schema.Day(day-1)).Time()
}

// day returns what a whole day has.
func (i *Installation) day(day int, r *rand.Rand, states bool) Day {
	start := i.start(day)
	d := Day{Sends: start.Add(20*time.Hour + time.Duration(r.IntN(3*3600))*time.Second), Facts: i.host.facts(day)}
	l := &log{}
	f, e := finder{i, day, r, l}, engine{i, day, r, l}
	if states {
		f.states(start.Add(7 * time.Hour))
	}
	f.work(start)
	if i.engine && states {
		e.states(start)
	}
	if i.engine {
		e.work(start)
	}
	d.Records = l.sorted()
	return d
}
