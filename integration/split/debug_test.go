package split

import (
	"os"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestDebugRaises: on a host that no site's policy limits, a user who debugs has
// logs of products taken and sent, until he ends it.
func TestDebugRaises(t *testing.T) {
	t.Parallel()
	s := rig.StartSplit(t, rig.Plan{})
	credential, err := os.ReadFile(s.Edge.Told(t, "credential in"))
	if err != nil {
		t.Fatal(err)
	}
	dir := rig.Dir(t)
	config := rig.Example(t, "tacit-agent/agent.yaml", rig.Edits{
		"data": dir, "relays": []string{"tls://" + s.Edge.Told(t, "listens on")}, "fingerprint": s.Edge.Told(t, "certificate"),
		"credential": strings.TrimSpace(string(credential)), "vendor_key": s.VendorKey, "grace": "0s", "interval": "1s", "window": "100ms",
	})
	rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config}}.Start(t, dir).WaitFor(t, "runs;")
	user := func(args ...string) rig.Result {
		return rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: append(args, "--data", dir)}.Run(t)
	}
	logs := func() string {
		answers, err := rig.Offer(t.Context(), dir, rig.Offered{Metric: "log.skipped", Value: 3, Labels: map[string]string{"reason": "rate"}})
		if err != nil {
			t.Fatal(err)
		}
		return answers[0].Status + " " + answers[0].Reason
	}
	rig.Eventually(t, "the agent has heard that there is no site", func() bool { return strings.Contains(user("why", "--json").Stdout, `"may_send": true`) })
	if said := logs(); said != "dropped level" {
		t.Errorf("before, a product's log is %s", said)
	}
	if r := user("debug"); r.Code != 0 || !strings.Contains(r.Stdout, "at level enhanced") {
		t.Fatalf("debug: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	if said := logs(); said != "accepted " {
		t.Errorf("while its user debugs, a product's log is %s", said)
	}
	id := rig.ID(t, dir)
	rig.Eventually(t, "it is stored", func() bool {
		return strings.Contains(rig.Tacit(t, "lookup", id, "--json", "--data", s.Store.Data).Run(t).Stdout, "log.skipped")
	})
	if r := user("debug", "--end"); r.Code != 0 {
		t.Errorf("debug --end: exit %d: %s", r.Code, r.Stderr)
	}
	if said := logs(); said != "dropped level" {
		t.Errorf("after it, a product's log is %s", said)
	}
}
