package demo

import (
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// theEngine is Engine as it runs everywhere.
var theEngine = schema.Product{Name: "engine", Version: "2.4.0"}

// engine writes down what Engine reports on one day of one host.
type engine struct {
	of  *Installation
	day int
	r   *rand.Rand
	log *log
}

func (e engine) add(at time.Time, metric string, v schema.Value, labels ...schema.Label) {
	e.log.add(at, theEngine, metric, v, labels...)
}

// states are what Engine is here.
func (e engine) states(start time.Time) {
	h := &e.of.host
	e.add(start, "engine.edition", schema.Text(h.edition))
	e.add(start, "engine.deployment", schema.Text(h.deployment))
	e.add(start, "engine.hypervisor", schema.Text(h.hypervisor))
	e.add(start, "db.system.name", schema.Text(h.database))
}

// work is a day of Engine, told every third hour.
func (e engine) work(start time.Time) {
	for hour := 1; hour < 20; hour += 3 {
		e.hours(start.Add(time.Duration(hour) * time.Hour))
	}
	e.appliance(start.Add(19 * time.Hour))
}

var queries = []share[string]{{5, "full_text"}, {3, "filter"}, {1, "aggregate"}, {3, "suggest"}}

var routes = []share[string]{{6, "/search"}, {3, "/suggest"}, {4, "/items/{id}"}, {1, "/export"}}

// hours are some of them.
func (e engine) hours(at time.Time) {
	for _, q := range queries {
		e.add(at, "engine.queries", schema.Number(int64(q.weight*float64(20+e.r.IntN(60)))), label("kind", q.value))
		e.add(at, "engine.query.duration", schema.Number(spread(e.r, 40_000)), label("kind", q.value))
	}
	e.add(at, "http.server.request.duration", schema.Number(spread(e.r, 55_000)),
		label("http.request.method", "GET"), label("http.response.status_code", "200"), label("http.route", pick(e.r, routes)))
	e.add(at, "db.client.operation.duration", schema.Number(spread(e.r, 9_000)), label("db.operation.name", "SELECT"))
	e.add(at, "engine.queue.depth", schema.Number(e.r.Int64N(9)), label("queue", "search"))
}

// appliance is how the host of Engine is.
func (e engine) appliance(at time.Time) {
	e.add(at, "engine.documents", schema.Number(200_000+int64(e.of.n)*1_000))
	e.add(at, "appliance.disk.used", schema.Number(int64(30+e.of.n%40)), label("volume", "data"))
	e.add(at, "appliance.memory.used", schema.Number(40+e.r.Int64N(25)))
	e.add(at, "appliance.backup.age", schema.Number(3_600*(4+e.r.Int64N(18))))
	e.add(at, "appliance.service.state", schema.Text("up"), label("service", "engine"))
	e.add(at, "appliance.update.waiting", schema.Number(0))
}
