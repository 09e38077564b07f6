package codec

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
)

// traffic is what one installation reports that has a desktop client and a
// server of one vendor: its facts first, then an hour of use. The mix and the
// names are those of the worked example; durations are log-normal and to the
// microsecond, because an average of equal values would flatter the figure.
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
)

func newTraffic(seed uint64) *traffic {
	t := &traffic{random: rand.New(rand.NewPCG(seed, 5)), at: 1_795_219_200}
	uses := func(r *rand.Rand) schema.Value { return schema.Number(1 + int64(r.ExpFloat64())) }
	calls := func(r *rand.Rand) schema.Value { return schema.Number(int64(40 * r.ExpFloat64())) }
	depth := func(r *rand.Rand) schema.Value { return schema.Number(int64(6 * r.ExpFloat64())) }
	t.add(10, finder, "finder.menu.used", "menu", uses, "open", "search", "export", "print", "settings", "help", "sync", "close")
	t.add(12, finder, "finder.button.used", "button", uses, "back", "forward", "refresh", "favourite", "share", "filter", "sort", "preview", "tag", "more")
	t.add(12, finder, "finder.operation.duration", "operation", takes(120_000), "search", "open", "export", "sync", "preview", "index")
	t.add(3, finder, "finder.error", "frames", oneOf("not_found", "timeout", "denied", "conflict", "panic"), stacks()...)
	t.add(30, engine, "http.server.request.duration", "http.route", takes(9_000), "/v1/search", "/v1/items", "/v1/items/{id}", "/v1/items/{id}/versions",
		"/v1/users/{id}/favourites", "/v1/export", "/v1/sync", "/v1/login", "/healthz", "other")
	t.add(13, engine, "engine.api.calls", "kind", calls, "read", "write", "delete", "list", "batch", "admin")
	t.add(6, engine, "engine.queue.depth", "queue", depth, "index", "mail", "sync", "export")
	t.add(4, engine, "engine.disk.free", "volume", oneOf("10–20 %", "20–50 %", "50–100 %"), "data", "log", "backup")
	t.add(4, engine, "engine.service.state", "service", oneOf("up", "up", "up", "down"), "database", "search", "mail", "cache", "proxy")
	t.add(2, engine, "tacit.operation.duration", "operation", takes(3_000), "spool", "seal", "send")
	return t
}

// add lets a metric report with each value of one label, weight times of about
// a hundred.
func (t *traffic) add(weight int, p schema.Product, metric, label string, value func(*rand.Rand) schema.Value, values ...string) {
	from := len(t.sources)
	for _, v := range values {
		t.sources = append(t.sources, source{schema.Record{Product: p, Metric: metric, Labels: []schema.Label{{Name: label, Value: v}}}, value})
	}
	for i := range weight * 10 { // the first of a list is the most used
		t.choices = append(t.choices, from+int(float64(len(values))*math.Pow(float64(i)/float64(weight*10), 1.8)))
	}
}

// takes gives durations about a median in microseconds.
func takes(median float64) func(*rand.Rand) schema.Value {
	return func(r *rand.Rand) schema.Value { return schema.Number(int64(median * math.Exp(r.NormFloat64()))) }
}

func oneOf(texts ...string) func(*rand.Rand) schema.Value {
	return func(r *rand.Rand) schema.Value { return schema.Text(texts[r.IntN(len(texts))]) }
}

// stacks are frames of a product's own modules, as a client sends them.
func stacks() []string {
	const module = "example.com/finder/"
	top := []string{"search.(*Index).Query index.go:214", "sync.(*Session).pull session.go:88", "files.Open open.go:41", "export.write pdf.go:530"}
	for i, frame := range top {
		top[i] = module + frame + "\n" + module + "ui.(*Window).run window.go:317\n" + module + "main.main main.go:62"
	}
	return top
}

// facts are what holds on the host, once a day.
func (t *traffic) facts() (out []schema.Record) {
	facts := []string{"os.type", "linux", "os.name", "debian", "os.version", "13.1", "host.arch", "amd64", "host.cpu.family", "zen4",
		"host.memory", "16–32 GiB", "country", "DE", "engine.edition", "enterprise", "engine.deployment", "on_premises", "engine.database", "postgresql",
		"engine.hypervisor", "kvm", "finder.browser", "firefox", "survey.usage", "high"}
	for pair := range slices.Chunk(facts, 2) {
		out = append(out, schema.Record{Time: t.at, Product: engine, Metric: pair[0], Value: schema.Text(pair[1])})
	}
	return out
}

// batch returns the next records, n of an hour. The first begins with the facts.
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
