package story

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// auditLine is a row of the audit log, as its documentation has it.
type auditLine struct {
	N      int       `json:"n"`
	Prev   string    `json:"prev"`
	Time   time.Time `json:"time"`
	By     string    `json:"by"`
	From   string    `json:"from"`
	Act    string    `json:"act"`
	What   string    `json:"what"`
	Of     string    `json:"of"`
	Ticket string    `json:"ticket"`
	Reason string    `json:"reason"`
	For    int       `json:"for"`
}

// auditLog reads the log and follows its chain. What it does not know in a row fails.
func auditLog(t *testing.T, dir string) (rows []auditLine) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "desk", "audit.log"))
	if err != nil {
		t.Fatal(err)
	}
	prev := strings.Repeat("0", 64)
	for line := range bytes.Lines(b) {
		var row auditLine
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if err := d.Decode(&row); err != nil || row.Prev != prev || row.N != len(rows)+1 {
			t.Fatalf("row %d does not follow: %s %v", len(rows)+1, line, err)
		}
		sum := sha256.Sum256(bytes.TrimSuffix(line, []byte("\n")))
		prev = hex.EncodeToString(sum[:])
		rows = append(rows, row)
	}
	return rows
}

// TestAudit: each lookup has a row before and an outcome after, nothing in it says
// whose history it was, and where the log is not what was written nothing opens.
func TestAudit(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	up := rig.Up(t, dir)
	id := rig.ID(t, dir)
	rig.Eventually(t, "the store has something of this host", func() bool {
		return rig.Tacit(t, "lookup", id, "--data", dir).Run(t).Code == 0
	})
	before := len(auditLog(t, dir))
	for _, c := range []struct {
		args []string
		code int
	}{
		{[]string{"lookup", id, "--ticket", "T-4711", "--reason", "search is slow"}, 0},
		{[]string{"lookup", "9d2f1c34-8a5b-4c6d-9e7f-001122334455"}, 1},
		{[]string{"lookup", id[:len(id)-2]}, 1},
		{[]string{"lookup", id, "--reason", "of " + id}, 1},
		{[]string{"store", "erase", "9d2f1c34-8a5b-4c6d-9e7f-001122334455"}, 0},
	} {
		if r := rig.Tacit(t, append(c.args, "--data", dir)...).Run(t); r.Code != c.code {
			t.Errorf("%s: exit %d: %s", c.args[0], r.Code, r.Stderr)
		}
	}
	rows := auditLog(t, dir)[before:]
	var told []string
	for _, row := range rows {
		if row.From != "command" || row.By == "" || row.Act == "outcome" && row.For != row.N-1 {
			t.Errorf("row %+v", row)
		}
		told = append(told, row.Act+" "+row.What+row.Ticket+row.Reason)
	}
	want := "open T-4711search is slow, outcome found, open , outcome nothing, erase , outcome done"
	if got := strings.Join(told, ", "); got != want {
		t.Errorf("rows %q, want %q", got, want)
	}
	auditEdited(t, dir, id)
	up.Interrupt(t)
}

// auditEdited changes one word in the log.
func auditEdited(t *testing.T, dir, id string) {
	t.Helper()
	path := filepath.Join(dir, "desk", "audit.log")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if plain := strings.ReplaceAll(id, "-", ""); bytes.Contains(bytes.ReplaceAll(bytes.ToUpper(whole), []byte("-"), nil), []byte(plain)) {
		t.Error("the ID stands in the audit log")
	}
	if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 0 {
		t.Errorf("verify of a whole log: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	lines := bytes.SplitAfter(bytes.TrimSuffix(whole, []byte("\n")), []byte("\n"))
	for name, edited := range map[string][]byte{
		"a word":        bytes.Replace(whole, []byte("search is slow"), []byte("search is fast"), 1),
		"the last line": bytes.Join(lines[:len(lines)-1], nil),
	} {
		if err := os.WriteFile(path, edited, 0o600); err != nil {
			t.Fatal(err)
		}
		if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 1 || !strings.Contains(r.Stdout, "audit log") {
			t.Errorf("%s: verify: exit %d: %s%s", name, r.Code, r.Stdout, r.Stderr)
		}
		if r := rig.Tacit(t, "lookup", id, "--data", dir).Run(t); r.Code != 1 || strings.Contains(r.Stdout, "os.type") || !strings.Contains(r.Stderr, "audit.log") {
			t.Errorf("%s: lookup: exit %d: %s%s", name, r.Code, r.Stdout, r.Stderr)
		}
	}
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := rig.Tacit(t, "lookup", id, "--data", dir).Run(t); r.Code != 0 {
		t.Errorf("lookup with the whole log back: exit %d: %s", r.Code, r.Stderr)
	}
}
