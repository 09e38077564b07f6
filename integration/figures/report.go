package figures

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// Noted is one figure as a test leaves it.
type Noted struct {
	Row    Row    `json:"row"`
	Test   string `json:"test"` // its name
	Figure string `json:"figure"`
}

// Report notes a figure, as measured, and logs it. Several tests may report on
// one row: the table joins them.
func Report(t testing.TB, row Row, format string, args ...any) {
	t.Helper()
	n := Noted{Row: row, Test: t.Name(), Figure: fmt.Sprintf(format, args...)}
	t.Logf("%s: %s", row, n.Figure)
	dir := os.Getenv("TACIT_FIGURES")
	if dir == "" {
		return
	}
	b, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.CreateTemp(dir, string(row)+"-*.json")
	if err != nil {
		t.Fatalf("note a figure: %v", err)
	}
	_, err = f.Write(b)
	if err := f.Close(); err != nil {
		t.Fatalf("note a figure: %v", err)
	}
	if err != nil {
		t.Fatalf("note a figure: %v", err)
	}
}

// Gather reads what the tests of a run noted in dir.
func Gather(dir string) (map[Row][]Noted, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("gather figures: %w", err)
	}
	out := map[Row][]Noted{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("gather figures: %w", err)
		}
		var n Noted
		if err := json.Unmarshal(b, &n); err != nil {
			return nil, fmt.Errorf("gather figures: %s: %w", name, err)
		}
		out[n.Row] = append(out[n.Row], n)
	}
	return out, nil
}
