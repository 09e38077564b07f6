package story

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// aloneVariable names the test that runs in namespaces of its own.
const aloneVariable = "TACIT_STORY_ALONE"

// alone says whether the calling test is in a network and a mount namespace of
// its own, with a loopback that is up. If not, it runs the test once more there
// and passes its outcome on; the caller returns.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatalf("keep mounts to this test: %v", err)
		}
		loopbackUp(t)
		return true
	}
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=3m")
	c.Env = append(os.Environ(), aloneVariable+"="+t.Name(), rig.BinariesVariable+"="+filepath.Dir(rig.Binary(t, "tacit")))
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		c.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	text, err := c.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		t.Logf("%s", text)
	case errors.As(err, &exit):
		t.Fatalf("%s", text)
	default:
		t.Fatalf("namespaces of its own: %v; run this test as root, or allow users to make namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)", err)
	}
	return false
}

// mount mounts a disk of its own on a new data directory, which begins with so
// many bytes. Grow it with grow.
func mount(t *testing.T, bytes string) string {
	t.Helper()
	dir := rig.Dir(t)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755,size="+bytes); err != nil {
		t.Fatalf("mount a disk of %s: %v", bytes, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // it ends with the namespace anyway
	return dir
}

// grow makes room on a disk of its own.
func grow(t *testing.T, dir, bytes string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, "mode=755,size="+bytes); err != nil {
		t.Fatalf("grow the disk: %v", err)
	}
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
