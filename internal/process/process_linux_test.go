package process

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// variable says that this process is one of TestKeepSecrets's.
const variable = "TACIT_TEST_PROCESS"

// TestKeepSecrets looks, in a process of its own, at what the kernel says
// afterwards, and that nothing brings it back. That no file is left is shown
// with the real commands, in integration/fault.
func TestKeepSecrets(t *testing.T) {
	if os.Getenv(variable) == "" {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestKeepSecrets$")
		c.Env = append(os.Environ(), variable+"=yes", "GOTRACEBACK=crash")
		if out, err := c.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestKeepSecrets") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	for range 2 {
		if err := KeepSecrets(); err != nil {
			t.Fatal(err)
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_CORE, &limit); err != nil || limit != (unix.Rlimit{}) {
		t.Errorf("a core file may have %+v bytes: %v", limit, err)
	}
	if n, err := unix.PrctlRetInt(unix.PR_GET_DUMPABLE, 0, 0, 0, 0); err != nil || n != 0 {
		t.Errorf("it can be dumped: %d, %v", n, err)
	}
}
