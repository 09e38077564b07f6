package agent_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// small is a registry that leaves out nearly all that an agent collects, and of
// the rest one fact has expired.
const small = `release: 7
products: [{name: tacit, modules: [github.com/tacit-telemetry/tacit]}]
programmes: [{name: ceip, default: on, purpose: To test.}]
metrics:
  - name: os.type
    description: Of the tests.
    category: configuration
    programme: ceip
    level: standard
    type: state
    treatment: keep
    values: [linux, windows, darwin, other]
    page: true
    owner: role of the tests
    purpose: To test.
    review: https://example.com/reviews/1
    since: 1
    expires: never
  - name: host.cpu.cores
    description: Of the tests.
    category: configuration
    programme: ceip
    level: standard
    type: quantity
    unit: "{core}"
    treatment: keep
    max: 100_000
    page: true
    owner: role of the tests
    purpose: To test.
    review: https://example.com/reviews/1
    since: 1
    expires: 2026-01-31
`

// TestCollectsWhatIsRegistered: what the registry in use leaves out, and what has
// expired, is not collected: that is no refusal which a user would be told of.
func TestCollectsWhatIsRegistered(t *testing.T) {
	reg, err := registry.Parse("small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *agent.Config) {
		c.Registry = reg
		c.Now = func() time.Time { return time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC) }
	})
	h.collect()
	p, err := h.Preview()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, page := range p.Pages {
		if page.Release != 7 {
			t.Errorf("a page of release %d", page.Release)
		}
		for _, r := range page.Records {
			names = append(names, r.Metric)
		}
	}
	if got := strings.Join(names, " "); got != "os.type" {
		t.Errorf("it collects %q, want os.type alone", got)
	}
	if refused := h.Status().Refused; len(refused) != 0 {
		t.Errorf("refused %v", refused)
	}
	if w := h.Why(); w.Registry != 7 || w.Release != 7 {
		t.Errorf("the registry in use is release %d, and %d is covered", w.Registry, w.Release)
	}
}
