package generate_test

import (
	"bytes"
	"go/format"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/generate"
)

// metric is one metric of a test's registry; rest are its own lines.
func metric(name, kind string, rest ...string) string {
	category, level := "feature_usage", "standard"
	switch kind {
	case "error":
		category = "error_report"
	case "log":
		category, level = "product_log", "enhanced"
	case "survey":
		category = "survey"
	}
	lines := []string{
		"  - name: " + name, "description: The " + name + ".", "category: " + category, "programme: ceip", "level: " + level, "type: " + kind,
		"treatment: keep", "page: true", "owner: a@example.com", "purpose: To test.", "review: https://example.com/1", "since: 1", "expires: never",
	}
	return strings.Join(append(lines, rest...), "\n    ") + "\n"
}

func label(name, values string) string {
	return "  - {name: " + name + ", description: A label., treatment: keep, values: [" + values + "]}"
}

const frames = "  - {name: frames, description: Where., treatment: keep, format: frames}"

// laid returns a registry with the metrics, all of the product finder.
func laid(t *testing.T, metrics ...string) *registry.Registry {
	t.Helper()
	text := "release: 7\nbase: [{release: 1, from: 1}]\nproducts:\n  - {name: finder, modules: [example.com/finder]}\nmetrics:\n" + strings.Join(metrics, "")
	other := "release: 7\nbase: [{release: 1, from: 1}]\nproducts:\n  - {name: engine, modules: [example.com/engine]}\nmetrics:\n" +
		metric("engine.queries", "counter", `unit: "{query}"`)
	r, err := registry.Overlay(nil, registry.File{Name: "finder.yaml", Data: []byte(text)}, registry.File{Name: "engine.yaml", Data: []byte(other)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// all has a metric of every type, with every kind of label.
func all() []string {
	return []string{
		metric("finder.menu.used", "counter", `unit: "{use}"`, "labels:", label("menu", "open, open_recent, C++, '5.3'")),
		metric("finder.operation.duration", "duration", "unit: us", "buckets: [10, 20]", "labels:", label("operation", "search, open"), label("type", "fast, slow")),
		metric("finder.edition", "state", "values: [standard, enterprise]"),
		metric("finder.plugin.version", "state", "format: version"),
		metric("finder.sync.on", "flag"),
		metric("finder.documents", "quantity", `unit: "{document}"`, "max: 100", "labels:", label("menu", "open, open_recent, C++, '5.3'")),
		metric("finder.error", "error", `values: [disk_full, "*fs.PathError", other]`, "overflow: other", "labels:", frames, label("operation", "search, save")),
		metric("finder.log", "log", `templates: [{id: index_rebuilt, text: The index was built anew.}, {id: sync_done, text: "Renewed {n} of {path} in {took}: {state}"}]`, "labels:",
			"  - {name: took, description: How long., treatment: bucket, unit: us, buckets: [10]}",
			`  - {name: n, description: How many., treatment: bucket, unit: "{document}", buckets: [10]}`, label("state", "done, stopped")),
		metric("survey.score", "survey", "max: 10"),
		metric("survey.reason", "survey", "values: [fast, slow]"),
		metric("http.server.requests", "counter", `unit: "{request}"`, "labels:",
			"  - {name: service.version, description: A version., treatment: keep, format: version}", label("http.route", `"/", "/items/{id}"`)),
	}
}

func generated(t *testing.T, metrics ...string) string {
	t.Helper()
	b, err := generate.Go(laid(t, metrics...), generate.Config{Product: "finder", Package: "telemetry"})
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestForm: what tools ask of a generated file, and the same bytes each time.
func TestForm(t *testing.T) {
	text := generated(t, all()...)
	if !regexp.MustCompile(`\A// Code generated .* DO NOT EDIT\.\n`).MatchString(text) {
		t.Errorf("it begins with %.80q", text)
	}
	if same, err := format.Source([]byte(text)); err != nil || !bytes.Equal(same, []byte(text)) {
		t.Errorf("it is not formatted: %v", err)
	}
	for _, own := range []string{"engine", "os.type", "tacit.error"} {
		if strings.Contains(text, own) {
			t.Errorf("it has %s, which is not the product's", own)
		}
	}
	for range 3 {
		if generated(t, all()...) != text {
			t.Fatal("the same registry gives other bytes")
		}
	}
}

// TestOnlyWhatIsNeeded: a file without durations imports no package for them,
// and keeps nothing that it has no use for.
func TestOnlyWhatIsNeeded(t *testing.T) {
	check(t, generated(t, metric("finder.sync.on", "flag")), `telemetry.SetSyncOn(true)`, "")
	if text := generated(t, metric("finder.sync.on", "flag")); strings.Contains(text, `"time"`) || strings.Contains(text, "func counter") {
		t.Error(text)
	}
}

func TestRefusals(t *testing.T) {
	counter := func(name string, labels ...string) string {
		return metric(name, "counter", append([]string{`unit: "{use}"`, "labels:"}, labels...)...)
	}
	for name, c := range map[string]struct {
		metrics []string
		want    string
	}{
		"two metrics":         {[]string{metric("finder.menu.used", "flag"), metric("finder.menu_used", "flag")}, `metric "finder.menu.used" and metric "finder.menu_used" would both be called SetMenuUsed; rename one of them`},
		"a metric and a type": {[]string{metric("finder.menu", "duration", "unit: us", "buckets: [10]"), counter("finder.menu.used", label("menu", "open"))}, `metric "finder.menu" and label "menu" of metric "finder.menu.used"`},
		"two values":          {[]string{counter("finder.used", label("menu", "open, Open"))}, `value "open" of label "menu" of metric "finder.used" and value "Open" of label "menu" of metric "finder.used" would both be called MenuOpen`},
		"a metric and a code": {[]string{metric("finder.error", "error", "values: [full]", "labels:", frames), metric("finder.error.full", "duration", "unit: us", "buckets: [10]")}, `metric "finder.error.full" and code "full" of metric "finder.error" would both be called ErrorFull`},
		"a metric and a line": {[]string{metric("finder.log", "log", "templates: [{id: full, text: It is full.}]"), metric("finder.log.full", "duration", "unit: us", "buckets: [10]")}, `template "full" of metric "finder.log" and metric "finder.log.full" would both be called LogFull`},
		"Start":               {[]string{metric("finder.start", "duration", "unit: us", "buckets: [10]")}, `the function that begins to report and metric "finder.start" would both be called Start`},
		"no frames":           {[]string{metric("finder.error", "error", "values: [full]")}, `metric "finder.error" has no label frames of the format frames`},
	} {
		_, err := generate.Go(laid(t, c.metrics...), generate.Config{Product: "finder", Package: "telemetry"})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	r := laid(t, metric("finder.sync.on", "flag"))
	for config, want := range map[generate.Config]string{
		{Product: "finder", Package: "my telemetry"}: `"my telemetry" cannot be the name of a package`,
		{Product: "finder", Package: "func"}:         `"func" cannot`,
		{Product: "finder"}:                          `"" cannot`,
		{Product: "other", Package: "telemetry"}:     `product "other" is not registered`,
		{Product: "tacit", Package: "telemetry"}:     `product "tacit" has no metrics of its own`,
	} {
		if _, err := generate.Go(r, config); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %s", config, err, want)
		}
	}
}
