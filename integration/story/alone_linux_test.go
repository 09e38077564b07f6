package story

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// alone says whether the calling test is in a network and a mount namespace of
// its own, with a loopback that is up. If not, it runs the test once more there
// and passes its outcome on; the caller returns.
func alone(t *testing.T) bool {
	t.Helper()
	if !testhost.Alone(t, testhost.Mounts|testhost.Network, 3*time.Minute, rig.BinariesEnv(t)) {
		return false
	}
	loopbackUp(t)
	return true
}

// ownEtc gives the test an /etc of its own, with as much of the host's as
// programs look at, and returns the path of /etc/tacit in it.
func ownEtc(t *testing.T) string {
	t.Helper()
	etc := rig.Dir(t)
	for _, name := range []string{"passwd", "group", "hosts", "nsswitch.conf", "os-release", "machine-id", "localtime", "timezone"} {
		_ = exec.Command("cp", "-a", filepath.Join("/etc", name), etc).Run() // not every host has all
	}
	if err := unix.Mount(etc, "/etc", "", unix.MS_BIND, ""); err != nil {
		t.Fatalf("mount an /etc of its own: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount("/etc", unix.MNT_DETACH) })
	if err := os.Mkdir("/etc/tacit", 0o755); err != nil {
		t.Fatal(err)
	}
	return "/etc/tacit"
}
