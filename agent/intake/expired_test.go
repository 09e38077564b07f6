package intake_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// TestExpired: a metric is taken to the end of its last day, by this host's
// clock, and what was taken until then still leaves.
func TestExpired(t *testing.T) {
	h := newHouse(t)
	from := bytes.Index(registryYAML, []byte("- name: cache.on"))
	expiring := bytes.Clone(registryYAML[:from])
	expiring = append(expiring, bytes.Replace(registryYAML[from:], []byte("expires: never"), []byte("expires: 2026-11-16"), 1)...)
	reg, err := registry.Parse("expiring.yaml", expiring)
	if err != nil {
		t.Fatal(err)
	}
	h.reg = reg
	h.intake = intake.New(h.config(h.spool))
	h.take(facts()...)
	last := time.Date(2026, 11, 16, 23, 59, 59, 0, time.UTC)
	h.set(last)
	h.take(record("cache.on", schema.Number(1)))
	h.set(last.Add(time.Second))
	h.wantReasons([]schema.Record{record("cache.on", schema.Number(1)), record("menu.used", schema.Number(1), label("menu", "open"))}, "expired", "")
	if got := h.intake.Refused()["expired"]; got != 1 {
		t.Errorf("%d counted as expired", got)
	}
	pages, _ := h.gather()
	found := 0
	for _, p := range pages {
		for i := range p.Records {
			if p.Records[i].Metric == "cache.on" {
				found++
			}
		}
	}
	if found != 1 {
		t.Errorf("%d records of the expired metric leave, want the one of its last day", found)
	}
}
