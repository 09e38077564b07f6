package attack

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// The planted host. Its names are long, and are no words.
const (
	plantedHost    = "kvarnbacken-ws0417"
	plantedDomain  = "zwieselalm-intern.example"
	plantedUser    = "wilhelmkrz"
	plantedName    = "Wilhelmina Krzyzanowska"
	plantedOther   = "oddvarhjelm"
	plantedFull    = "Oddvar Hjelmtveit"
	plantedMachine = "5f0e7d3ab4c94e61a7725c1e9d80b64f"
	plantedAddress = "10.83.217.46"
	plantedHomes   = "/mnt/staff" // below a directory that every system has, and that can be covered
)

// plantedMAC is that of the loopback interface: a fresh network namespace has
// no other, and Linux lets it have an address.
var plantedMAC = [6]byte{0x3e, 0x91, 0xc7, 0x5d, 0xa8, 0x16}

// insideVariable is set in the process that runs on the planted host.
const insideVariable = "TACIT_TEST_PLANTED"

// TestPlantedHost lives the story on a planted host.
func TestPlantedHost(t *testing.T) { onPlantedHost(t, inside) }

// onPlantedHost runs a test on a planted host: it starts itself in namespaces of
// its own, and there gives the host its name, its users and its addresses.
// Loopback is its own too, so that all that crosses it is Tacit's.
func onPlantedHost(t *testing.T, inside func(*testing.T)) {
	if os.Getenv(insideVariable) != "" {
		inside(t)
		return
	}
	t.Parallel()
	var out []byte
	var err error
	for _, attr := range waysIn() {
		if out, err = runInside(t, attr); err == nil || len(out) > 0 {
			break // it ran: what it says counts
		}
	}
	switch {
	case err != nil && len(out) == 0:
		t.Fatalf("a planted host needs namespaces (UTS, mount, network): run as root with CAP_SYS_ADMIN, or allow unprivileged user namespaces"+
			" (user.max_user_namespaces above 0, kernel.unprivileged_userns_clone=1, kernel.apparmor_restrict_unprivileged_userns=0, a container with unconfined seccomp): %v", err)
	case err != nil:
		t.Errorf("on the planted host: %v\n%s", err, out)
	case bytes.Contains(out, []byte("--- SKIP: "+t.Name())):
		t.Skipf("%s", out)
	case !bytes.Contains(out, []byte("--- PASS: "+t.Name())):
		t.Errorf("the planted host proved nothing:\n%s", out)
	default:
		t.Logf("on the planted host:\n%s", out)
	}
}

// waysIn are the namespaces as root has them, and as everybody else does.
func waysIn() (ways []*syscall.SysProcAttr) {
	const own = syscall.CLONE_NEWUTS | syscall.CLONE_NEWNS | syscall.CLONE_NEWNET
	if os.Getuid() == 0 {
		ways = append(ways, &syscall.SysProcAttr{Cloneflags: own, Pdeathsig: syscall.SIGKILL})
	}
	return append(ways, &syscall.SysProcAttr{
		Cloneflags:  own | syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	})
}

func runInside(t *testing.T, attr *syscall.SysProcAttr) ([]byte, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	gotool, err := exec.LookPath("go") // it knows where the shipped examples lie
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(plantedHomes, plantedUser)
	c := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$", "-test.v", fmt.Sprintf("-test.short=%t", testing.Short()), "-test.timeout=170m")
	c.SysProcAttr = attr
	c.Env = []string{
		insideVariable + "=1", rig.BinariesEnv(t),
		"PATH=/usr/bin:/bin:" + filepath.Dir(gotool), "TMPDIR=" + os.TempDir(), "HOME=" + home, "USER=" + plantedUser, "LOGNAME=" + plantedUser,
		"HOSTNAME=" + plantedHost,
	}
	for _, name := range []string{"TACIT_RUN", "TACIT_FIGURES", seedVariable} {
		if value := os.Getenv(name); value != "" {
			c.Env = append(c.Env, name+"="+value)
		}
	}
	return c.CombinedOutput()
}

// inside lives the story on the planted host.
func inside(t *testing.T) {
	plant(t)
	wire := listen(t)
	host := thisHost(t, "the planted host")
	plantedIsSeen(t, host)

	s := newStory(t, filepath.Join(plantedHomes, plantedUser), texts(host))
	s.users = []string{plantedUser, plantedOther}
	installation := s.live()
	s.mispolicied()
	canary := converse(t)
	streams := wire.stop(t, reporter.at)
	for _, stream := range streams {
		s.seen.add("the wire", stream)
	}
	wireIsSeen(t, streams, canary)
	found := s.seen.search(append(host, allSecrets()...), installation)
	report(t, found)
	figures.Report(t, figures.Leak, "all in one process: %s", s.seen.figure(host, found))
}

// mispolicied gives the host a machine policy with secrets under keys that it
// does not know. It is no yes: nothing is sent, and `why` says which key.
func (s *story) mispolicied() {
	in := secretsIn(inConfiguration)
	s.write(machinePolicy, fmt.Sprintf("licence: %s\ncustomer: %s\nentitlement: %s\n", in.licence, in.customer, in.entitlement))
	if r := s.must("why"); !strings.Contains(r.Stdout, "licence") {
		s.t.Errorf("tacit why does not name the key that is wrong: %s", r.Stdout)
	}
	s.must("why", "--json")
	s.must("up", "--once", "--json", "--verbose")
	s.seen.files(s.t, "after a wrong policy", s.dir)
}

// plantedIsSeen checks that the host is what was planted, as any program sees
// it.
func plantedIsSeen(t *testing.T, host []identifier) {
	t.Helper()
	seen := strings.Join(texts(host), "\n") + "\n"
	for _, expect := range []string{
		plantedHost, plantedHost + "." + plantedDomain, plantedUser, plantedName, plantedOther, plantedFull,
		filepath.Join(plantedHomes, plantedUser), plantedMachine, plantedAddress, "3e:91:c7:5d:a8:16",
	} {
		if !strings.Contains(seen, expect+"\n") {
			t.Errorf("the planted host does not have %s", expect)
		}
	}
}
