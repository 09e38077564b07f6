package relay

import (
	"os"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestFullDisk fills the disk of a stream whose own bound is larger, below a
// running relay: agents are told to come later, nothing crashes, what was taken
// is there, and when there is room all goes on by itself.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if testhost.Alone(t, testhost.Mounts, 80*time.Second) {
		fullDisk(t, func(r *Relay, _ Config) *Relay { return r })
	}
}

// TestFullDiskAtStart is the same for a relay that starts on a full disk.
func TestFullDiskAtStart(t *testing.T) {
	t.Parallel()
	if testhost.Alone(t, testhost.Mounts, 80*time.Second) {
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
	disk := testhost.Mount(t, cfg.Dir, "24m")
	cfg.Quota.Envelopes, cfg.Quota.Bytes = 1<<20, 1<<40
	r := start(t, cfg)
	works(t, r)
	disk.Fill(t)
	r = meanwhile(r, cfg)
	laterSaid(t, r)
	if r.Ready() == nil {
		t.Error("a relay that cannot write says that it is ready")
	}
	passed, freed := r.Stats().Forward.Envelopes, time.Now()
	disk.Free(t)
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
