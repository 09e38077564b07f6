package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// hasLogs is a product whose log is read, below a directory.
const hasLogs = `release: 1
base: [{release: 1, from: 1}]
products:
  - name: acme
    modules: [example.com/acme]
logs:
  - {name: acme, product: acme, path: '%s', metric: acme.log}
metrics:
  - name: acme.log
    description: What it did.
    category: product_log
    programme: ceip
    level: enhanced
    type: log
    treatment: keep
    templates:
      - {id: begun, text: The work has begun.}
    page: true
    owner: telemetry@example.com
    purpose: To test.
    review: https://example.com/review
    since: 1
    expires: never
`

// withLog has an agent read *.log in a directory of the test.
func withLog(t *testing.T) (path string, change func(*agent.Config)) {
	t.Helper()
	dir := t.TempDir()
	reg, err := registry.Overlay(nil, registry.File{Name: "acme.yaml", Data: fmt.Appendf(nil, hasLogs, filepath.Join(dir, "*.log"))})
	if err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "acme.log"), func(c *agent.Config) {
		c.Registry, c.LogWindow, c.Interval, c.Facts = reg, 10*time.Millisecond, time.Hour, time.Hour
	}
}

// decideLevel decides as the site's administrator does.
func decideLevel(t *testing.T, r *relay.Relay, s wire.Switch, level schema.Level) {
	t.Helper()
	p := r.Policy()
	now := p.State().Policy
	if _, err := p.Save(t.Context(), "a test", now.Revision, policy.Settings{CEIP: s, CSP: wire.SwitchOn, Level: level}, now.Release); err != nil {
		t.Fatal(err)
	}
}

func appendLine(t *testing.T, path, line string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(line + "\n")
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// opened says whether this process has a file open. It is false where the system
// does not say.
func opened(path string) bool {
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		if to, _ := os.Readlink("/proc/self/fd/" + e.Name()); to == path {
			return true
		}
	}
	return false
}

// lines returns the lines on the pages that would be sent, in one text.
func (h *house) lines() string {
	h.t.Helper()
	p, err := h.Preview()
	if err != nil {
		h.t.Fatal(err)
	}
	var b strings.Builder
	for _, page := range p.Pages {
		for _, r := range page.Records {
			if r.Metric == "log.line" {
				fmt.Fprintln(&b, r.Value.Text, r.Product)
			}
		}
	}
	return b.String()
}

// TestLogsAtEnhancedOnly: a log is opened while the level is enhanced and its
// programme takes part, and what was taken of it leaves only then.
func TestLogsAtEnhancedOnly(t *testing.T) {
	path, change := withLog(t)
	v, vault := newVault(t)
	h := newHouse(t, vault, change)
	decideLevel(t, v.relay, wire.SwitchOn, schema.Standard)
	appendLine(t, path, "failed to open the file before")
	c := h.start()
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().MaySend })
	for range 3 { // how often it changes
		appendLine(t, path, "failed to open the file at standard")
		if opened(path) {
			t.Error("the log is open at standard")
		}
		decideLevel(t, v.relay, wire.SwitchOn, schema.Enhanced)
		eventually(t, "a line is taken", patience, func() bool {
			appendLine(t, path, "failed to open the file at enhanced for "+strings.Repeat("Zebedee ", 2))
			return strings.Contains(h.lines(), "file at enhanced")
		})
		decideLevel(t, v.relay, wire.SwitchOn, schema.Standard)
		eventually(t, "the log is closed", patience, func() bool { return h.Why().Level == schema.Standard && !opened(path) })
	}
	appendLine(t, path, "failed to open the file too late")
	decideLevel(t, v.relay, wire.SwitchOff, schema.Enhanced) // another programme is on
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().Level == schema.Enhanced })
	if opened(path) {
		t.Error("the log is open though its programme is off")
	}
	decideLevel(t, v.relay, wire.SwitchOn, schema.Standard)
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().Level == schema.Standard })
	h.send(c)
	if got := h.lines(); !strings.Contains(got, "acme") || strings.Contains(got, "Zebedee") || strings.Contains(got, "before") ||
		strings.Contains(got, "standard") || strings.Contains(got, "late") {
		t.Errorf("kept, and held back at standard: %s", got)
	}
	if n := h.sentLines(); n != 0 {
		t.Errorf("%d lines left at standard", n)
	}
	decideLevel(t, v.relay, wire.SwitchOn, schema.Enhanced)
	eventually(t, "the lines leave at enhanced", patience, func() bool { h.send(c); return h.sentLines() > 0 })
}

// sentLines counts the lines in the outbox.
func (h *house) sentLines() (n int) {
	h.t.Helper()
	entries, err := h.Outbox()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		e, err := h.OutboxEntry(e.Number)
		if err != nil {
			h.t.Fatal(err)
		}
		if e.Page == nil {
			continue
		}
		for _, r := range e.Page.Records {
			if r.Metric == "log.line" {
				n++
			}
		}
	}
	return n
}

// TestLogsStopAtOff: the user's own no closes a log at once, also when he says it
// while lines are gathered, and these are dropped.
func TestLogsStopAtOff(t *testing.T) {
	h, c, path := gathering(t)
	if _, err := c.Participate(t.Context(), local.Participate{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log is closed", patience, func() bool { return !opened(path) })
	if _, err := c.Participate(t.Context(), local.Participate{On: true}); err != nil {
		t.Fatal(err)
	}
	wantNothingGathered(t, h, path)
}

// TestLogsOfAnotherInstallation: what was gathered before a reset is not of the
// new installation.
func TestLogsOfAnotherInstallation(t *testing.T) {
	h, c, path := gathering(t)
	if _, err := c.ResetID(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantNothingGathered(t, h, path)
}

// gathering starts an agent that has taken a log's line, and has another one
// that it gathers.
func gathering(t *testing.T) (h *house, c *local.Caller, path string) {
	t.Helper()
	path, change := withLog(t)
	v, vault := newVault(t)
	h = newHouse(t, vault, change, func(c *agent.Config) { c.LogWindow = time.Second })
	decideLevel(t, v.relay, wire.SwitchOn, schema.Enhanced)
	c = h.start()
	eventually(t, "a line is taken", patience, func() bool {
		appendLine(t, path, "failed to open the file once")
		return h.lines() != ""
	})
	appendLine(t, path, "failed to read the header")
	return h, c, path
}

// wantNothingGathered waits for a line that was written afterwards, and wants
// the one that was gathered before to be gone.
func wantNothingGathered(t *testing.T, h *house, path string) {
	t.Helper()
	eventually(t, "another line is taken", patience, func() bool {
		appendLine(t, path, "failed to open the file again")
		return strings.Contains(h.lines(), "again")
	})
	if strings.Contains(h.lines(), "header") {
		t.Error("what was gathered before was taken afterwards")
	}
}
