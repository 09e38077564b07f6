package linkage

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// TestSizes reads on the wire what a real agent sends: fragments and pages have
// one length.
func TestSizes(t *testing.T) {
	t.Parallel()
	dir, own := rig.Dir(t), rig.Dir(t)
	rig.Up(t, dir)
	site := rig.ReadSite(t, dir)
	w := rig.NewRecorder(t, site.Relay)
	site.Relay = w.Address()
	agent := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", site.AgentConfig(t, own, "interval: 1s", "window: 100ms")}}
	agent.Start(t, own)
	kinds := map[string]int{}
	rig.Eventually(t, "the agent has sent fragments and pages", func() bool {
		clear(kinds)
		r := rig.Command{Path: agent.Path, Args: []string{"outbox", "list", "--json", "--data", own}}.Run(t)
		var entries []struct{ Kind, Outcome string }
		if json.Unmarshal([]byte(r.Stdout), &entries) != nil {
			return false // it is not there yet
		}
		for _, e := range entries {
			if e.Outcome == "stored" {
				kinds[e.Kind]++
			}
		}
		return kinds["page"] > 0 && kinds["fragment"] > 0
	})
	seen := w.Envelopes(t)
	if len(seen) < 2 {
		t.Fatalf("the wire has shown %d envelopes of %v: it is not read right", len(seen), kinds)
	}
	for _, e := range seen {
		if len(e) != len(seen[0]) {
			t.Fatalf("envelopes of %d and %d bytes: their size tells them apart", len(seen[0]), len(e))
		}
	}
	t.Logf("%d envelopes of %d bytes each: %v", len(seen), len(seen[0]), kinds)
}
