package diagnosis

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// now is the time of all lookups here.
var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// story is a history that is written by hand.
type story struct {
	t       *testing.T
	reg     *registry.Registry
	at      time.Time
	product schema.Product
	lookup.History
}

func newStory(t *testing.T) *story {
	t.Helper()
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	s := &story{t: t, reg: reg, product: schema.Product{Name: "finder", Version: "5.2.0"}}
	s.Installation, s.Products = map[string]schema.Value{}, map[string]string{}
	s.on("2026-11-01 08:00")
	s.OldestDay, s.NewestDay = schema.DayOf(s.at), schema.DayOf(now)
	return s
}

// on goes to a time.
func (s *story) on(text string) *story {
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		s.t.Fatal(err)
	}
	s.at = at
	return s
}

// runs goes on with another version.
func (s *story) runs(name, version string) *story {
	s.product = schema.Product{Name: name, Version: version}
	return s
}

// add adds a record, a minute after the one before.
func (s *story) add(metric string, v schema.Value, labels ...string) *story {
	s.at = s.at.Add(time.Minute)
	return s.together(metric, v, labels...)
}

// together adds a record of the same second.
func (s *story) together(metric string, v schema.Value, labels ...string) *story {
	s.t.Helper()
	m, ok := s.reg.Metric(metric)
	if !ok {
		s.t.Fatalf("no metric %s", metric)
	}
	r := schema.Record{Time: s.at.Unix(), Product: s.product, Metric: metric, Value: v}
	for i := 0; i+1 < len(labels); i += 2 {
		r.Labels = append(r.Labels, schema.Label{Name: labels[i], Value: labels[i+1]})
	}
	if err := s.reg.CheckTreated(&r); err != nil {
		s.t.Fatalf("%s: %v", metric, err)
	}
	s.Records = append(s.Records, lookup.Record{Time: r.Time, Value: r.Value, Series: &lookup.Series{
		Product: r.Product, Metric: r.Metric, Labels: r.Labels, Category: m.Category,
	}})
	s.Products[s.product.Name] = s.product.Version
	if m.Category == schema.Configuration {
		s.Installation[metric] = v
	}
	return s
}

// works adds n operations that took so many milliseconds.
func (s *story) works(operation string, n int, ms int64) *story {
	for range n {
		s.add("finder.operation.duration", schema.Number(ms*1000), "operation", operation)
	}
	return s
}

const runFrames = "net/http.(*Client).Do client.go:585\nexample.com/finder/query.Run run.go:88\nmain.main main.go:12"

// fails adds n operations that fail.
func (s *story) fails(operation, code string, n int) *story {
	for range n {
		s.add("finder.error", schema.Text(code), "frames", runFrames, "operation", operation)
	}
	return s
}

