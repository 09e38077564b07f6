package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

func twoProblems() *diagnosis.Report {
	high, low := diagnosis.Severity{Level: 2, Reason: "so"}, diagnosis.Severity{Level: 4, Reason: "not so"}
	return &diagnosis.Report{
		Sentence: "Search fails.", Severity: high,
		Problems: []diagnosis.Problem{{Kind: diagnosis.Failing, Sentence: "Search fails.", Severity: high}, {Kind: diagnosis.WrongClock, Sentence: "The clock is wrong.", Severity: low}},
	}
}

// TestSentenceFirst: what is wrong comes before all that it is told from.
func TestSentenceFirst(t *testing.T) {
	var out bytes.Buffer
	o := &caseOptions{problem: 1}
	if err := o.print(&cli.Env{Out: &out}, &lookup.History{Products: map[string]string{"finder": "5.3.0"}}, twoProblems()); err != nil {
		t.Fatal(err)
	}
	if want := "Search fails.\nseverity 2, high: so\n2. severity 4, low: The clock is wrong.\n\nproduct  finder 5.3.0\n"; !strings.HasPrefix(out.String(), want) {
		t.Errorf("%q, want %q", out.String(), want)
	}
	out.Reset()
	if err := o.print(&cli.Env{Out: &out, JSON: true}, &lookup.History{}, twoProblems()); err != nil {
		t.Fatal(err)
	}
	var got struct {
		Diagnosis diagnosis.Report
		Records   []any
	}
	if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.Diagnosis.Sentence != "Search fails." || got.Records == nil {
		t.Errorf("%s: %v", out.String(), err)
	}
}

// TestCaseOfOneProblem: the sheet is of the problem that was named.
func TestCaseOfOneProblem(t *testing.T) {
	for problem, want := range map[int]string{1: "# Search fails.\n", 2: "# The clock is wrong.\n", 3: ""} {
		var out bytes.Buffer
		o := &caseOptions{sheet: true, problem: problem}
		err := o.print(&cli.Env{Out: &out}, &lookup.History{}, twoProblems())
		if (err != nil) != (want == "") || !strings.HasPrefix(out.String(), want) {
			t.Errorf("%d: %q, %v", problem, out.String(), err)
		}
	}
}

func TestIssuesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "known.yaml")
	if err := os.WriteFile(path, []byte("known_issues:\n- {product: finder, title: x}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := (&caseOptions{issues: path}).known()
	if err == nil || !strings.Contains(err.Error(), "known.yaml:2:3: the issue has neither code, function nor operation; fix: add code:") {
		t.Error(err)
	}
	if k, err := (&caseOptions{}).known(); k != nil || err != nil {
		t.Errorf("of no file: %v, %v", k, err)
	}
}

// TestAnswerIsShown: what is below the threshold says that and nothing else.
func TestAnswerIsShown(t *testing.T) {
	var out bytes.Buffer
	printAnswer(&cli.Env{Out: &out}, &insights.Answer{
		Metric: "took", Unit: "us", From: "2026-11-01", To: "2026-11-30", Counted: "events",
		Cells: []insights.Cell{
			{Facets: []string{"5.2.0"}, Installations: 1200, Series: []insights.Series{
				{Labels: map[string]string{"kind": "filter", "a": "b"}, Fewer: 20},
				{Events: 1500, Mean: 32_000, Spread: &insights.Spread{Middle: insights.Range{Low: 10_000, High: 50_000}, Most: insights.Range{High: 100_000}}},
			}},
			{Facets: []string{"5.3.0"}, Fewer: 20},
		},
	})
	want := "took, 2026-11-01 to 2026-11-30\n5.2.0: at least 1,200 installations\n  a=b  kind=filter  fewer than 20 events\n" +
		"  1,500 events, mean 32 ms, half of them 10 ms to 50 ms, 9 of 10 below 100 ms\n5.3.0: fewer than 20 installations\n"
	if out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
}
