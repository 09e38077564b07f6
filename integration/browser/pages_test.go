package browser

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// links are the pages of the menu, by what stands there, and the name of their
// pictures.
var links = []struct{ link, name string }{
	{"Overview", "overview"}, {"Cloud services", "cloud-services"}, {"Agent configuration", "agent-configuration"},
	{"What is collected", "collected"}, {"What is sent", "sent"},
}

// TestPages looks at every page in every look, as somebody does whose browser
// runs no scripts.
func TestPages(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	tab := Start(t).Visitor(t)
	tab.Scripts(false)
	tab.Open(h.console + "/")
	tab.Inspect("setup", heaviest)
	tab.setUp(h.console, h.code(t))
	for _, page := range links {
		tab.Follow(Link, page.link)
		tab.Expect(http.StatusOK)
		tab.Inspect(page.name, heaviest)
	}
	downloadAgentFile(t, tab)
	tab.Open(h.console + "/account")
	tab.Inspect("account", heaviest)
	tab.Open(h.console + "/nowhere")
	tab.Expect(http.StatusNotFound)
	tab.Inspect("not-found", heaviest)
	tab.Open(h.console + "/")
	tab.logOut()
	tab.Inspect("login", heaviest)
	tab.Open(h.console + "/recover")
	tab.Inspect("recover", heaviest)
	tab.Follow(Button, "Italiano")
	tab.Says("Nuova password")
	tab.Open(h.console + "/")
	tab.Says("Accedi") // he wants it so from now on
}

// downloadAgentFile downloads the file for the agents, which must be one that
// an agent takes.
func downloadAgentFile(t *testing.T, tab *Tab) {
	t.Helper()
	tab.Follow(Link, "Agent configuration")
	name, content := tab.Download(Link, "Download agent.yaml")
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	r := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"config", "check", "--config", file}}.Run(t)
	if name != "agent.yaml" || r.Code != 0 || !strings.Contains(r.Stdout, "127.0.0.1") {
		t.Errorf("the agent's answer to %s: exit %d: %s%s", name, r.Code, r.Stdout, r.Stderr)
	}
}
