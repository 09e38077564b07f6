package follow

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/anon/scrub"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// BenchmarkTake is what a line of no template costs, from the file to its group.
func BenchmarkTake(b *testing.B) {
	c := Config{Treater: &anon.Treatments{Registry: registry.Base(), Scrubber: scrub.New(nil)}}
	c.defaults()
	s := (&follower{Config: c, all: newBudget(c.InAll, c.Poll)}).source(registry.Log{Name: "a", Product: "tacit"})
	line := []byte("2026-11-22 10:40:34.855 UTC [21211] ERROR:  could not open file \"/srv/data/export april.csv\" for reading: No such file or directory")
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		s.take(line)
	}
	if s.groups.records[0].Metric != LineMetric || time.Unix(s.groups.records[0].Time, 0).Second() != 0 {
		b.Errorf("recorded %+v", s.groups.records[0])
	}
}
