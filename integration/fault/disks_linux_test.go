package fault

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

// disksVariable names the test that runs in a mount namespace of its own.
const disksVariable = "TACIT_FAULT_DISKS"

// withDisks says whether the calling test is in a mount namespace of its own, so
// that its disks go with it. If not, it runs the test once more there and passes
// its outcome on; the caller returns.
func withDisks(t *testing.T) bool {
	t.Helper()
	if os.Getenv(disksVariable) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatalf("keep mounts to this test: %v", err)
		}
		return true
	}
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=30m")
	c.Env = append(os.Environ(), disksVariable+"="+t.Name(), rig.BinariesVariable+"="+filepath.Dir(rig.Binary(t, "tacit")))
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
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
		t.Fatalf("a mount namespace: %v; run this test as root, or allow users to make namespaces (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)", err)
	}
	return false
}

// disk is a small volume of its own.
type disk struct{ dir, junk string }

// newDisk mounts one of so many bytes on a new data directory.
func newDisk(t *testing.T, size string) *disk {
	t.Helper()
	dir := rig.Dir(t)
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "mode=755,size="+size); err != nil {
		t.Fatalf("mount a disk of %s: %v", size, err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }) // it ends with the namespace anyway
	return &disk{dir: dir, junk: filepath.Join(dir, "junk")}
}

// fill writes until not a byte is left.
func (d *disk) fill(t *testing.T) {
	t.Helper()
	f, err := os.OpenFile(d.junk, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1<<18); err == nil || len(b) > 1; {
		if _, err = f.Write(b); errors.Is(err, syscall.ENOSPC) {
			b = b[:(len(b)+1)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close() // full, as it should be
}

// free makes room again.
func (d *disk) free(t *testing.T) {
	t.Helper()
	if err := os.Remove(d.junk); err != nil {
		t.Fatal(err)
	}
}
