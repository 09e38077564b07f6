package story

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// TestFullAuditDisk: where the audit log's volume is full, nothing opens by web or
// by command, which say why; the store was not asked, and when there is room again
// all goes on.
func TestFullAuditDisk(t *testing.T) {
	t.Parallel()
	if !alone(t) {
		return
	}
	dir := rig.Dir(t)
	if err := os.Mkdir(filepath.Join(dir, "desk"), 0o700); err != nil {
		t.Fatal(err)
	}
	disk := testhost.Mount(t, filepath.Join(dir, "desk"), "1m")
	up := rig.Up(t, dir)
	id := deliver(t, dir, new(rig.Ledger))
	a, c := engineer(t, up), makeCode(t, dir)
	look(t, a, id).Says(t, "Data up to")
	disk.Fill(t)
	rows, notes := lookups(t, dir), notesOf(t, dir)
	for _, typed := range []string{id, c.Code} {
		// A page of the log's file may have room for a row or two.
		rig.Eventually(t, "the desk refuses", func() bool {
			p := look(t, a, typed)
			return p.URL.Path == "/" && strings.Contains(p.Text(), "Refused: the audit log could not be written, so nothing was opened.")
		})
		r := byCode(t, dir, typed)
		checkRefused(t, r, 1, "write the audit log", "without its row nothing is opened: free space")
		if strings.Contains(r.Stdout, "records") {
			t.Errorf("the command printed %s", r.Stdout)
		}
	}
	if r := rig.Tacit(t, "store", "erase", id, "--data", dir).Run(t); r.Code != 1 || !strings.Contains(r.Stderr, "write the audit log") {
		t.Errorf("erase: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	if now := notesOf(t, dir); now-notes != len(lookups(t, dir))-len(rows) {
		t.Errorf("%d notes more, and %q after %q", now-notes, lookups(t, dir), rows)
	}
	disk.Free(t)
	look(t, a, id).Says(t, "Data up to")
	if r := byCode(t, dir, c.Code); r.Code != 0 {
		t.Errorf("with room again: exit %d: %s", r.Code, r.Stderr)
	}
	if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 0 {
		t.Errorf("verify: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	up.Interrupt(t)
}

// notesOf counts the lookups of today that the host's user is told of.
func notesOf(t *testing.T, dir string) int {
	t.Helper()
	var told opened
	rig.Tacit(t, "lookups", "--json", "--days", "1", "--data", dir).JSON(t, &told)
	return len(told.Lookups) + told.More
}
