package attack

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// nobody is the user that the commands run as when the test is root: what a
// process of root has in /proc belongs to root anyway.
const nobody = 65534

// TestUndumpable looks at who owns what the kernel shows of a running process:
// of one that can be dumped it is the user that it runs as, of another root. A
// process that does not mind is the control.
func TestUndumpable(t *testing.T) {
	t.Parallel()
	var attr *syscall.SysProcAttr
	uid := os.Getuid()
	if uid == 0 {
		uid, attr = nobody, &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	vendor, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := rig.Dir(t) // the binaries' own directory is for the tests' user only
	config := filepath.Join(dir, "agent.yaml")
	if err := os.WriteFile(config, fmt.Appendf(nil, "relays: [nats://127.0.0.1:1]\ncredential: nobody\nvendor_key: \"%x\"\n", vendor), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"sleep": {"60"}, "tacit": {"up", "--ports", "0"}, "tacit-agent": {"--config", config}} {
		data := filepath.Join(dir, name+".d")
		if err := os.Mkdir(data, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(data, uid, -1); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if name == "sleep" {
			path = "/bin/sleep"
		} else {
			args = append(args, "--data", data)
			if out, err := exec.CommandContext(t.Context(), "cp", rig.Binary(t, name), path).CombinedOutput(); err != nil {
				t.Fatalf("copy: %v: %s", err, out)
			}
		}
		p := rig.Command{Path: path, Args: args, Dir: dir, Env: []string{"HOME=" + data}, Attr: attr}.Start(t, data)
		if name != "sleep" {
			rig.Eventually(t, name+" runs", func() bool {
				status, _, err := rig.API(t.Context(), data, "GET", "/v1/installation", nil)
				if err != nil && gone(p) {
					t.Fatalf("%s ended: %s", name, p.Text())
				}
				return err == nil && status == 200
			})
		}
		info, err := os.Stat(fmt.Sprintf("/proc/%d/environ", p.PID()))
		if err != nil {
			t.Fatal(err)
		}
		owner := int(info.Sys().(*syscall.Stat_t).Uid)
		if dumpable := owner == uid; dumpable != (name == "sleep") {
			t.Errorf("%s runs as %d, and what the kernel shows of it belongs to %d", name, uid, owner)
		}
		p.Kill()
	}
}
