package relay

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// aloneVariable names the test that runs in a mount namespace of its own.
const aloneVariable = "TACIT_RELAY_ALONE"

// alone says whether the calling test is in a mount namespace of its own. If
// not, it runs the test once more there; the caller returns.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
			t.Fatalf("keep mounts to this test: %v", err)
		}
		return true
	}
	c := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=80s")
	c.Env = append(os.Environ(), aloneVariable+"="+t.Name())
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
	if uid := os.Getuid(); uid != 0 {
		c.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
		c.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: 1}}
		c.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	text, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v; where users may make no namespaces, run this test as root\n%s", err, text)
	}
	t.Logf("%s", text)
	return false
}

// TestFullDisk fills the disk of a stream whose own bound is larger, below a
// running relay: agents are told to come later, nothing crashes, what was taken
// is there, and when there is room all goes on by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if alone(t) {
		fullDisk(t, func(r *Relay, _ Config) *Relay { return r })
	}
}

// TestFullDiskAtStart is the same for a relay that starts on a full disk.
func TestFullDiskAtStart(t *testing.T) {
	t.Parallel()
	if alone(t) {
		fullDisk(t, func(r *Relay, cfg Config) *Relay {
			stop(t, r)
			return start(t, cfg)
		})
	}
}

func fullDisk(t *testing.T, meanwhile func(*Relay, Config) *Relay) {
	t.Helper()
	cfg := config(t)
	if err := os.MkdirAll(cfg.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("tmpfs", cfg.Dir, "tmpfs", 0, "mode=700,size=24m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Unmount(cfg.Dir, unix.MNT_DETACH) })
	cfg.Quota.Envelopes, cfg.Quota.Bytes = 1<<20, 1<<40
	r := start(t, cfg)
	works(t, r)
	ballast := filepath.Join(cfg.Dir, "ballast")
	fill(t, ballast)
	r = meanwhile(r, cfg)
	laterSaid(t, r)
	if r.Ready() == nil {
		t.Error("a relay that cannot write says that it is ready")
	}
	passed, freed := r.Stats().Forward.Envelopes, time.Now()
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what waited goes on", func() bool { return r.Stats().Forward.Envelopes > passed })
	t.Logf("resumed after %v; %+v", time.Since(freed).Round(time.Millisecond), r.Stats().Forward)
	works(t, r)
	if n := r.Stats().Door.Discarded; n != 0 {
		t.Errorf("files were thrown away %d times for want of room", n)
	}
}

// laterSaid puts until the relay says later.
func laterSaid(t *testing.T, r *Relay) {
	t.Helper()
	a := agent(t, r)
	defer a.Close()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		e := envelope(0, wire.ClassNormal)
		if h, _ := put(t, a, e.Marshal()); h.Code == wire.Later {
			return
		}
	}
	t.Fatalf("agents are not told to come later: %+v", r.Stats())
}

// fill writes a file until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for b := make([]byte, 1<<16); err == nil || len(b) > 1; {
		if _, err = f.Write(b); errors.Is(err, syscall.ENOSPC) {
			b = b[:(len(b)+1)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	_ = f.Close() // full, as it should be
}
