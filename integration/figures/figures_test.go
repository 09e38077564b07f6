package figures_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestTable takes figures through the directory, the document and back.
func TestTable(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TACIT_FIGURES", dir)
	figures.Report(t, figures.Kill, "%d kills / %d lost", 20, 0)
	t.Run("split", func(t *testing.T) { figures.Report(t, figures.Kill, "%d kills of a split", 7) })
	figures.Report(t, figures.Leak, "50 × 9 / 0 hits")
	noted, err := figures.Gather(dir)
	if err != nil {
		t.Fatal(err)
	}
	cells := figures.CellsOf(noted)
	want := figures.Cells{figures.Kill: "20 kills / 0 lost; 7 kills of a split", figures.Leak: "50 × 9 / 0 hits"}
	if !maps.Equal(cells, want) {
		t.Errorf("%v, want %v", cells, want)
	}
	columns := figures.ParseMarkdown(figures.Markdown(map[string]figures.Cells{"test": cells, "soak": {figures.Kill: "2,000 kills"}}))
	if !maps.Equal(columns["test"], want) || columns["soak"][figures.Kill] != "2,000 kills" || len(columns["faults"]) != 0 {
		t.Errorf("the document gives back %v", columns)
	}
	if missing := figures.Missing("test", cells); len(missing) != 13 || missing[0] != figures.Broker {
		t.Errorf("missing: %v", missing)
	}
	var out strings.Builder
	if err := figures.Print(&out, "test", cells); err != nil || !strings.Contains(out.String(), "MISSING") {
		t.Errorf("%v: %s", err, &out)
	}
}

func TestSize(t *testing.T) {
	for run, want := range map[string]int{"": 1, "test": 1, "faults": 20, "soak": 300} {
		t.Setenv("TACIT_RUN", run)
		if testing.Short() {
			want = 1
		}
		if got := figures.Size(t, 1, 20, 300); got != want {
			t.Errorf("TACIT_RUN=%q: %d, want %d", run, got, want)
		}
	}
}
