package registry

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

func TestBase(t *testing.T) {
	r, err := Parse("base.yaml", baseYAML)
	if err != nil {
		t.Fatal(err)
	}
	if first := Base(); first != Base() || len(first.Metrics) != len(r.Metrics) {
		t.Error("Base is not parsed once")
	}
	if p, ok := r.Product("tacit"); !ok || !slices.Equal(p.Modules, []string{"github.com/tacit-telemetry/tacit"}) {
		t.Errorf("product tacit is %+v, %v", p, ok)
	}
	for _, name := range []schema.Programme{schema.CEIP, schema.CSP} {
		if p, ok := r.Programme(name); !ok || p.Default != DefaultOn {
			t.Errorf("programme %s is %+v, %v", name, p, ok)
		}
	}
	want := [][]string{{"os.type", "os.version", "host.arch"}, {"country", "host.memory"}, {"service.version", "os.type"}}
	if got := r.Tuples(); !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("tuples %v, want %v", got, want)
	}
	tuples := r.Tuples()
	tuples[0][0] = "changed"
	if r.Tuples()[0][0] != "os.type" {
		t.Error("a caller can change the registry's tuples")
	}
}

// What Tacit collects of a host is a promise: each metric is on the page, has
// reasons, and the reasons for refusals are all listed.
func TestBaseMetrics(t *testing.T) {
	r := Base()
	perCategory := map[schema.Category]int{}
	for i := range r.Metrics {
		m := &r.Metrics[i]
		perCategory[m.Category]++
		if found, ok := r.Metric(m.Name); !ok || found != m || !m.Page {
			t.Errorf("metric %s: found %v, on page %v", m.Name, ok, m.Page)
		}
		if want := m.Category == schema.ApplianceHealth; (m.Programme == schema.CSP) != want {
			t.Errorf("metric %s of %s is in programme %s", m.Name, m.Category, m.Programme)
		}
		if text := m.Treatment == schema.Scrub || m.Category == schema.ProductLog; len(m.Rollups) == 0 && !text {
			t.Errorf("metric %s has no roll-up", m.Name)
		}
	}
	for _, c := range []schema.Category{schema.Configuration, schema.FeatureUsage, schema.Performance,
		schema.ErrorReport, schema.Engine, schema.ApplianceHealth} {
		if perCategory[c] == 0 {
			t.Errorf("no metric of category %s", c)
		}
	}
	refused, _ := r.Metric("tacit.records.refused")
	var words []string
	for _, w := range refusals() {
		words = append(words, w.word)
	}
	if want := append(words, "other"); !slices.Equal(refused.Labels[0].Values, want) {
		t.Errorf("reasons %v, want %v", refused.Labels[0].Values, want)
	}
	arch, _ := r.Metric("host.arch")
	system, _ := r.Metric("os.type")
	if !slices.Contains(arch.Values, runtime.GOARCH) || !slices.Contains(system.Values, runtime.GOOS) {
		t.Errorf("this test's own %s on %s is not listed", runtime.GOARCH, runtime.GOOS)
	}
}

func TestBuckets(t *testing.T) {
	memory, _ := Base().Metric("host.memory")
	names := memory.BucketNames()
	if len(names) != len(memory.Buckets)+1 || len(names) != 12 {
		t.Fatalf("buckets %v", names)
	}
	const gib = 1 << 30
	for n, want := range map[int64]string{
		0: "<1 GiB", gib - 1: "<1 GiB", gib: "1–2 GiB", 2*gib - 1: "1–2 GiB", 25125558272: "16–32 GiB",
		32 * gib: "32–64 GiB", 1023 * gib: "512–1024 GiB", 1024 * gib: "≥1024 GiB", 1 << 62: "≥1024 GiB",
	} {
		if got := memory.Bucket(n); got != want || names[memory.BucketIndex(n)] != want {
			t.Errorf("%d bytes are in %q, want %q", n, got, want)
		}
	}
	for name, want := range map[string]string{
		"tacit.operation.duration": "<100 µs|100–500 µs|500 µs–1 ms|1–5 ms|5–10 ms|10–50 ms|50–100 ms|100–500 ms|500 ms–1 s|1–5 s|5–10 s|10–60 s|≥60 s",
		"host.uptime":              "<1 h|1 h–1 d|1–7 d|7–30 d|30–90 d|90–365 d|≥365 d",
		"tacit.relay.connections":  "<10|10–100|100–1000|1000–10000|10000–100000|100000–1000000|≥1000000",
		"os.type":                  "",
	} {
		m, _ := Base().Metric(name)
		if got := strings.Join(m.BucketNames(), "|"); got != want {
			t.Errorf("buckets of %s are %s, want %s", name, got, want)
		}
	}
	system, _ := Base().Metric("os.type")
	if got := system.Bucket(7); got != "" {
		t.Errorf("a metric without buckets has bucket %q", got)
	}
}
