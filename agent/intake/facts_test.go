package intake_test

import (
	"errors"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
)

// TestSumsWaitForFacts: what products report before the host was looked at is
// in the sums, by the facts that come later, also when the site's first decision
// arrives in between and what waits would be gathered because of it.
func TestSumsWaitForFacts(t *testing.T) {
	h := newHouse(t)
	h.strange = true
	h.take(used())
	h.policy = 7
	h.take(used())
	h.take(facts()...) // the look itself comes after the decision
	if _, err := h.intake.Gather(t.Context()); !errors.Is(err, intake.ErrNoFacts) {
		t.Errorf("gather without facts: %v", err)
	}
	if got := h.pending(); len(got) != 0 {
		t.Errorf("%d batches before the facts are known", len(got))
	}
	h.strange = false
	h.take(used())
	pages, fragments := h.gather()
	counted := uint64(0)
	for _, f := range fragments {
		for _, v := range f.Values {
			if v.Metric == "menu.used" {
				counted += v.Count
			}
		}
	}
	kept := 0
	for _, p := range pages {
		for _, r := range p.Records {
			if r.Metric == "menu.used" {
				kept++
			}
		}
	}
	if kept != 3 || counted != 3 {
		t.Errorf("%d of 3 records on pages, %d in sums", kept, counted)
	}
}
