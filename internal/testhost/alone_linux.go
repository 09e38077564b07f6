package testhost

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// variable names the test that runs in namespaces of its own.
const variable = "TACIT_TEST_ALONE"

// Namespaces that a test may want of its own.
const (
	Mounts  uintptr = unix.CLONE_NEWNS
	Network uintptr = unix.CLONE_NEWNET // its loopback is down
)

// Alone says whether the calling test is in namespaces of its own, mounts among
// them. If not, it runs the test once more there, at most so long and with more
// in its environment, and passes its outcome on; the caller returns.
func Alone(t *testing.T, namespaces uintptr, within time.Duration, env ...string) bool {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatalf("keep mounts to this test: %v", err)
		}
		return true
	}
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout="+within.String())
	c.Env = append(append(os.Environ(), variable+"="+t.Name()), env...)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces | Mounts, Pdeathsig: syscall.SIGKILL}
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
