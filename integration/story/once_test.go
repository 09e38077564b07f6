package story

import (
	"encoding/json"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestUpOnce is one full cycle, and another on the same day.
func TestUpOnce(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	var first cycle
	for turn := range 2 {
		r := once(t, dir).Run(t)
		if r.Code != 0 {
			t.Fatalf("turn %d: exit %d: %s", turn, r.Code, r.Stderr)
		}
		var c cycle
		if err := json.Unmarshal([]byte(r.Stdout), &c); err != nil {
			t.Fatalf("turn %d: not one JSON object: %v in %s", turn, err, r.Stdout)
		}
		if c.Batches < 2 || c.Replies != c.Batches || c.Sent < c.Batches {
			t.Errorf("turn %d: %d batches, %d envelopes, %d replies; want a reply to each, at least 2", turn, c.Batches, c.Sent, c.Replies)
		}
		if c.BytesSent < 1024*c.Batches || c.DurationMS <= 0 || c.Reason != "" || r.Stderr != "" {
			t.Errorf("turn %d: %s %s", turn, r.Stdout, r.Stderr)
		}
		if turn == 0 {
			first = c
		} else if c.ID != first.ID {
			t.Errorf("the installation ID changed from %s to %s", first.ID, c.ID)
		}
	}
	checkKinds(t, dir)
}

// checkKinds looks for both kinds of envelope, answered, in the outbox.
func checkKinds(t *testing.T, dir string) {
	t.Helper()
	var sent []struct{ Kind, Outcome string }
	if err := json.Unmarshal([]byte(run(t, dir, "outbox", "--json")), &sent); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for _, e := range sent {
		if e.Outcome == "stored" {
			kinds[e.Kind]++
		}
	}
	if kinds["page"] < 2 || kinds["fragment"] < 2 {
		t.Errorf("two cycles stored %v; want a page and a fragment of each", kinds)
	}
}
