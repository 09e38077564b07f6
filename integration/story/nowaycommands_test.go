package story

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// commandTree asks a program for its commands, and each for those below it.
func commandTree(t *testing.T, program string, path ...string) (out []string) {
	t.Helper()
	r := rig.Command{Path: rig.Binary(t, program), Args: append(path[:len(path):len(path)], "--help")}.Run(t)
	if r.Code != 0 || !strings.Contains(r.Stdout, "Usage:") {
		t.Fatalf("%s %v --help: exit %d: %s", program, path, r.Code, r.Stderr)
	}
	out = []string{strings.Join(append([]string{program}, path...), " ")}
	_, list, _ := strings.Cut(r.Stdout, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for _, found := range regexp.MustCompile(`(?m)^  (\S+)`).FindAllStringSubmatch(list, -1) {
		if found[1] != "completion" && found[1] != "help" { // a shell's, and this
			out = append(out, commandTree(t, program, append(path[:len(path):len(path)], found[1])...)...)
		}
	}
	return out
}

// commands says how each is tried without an ID at the site, where the store's and
// the relay's files lie. One without a line is not run: it is a daemon, or it changes
// this host's own installation, decision or keys.
func (n *lone) commands(t *testing.T) map[string][]string {
	t.Helper()
	day := time.Now().UTC().Format(time.DateOnly)
	other := "9d2f1c34-8a5b-4c6d-9e7f-001122334455"
	list := map[string][]string{
		"tacit": {""}, "tacit up": nil, "tacit bench": nil, "tacit scrub": {""},
		"tacit lookup":   {"", "-", other, other + " --json", other + " --case 1", n.id[:len(n.id)-5], n.spoken[:len(n.spoken)-4], n.spoken[5:], "*", "%", "''", "00000-00000-00000-0000K"},
		"tacit insights": {"", "tacit.operation.duration", "tacit.operation.duration --by service.version --json", "tacit.error --by service.version,os.type --days 400", "service.version --json", "os.type"},
		"tacit registry": {""}, "tacit registry diff": {""}, "tacit registry docs": {""}, "tacit registry generate": {""}, "tacit registry lint": {""},
		"tacit registry show": {"", "--json"}, "tacit registry templates": {""},
		"tacit relay": nil, "tacit relay config": {""}, "tacit relay config check": {""}, "tacit relay recover": {""},
		"tacit store": nil, "tacit store config": {""}, "tacit store config check": {""},
		"tacit store engineer": {""}, "tacit store engineer add": nil, "tacit store engineer list": {""}, "tacit store engineer remove": nil,
		"tacit desk": nil, "tacit desk config": {""}, "tacit desk config check": {""}, "tacit desk recover": {""},
		"tacit store verify": {"", "--json"}, "tacit store erase": {"", "-", other}, "tacit store restore": {""},
		"tacit store backup": {"--out " + filepath.Join(t.TempDir(), "backup")},
		"tacit store recall": {"", "--dry-run --registry 1 --from " + day + " --to " + day},
		"tacit store keys":   {""}, "tacit store keys list": {"", "--json"}, "tacit store keys publish": nil, "tacit store keys rotate": nil, "tacit store keys seal": nil,
		"tacit-agent": nil, "tacit-agent config": {""}, "tacit-agent config check": {""},
	}
	for _, program := range []string{"tacit ", "tacit-agent "} { // the user's own, of the installation of this host
		for name, runs := range map[string][]string{
			"debug": {"--end"}, "erase": {"--status"}, "id": {"", "--spoken", "--json", "--for-support --json", "--revoke"}, "id reset": nil, "lookups": {"", "--json"},
			"off": nil, "on": {""}, "outbox": {""}, "outbox list": {"", "--json"}, "outbox show": {"", "1", "1 --json"}, "outbox verify": {""},
			"preview": {"", "--json"}, "send": {""}, "why": {"", "--json"},
		} {
			list[program+name] = runs
		}
	}
	return list
}

// checkCommands runs what can be run.
func (n *lone) checkCommands(t *testing.T) {
	list := n.commands(t)
	listed(t, "the command", append(commandTree(t, "tacit"), commandTree(t, "tacit-agent")...), list)
	for command, runs := range list {
		for _, args := range runs {
			words := strings.Fields(command + " " + args)
			c := rig.Command{Path: rig.Binary(t, words[0]), Args: append(words[1:], "--data", n.site)}
			r := c.Run(t)
			n.nothing(t, command+" "+args, counted(r.Stdout)+r.Stderr)
			if _, file, ok := strings.Cut(args, "--out "); ok {
				n.checkFile(t, file)
			}
			if opens := strings.HasPrefix(command, "tacit lookup") && !strings.HasPrefix(command, "tacit lookups"); opens && r.Code == 0 {
				t.Errorf("%s %s opens something: %s", command, args, r.Stdout)
			}
		}
	}
}

// checkFile searches what a command wrote.
func (n *lone) checkFile(t *testing.T, file string) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil || len(b) < 1000 {
		t.Errorf("%d bytes, %v", len(b), err)
	}
	n.nothing(t, "the backup", string(b))
}
