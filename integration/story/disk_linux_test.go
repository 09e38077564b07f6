package story

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// TestFullDisk fills the disk under a running Tacit, kills it there, starts it
// there, and makes room. Nothing that was accepted is lost, and what is not
// accepted is said to be not.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	for _, size := range []string{"4m", "40m"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			disk, ledger := testhost.Mount(t, rig.Dir(t), size), new(rig.Ledger)
			dir := disk.Dir
			p := rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
			accepts(t, dir, ledger)
			disk.Fill(t)
			checkFull(t, dir, ledger)
			disk.Free(t)
			accepts(t, dir, ledger)
			disk.Fill(t)
			checkFull(t, dir, ledger)
			p.Kill()
			checkRefused(t, once(t, dir).Run(t), 1, "space")
			disk.Resize(t, "700m")
			disk.Free(t)
			var c cycle
			once(t, dir).JSON(t, &c)
			ledger.CheckExact(t, rig.Lookup(t, dir, c.ID))
			if text := p.Text(); strings.Contains(text, "panic") || strings.Contains(text, "fatal") {
				t.Errorf("on a full disk it printed:\n%s", text)
			}
		})
	}
}

// accepts offers records until one is accepted.
func accepts(t *testing.T, dir string, ledger *rig.Ledger) {
	t.Helper()
	rig.Eventually(t, "records are accepted", func() bool {
		answers, err := ledger.Offer(t.Context(), dir, 1)
		return err == nil && answers[0].Accepted()
	})
}

// checkFull offers records until the disk takes no more, and looks at what is
// said then.
func checkFull(t *testing.T, dir string, ledger *rig.Ledger) {
	t.Helper()
	for range 10_000 {
		if _, err := ledger.Offer(t.Context(), dir, 10); err != nil {
			if !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "free space") {
				t.Errorf("on a full disk: %v", err)
			}
			return
		}
	}
	t.Error("a full disk takes records for ever")
}
