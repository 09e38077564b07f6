package story

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
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
			dir, ledger := mount(t, size), new(rig.Ledger)
			ballast := filepath.Join(dir, "ballast")
			p := rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
			accepts(t, dir, ledger)
			fill(t, ballast)
			checkFull(t, dir, ledger)
			free(t, ballast)
			accepts(t, dir, ledger)
			fill(t, ballast)
			checkFull(t, dir, ledger)
			p.Kill()
			checkRefused(t, once(t, dir).Run(t), 1, "space")
			grow(t, dir, "700m")
			free(t, ballast)
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

func free(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
