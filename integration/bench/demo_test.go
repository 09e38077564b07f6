package bench

import (
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// BenchmarkDemo fills the demo: 300 installations and 30 days, to the last reply.
func BenchmarkDemo(b *testing.B) {
	for b.Loop() {
		var r struct {
			Batches, Records int
			TookMS           int `json:"took_ms"`
		}
		dir := filepath.Join(rig.Dir(b), "demo")
		rig.Tacit(b, "up", "--demo", "--once", "--json", "--ports", "0", "--data", dir).JSON(b, &r)
		b.ReportMetric(float64(r.TookMS)/1000, "s/demo")
		b.ReportMetric(float64(r.Batches), "envelopes/demo")
		b.ReportMetric(float64(r.Records), "records/demo")
	}
}
