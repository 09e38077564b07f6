package diagnosis

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/insights"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestSheet holds the sheet of a case with everything in it, as Markdown and JSON.
func TestSheet(t *testing.T) {
	s := newStory(t).add("os.type", schema.Text("linux")).add("os.version", schema.Text("22.04")).works("search", 40, 30).works("open", 10, 20)
	s.on("2026-11-11 20:00").add("os.version", schema.Text("24.04"))
	s.on("2026-11-12 09:00").runs("finder", "5.3.0").add("finder.menu.used", schema.Number(1), "menu", "find").works("search", 6, 900)
	s.fails("search", "search_timeout", 2).fails("print", "print_failed", 1)
	r := s.examined(Config{Known: known(t, vendorFile), Population: crowd{
		"finder.operation.duration": searchTook(map[string]insights.Range{"5.2.0": {Low: 10_000, High: 50_000}, "5.3.0": {Low: 10_000, High: 50_000}}),
		"finder.error":              errorsOf("search_timeout", map[string]int{"5.1.9": -1, "5.2.0": 0, "5.3.0": 400}),
	}})
	sheet := r.Sheet(0)
	sheet.Ticket = "T-4711"
	b, err := json.MarshalIndent(sheet, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sheet.md", sheet.Markdown())
	golden(t, "sheet.json", string(b)+"\n")
	if sheet.Severity() != r.Severity {
		t.Errorf("%+v", sheet.Severity())
	}
	sheet.Decided = 2
	if got := sheet.Severity(); got.Level != 2 || !strings.Contains(sheet.Markdown(), "- Severity: 2, high: decided by the engineer\n") {
		t.Errorf("%+v", got)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Errorf("differs from %s (%v); look, then run with -update:\n%s", path, err, got)
	}
}

// TestSheetOfNothing: a question is a case as well.
func TestSheetOfNothing(t *testing.T) {
	r := newStory(t).works("search", 5, 20).examined(Config{})
	for _, problem := range []int{-1, 0, 7} {
		s := r.Sheet(problem)
		if m := s.Markdown(); !strings.HasPrefix(m, "# Nothing wrong is to be seen in 5 records with 5 operations") || !strings.Contains(m, "- Severity: 4, low: ") {
			t.Error(m)
		}
	}
}

// TestMarkdownIsText: what a host reports is no link, no image, no table and no
// line of its own.
func TestMarkdownIsText(t *testing.T) {
	s := newStory(t).works("search", 1, 20)
	s.add("exception", schema.Text("![x](https://example.com/)\n# <b>|`a`"), "exception.message", "[y](z)\n\n    code")
	r := s.examined(Config{})
	sheet := r.Sheet(0)
	m := sheet.Markdown()
	if strings.Contains(m, "![") || strings.Contains(m, " [y]") || strings.Contains(m, " <b>") || strings.Contains(m, "\n# <") || strings.Contains(m, "\n    code") {
		t.Error(m)
	}
	if !strings.Contains(m, `\!\[x\](https://example.com/) \# \<b\>\|\`+"`a\\`") {
		t.Error(m)
	}
}
