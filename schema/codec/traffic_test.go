package codec

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
)

// traffic is what one installation reports that has a desktop client and a
// server of one vendor: its facts first, then an hour of use. Names and labels
// are those of the worked example (schema/registry/example), as treated. What is
// reported often is so here; durations are log-normal and to the microsecond,
// because rounded ones would flatter the figure.
type traffic struct {
	random  *rand.Rand
	at      int64
	sources []source
	choices []int // indexes of sources, as often as they report
}

// source is a metric with one set of labels.
type source struct {
	of    schema.Record
	value func(*rand.Rand) schema.Value
}

var (
	finder = schema.Product{Name: "finder", Version: "5.2.1"}
	engine = schema.Product{Name: "engine", Version: "5.2.0-rc.3"}
	agent  = schema.Product{Name: "tacit", Version: "0.1.0"}
)

func newTraffic(seed uint64) *traffic {
	t := &traffic{random: rand.New(rand.NewPCG(seed, 5)), at: 1_795_219_200}
	t.client()
	t.server()
	t.appliance()
	return t
}

func (t *traffic) client() {
	t.add(9, finder, "finder.menu.used", adds(1), "menu=open", "menu=find", "menu=copy", "menu=save", "menu=filter", "menu=sort", "menu=export", "menu=print", "menu=settings", "menu=help")
	t.add(9, finder, "finder.button.used", adds(1), "button=search", "button=back", "button=preview", "button=forward", "button=refresh", "button=share", "button=close")
	t.add(10, finder, "finder.operation.duration", takes(120_000), "operation=search", "operation=open", "operation=save", "operation=sync", "operation=export", "operation=index", "operation=start")
	t.add(3, finder, "finder.search.results", oneOf("<1", "1–10", "10–100", "10–100", "100–1000"), "")
	t.add(2, finder, "finder.error", oneOf("search_timeout", "open_missing", "open_denied", "*fs.PathError", "other"), stacks("finder")...)
}

func (t *traffic) server() {
	t.add(24, engine, "http.server.request.duration", takes(9_000), requests()...)
	t.add(10, engine, "db.client.operation.duration", takes(2_000), "db.operation.name=SELECT", "db.operation.name=UPDATE", "db.operation.name=INSERT", "db.operation.name=DELETE")
	t.add(7, engine, "engine.query.duration", takes(30_000), "kind=full_text", "kind=suggest", "kind=filter", "kind=aggregate", "kind=similar")
	t.add(6, engine, "engine.queries", adds(15), "kind=full_text", "kind=suggest", "kind=filter", "kind=aggregate", "kind=similar")
	t.add(8, engine, "engine.api.calls", adds(40), "kind=search", "kind=read", "kind=write", "kind=bulk", "kind=delete", "kind=export", "kind=admin")
	t.add(3, engine, "engine.queue.depth", oneOf("<1", "1–10", "10–100"), "queue=search", "queue=index", "queue=export")
	t.add(1, engine, "engine.error", oneOf("query_timeout", "database_lost", "*pq.Error"), stacks("engine")...)
}

func (t *traffic) appliance() {
	percent := oneOf("50–70 %", "50–70 %", "70–80 %", "80–90 %")
	t.add(2, engine, "appliance.disk.used", percent, "volume=system", "volume=data", "volume=log", "volume=backup")
	t.add(1, engine, "appliance.memory.used", percent, "")
	t.add(1, engine, "appliance.replication.lag", oneOf("<1 s", "1–10 s"), "")
	t.add(3, engine, "appliance.service.state", oneOf("up", "up", "up", "degraded"), "service=engine", "service=database", "service=indexer", "service=scheduler", "service=web")
	t.add(1, agent, "tacit.operation.duration", takes(3_000), "operation=spool", "operation=upload")
}

