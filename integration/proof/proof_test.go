// Package proof holds the promise that everything can be seen: the bytes on
// the wire open, with the key in the outbox, to what the user is shown. Who
// opens them here is a second implementation, in Python, written from the
// documents.
package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

type entry struct {
	Number  int
	Kind    string
	Outcome string

	Envelope []byte
	BodyKey  string `json:"body_key"`
	Page     *struct {
		Records []record
	}
	Fragment *struct {
		Measures []measure
	}
}

type measure struct {
	Metric string
	Count  int
}

type record struct {
	Metric string
	Value  any
}

func TestWireOpensToWhatIsShown(t *testing.T) {
	site, dir := rig.Dir(t), rig.Dir(t)
	rig.Up(t, site)
	at := rig.ReadSite(t, site)
	wire := rig.NewRecorder(t, at.Relay)
	at.Relay = wire.Address()
	agent := rig.Command{
		Path: rig.Binary(t, "tacit-agent"),
		Args: []string{"--config", at.AgentConfig(t, dir, "interval: 1s", "window: 50ms")},
	}.Start(t, dir)
	agent.WaitFor(t, "runs")

	var sent []entry
	rig.Eventually(t, "a page and a fragment are stored", func() bool {
		user(t, dir, "outbox", "list").JSON(t, &sent)
		return stored(sent, "page") && stored(sent, "fragment")
	})
	caught := wire.Envelopes(t)
	for _, e := range sent {
		var shown entry
		user(t, dir, "outbox", "show", strconv.Itoa(e.Number)).JSON(t, &shown)
		i := indexOf(caught, shown.Envelope)
		if i < 0 {
			t.Errorf("entry %d was never on the wire", e.Number)
			continue
		}
		comparePython(t, dir, caught[i], &shown)
	}
	if r := user(t, dir, "outbox", "verify").Run(t); r.Code != 0 {
		t.Errorf("verify: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	agent.Kill()
	forge(t, dir)
}

// forge changes what the user is shown, and wants the alarm.
func forge(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "agent", "outbox", "*.sent"))
	if err != nil || len(files) == 0 {
		t.Fatalf("find the outbox: %v", err)
	}
	b, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(files[0], b, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := user(t, dir, "outbox", "verify").Run(t); r.Code != 1 || !strings.Contains(r.Stderr, "error:") {
		t.Errorf("a changed outbox was verified: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// comparePython opens caught bytes with the outbox's key in the second
// implementation and compares what it finds with what the user is shown.
func comparePython(t *testing.T, dir string, caught []byte, shown *entry) {
	t.Helper()
	var opened struct {
		Kind     string
		Payload  string
		Fragment struct {
			Values []measure
		}
	}
	python(t, caught, &opened, "envelope", "-", "--body-key", shown.BodyKey)
	if opened.Kind != shown.Kind {
		t.Fatalf("entry %d is a %s, shown is a %s", shown.Number, opened.Kind, shown.Kind)
	}
	if shown.Fragment != nil {
		if len(opened.Fragment.Values) != len(shown.Fragment.Measures) {
			t.Errorf("entry %d: %d measures on the wire, %d shown", shown.Number, len(opened.Fragment.Values), len(shown.Fragment.Measures))
		}
		for i, m := range opened.Fragment.Values {
			if s := shown.Fragment.Measures[i]; m != s {
				t.Errorf("entry %d: measure %+v on the wire, %+v shown", shown.Number, m, s)
			}
		}
		return
	}
	sealed, err := hex.DecodeString(opened.Payload)
	if err != nil {
		t.Fatal(err)
	}
	id := strings.TrimSpace(user(t, dir, "id").Run(t).Stdout)
	var inside struct{ Records []record }
	python(t, sealed, &inside, "page", "-", "--id", id)
	if len(inside.Records) == 0 || len(inside.Records) != len(shown.Page.Records) {
		t.Fatalf("entry %d: %d records on the wire, %d shown", shown.Number, len(inside.Records), len(shown.Page.Records))
	}
	for i, r := range inside.Records {
		if s := shown.Page.Records[i]; r != s {
			t.Errorf("entry %d: record %+v on the wire, %+v shown", shown.Number, r, s)
		}
	}
}

// python runs the second implementation on bytes.
func python(t *testing.T, in []byte, into any, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/usr/bin/python3", append([]string{"open.py"}, args...)...)
	c.Dir = "../python"
	c.Stdin = bytes.NewReader(in)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("the second implementation: %v: %s; make test installs what it needs", err, errs.String())
	}
	if err := json.Unmarshal(out, into); err != nil {
		t.Fatal(err)
	}
}

func user(t *testing.T, dir string, args ...string) rig.Command {
	t.Helper()
	args = append(args, "--data", dir)
	if args[0] != "id" {
		args = append(args, "--json")
	}
	return rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: args}
}

func stored(entries []entry, kind string) bool {
	for _, e := range entries {
		if e.Kind == kind && e.Outcome == "stored" {
			return true
		}
	}
	return false
}

func indexOf(all [][]byte, one []byte) int {
	for i, b := range all {
		if bytes.Equal(b, one) {
			return i
		}
	}
	return -1
}
