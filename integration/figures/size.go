package figures

import (
	"os"
	"slices"
	"testing"
)

// Run returns which column is made: "test", "faults" or "soak", as TACIT_RUN
// says; "test" when it says nothing.
func Run(t testing.TB) string {
	t.Helper()
	run := os.Getenv("TACIT_RUN")
	if run == "" {
		return "test"
	}
	if !slices.Contains(all, run) {
		t.Fatalf("TACIT_RUN is %q: set it to test, faults or soak, or leave it out", run)
	}
	return run
}

// Size returns the size of a test in this run. With -short it is a tenth of the
// smallest, and at least 1. A size of 0 skips the test: the table has no figure
// for it in this run.
func Size(t testing.TB, test, faults, soak int) int {
	t.Helper()
	if testing.Short() {
		return max(1, test/10)
	}
	n := map[string]int{"test": test, "faults": faults, "soak": soak}[Run(t)]
	if n == 0 {
		t.Skipf("no part of the run %q", Run(t))
	}
	return n
}