// requests are those that a server answers, the most frequent first.
func requests() (out []string) {
	for _, r := range []string{"GET 200 /search", "GET 200 /suggest", "GET 200 /items/{id}", "GET 304 /items/{id}", "GET 200 /items", "POST 200 /search",
		"GET 200 /health", "PUT 204 /items/{id}", "POST 201 /items", "GET 404 /items/{id}", "GET 200 /items/{id}/versions", "POST 200 /sync",
		"GET 200 /export", "DELETE 204 /items/{id}", "GET 401 /search", "POST 409 /sync", "GET 429 /suggest", "GET 500 /search", "GET 404 other"} {
		part := strings.Fields(r)
		out = append(out, "http.request.method="+part[0]+",http.response.status_code="+part[1]+",http.route="+part[2])
	}
	return out
}

// add lets a metric report with each set of labels, weight times of a hundred.
// The first of the sets is the most frequent.
func (t *traffic) add(weight int, p schema.Product, metric string, value func(*rand.Rand) schema.Value, sets ...string) {
	from := len(t.sources)
	for _, set := range sets {
		r := schema.Record{Product: p, Metric: metric}
		for pair := range strings.SplitSeq(set, ",") {
			if name, v, ok := strings.Cut(pair, "="); ok {
				r.Labels = append(r.Labels, schema.Label{Name: name, Value: v})
			}
		}
		t.sources = append(t.sources, source{r, value})
	}
	for i := range weight * 10 {
		t.choices = append(t.choices, from+int(float64(len(sets))*math.Pow(float64(i)/float64(weight*10), 1.8)))
	}
}

// adds gives what a counter adds at once: at least one.
func adds(mean float64) func(*rand.Rand) schema.Value {
	return func(r *rand.Rand) schema.Value { return schema.Number(1 + int64(r.ExpFloat64()*(mean-0.5))) }
}

// takes gives durations about a median in microseconds.
func takes(median float64) func(*rand.Rand) schema.Value {
	return func(r *rand.Rand) schema.Value { return schema.Number(int64(median * math.Exp(r.NormFloat64()))) }
}

func oneOf(texts ...string) func(*rand.Rand) schema.Value {
	return func(r *rand.Rand) schema.Value { return schema.Text(texts[r.IntN(len(texts))]) }
}

// stacks are frames of a product's own module, as a client sends them.
func stacks(product string) (out []string) {
	module := "example.com/" + product + "/"
	for _, top := range []string{"search.(*Index).Query index.go:214", "sync.(*Session).pull session.go:88", "files.Open open.go:41", "export.write pdf.go:530"} {
		out = append(out, "frames="+module+top+"\n"+module+"ui.(*Window).run window.go:317\n"+module+"main.main main.go:62")
	}
	return out
}

// facts are what holds on the host, once a day.
func (t *traffic) facts() (out []schema.Record) {
	facts := []string{"os.type", "linux", "os.name", "debian", "os.version", "13.1", "host.arch", "amd64", "host.cpu.family", "amd-epyc",
		"host.memory", "16–32 GiB", "country", "DE", "engine.edition", "enterprise", "engine.deployment", "on_premises", "engine.hypervisor", "kvm",
		"db.system.name", "postgresql", "finder.edition", "enterprise", "finder.deployment", "on_premises", "finder.browser.family", "firefox"}
	for pair := range slices.Chunk(facts, 2) {
		p := agent
		switch by, _, _ := strings.Cut(pair[0], "."); by {
		case "finder":
			p = finder
		case "engine", "db":
			p = engine
		}
		out = append(out, schema.Record{Time: t.at, Product: p, Metric: pair[0], Value: schema.Text(pair[1])})
	}
	return out
}

// batch returns the next records, n of an hour, with the facts or without.
func (t *traffic) batch(n int, facts bool) []schema.Record {
	out := make([]schema.Record, 0, n)
	if facts {
		out = append(out, t.facts()...)
	}
	for len(out) < n {
		t.at += int64(t.random.ExpFloat64() * 3600 / float64(n))
		from := &t.sources[t.choices[t.random.IntN(len(t.choices))]]
		r := from.of
		r.Time, r.Value = t.at, from.value(t.random)
		out = append(out, r)
	}
	return out
}
