package story

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestProducts: what products in three languages report is in the timeline.
func TestProducts(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.UpExample(t, dir)
	id := rig.ID(t, dir)
	for _, p := range rig.Products(t) {
		before := len(reported(rig.Lookup(t, dir, id), "finder.error"))
		if r := p.On(dir).Run(t); r.Code != p.Code {
			t.Fatalf("%s: exit code %d: %s%s", p.Name, r.Code, r.Stdout, r.Stderr)
		}
		var tl rig.Timeline
		rig.Eventually(t, "the failure that "+p.Name+" reports is there", func() bool {
			tl = rig.Lookup(t, dir, id)
			return len(reported(tl, "finder.error")) > before
		})
		if tl.Unknown != 0 || tl.Damaged != 0 {
			t.Errorf("%s: %d records not understood, %d pages damaged", p.Name, tl.Unknown, tl.Damaged)
		}
		if got := last(tl, "finder.menu.used", "menu", "open"); fmt.Sprint(got.Value) != "1" {
			t.Errorf("%s: the counter is %+v", p.Name, got)
		}
		got := last(tl, "finder.operation.duration", "operation", "search")
		if took, ok := got.Value.(float64); !ok || took < 340_000 {
			t.Errorf("%s: the duration is %+v", p.Name, got)
		}
	}
}

// TestGeneratedFunctions: each kind of metric, and nothing of the machine.
func TestGeneratedFunctions(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.UpExample(t, dir)
	id := rig.ID(t, dir)
	const secret = "zoe-hunter2@example.com"
	product := rig.Products(t)[0].On(dir)
	product.Args = append(product.Args, "-about", "-send", "-never", secret)
	r := product.Run(t)
	if spoken := run(t, dir, "id", "--spoken"); r.Stdout != spoken || r.Stderr != "" || r.Code != 7 {
		t.Errorf("exit code %d, it prints %q, the ID is %q: %s", r.Code, r.Stdout, spoken, r.Stderr)
	}
	tl := rig.Lookup(t, dir, id)
	for _, want := range []struct {
		metric, value string
		labels        map[string]string
	}{
		{"finder.edition", "enterprise", nil}, {"finder.deployment", "on_premises", nil}, {"finder.sync.on", "1", nil},
		{"finder.menu.used", "1", map[string]string{"menu": "open"}}, {"finder.menu.used", "3", map[string]string{"menu": "find"}},
		{"finder.button.used", "1", map[string]string{"button": "search"}},
	} {
		if !has(tl, want.metric, want.value, want.labels) {
			t.Errorf("%s %s %v is not in %+v", want.metric, want.value, want.labels, tl.Records)
		}
	}
	checkFailure(t, tl, "*fs.PathError", "open", "main.session main.go:")
	checkFailure(t, tl, "disk_full", "save", "main.session main.go:")
	// What a user thinks is counted, and stands on nobody's page.
	if found := append(reported(tl, "survey.score"), reported(tl, "survey.reason")...); len(found) > 0 {
		t.Errorf("the timeline has answers: %+v", found)
	}
	checkSent(t, dir, "survey.score", "survey.reason")
	product.Args = append(product.Args, "-crash")
	if r := product.Run(t); r.Code != 2 {
		t.Errorf("a product that crashes exits with %d: %s", r.Code, r.Stderr)
	}
	rig.Eventually(t, "the crash is there", func() bool {
		tl = rig.Lookup(t, dir, id)
		return strings.Contains(fmt.Sprint(tl.Records), "main.crash main.go:")
	})
	if text := fmt.Sprint(tl.Records); strings.Contains(text, secret) || strings.Contains(text, dir) {
		t.Errorf("the secret or a path is in %s", text)
	}
}

// reported returns a product's records of one metric.
func reported(tl rig.Timeline, metric string) (out []rig.Record) {
	for _, r := range tl.Records {
		if r.Metric == metric && r.Product == "finder" && r.Version == "5.3.1" {
			out = append(out, r)
		}
	}
	return out
}

// last returns the last record of a metric with a label.
func last(tl rig.Timeline, metric, label, value string) (out rig.Record) {
	for _, r := range reported(tl, metric) {
		if r.Labels[label] == value {
			out = r
		}
	}
	return out
}

func has(tl rig.Timeline, metric, value string, labels map[string]string) bool {
	for _, r := range reported(tl, metric) {
		if fmt.Sprint(r.Value) == value && maps.Equal(r.Labels, labels) {
			return true
		}
	}
	return false
}

// checkSent looks for metrics in the fragments that were sent.
func checkSent(t *testing.T, dir string, metrics ...string) {
	t.Helper()
	var sent []struct{ Number int }
	if err := json.Unmarshal([]byte(run(t, dir, "outbox", "--json")), &sent); err != nil {
		t.Fatal(err)
	}
	shown := ""
	for _, s := range sent {
		shown += run(t, dir, "outbox", "show", strconv.Itoa(s.Number), "--json")
	}
	for _, metric := range metrics {
		if !strings.Contains(shown, strconv.Quote(metric)) {
			t.Errorf("%s is in none of %d envelopes that were sent", metric, len(sent))
		}
	}
}

// checkFailure looks for a failure and where it was reported.
func checkFailure(t *testing.T, tl rig.Timeline, code, operation, where string) {
	t.Helper()
	for _, r := range reported(tl, "finder.error") {
		if r.Value == code && r.Labels["operation"] == operation && strings.HasPrefix(r.Labels["frames"], where) {
			return
		}
	}
	t.Errorf("no %s in %s at %s in %+v", code, operation, where, tl.Records)
}

// TestGenerate: the command makes the file that the example is built with, and
// says which product it needs to be told.
func TestGenerate(t *testing.T) {
	t.Parallel()
	files := rig.ExampleRegistry(t)
	generate := append([]string{"registry", "generate", "--data", rig.Dir(t)}, files...)
	checkRefused(t, rig.Tacit(t, generate...).Run(t), 1, "several products", "--product engine, or --product finder")
	generate = append(generate, "--product", "finder")
	printed := rig.Tacit(t, generate...).Run(t)
	if printed.Code != 0 || !strings.Contains(printed.Stdout, "func MenuUsed(menu Menu)") {
		t.Fatalf("exit code %d: %s%s", printed.Code, printed.Stdout, printed.Stderr)
	}
	out := filepath.Join(t.TempDir(), "telemetry.go")
	written := rig.Tacit(t, append(generate, "--out", out)...).Run(t)
	if b, err := os.ReadFile(out); err != nil || written.Stdout != "" || string(b) != printed.Stdout {
		t.Errorf("--out writes something else: %v, it prints %q", err, written.Stdout)
	}
	for flag, says := range map[string]string{"--product=other": `"other" is not registered`, "--package=a-b": `"a-b" cannot`} {
		if r := rig.Tacit(t, append(generate, flag)...).Run(t); r.Code != 1 || !strings.Contains(r.Stderr, says) {
			t.Errorf("%s: exit code %d: %s", flag, r.Code, r.Stderr)
		}
	}
}
