package attack

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestProcessList reads the arguments and the environment of every process, as ps
// does, while a product reports, crashes and is watched, and everything is sent.
// No ID, no key, no credential and nothing of what was reported is in them.
func TestProcessList(t *testing.T) {
	t.Parallel()
	dir := rig.Dir(t)
	rig.UpExample(t, dir)
	secret := secretsIn(inErrorText)
	look := watchProcesses(t)
	crashing := rig.Products(t)[0].On(dir)
	crashing.Args = append(crashing.Args, "-crash")
	seen := func(text string) bool { return bytes.Contains(look.list(), []byte(text)) }
	rig.Eventually(t, "the list had every kind of process in it", func() bool {
		answers, err := rig.Offer(t.Context(), dir, rig.Offered{Metric: "exception", Value: "PermissionError", Labels: map[string]string{"exception.message": secret.sentence()}})
		if err != nil || !answers[0].Accepted() {
			t.Fatalf("the agent takes %+v, %v", answers, err)
		}
		crashing.Run(t)
		for _, args := range [][]string{{"send"}, {"preview"}, {"outbox", "verify"}, {"why"}} {
			if r := rig.Tacit(t, append(args, "--data", dir)...).Run(t); r.Code != 0 {
				t.Fatalf("tacit %s: exit %d: %s", args[0], r.Code, r.Stderr)
			}
		}
		return seen("TACIT_CRASH_MONITOR=1\x00") && seen("\x00send\x00") && seen("\x00up\x00") && seen("-crash\x00")
	})
	var e evidence
	e.add("the list of processes", look.list())
	id := rig.ID(t, dir)
	spoken := strings.TrimSpace(rig.Tacit(t, "id", "--spoken", "--data", dir).Run(t).Stdout)
	report(t, e.search(append(secret.identifiers(inErrorText), keysBelow(t, dir)...), installationID(t, id, spoken)))
}

// keysBelow are the secrets of a data directory.
func keysBelow(t *testing.T, dir string) (ids []identifier) {
	t.Helper()
	var host struct {
		Key    string `json:"hashing_key"`
		Writer string
	}
	var vendor struct {
		Seed       string `json:"vendor_seed"`
		Credential string
	}
	readInto(t, filepath.Join(dir, "agent", "installation.json"), &host)
	readInto(t, filepath.Join(dir, "keys", "up.json"), &vendor)
	for class, text := range map[string]string{"hashing key": host.Key, "writer": host.Writer, "vendor's seed": vendor.Seed} {
		ids = append(ids, identifier{class: class, text: text, binary: unhex(t, text)})
	}
	return append(ids, identifier{class: "credential", text: vendor.Credential})
}

// processes is what the list of processes showed since it is watched.
type processes struct {
	mu     sync.Mutex
	shown  map[string]bool
	before map[string]bool // processes of others that were there: looking takes long enough
}

// watchProcesses reads the list again and again until the test ends.
func watchProcesses(t *testing.T) *processes {
	t.Helper()
	p := &processes{shown: map[string]bool{}, before: map[string]bool{}}
	for _, dir := range processDirs() {
		p.before[dir] = !strings.Contains(readText(filepath.Join(dir, "cmdline")), "tacit")
	}
	ctx, stop := context.WithCancel(t.Context())
	var reader sync.WaitGroup
	reader.Go(func() {
		for ctx.Err() == nil {
			p.read()
		}
	})
	t.Cleanup(func() { stop(); reader.Wait() })
	return p
}

// read reads it once. A process may be gone, or be somebody else's.
func (p *processes) read() {
	for _, dir := range processDirs() {
		if p.before[dir] {
			continue
		}
		arguments, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		environment, _ := os.ReadFile(filepath.Join(dir, "environ"))
		name, _, _ := bytes.Cut(arguments, []byte{0})
		switch filepath.Base(string(name)) {
		case "tacit", "tacit-agent", "finder":
			p.mu.Lock()
			p.shown[string(arguments)+"\n"+string(environment)] = true
			p.mu.Unlock()
		}
	}
}

// processDirs returns the directories of all processes in /proc.
func processDirs() (dirs []string) {
	f, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer f.Close() //nolint:errcheck // only read
	names, _ := f.Readdirnames(-1)
	for _, name := range names {
		if name[0] >= '1' && name[0] <= '9' {
			dirs = append(dirs, "/proc/"+name)
		}
	}
	return dirs
}

func readText(file string) string {
	b, _ := os.ReadFile(file) // a process may be gone
	return string(b)
}

// list returns all that was shown.
func (p *processes) list() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	var b bytes.Buffer
	for shown := range p.shown {
		fmt.Fprintf(&b, "%s\n", shown)
	}
	return b.Bytes()
}
