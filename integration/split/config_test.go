package split

import (
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// examples are the shipped example files, with the command that reads each.
var examples = map[string][]string{
	"tacit/edge.yaml":        {"relay"},
	"tacit/site.yaml":        {"relay"},
	"tacit/store.yaml":       {"store"},
	"tacit-agent/agent.yaml": nil,
}

// TestPlaceholders starts each daemon with its example file as it is shipped,
// and does what the error says, until it would start: it names each value that
// is missing, and where it comes from.
func TestPlaceholders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command []string
		missing [][3]string // the error's key, where the value comes from, and what to fill in
	}{
		"tacit/store.yaml": {[]string{"store"}, [][3]string{
			{"fingerprint", "edge", otherPin}, {"credential", "edge", "c"},
		}},
		"tacit/site.yaml": {[]string{"relay"}, [][3]string{
			{"next.fingerprint", "vendor", otherPin}, {"next.credential", "vendor", "c"}, {"vendor_key", "vendor", otherVendor},
		}},
		"tacit-agent/agent.yaml": {nil, [][3]string{
			{"fingerprint", "console", otherPin}, {"credential", "console", "c"}, {"vendor_key", "console", otherVendor},
		}},
	} {
		file := rig.Example(t, name, nil)
		check := rig.Command{Path: rig.Binary(t, filepath.Dir(name)), Args: append(slices.Clone(c.command), "config", "check", "--config", file)}
		daemon := rig.Command{Path: check.Path, Args: append(slices.Clone(c.command), "--config", file)}
		for _, m := range c.missing {
			for _, command := range []rig.Command{check, daemon} {
				r := command.Run(t)
				lines := strings.Split(strings.TrimSuffix(r.Stderr, "\n"), "\n")
				if r.Code != 1 || len(lines) != 2 || !strings.HasPrefix(lines[0], "error: ") || !strings.HasPrefix(lines[1], "hint: ") {
					t.Fatalf("%v: exit %d: %s", command.Args, r.Code, r.Stderr)
				}
				if !strings.Contains(lines[0], m[0]) || !strings.Contains(lines[0], ", line ") && !strings.Contains(lines[0], ": line ") || !strings.Contains(lines[1], m[1]) {
					t.Errorf("%v: it does not name %s, or where it comes from (%s): %s", command.Args, m[0], m[1], r.Stderr)
				}
			}
			rig.EditFile(t, file, rig.Edits{m[0]: m[2]})
		}
		if r := check.Run(t); r.Code != 0 {
			t.Errorf("%v: exit %d: %s", check.Args, r.Code, r.Stderr)
		}
	}
}

// report is what `config check --json` prints.
type report struct {
	Data     string
	Contacts []struct {
		Host        string
		Port        int
		TLS         bool
		Certificate string
	}
	Listens []struct{ What, Where, Who string }
}

// TestConfigCheck asks of each daemon of a split what its file means. It names
// every host and port that is contacted and listened on, and asking contacts
// nobody.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1})
	listens(t, s)
	agent := s.Agents[0]
	before := [2]int{s.Wires[0].Seen().Connections, s.Uplink.Seen().Connections}
	edge := edgeDoor(t, s)
	for _, c := range []struct {
		daemon      *rig.Daemon
		example     string
		contact     string // host and port, or ""
		certificate string
		listens     []string
	}{
		{s.Edge, "tacit/edge.yaml", "", "", []string{edge.address, health(t, s.Edge)}},
		{s.Store, "tacit/store.yaml", edge.address, edge.fingerprint, []string{filepath.Join(s.Store.Data, "run", "store.sock"), health(t, s.Store)}},
		{s.Site, "tacit/site.yaml", s.Uplink.Address(), edge.fingerprint, []string{s.Relay, strings.TrimPrefix(s.Console(t), "http://"), health(t, s.Site)}},
		{agent, "tacit-agent/agent.yaml", s.Wires[0].Address(), s.Fingerprint, []string{filepath.Join(agent.Data, "run", "agent.sock")}},
	} {
		args := append(slices.Clone(examples[c.example]), "config", "check", "--config", c.daemon.Config)
		command := rig.Command{Path: c.daemon.Command.Path, Args: args}
		var got report
		text := command.Run(t).Stdout
		command.Args = append(command.Args, "--json")
		command.JSON(t, &got)
		if got.Data != c.daemon.Data || !strings.Contains(text, "Nothing was contacted.") {
			t.Errorf("%s: data in %s, and:\n%s", c.example, got.Data, text)
		}
		var contacts, where []string
		for _, to := range got.Contacts {
			contacts = append(contacts, net.JoinHostPort(to.Host, strconv.Itoa(to.Port)))
			if !to.TLS || to.Certificate != c.certificate {
				t.Errorf("%s: it contacts %+v", c.example, to)
			}
		}
		for _, l := range got.Listens {
			where = append(where, l.Where)
		}
		if strings.Join(contacts, " ") != c.contact || !slices.Equal(slices.Sorted(slices.Values(where)), slices.Sorted(slices.Values(c.listens))) {
			t.Errorf("%s: it contacts %q and listens on %q, want %q and %q", c.example, contacts, where, c.contact, c.listens)
		}
		for _, want := range append(contacts, where...) {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is not in\n%s", c.example, want, text)
			}
		}
		if secret := s.Credential; strings.Contains(text, secret) {
			t.Errorf("%s: the credential is printed", c.example)
		}
	}
	if now := [2]int{s.Wires[0].Seen().Connections, s.Uplink.Seen().Connections}; now != before {
		t.Errorf("checking made connections: %v, before %v", now, before)
	}
}

// health returns host and port of a daemon's health and metrics.
func health(t *testing.T, d *rig.Daemon) string {
	t.Helper()
	return strings.TrimSuffix(strings.TrimPrefix(d.Told(t, "health"), "http://"), "/readyz")
}
