package story

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// startAgent starts tacit-agent and waits until it runs.
func startAgent(t *testing.T, dir, config string) *rig.Process {
	t.Helper()
	p := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config}}.Start(t, dir)
	p.WaitFor(t, "runs;")
	return p
}

// TestAgentWithoutRelay has an endpoint whose relay went away after it was
// heard. What the agent accepts it keeps, through kill -9 and Ctrl-C, and
// delivers once there is a relay again.
func TestAgentWithoutRelay(t *testing.T) {
	t.Parallel()
	site, dir, ledger := rig.Dir(t), rig.Dir(t), new(rig.Ledger)
	up := rig.Up(t, site)
	nowhere := rig.ReadSite(t, site)
	nowhere.Relay = testhost.FreeAddress(t)
	p := startAgent(t, dir, rig.AgentConfig(t, site, dir, "interval: 1h", "window: 100ms"))
	rig.Eventually(t, "the agent has heard the site", func() bool { return says(t, dir) == "on" })
	p.Kill()
	up.Interrupt(t)
	config := nowhere.AgentConfig(t, dir, "interval: 1s", "window: 100ms")
	p = startAgent(t, dir, config)
	ledger.MustOffer(t, dir, 5)
	rig.Eventually(t, "the agent has tried to send", func() bool { return waiting(t, dir).Batches > 0 })
	p.Kill()
	p = startAgent(t, dir, config)
	if waiting(t, dir).Batches == 0 {
		t.Error("a killed agent forgot what waits")
	}
	ledger.MustOffer(t, dir, 5)
	if took, code := p.Interrupt(t); took > 2*time.Second || code != 0 {
		t.Errorf("Ctrl-C without a relay: ended after %v with exit code %d:\n%s", took, code, p.Text())
	}
	up = rig.Up(t, site)
	startAgent(t, dir, rig.AgentConfig(t, site, dir, "interval: 1s", "window: 100ms"))
	ledger.MustOffer(t, dir, 5)
	id := rig.ID(t, dir)
	rig.Eventually(t, "what waited is stored", func() bool {
		r := rig.Tacit(t, "lookup", id, "--data", site).Run(t)
		return r.Code == 0 && len(rig.Missing(rig.Lookup(t, site, id), ledger.Accepted())) == 0
	})
	up.Kill()
	ledger.CheckExact(t, rig.Lookup(t, site, id))
}

// TestAgentThatHeardNobody has an endpoint that never heard its site: nothing
// is kept on disk, a preview shows what would be, and why says what is missing.
func TestAgentThatHeardNobody(t *testing.T) {
	t.Parallel()
	site, dir := rig.Dir(t), rig.Dir(t)
	up := rig.Up(t, site)
	nowhere := rig.ReadSite(t, site)
	nowhere.Relay = testhost.FreeAddress(t)
	up.Interrupt(t)
	startAgent(t, dir, nowhere.AgentConfig(t, dir, "interval: 1s", "window: 100ms"))
	rig.Eventually(t, "the agent has looked at the host", func() bool {
		r := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"preview", "--data", dir}}.Run(t)
		return r.Code == 0 && strings.Contains(r.Stdout, "os.type")
	})
	if got := says(t, dir); got != "unknown" {
		t.Errorf("the agent says %s", got)
	}
	if s := waiting(t, dir); s.Records+s.Batches != 0 {
		t.Errorf("kept before anybody said yes: %+v", s)
	}
}

// says returns the state of the decision.
func says(t *testing.T, dir string) string {
	t.Helper()
	var why struct{ State string }
	rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"why", "--json", "--data", dir}}.JSON(t, &why)
	return why.State
}

// spool is what the agent says of it in its status.
type spool struct {
	Records, Batches int
	Dropped          uint64
	Aside            uint64 `json:"aside_segments"`
}

func waiting(t *testing.T, dir string) spool {
	t.Helper()
	status, b, err := rig.API(t.Context(), dir, http.MethodGet, "/v1/status", nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("status: %d, %v", status, err)
	}
	var s struct{ Spool spool }
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s.Spool
}

// TestAgentCommands has the user's own commands ask a tacit-agent.
func TestAgentCommands(t *testing.T) {
	t.Parallel()
	site, dir := rig.Dir(t), rig.Dir(t)
	rig.Up(t, site)
	startAgent(t, dir, rig.AgentConfig(t, site, dir, "interval: 1h", "window: 100ms"))
	agent := func(args ...string) string {
		r := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: append(args, "--data", dir)}.Run(t)
		if r.Code != 0 {
			t.Fatalf("tacit-agent %s: exit %d: %s", strings.Join(args, " "), r.Code, r.Stderr)
		}
		return r.Stdout
	}
	rig.Eventually(t, "preview shows what would be sent", func() bool {
		text := agent("preview")
		return strings.Contains(text, "os.type") && !strings.Contains(text, "would not be sent")
	})
	if text := agent("send"); !strings.HasPrefix(text, "sent ") || strings.HasPrefix(text, "sent 0") {
		t.Errorf("send says %s", text)
	}
	if text := agent("outbox"); strings.Count(text, "stored") < 2 {
		t.Errorf("the outbox shows:\n%s", text)
	}
	if text := agent("outbox", "verify"); !strings.Contains(text, "the sealed bytes are what is shown") {
		t.Errorf("outbox verify says %s", text)
	}
	id := strings.TrimSpace(agent("id"))
	if tl := rig.Lookup(t, site, id); tl.Installation["os.type"] == nil {
		t.Errorf("the timeline has %v", tl.Installation)
	}
	if text := agent("off", "--purge"); !strings.HasPrefix(text, "off: ") {
		t.Errorf("off says %s", text)
	}
	if text := agent("outbox", "--json"); strings.TrimSpace(text) != "[]" {
		t.Errorf("after off --purge, the outbox has %s", text)
	}
	if s := waiting(t, dir); s.Records+s.Batches != 0 {
		t.Errorf("after off --purge, the spool has %+v", s)
	}
}