func (s *story) examined(cfg Config) Report {
	s.t.Helper()
	cfg.Registry, cfg.Now = s.reg, now
	r, err := Examine(s.t.Context(), cfg, &s.History)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// crowd is a population that is written by hand.
type crowd map[string]insights.Answer

// Of implements Population.
func (c crowd) Of(metric string) (insights.Answer, bool) {
	a, ok := c[metric]
	return a, ok
}

// searchTook says what is usual of searches in some versions.
func searchTook(usual map[string]insights.Range) insights.Answer {
	a := insights.Answer{Metric: "finder.operation.duration", By: []string{"service.version"}}
	for version, r := range usual {
		a.Cells = append(a.Cells, insights.Cell{Facets: []string{version}, Installations: 200, Days: 1000, Series: []insights.Series{{
			Labels: map[string]string{"operation": "search"}, Events: 1000,
			Spread: &insights.Spread{Median: r, Middle: r, Most: r, Shares: make([]float64, 11)},
		}}})
	}
	slices.SortFunc(a.Cells, func(x, y insights.Cell) int { return registry.CompareVersions(x.Facets[0], y.Facets[0]) })
	return a
}

// errorsOf says how often a code came up in some versions; -1: fewer than 20 times.
func errorsOf(code string, events map[string]int) insights.Answer {
	a := insights.Answer{Metric: "finder.error", By: []string{"service.version"}}
	for version, n := range events {
		s := insights.Series{Labels: map[string]string{"value": code, "operation": "search"}, Events: uint64(max(n, 0))}
		if n < 0 {
			s.Fewer = 20
		}
		c := insights.Cell{Facets: []string{version}, Installations: 200, Days: 1000}
		if n != 0 {
			c.Series = []insights.Series{s}
		}
		a.Cells = append(a.Cells, c)
	}
	return a
}

// TestRegression: the issue's own example, an error since a version, with a known
// issue and its fix.
func TestRegression(t *testing.T) {
	s := newStory(t).works("search", 40, 30).works("open", 10, 20)
	s.on("2026-11-12 09:00").runs("finder", "5.3.0").works("open", 5, 20).works("search", 1, 30)
	s.add("finder.menu.used", schema.Number(1), "menu", "find").add("finder.button.used", schema.Number(2), "button", "search").fails("search", "search_timeout", 14)
	r := s.examined(Config{Known: known(t, vendorFile), Population: crowd{
		"finder.operation.duration": searchTook(map[string]insights.Range{"5.2.0": {Low: 10_000, High: 50_000}, "5.3.0": {Low: 10_000, High: 50_000}}),
		"finder.error":              errorsOf("search_timeout", map[string]int{"5.1.9": -1, "5.2.0": 0, "5.3.0": 400, "5.3.1": 0}),
	}})
	want := "Search fails since finder 5.3.0 on this installation: 14 of 15 attempts, error search_timeout in `query.Run`; known issue, fixed in 5.3.1, with a workaround."
	if r.Sentence != want {
		t.Errorf("%s\nwant %s", r.Sentence, want)
	}
	p := r.Problems[0]
	if p.Severity.Level != 1 || !strings.Contains(p.Severity.Reason, "each of the last 14 attempts failed") || len(r.Problems) != 1 {
		t.Errorf("%+v", r.Problems)
	}
	e := p.Error
	if e.Events != 14 || e.Since != "5.3.0" || e.Streak != 14 || e.Function != "example.com/finder/query.Run" || e.Last.Format(time.TimeOnly) != "09:22:00" || e.After != nil {
		t.Errorf("%+v", e)
	}
	if e.Began != "5.3.0" || e.Ended != "5.3.1" || len(e.AtLarge) != 4 || e.AtLarge[0].Fewer != 20 || e.AtLarge[2].Per100 != 40 {
		t.Errorf("at large %+v, began %s, ended %s", e.AtLarge, e.Began, e.Ended)
	}
	var steps []string
	for _, step := range p.Steps {
		steps = append(steps, fmt.Sprint(step.What, " ×", step.Times))
	}
	if got := strings.Join(steps, "; "); got != "error search_timeout search ×11" {
		t.Errorf("steps %s", got)
	}
	if len(r.Changes) != 1 || r.Changes[0].From != "5.2.0" || r.Changes[0].To != "5.3.0" || r.Through != e.Last {
		t.Errorf("changes %+v, through %v", r.Changes, r.Through)
	}
}

// TestSteps: what was done before an error, in order, equal ones as one.
func TestSteps(t *testing.T) {
	s := newStory(t).works("open", 1, 20).on("2026-11-20 10:00")
	s.add("finder.menu.used", schema.Number(1), "menu", "open_recent").works("open", 3, 1200).add("finder.button.used", schema.Number(2), "button", "search")
	s.add("finder.log", schema.Text("sync_gave_up"), "attempt", "2–3", "reason", "network").fails("search", "search_timeout", 1).works("open", 1, 20)
	var steps []string
	for _, step := range s.examined(Config{}).Problems[0].Steps {
		steps = append(steps, step.Time.Format("15:04 ")+string(step.Category)+" "+step.What+fmt.Sprint(" ×", step.Times))
	}
	want := []string{
		"10:01 feature_usage menu open recent ×1", "10:02 performance open took 1.2 s ×3", "10:05 feature_usage button search ×2",
		"10:06 product_log log: sync_gave_up 2–3 network ×1", "10:07 error_report error search_timeout search ×1",
	}
	if !slices.Equal(steps, want) {
		t.Errorf("%q\nwant %q", steps, want)
	}
}

// TestSlow: an operation that never fails.
func TestSlow(t *testing.T) {
	fast, slow := insights.Range{Low: 10_000, High: 50_000}, insights.Range{Low: 500_000, High: 1_000_000}
	for _, tt := range []struct {
		what       string
		usual      map[string]insights.Range
		before, ms int64
		want       string
		severity   int
	}{
		{"here alone", map[string]insights.Range{"5.2.0": fast, "5.3.0": fast}, 600, 620, "Search is slow on this installation under finder 5.3.0: mostly about 610 ms; 10 ms to 50 ms is usual.", 2},
		{"here since a version", map[string]insights.Range{"5.2.0": fast, "5.3.0": fast}, 30, 180, "Search is slow since finder 5.3.0 on this installation: mostly about 180 ms, and it was about 30 ms before; 10 ms to 50 ms is usual.", 3},
		{"at large since a version", map[string]insights.Range{"5.2.0": fast, "5.3.0": slow}, 30, 800, "Search is slow since finder 5.3.0, here and at large: mostly about 800 ms, and it was 10 ms to 50 ms before.", 2},
		{"since a version, of nobody else known", nil, 30, 180, "Search is slow since finder 5.3.0 on this installation: mostly about 180 ms, and it was about 30 ms before.", 3},
		{"slow, and no slower than for others", map[string]insights.Range{"5.2.0": slow, "5.3.0": slow}, 800, 900, "", 4},
		{"three times as long, and nobody waits", map[string]insights.Range{"5.2.0": {High: 1000}, "5.3.0": {High: 1000}}, 1, 30, "", 4},
	} {
		s := newStory(t).works("search", 20, tt.before).on("2026-11-12 09:00").runs("finder", "5.3.0").works("search", 20, tt.ms)
		cfg := Config{}
		if tt.usual != nil {
			cfg.Population = crowd{"finder.operation.duration": searchTook(tt.usual)}
		}
		r := s.examined(cfg)
		if tt.want == "" {
			tt.want = "Nothing wrong is to be seen in 40 records with 40 operations, up to 2026-11-12 09:20 UTC."
		}
		if r.Sentence != tt.want || r.Severity.Level != tt.severity {
			t.Errorf("%s: %s, %+v\nwant %s, %d", tt.what, r.Sentence, r.Severity, tt.want, tt.severity)
		}
	}
}

// TestSlowThenFails: one case has both.
func TestSlowThenFails(t *testing.T) {
	s := newStory(t).works("search", 20, 30).on("2026-11-20 09:00").runs("finder", "5.3.0").works("search", 10, 4000).fails("search", "search_timeout", 2)
	r := s.examined(Config{Population: crowd{"finder.operation.duration": searchTook(map[string]insights.Range{"5.3.0": {Low: 10_000, High: 50_000}})}})
	want := "Search sometimes fails since finder 5.3.0 on this installation: 2 of 12 attempts, error search_timeout in `query.Run`; " +
		"and it is slow: mostly about 4 s, where 10 ms to 50 ms is usual."
	if len(r.Problems) != 1 || r.Problems[0].Slow == nil || r.Sentence != want || r.Severity.Level != 2 {
		t.Errorf("%+v\nwant %s", r.Problems, want)
	}
}

// TestSeverity: each of the four, by how the issue defines them.
func TestSeverity(t *testing.T) {
	crash := func(s *story, n int) {
		for range n {
			s.add("finder.error", schema.Text("crash"), "frames", runFrames).works("start", 1, 50)
		}
	}
	for _, tt := range []struct {
		what  string
		tell  func(s *story)
		level int
		start string
	}{
		{"a main function wholly unusable", func(s *story) { s.works("search", 5, 20).fails("search", "search_refused", 3) }, 1, "Search now fails each time"},
		{"unusable for a while now", func(s *story) { s.works("search", 50, 20).fails("search", "search_refused", 4) }, 1, "Search now fails each time since 2026-11-01 under finder 5.2.0 on this installation: the last 4 attempts"},
		{"hard and not impossible", func(s *story) { s.works("search", 5, 20).fails("search", "search_refused", 6).works("search", 1, 20) }, 2, "Search fails since"},
		{"a function in little use", func(s *story) { s.works("search", 100, 20).fails("print", "print_failed", 3) }, 2, "Print fails since"},
		{"now and then", func(s *story) { s.works("search", 50, 20).fails("search", "search_refused", 1).works("search", 50, 20) }, 3, "Search sometimes fails since"},
		{"once, long ago", func(s *story) {
			s.works("search", 5, 20).fails("search", "search_refused", 2).on("2026-11-12 09:00").works("search", 1, 20)
		}, 4, "Search failed under finder 5.2.0 on this installation: 2 of 8 attempts, error search_refused in `query.Run`; it was last seen 11 days before"},
		{"mended by a version", func(s *story) {
			s.works("search", 5, 20).fails("search", "search_refused", 5).runs("finder", "5.3.1").works("search", 1, 20)
		}, 4, "Search failed under finder 5.2.0 on this installation: 5 of 10 attempts, error search_refused in `query.Run`; it was not seen under 5.3.1"},
		{"another version, and not tried again", func(s *story) {
			s.works("search", 5, 20).fails("search", "search_refused", 5).runs("finder", "5.3.1").works("open", 1, 20)
		}, 1, "Search fails since 2026-11-01 under finder 5.2.0"},
		{"crashes and does nothing in between", func(s *story) { s.works("search", 50, 20); crash(s, 3) }, 1, "Finder 5.2.0 crashes on this installation, 3 times since 2026-11-01: error crash"},
		{"crashes and can be used in between", func(s *story) { crash(s, 1); s.works("open", 9, 20); crash(s, 1); s.works("open", 9, 20); crash(s, 1) }, 2, "Finder 5.2.0 crashes"},
		{"crashed twice", func(s *story) { crash(s, 2) }, 3, "Finder 5.2.0 crashes"},
		{"no operation is told", func(s *story) {
			s.runs("engine", "2.1.0").add("engine.error", schema.Text("query_timeout"), "frames", "example.com/engine.Query q.go:1")
		}, 3, "Engine 2.1.0 fails on this installation, 1 time since 2026-11-01: error query_timeout in `engine.Query`."},
		{"nothing", func(s *story) { s.works("search", 50, 20) }, 4, "Nothing wrong"},
	} {
		s := newStory(t)
		tt.tell(s)
		r := s.examined(Config{})
		if r.Severity.Level != tt.level || r.Severity.Reason == "" || !strings.HasPrefix(r.Sentence, tt.start) {
			t.Errorf("%s: severity %+v, want %d\n%s\nwant %s", tt.what, r.Severity, tt.level, r.Sentence, tt.start)
		}
	}
}

// TestAttempts: a failure and its duration are one attempt, in either order.
func TestAttempts(t *testing.T) {
	failed := func(s *story) { s.together("finder.error", schema.Text("search_refused"), "operation", "search") }
	took := func(s *story) { s.together("finder.operation.duration", schema.Number(50), "operation", "search") }
	next := func(s *story) { s.at = s.at.Add(time.Minute) }
	for _, tt := range []struct {
		what               string
		tell               []func(s *story)
		attempts, failures uint64
	}{
		{"a failure alone", []func(*story){failed, next, failed}, 2, 2},
		{"with its duration after it", []func(*story){failed, took, next, failed, took}, 2, 2},
		{"and before it", []func(*story){took, failed, next, took, failed}, 2, 2},
		{"and a success later", []func(*story){failed, next, took, next, took}, 3, 1},
		{"two at once", []func(*story){failed, failed, took, took}, 2, 2},
		{"another operation", []func(*story){failed, func(s *story) { s.together("finder.operation.duration", schema.Number(5), "operation", "open") }}, 1, 1},
	} {
		s := newStory(t)
		for _, f := range tt.tell {
			f(s)
		}
		for _, o := range s.examined(Config{}).Operations {
			if o.Name == "search" && (o.Attempts != tt.attempts || o.Failures != tt.failures) {
				t.Errorf("%s: %+v, want %d of %d", tt.what, o, tt.failures, tt.attempts)
			}
		}
	}
}

// TestTwoProducts: the sound one is not named, and its sentence stays out.
func TestTwoProducts(t *testing.T) {
	s := newStory(t).works("search", 10, 20)
	s.runs("engine", "2.1.0").add("engine.query.duration", schema.Number(2000), "kind", "filter")
	s.runs("finder", "5.2.0").fails("search", "search_timeout", 4)
	s.runs("engine", "2.1.0").add("engine.query.duration", schema.Number(2000), "kind", "filter")
	r := s.examined(Config{Known: known(t, vendorFile)})
	if len(r.Products) != 2 || !r.Products[0].Supported || r.Products[1].Supported || strings.Contains(r.Sentence, "ngine") || r.Problems[0].Product != "finder" {
		t.Errorf("%+v %s", r.Products, r.Sentence)
	}
	if last := r.Problems[len(r.Problems)-1]; last.Kind != Unsupported || last.Sentence != "Version 5.2.0 of finder is without support since 2026-06-30." {
		t.Errorf("%+v", last)
	}
	if r.Problems[0].Known != nil {
		t.Errorf("5.2.0 has the issue of 5.3.0: %+v", r.Problems[0].Known)
	}
}

// TestChanges: what changed before it began.
func TestChanges(t *testing.T) {
	s := newStory(t).add("os.version", schema.Text("22.04")).add("finder.sync.on", schema.Number(0)).works("search", 20, 20)
	s.on("2026-11-18 09:00").add("os.version", schema.Text("24.04")).add("os.version", schema.Text("24.04"))
	s.on("2026-11-18 10:00").fails("search", "disk_full", 3)
	r := s.examined(Config{})
	if len(r.Changes) != 1 || r.Changes[0] != (Change{Time: time.Date(2026, 11, 18, 9, 1, 0, 0, time.UTC), What: "os.version", From: "22.04", To: "24.04"}) {
		t.Errorf("%+v", r.Changes)
	}
	e := r.Problems[0].Error
	if e.After == nil || e.After.To != "24.04" || e.Since != "" {
		t.Errorf("%+v", e)
	}
	if got := fmt.Sprint(r.Environment); got != "[{finder.sync.on map[] no} {os.version map[] 24.04}]" {
		t.Error(got)
	}
}

// TestLogsSayNoVersion: a line of a log is no change of the product's version.
func TestLogsSayNoVersion(t *testing.T) {
	s := newStory(t)
	log := func() {
		s.runs("finder", "unknown").add("finder.log", schema.Text("sync_begun")).runs("finder", "5.2.0")
	}
	log()
	s.works("search", 5, 20)
	log()
	s.fails("search", "disk_full", 3)
	log()
	r := s.examined(Config{})
	if len(r.Changes) != 0 || r.Products[0].Version != "5.2.0" || r.Problems[0].Error.Since != "" {
		t.Errorf("%+v, %+v, %s", r.Changes, r.Products, r.Sentence)
	}
}

// TestHealth: what is out of range at large, and what is usual.
func TestHealth(t *testing.T) {
	disk := insights.Answer{Cells: []insights.Cell{{Facets: []string{"2.1.0"}, Installations: 100, Series: []insights.Series{{
		Labels: map[string]string{"volume": "data"}, Events: 500,
		Spread: &insights.Spread{Most: insights.Range{Low: 50, High: 90}, Shares: []float64{0.02, 0.5, 0.3, 0.15, 0.02, 0.01}},
	}}}}}
	state := insights.Answer{Cells: []insights.Cell{{Facets: []string{"2.1.0"}, Installations: 100, Series: []insights.Series{
		{Labels: map[string]string{"service": "indexer", "value": "up"}, Events: 980}, {Labels: map[string]string{"service": "indexer", "value": "down"}, Fewer: 20},
	}}}}
	s := newStory(t).runs("engine", "2.1.0")
	s.add("appliance.disk.used", schema.Text("≥95 %"), "volume", "log").add("appliance.disk.used", schema.Text("≥95 %"), "volume", "data")
	s.add("appliance.service.state", schema.Text("up"), "service", "indexer").add("appliance.service.state", schema.Text("down"), "service", "indexer")
	r := s.examined(Config{Population: crowd{"appliance.disk.used": disk, "appliance.service.state": state}})
	var got []string
	for _, p := range r.Problems {
		got = append(got, p.Sentence)
	}
	want := []string{
		"appliance.disk.used (volume=data) is out of range on this installation: ≥95 %, where 50 % to 90 % is usual.",
		"appliance.service.state (service=indexer) is out of range on this installation: down, where up is usual.",
	}
	if !slices.Equal(got, want) || r.Severity.Level != 3 || len(r.Health) != 3 {
		t.Errorf("%q\nwant %q; %+v", got, want, r.Health)
	}
	s.runs("finder", "5.2.0").on("2026-11-20 00:00").works("search", 1, 1)
	if r := s.examined(Config{Population: crowd{"appliance.disk.used": disk}}); len(r.Problems) != 0 {
		t.Errorf("what is long past is a problem of now: %+v", r.Problems)
	}
}

// TestWrongClock: years ahead for a while, and all the time.
func TestWrongClock(t *testing.T) {
	s := newStory(t).works("search", 20, 20)
	sound := s.at
	s.on("2031-11-20 10:00").fails("search", "search_refused", 5)
	r := s.examined(Config{})
	if len(r.Problems) != 1 || r.Problems[0].Kind != WrongClock || r.Through != sound.UTC() ||
		r.Sentence != "The clock of this host is or was wrong, by 5 years ahead: 5 records are dated so." {
		t.Errorf("for a while: %+v", r)
	}
	s = newStory(t).on("2031-11-20 10:00").works("search", 5, 20).fails("search", "search_refused", 5)
	r = s.examined(Config{})
	if len(r.Problems) != 2 || r.Problems[0].Kind != Failing || r.Problems[1].Sentence != "The clock of this host is wrong, by 5 years ahead; all times here are by it." {
		t.Errorf("all the time: %+v", r.Problems)
	}
	s = newStory(t).works("search", 20, 20)
	s.Records = slices.Insert(s.Records, 0, s.Records[0])
	s.Records[0].Time = time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	if r := s.examined(Config{}); r.Sentence != "The clock of this host is or was wrong, by 11 years behind: 1 record is dated so." {
		t.Errorf("behind: %s", r.Sentence)
	}
}

// TestNothingToTellFrom: pages of which no record is shown are no proof that nothing
// is wrong.
func TestNothingToTellFrom(t *testing.T) {
	s := newStory(t)
	if r := s.examined(Config{}); r.Sentence != "There are no records to tell from." || r.Severity.Level != 4 || r.Severity.Reason != "nothing is to be seen" {
		t.Errorf("of nothing: %q, %+v", r.Sentence, r.Severity)
	}
	s.NotUnderstood, s.Damaged, s.DamagedOn = 12, 1, []schema.Day{s.NewestDay - 1}
	r := s.examined(Config{})
	if r.Sentence != "There are no records to tell from: 12 records are of a registry release that is not known here, 1 page is damaged." ||
		!slices.Contains(r.Notes, "1 page is damaged, sent on 2026-11-20") {
		t.Errorf("%q, %q", r.Sentence, r.Notes)
	}
}

// TestNotAllIsSeen: what could not be read is said, and other writers are left out.
func TestNotAllIsSeen(t *testing.T) {
	s := newStory(t).works("search", 20, 20).fails("search", "search_refused", 5)
	for i := 20; i < 25; i++ {
		s.Records[i].OtherWriter = true
	}
	s.NotUnderstood, s.Damaged, s.Unread = 7, 2, []schema.Month{schema.DayOf(now).Month()}
	r := s.examined(Config{})
	want := []string{
		"nothing is compared with other installations: what they add up to is not known", "7 records are not understood: another registry release wrote them",
		"2 pages are damaged", "5 records are left out, of another writer: a clone or a restored backup", "month 2026-11 could not be read whole",
	}
	if !slices.Equal(r.Notes, want) || len(r.Problems) != 0 {
		t.Errorf("%q, %+v", r.Notes, r.Problems)
	}
	if r := newStory(t).examined(Config{}); r.Sentence != "There are no records to tell from." || r.Severity.Level != 4 {
		t.Errorf("of nothing: %+v", r)
	}
}

// TestTooManySeries: so many are told apart, and what is over is counted.
func TestTooManySeries(t *testing.T) {
	s := newStory(t)
	for i := range MaxSeries + 5 {
		s.runs("finder", fmt.Sprintf("5.%d.0", i)).works("search", 2, 20)
	}
	r := s.examined(Config{})
	if !slices.Contains(r.Notes, "10 records are left out: there are too many series") || len(r.Operations) > MaxSeries {
		t.Errorf("%q, %d operations", r.Notes, len(r.Operations))
	}
}

func TestExamineRefuses(t *testing.T) {
	s := newStory(t).works("search", 1, 1)
	if _, err := Examine(t.Context(), Config{}, &s.History); err == nil {
		t.Error("without a registry")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Examine(ctx, Config{Registry: s.reg}, &s.History); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// million returns a history of a million records, as different as they come.
func million(t *testing.T) *story {
	s := newStory(t)
	s.Records = make([]lookup.Record, 0, 1_000_000)
	operations := []string{"start", "search", "open", "save", "export", "print", "sync", "index"}
	for i := range 1_000_000 {
		r := lookup.Record{Time: s.at.Unix() + int64(i), Value: schema.Number(int64(i%5000) * 1000), Series: &lookup.Series{
			Product: s.product, Metric: "finder.operation.duration", Category: schema.Performance,
			Labels: []schema.Label{{Name: "operation", Value: operations[i%len(operations)]}},
		}}
		if i%10 == 0 {
			r.Category, r.Metric, r.Value = schema.ErrorReport, "exception", schema.Text(fmt.Sprint("error ", i))
			r.Labels = nil
		}
		if i%1000 == 0 {
			r.Category, r.Metric, r.Value = schema.Configuration, "os.version", schema.Text(fmt.Sprint(i/1000%2))
		}
		s.Records = append(s.Records, r)
	}
	return s
}

// TestMillionRecords: what is kept does not grow with the history, and what is
// left out is counted.
func TestMillionRecords(t *testing.T) {
	s := million(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	r := s.examined(Config{})
	took := time.Since(began)
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("a million records took %v; the report holds %d KiB", took, (int64(after.HeapAlloc)-int64(before.HeapAlloc))>>10)
	if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 4<<20 {
		t.Errorf("%d bytes are held", held)
	}
	if len(r.Problems) > MaxSignatures+MaxSeries || len(r.Changes) != MaxChanges || r.Records != 1_000_000 {
		t.Errorf("%d problems, %d changes", len(r.Problems), len(r.Changes))
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "98,500 errors are left out") || !strings.Contains(notes, "older changes") {
		t.Error(notes)
	}
	if b, err := json.Marshal(r); err != nil || len(b) > 4<<20 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	runtime.KeepAlive(s)
}
