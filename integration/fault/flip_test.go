package fault

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestFlippedByteInTheSpool changes one byte of the spool between stop and
// start, in each part of it once. The agent comes up, the damaged file is set
// aside as it is, what the store has stays, and nothing is there twice.
func TestFlippedByteInTheSpool(t *testing.T) {
	t.Parallel()
	dir, id, ledger := spooled(t)
	r := random(t)
	flips := figures.Size(t, 4, 100, 0)
	for i := range flips {
		part, chance := float64(i)/float64(flips), r.Float64()/float64(flips)
		change := byte(1 + r.IntN(255))
		t.Run("", func(t *testing.T) {
			t.Parallel()
			dir := copied(t, dir)
			stored := rig.Lookup(t, dir, id)
			damaged := flip(t, dir, part+chance, change)
			tl := finish(t, dir)
			checkAside(t, dir, damaged)
			ledger.CheckOnce(t, tl)
			if gone, had := rig.Missing(tl, ledger.Accepted()), rig.Missing(stored, ledger.Accepted()); len(gone) > len(had) {
				t.Errorf("%d records are missing, and before the damage only %d were", len(gone), len(had))
			}
		})
	}
}

// spooled returns the data directory of a Tacit that was killed with records of
// every kind of fate in its spool: stored, and only just accepted.
func spooled(t *testing.T) (dir, id string, ledger *rig.Ledger) {
	t.Helper()
	dir, ledger = rig.Dir(t), new(rig.Ledger)
	p := rig.Up(t, dir)
	id = rig.ID(t, dir)
	for range 2 {
		for range 5 {
			ledger.MustOffer(t, dir, 2)
		}
		rig.Eventually(t, "what was accepted is stored", func() bool {
			return len(rig.Missing(rig.Lookup(t, dir, id), ledger.Accepted())) == 0
		})
	}
	for range 5 {
		ledger.MustOffer(t, dir, 2)
	}
	p.Kill()
	return dir, id, ledger
}

// copied returns a copy of a data directory, with its owners and modes.
func copied(t *testing.T, dir string) string {
	t.Helper()
	to := rig.Dir(t)
	if text, err := exec.Command("cp", "-a", dir+"/.", to).CombinedOutput(); err != nil {
		t.Fatalf("copy: %v: %s", err, text)
	}
	return to
}

// flip changes one byte, at a part of the length of what was written into all
// files of the spool, and returns the content of the file that it is in. What is
// reserved behind that, zeros, says nothing.
func flip(t *testing.T, dir string, part float64, change byte) []byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "agent", "spool", "*.seg"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no spool to break: %v", err)
	}
	contents, written := make([][]byte, len(files)), make([]int, len(files))
	total := 0
	for i, file := range files {
		if contents[i], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
		written[i] = len(bytes.TrimRight(contents[i], "\x00"))
		total += written[i]
	}
	at := int(part * float64(total))
	for i, b := range contents {
		if at >= written[i] {
			at -= written[i]
			continue
		}
		b[at] ^= change
		t.Logf("byte %d of %d of %s ^ %#02x", at, written[i], filepath.Base(files[i]), change)
		if err := os.WriteFile(files[i], b, 0o600); err != nil {
			t.Fatal(err)
		}
		return b
	}
	t.Fatalf("no byte at %v", part)
	return nil
}

// checkAside looks for the damaged file, byte for byte, among those set aside.
func checkAside(t *testing.T, dir string, damaged []byte) {
	t.Helper()
	var names []string
	aside := filepath.Join(dir, "agent", "spool", "aside")
	entries, _ := os.ReadDir(aside) // without it, none is found
	for _, e := range entries {
		names = append(names, e.Name())
		b, err := os.ReadFile(filepath.Join(aside, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(b, damaged) {
			return
		}
	}
	t.Errorf("the damaged file is not among those set aside: [%s]", strings.Join(names, " "))
}
