package demo

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Versions of Finder.
const (
	oldFinder = "5.2.0"
	newFinder = "5.3.0"
)

// finder writes down what Finder reports on one day of one host.
type finder struct {
	of  *Installation
	day int
	r   *rand.Rand
	log *log
}

// product returns Finder as it runs on the day.
func (f finder) product() schema.Product {
	if f.day >= f.of.updates {
		return schema.Product{Name: "finder", Version: newFinder}
	}
	return schema.Product{Name: "finder", Version: oldFinder}
}

func (f finder) isNew() bool { return f.day >= f.of.updates }

func (f finder) add(at time.Time, metric string, v schema.Value, labels ...schema.Label) {
	f.log.add(at, f.product(), metric, v, labels...)
}

// states are what Finder is here.
func (f finder) states(at time.Time) {
	f.add(at, "finder.edition", schema.Text(f.of.host.edition))
	f.add(at, "finder.deployment", schema.Text(f.of.host.deployment))
	f.add(at, "finder.browser.family", schema.Text(f.of.host.browser))
}

// work is a day at work: one to three sessions.
func (f finder) work(start time.Time) {
	begin := start.Add(8*time.Hour + time.Duration(f.r.IntN(3600))*time.Second)
	if f.of.name == User && f.isNew() {
		f.userSession(begin, f.day-f.of.updates)
		return
	}
	for range 1 + f.r.IntN(3) {
		begin = f.session(begin).Add(time.Hour + time.Duration(f.r.IntN(5400))*time.Second)
	}
}

// session is some minutes of work. It returns when they are over.
func (f finder) session(at time.Time) time.Time {
	f.took(at, "start")
	for range 3 + f.r.IntN(8) {
		at = at.Add(time.Duration(15+f.r.IntN(150)) * time.Second)
		f.act(at)
	}
	return at
}

// act is one thing that a user does.
func (f finder) act(at time.Time) {
	switch kind := f.r.IntN(100); {
	case kind < 45:
		f.search(at, f.isNew() && f.of.fails && f.r.IntN(100) < 40)
	case kind < 75:
		f.menu(at, "open")
		f.took(at, "open")
	case kind < 85:
		f.menu(at, "save")
		f.took(at, "save")
	case kind < 90:
		f.menu(at, "export")
		f.took(at, "export")
	case kind < 93:
		f.took(at, "sync")
	default:
		f.menu(at, pick(f.r, menus))
	}
	if f.of.name == "" && f.r.IntN(400) == 0 {
		f.failed(at, pick(f.r, troubles))
	}
}

// menus are options that start no operation.
var menus = []share[string]{{3, "filter"}, {3, "sort"}, {2, "copy"}, {2, "open_recent"}, {1, "settings"}, {1, "help"}, {1, "undo"}}

func (f finder) menu(at time.Time, which string) {
	f.add(at, "finder.menu.used", schema.Number(1), label("menu", which))
}

// search presses the button, and finds something or fails.
func (f finder) search(at time.Time, fails bool) {
	f.add(at, "finder.button.used", schema.Number(1), label("button", "search"))
	if fails {
		f.failed(at.Add(8*time.Second), queryTimeout)
		return
	}
	f.took(at, "search")
	f.add(at, "finder.search.results", schema.Number(int64(math.Exp(f.r.Float64()*8))))
}

// usual is how long operations take in the middle, in microseconds.
var usual = map[string]float64{
	"start": 1_800_000, "search": 240_000, "open": 120_000, "save": 90_000, "export": 2_200_000, "sync": 4_000_000,
}

// slower is by how much opening is since 5.3.0: the planted regression.
const slower = 7

// took tells how long an operation took.
func (f finder) took(at time.Time, operation string) {
	middle := usual[operation]
	if operation == "open" && f.isNew() {
		middle *= slower
	}
	f.add(at, "finder.operation.duration", schema.Number(spread(f.r, middle)), label("operation", operation))
}

// spread draws around a middle, as durations do: log-normal, and two in three
// within a factor of 1.6.
func spread(r *rand.Rand, middle float64) int64 {
	return max(1, int64(middle*math.Exp(r.NormFloat64()*0.47)))
}

// failure is an error: its code, where, and during what.
type failure struct{ code, frames, operation string }

// queryTimeout is the planted error.
var queryTimeout = failure{
	"search_timeout",
	"example.com/finder/engine.Query query.go:217\nexample.com/finder/search.(*Box).Run box.go:88\nmain.main main.go:41", "search",
}

// troubles are what goes wrong now and then, in every version.
var troubles = []share[failure]{
	{4, failure{"open_denied", "example.com/finder/files.Open open.go:61\nmain.main main.go:41", "open"}},
	{3, failure{"save_conflict", "example.com/finder/files.Save save.go:104\nmain.main main.go:41", "save"}},
	{2, failure{"sync_lost", "example.com/finder/index.(*Copy).Renew copy.go:173\nmain.main main.go:41", "sync"}},
	{1, failure{"export_failed", "example.com/finder/files.Export export.go:39\nmain.main main.go:41", "export"}},
}

func (f finder) failed(at time.Time, what failure) {
	f.add(at, "finder.error", schema.Text(what.code), label("frames", what.frames), label("operation", what.operation))
}
