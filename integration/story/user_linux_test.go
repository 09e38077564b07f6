package story

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// nobody is a user who owns nothing here.
const nobody = 65534

// asUser returns a command line of the shell for a user who is not root, with
// nothing but one of Tacit's commands in his PATH. Where the tests themselves
// are not root, it is for the same user.
func asUser(t *testing.T, command, line string) rig.Command {
	t.Helper()
	bin, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(bin) })
	if text, err := exec.Command("cp", rig.Binary(t, command), bin).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, text)
	}
	for _, path := range []string{bin, filepath.Join(bin, command)} {
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := rig.Command{Path: "/bin/sh", Args: []string{"-c", "cd / && " + line}, Env: []string{"PATH=" + bin, "HOME=/nonexistent"}}
	if os.Getuid() == 0 {
		c.Attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	} else {
		t.Log("the tests are not run by root: the agent's own user asks, and not another")
	}
	return c
}

// TestAnyUserAsks has a user who is not root ask a running agent.
func TestAnyUserAsks(t *testing.T) {
	t.Parallel()
	site, dir := rig.Dir(t), rig.Dir(t)
	rig.Up(t, site)
	startAgent(t, dir, rig.AgentConfig(t, site, dir))
	r := asUser(t, "tacit-agent", "tacit-agent id --spoken --data "+dir).Run(t)
	if want := run(t, dir, "id", "--spoken"); r.Code != 0 || r.Stdout != want || r.Stderr != "" {
		t.Errorf("id --spoken: exit %d, %q%q; want %q", r.Code, r.Stdout, r.Stderr, want)
	}
	r = asUser(t, "tacit-agent", "tacit-agent why --data "+dir).Run(t)
	if first, _, _ := strings.Cut(r.Stdout, "\n"); r.Code != 0 || !strings.HasPrefix(first, "on: ") || len(first) < 20 || r.Stderr != "" {
		t.Errorf("why: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	r = asUser(t, "tacit-agent", "TACIT_DATA="+dir+" tacit-agent why --json").Run(t)
	if r.Code != 0 || !strings.Contains(r.Stdout, `"reason"`) {
		t.Errorf("why --json: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// TestOthersFiles has a user who is not root meet what is not his, with no
// agent to ask.
func TestOthersFiles(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("needs two users: run the tests as root")
	}
	dir := rig.Dir(t)
	once(t, dir).JSON(t, new(cycle))
	for _, name := range []string{"agent", "relay", "store", "keys"} {
		if r := asUser(t, "tacit", "echo "+filepath.Join(dir, name)+"/*").Run(t); !strings.HasSuffix(strings.TrimSpace(r.Stdout), "*") {
			t.Errorf("others see into %s: %s", name, r.Stdout)
		}
	}
	for _, line := range []string{"id", "off", "up --once --ports 0", "lookup " + rig.ID(t, dir)} {
		r := asUser(t, "tacit", "tacit "+line+" --data "+dir).Run(t)
		checkRefused(t, r, 1)
		if strings.Contains(r.Stderr, "no installation") || strings.Contains(r.Stderr, "no store") {
			t.Errorf("%s: it is there, and only not his:\n%s", line, r.Stderr)
		}
	}
}
