package story

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// lived returns the data directory of a Tacit that sent a cycle, and its ID.
func lived(t *testing.T) (dir, id string) {
	t.Helper()
	dir = rig.Dir(t)
	var c cycle
	once(t, dir).JSON(t, &c)
	return dir, c.ID
}

// TestDamagedFiles damages one file at a time. Each time `up` says what is
// wrong and what to do, touches nothing, and goes on where it was once the file
// is back.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	whole, id := lived(t)
	for _, c := range []struct{ name, how string }{
		{"agent/installation.json", "garbage"}, {"agent/installation.json", "empty"}, {"agent/installation.json", "half"},
		{"agent/installation.json", "a directory"}, {"agent/installation.json", "for everybody"},
		{"agent/pages.numbers", "garbage"}, {"agent/pages.numbers", "for everybody"},
		{"keys/up.json", "garbage"}, {"keys/up.json", "for everybody"},
		{"keys/months.json", "garbage"}, {"keys/months.json", "for everybody"},
		{"keys/envelope.json", "garbage"}, {"keys/envelope.json", "for everybody"},
	} {
		t.Run(c.name+" is "+c.how, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, whole)
			path := filepath.Join(dir, filepath.FromSlash(c.name))
			good := damage(t, path, c.how)
			was, _ := os.ReadFile(path) // nothing of a directory
			checkRefused(t, once(t, dir).Run(t), 1, filepath.Base(path))
			if is, _ := os.ReadFile(path); !bytes.Equal(is, was) {
				t.Error("up changed a file that it could not use")
			}
			if err := os.RemoveAll(path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, good, 0o600); err != nil {
				t.Fatal(err)
			}
			checkAgain(t, dir, id)
		})
	}
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

// damage damages a file and returns what was in it.
func damage(t *testing.T, path, how string) []byte {
	t.Helper()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	content := map[string][]byte{"garbage": []byte("\x00garbage\xff"), "empty": nil, "half": good[:len(good)/2], "for everybody": good}[how]
	mode := os.FileMode(0o600)
	switch how {
	case "a directory":
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
		return good
	case "for everybody":
		mode = 0o644
	}
	if err := os.WriteFile(path, content, mode); err != nil {
		t.Fatal(err)
	}
	return good
}

// checkAgain runs another cycle, which must be the same installation's, with
// the history it had.
func checkAgain(t *testing.T, dir, id string) {
	t.Helper()
	before := rig.Lookup(t, dir, id)
	var c cycle
	once(t, dir).JSON(t, &c)
	if c.ID != id || c.Replies < 2 {
		t.Errorf("installation %s, before %s; %d replies", c.ID, id, c.Replies)
	}
	if after := rig.Lookup(t, dir, id); len(before.Records) == 0 || after.Pages <= before.Pages {
		t.Errorf("%d pages before, %d after", before.Pages, after.Pages)
	}
}

// TestFilesThatMend damages files that can be had again, from the relay or from
// the files beside them: Tacit goes on by itself.
func TestFilesThatMend(t *testing.T) {
	t.Parallel()
	whole, id := lived(t)
	for _, name := range []string{"agent/keys.list", "agent/participation/decided.json", "run/endpoints.json", "run/agent.sock", "run/agent.lock.pid"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copied(t, whole)
			if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), []byte("\x00garbage"), 0o600); err != nil {
				t.Fatal(err)
			}
			checkAgain(t, dir, id)
		})
	}
}

// TestOpenDirectories has directories that others can look into.
func TestOpenDirectories(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("modes are those of Unix")
	}
	dir, id := lived(t)
	for _, name := range []string{"agent", "agent/spool", "agent/outbox", "agent/participation", "relay", "store", "keys"} {
		path := filepath.Join(dir, name)
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
		t.Run(name, func(t *testing.T) { checkRefused(t, once(t, dir).Run(t), 1, path, "chmod") })
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	checkAgain(t, dir, id)
}

// TestDamagedHistory damages what users said: nobody knows, so nothing is sent
// until a user says it again.
func TestDamagedHistory(t *testing.T) {
	t.Parallel()
	dir, id := lived(t)
	history := filepath.Join(dir, "agent", "participation", "history.log")
	run(t, dir, "off")
	run(t, dir, "on")
	garbage := []byte("\x00garbage\n")
	if err := os.WriteFile(history, garbage, 0o600); err != nil {
		t.Fatal(err)
	}
	var c cycle
	once(t, dir).JSON(t, &c)
	if c.Sent != 0 || !strings.Contains(c.Reason, "tacit on") {
		t.Errorf("with a damaged history: sent %d: %s", c.Sent, c.Reason)
	}
	run(t, dir, "on")
	checkAgain(t, dir, id)
	checkSetAside(t, filepath.Dir(history), garbage)
}

// TestDamagedSegment damages the spool between stop and start. It is set aside,
// kept as it is, and counted.
func TestDamagedSegment(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	p := rig.Up(t, dir)
	ledger.MustOffer(t, dir, 20)
	p.Kill()
	segments, err := filepath.Glob(filepath.Join(dir, "agent", "spool", "*.seg"))
	if err != nil || len(segments) == 0 {
		t.Fatalf("no segments: %v", err)
	}
	last := segments[len(segments)-1]
	b, err := os.ReadFile(last)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)-5] ^= 0x40 // within the last record
	if err := os.WriteFile(last, b, 0o600); err != nil {
		t.Fatal(err)
	}
	rig.Up(t, dir)
	if s := waiting(t, dir); s.Aside != 1 {
		t.Errorf("%d segments counted as set aside, want 1", s.Aside)
	}
	checkSetAside(t, filepath.Dir(last), b)
	id := rig.ID(t, dir)
	rig.Eventually(t, "what can be read of it is stored", func() bool {
		tl, found := rig.Found(t, dir, id)
		return found && len(rig.Missing(tl, ledger.Accepted())) <= 1
	})
	ledger.CheckOnce(t, rig.Lookup(t, dir, id))
}

// checkSetAside looks for a file with the content anywhere below dir, but not
// under the name it had.
func checkSetAside(t *testing.T, dir string, content []byte) {
	t.Helper()
	text, err := exec.Command("find", dir, "-type", "f").Output()
	if err != nil {
		t.Fatal(err)
	}
	for path := range strings.Lines(string(text)) {
		if b, err := os.ReadFile(strings.TrimSpace(path)); err == nil && bytes.Equal(b, content) {
			return
		}
	}
	t.Errorf("the damaged file is kept nowhere; there is:\n%s", text)
}

// TestDamagedRequest sends what is no request to the local API.
func TestDamagedRequest(t *testing.T) {
	t.Parallel()
	dir, ledger := rig.Dir(t), new(rig.Ledger)
	rig.Up(t, dir)
	for _, body := range []any{
		nil, "text", 7, []int{1}, map[string]any{"records": "all"}, map[string]any{"recrods": []int{}},
		map[string]any{"records": []any{map[string]any{"metric": "os.type", "value": map[string]any{}}}},
		map[string]any{"records": make([]any, 1001)}, map[string]any{"records": strings.Repeat("x", 2<<20)},
	} {
		status, answer, err := rig.API(t.Context(), dir, http.MethodPost, "/v1/records", body)
		var problem struct{ Error, Hint string }
		if err != nil || status < 400 || status >= 500 || json.Unmarshal(answer, &problem) != nil || problem.Error == "" || problem.Hint == "" {
			t.Errorf("%.60v: answered %d %s, %v", body, status, answer, err)
		}
	}
	ledger.MustOffer(t, dir, 1)
}
