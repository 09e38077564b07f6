package story

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestProducts: what products in three languages report is in the timeline.
func TestProducts(t *testing.T) {
	needRegistry(t)
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
	needRegistry(t)
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
		{"survey.score", "9", nil}, {"survey.reason", "fast", nil},
	} {
		if !has(tl, want.metric, want.value, want.labels) {
			t.Errorf("%s %s %v is not in %+v", want.metric, want.value, want.labels, tl.Records)
		}
	}
	checkFailure(t, tl, "*fs.PathError", "open", "main.session main.go:")
	checkFailure(t, tl, "disk_full", "save", "main.session main.go:")
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

func needRegistry(t *testing.T) {
	t.Helper()
	if !rig.RegistryFlag {
		t.Skip("tacit up takes no --registry yet")
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
