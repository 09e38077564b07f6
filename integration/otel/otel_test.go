// Package otel has the official OpenTelemetry SDKs of Go and of JavaScript report
// to the real binaries, told nothing but where to send. What the registry maps is
// in the timeline; what it does not is nowhere but in the agent's own status. The
// programs are in golang, a module of its own so that nothing of the SDK is among
// Tacit's requirements, and in js.
package otel

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	// Whoever runs the tests may refuse for himself, or use an SDK.
	for _, setting := range os.Environ() {
		name, _, _ := strings.Cut(setting, "=")
		if name == "DO_NOT_TRACK" || name == "TACIT_TELEMETRY" || strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name) // these names are valid
		}
	}
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// example returns a file of the example registry.
func example(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "schema", "registry", "example", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// site is `tacit up` with the example registry.
type site struct {
	*rig.Process
	dir      string
	endpoint string // that an SDK is told
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{dir: rig.Dir(t)}
	s.Process = rig.Tacit(t, "up", "--ports", "0", "--verbose", "--data", s.dir,
		"--registry", example(t, "finder.yaml"), "--registry", example(t, "engine.yaml")).Start(t, s.dir)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("tacit up says:\n%s", s.Text())
		}
	})
	s.WaitFor(t, "Ctrl-C ends it")
	var where struct{ OTLP string }
	b, err := os.ReadFile(filepath.Join(s.dir, "run", "endpoints.json"))
	if err == nil {
		err = json.Unmarshal(b, &where)
	}
	if err != nil || where.OTLP == "" {
		t.Fatalf("where OpenTelemetry is taken: %q, %v", where.OTLP, err)
	}
	s.endpoint = where.OTLP
	return s
}

// seen is one record of the timeline, as far as a test looks at it.
func seen(r rig.Record) string {
	names := make([]string, 0, len(r.Labels))
	for name, value := range r.Labels {
		names = append(names, name+"="+value)
	}
	slices.Sort(names)
	return strings.Join(append([]string{r.Product, r.Version, r.Metric}, names...), " ")
}

// expected are the records of each program, and the values of those whose value
// is known.
var expected = map[string]map[string]any{
	"engine": {
		"engine 1.4.0 engine.query.duration kind=full_text": nil,
		"engine 1.4.0 engine.api.calls kind=search":         3.0,
		"engine 1.4.0 engine.queue.depth queue=index":       "10–100",
		"engine 1.4.0 engine.error":                         nil,
		"engine 1.4.0 http.server.request.duration http.request.method=GET http.response.status_code=200 http.route=/items/{id}": nil,
	},
	"finder": {
		"finder 2.0.1 finder.operation.duration operation=search": nil,
		"finder 2.0.1 finder.menu.used menu=open":                 3.0,
		"finder 2.0.1 finder.search.results":                      "10–100",
		"finder 2.0.1 finder.button.used button=search":           1.0,
		"finder 2.0.1 finder.error operation=search":              "TypeError",
		"finder 2.0.1 finder.error":                               "RangeError",
	},
}

// errorsOf are the types of errors in a timeline.
func errorsOf(records []rig.Record, metric string) (types []string) {
	for _, r := range records {
		if r.Metric == metric {
			types = append(types, r.Value.(string))
		}
	}
	slices.Sort(types)
	return slices.Compact(types)
}

// arrives waits until all that a program says is in the timeline, and returns it.
func arrives(t *testing.T, storeDir, id, product string) []rig.Record {
	t.Helper()
	var records []rig.Record
	rig.Eventually(t, "what "+product+" reports is in the timeline", func() bool {
		timeline, _ := rig.Found(t, storeDir, id)
		records = timeline.Records
		for want, value := range expected[product] {
			if !slices.ContainsFunc(records, func(r rig.Record) bool { return seen(r) == want && (value == nil || r.Value == value) }) {
				return false
			}
		}
		return true
	})
	return records
}

