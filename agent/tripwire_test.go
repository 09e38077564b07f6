package agent_test

import (
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema"
)

// TestTripwire: a product says only after a text was taken that it must never
// leave. The page with it is blocked, counted, and told by class: what may be
// sent has it no more, and the log never had it.
func TestTripwire(t *testing.T) {
	const secret = "permission denied" // words that the scrubber keeps
	var log testhost.Log
	h := newHouse(t, func(c *agent.Config) {
		c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	caller := h.start()
	said := schema.Record{
		Metric: "exception", Value: schema.Text("PermissionError"), Product: schema.Product{Name: "tacit", Version: "0.1.0"},
		Labels: []schema.Label{{Name: "exception.message", Value: secret}},
	}
	if answers, err := h.Take(t.Context(), []schema.Record{said}, false); err != nil || !answers[0].Accepted {
		t.Fatalf("the record was not taken: %+v, %v", answers, err)
	}
	if taken, err := caller.Never(t.Context(), strings.ToUpper(secret)); err != nil || taken.Taken != 1 {
		t.Fatalf("taken: %+v, %v", taken, err)
	}
	if _, err := h.Round(t.Context(), true); err != nil {
		t.Log(err) // there is no relay
	}
	if h.Status().Refused[intake.ReasonIdentifies] == 0 {
		t.Error("nothing is counted")
	}
	entries, err := caller.Outbox(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(entries, func(e local.Entry) bool { return e.Outcome == "blocked: never" }) {
		t.Errorf("the outbox does not show what was blocked: %+v", entries)
	}
	if h.told("exception") > 0 {
		t.Error("the record would be sent")
	}
	if text := log.String(); !strings.Contains(text, "tripwire blocked a batch") || strings.Contains(strings.ToLower(text), secret) {
		t.Errorf("the log says nothing of it, or too much: %s", text)
	}
}
