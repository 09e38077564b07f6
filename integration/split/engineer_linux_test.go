package split

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// TestEngineerFullDisk: on a full disk of the audit log nobody looks up over NATS,
// and the rows are those of the lookups that were answered.
func TestEngineerFullDisk(t *testing.T) {
	t.Parallel()
	if !testhost.Alone(t, testhost.Mounts, 3*time.Minute, rig.BinariesEnv(t)) {
		return
	}
	s := begin(t, rig.Plan{Agents: 1})
	agent, ledger := s.Agents[0], new(rig.Ledger)
	says(t, agent, "on", "site_policy")
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	desk := filepath.Join(s.Store.Data, "desk")
	before, err := os.ReadFile(filepath.Join(desk, "audit.log")) // of the lookups here
	if err != nil {
		t.Fatal(err)
	}
	disk := testhost.Mount(t, desk, "1m")
	if err := os.WriteFile(filepath.Join(desk, "audit.log"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	id := rig.ID(t, agent.Data)
	ada := s.AddEngineer(t, "ada", s.Edge.Told(t, "listens on"))
	answered := 0
	look := func() bool {
		t.Helper()
		r := engineer(t, ada, id)
		if r.Code != 0 {
			wantRefused(t, r, 1, "audit log")
			return false
		}
		answered++
		return true
	}
	if !look() {
		t.Fatal("it is refused before the disk is full")
	}
	disk.Fill(t)
	for look() && answered < 100 { // the file's last block has room for some rows
	}
	for range 3 {
		if look() {
			t.Error("on a full disk it is answered")
		}
	}
	wantAnswered(t, s, answered)
	// A note is left before the store tells any page: one that had no row has none.
	r := agentCommand(agent, "lookups").Run(t)
	if n := strings.Count(r.Stdout, "SUP-77"); r.Code != 0 || n < answered || n > answered+1 {
		t.Errorf("%d lookups were answered, and %d left a note: %s", answered, n, r.Stderr)
	}
	disk.Free(t)
	if !look() {
		t.Error("with room again it is refused")
	}
	wantAnswered(t, s, answered)
}

// wantAnswered wants a row with an outcome for each lookup that was answered, and
// at most one without: its outcome found no room, and so it was not answered.
func wantAnswered(t *testing.T, s *rig.Split, answered int) {
	t.Helper()
	count := map[string]int{}
	for _, row := range auditRows(t, s.Store.Data) {
		count[row]++
	}
	begun, found := count["engineer ada open"], count["engineer ada found"]
	if found != answered || begun < found || begun > found+1 {
		t.Errorf("%d lookups were answered, and the audit log has %v", answered, count)
	}
}