// TestSDKs: durations, counters and the types of exceptions appear in the lookup.
// Messages, the host's name and all that is not mapped appear nowhere, on disk or
// in what anybody prints, but for names in the agent's own status; and no SDK logs
// an error.
func TestSDKs(t *testing.T) {
	engine, finder := goProgram(t), jsProgram(t)
	s := newSite(t)
	id := rig.ID(t, s.dir)
	report(t, engine, s.endpoint)
	report(t, finder, s.endpoint)
	report(t, finder, s.endpoint, "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip")
	arrives(t, s.dir, id, "engine")
	records := arrives(t, s.dir, id, "finder")
	if got, want := errorsOf(records, "engine.error"), []string{"*fs.PathError", "*net.OpError"}; !slices.Equal(got, want) {
		t.Errorf("errors %q, want %q", got, want)
	}
	checkDurations(t, records)
	l := newLeaks(t)
	l.printed("what tacit up prints", s.Text())
	for _, args := range [][]string{{"lookup", id, "--json"}, {"outbox", "list", "--json"}, {"preview", "--json"}} {
		r := rig.Tacit(t, append(args, "--data", s.dir)...).Run(t)
		l.printed("tacit "+args[0], r.Stdout+r.Stderr)
	}
	l.files("of tacit up", s.dir)
	status := s.status(t)
	s.Interrupt(t)
	l.files("of tacit up, when it has ended", s.dir)
	l.report(t, "finder.menu.used", "engine.query.duration")
	checkUnmapped(t, status)
}

// checkDurations: three requests were a quarter of a second twice, and one of
// three and a half; a histogram knows no more than the bucket.
func checkDurations(t *testing.T, records []rig.Record) {
	t.Helper()
	fast, slow := 0, 0
	for _, r := range records {
		us, ok := r.Value.(float64)
		switch {
		case !ok || r.Metric != "http.server.request.duration":
		case us > 100_000 && us <= 250_000:
			fast += max(1, r.Count)
		case us > 2_500_000 && us <= 5_000_000:
			slow += max(1, r.Count)
		default:
			t.Errorf("a request took %v µs", us)
		}
	}
	if fast != 2 || slow != 1 {
		t.Errorf("%d requests of a quarter of a second, and %d slow ones", fast, slow)
	}
}

// unmapped is what the status counts.
type unmapped struct {
	Of, Name, Why string
	Count         int
}

func (s *site) status(t *testing.T) []unmapped {
	t.Helper()
	code, body, err := rig.API(t.Context(), s.dir, http.MethodGet, "/v1/status", nil)
	var out struct {
		Unmapped []unmapped `json:"otlp_unmapped"`
	}
	if err == nil {
		err = json.Unmarshal(body, &out)
	}
	if err != nil || code != http.StatusOK {
		t.Fatalf("the status is answered %d, %v", code, err)
	}
	return out.Unmapped
}

// checkUnmapped: what was dropped is counted by its name, on this host alone.
func checkUnmapped(t *testing.T, status []unmapped) {
	t.Helper()
	for _, want := range []unmapped{
		{"span", "SECRET-SPAN-GO", "unmapped", 1}, {"metric", "SECRET-COUNTER-GO", "unmapped", 1}, {"log", "SECRET-EVENT-GO", "unmapped", 1},
		{"span", "SECRET-SPAN-JS", "unmapped", 2}, {"metric", "SECRET-COUNTER-JS", "unmapped", 2}, {"log", "SECRET-EVENT-JS", "unmapped", 2},
	} {
		if !slices.Contains(status, want) {
			t.Errorf("%+v is not counted among %+v", want, status)
		}
	}
}

// TestWire: what an endpoint's agent sends to its relay has none of it either.
func TestWire(t *testing.T) {
	engine, s := goProgram(t), newSite(t)
	at := rig.ReadSite(t, s.dir)
	wire := rig.NewRecorder(t, at.Relay)
	at.Relay = wire.Address()
	dir := rig.Dir(t)
	config := at.AgentConfig(t, dir, "interval: 200ms", "window: 10ms", "otlp: 127.0.0.1:0", "registry: ["+example(t, "finder.yaml")+", "+example(t, "engine.yaml")+"]")
	agent := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config, "--verbose"}}.Start(t, dir)
	agent.WaitFor(t, "takes OpenTelemetry at ")
	_, endpoint, _ := strings.Cut(agent.Text(), "takes OpenTelemetry at ")
	endpoint, _, _ = strings.Cut(endpoint, ";")
	rig.Eventually(t, "the agent heard its site", func() bool {
		return strings.Contains(rig.Tacit(t, "why", "--json", "--data", dir).Run(t).Stdout, `"may_collect": true`)
	})
	report(t, engine, endpoint)
	arrives(t, s.dir, rig.ID(t, dir), "engine")
	agent.Interrupt(t)
	l := newLeaks(t)
	l.printed("what tacit-agent prints", agent.Text())
	l.printed("the wire", string(wire.Recorded()))
	l.files("of the endpoint", dir)
	l.files("of its site", s.dir)
	l.report(t, "tacit.put", "engine.query.duration")
}
