package fault

import (
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestFlippedBitsInTheStore flips one bit of a store's files at a time; beside
// it, it halves files and zeroes pages of them. Each time the store is verified
// and started, in random order. Either one of the two says that something is
// wrong, or all is there as it was: every record by its ID, every row, every key
// and count, and what was erased stays away. Everything else is silent.
func TestFlippedBitsInTheStore(t *testing.T) {
	t.Parallel()
	bits := figures.Size(t, 50, 1000, 0)
	r, stores := random(t), fullStores(t)
	outcomes := new(outcomes)
	t.Run("", func(t *testing.T) {
		for i := range bits + bits/5 {
			harm, kind := harms[0], 0
			if i >= bits {
				kind = 1 + i%2
				harm = harms[kind]
			}
			s, seed := stores[r.IntN(len(stores))], r.Uint64()
			t.Run("", func(t *testing.T) {
				t.Parallel()
				outcomes.add(kind, s.harmed(t, rand.New(rand.NewPCG(seed, 0)), harm))
			})
		}
	})
	outcomes.report(t)
}

// sound is a store that nobody uses, and what it says as it is.
type sound struct {
	name string
	dir  string // data, keys and store.yaml
	ids  []string
	want reading
}

// reading is all that can be seen of a store: what its commands print, and what
// lies in its files, without Tacit.
type reading struct {
	Said      string // by the one of verify and start that found something; "": neither did
	Timelines []rig.Timeline
	Unread    string                 // what the lookups complained of
	Rows      map[string]halfContent // by half
	Counts    string                 // erased and refused, as verify prints them
	Keys      map[string]any         // content of the files of secrets
	Ready     string                 // the vendor's key, as start prints it
}

// crash is what a Go program that dies of its own accord prints.
var crash = regexp.MustCompile(`(?m)^(panic:|fatal error:|goroutine \d+|unexpected fault|SIG[A-Z]+:)`)

// harmed copies the store, does harm to one file of the copy, and says what came
// of it.
func (s *sound) harmed(t *testing.T, r *rand.Rand, harm harming) outcome {
	t.Helper()
	dir := copyStore(t, s.dir)
	place, what := harm(t, r, dir)
	got := read(t, r, dir, s.ids)
	o := outcome{place: place, what: fmt.Sprintf("%s store: %s", s.name, what), said: got.Said}
	if got.Said != "" {
		return o
	}
	if o.changed = s.want.differs(got); o.changed != "" {
		t.Errorf("silent: %s: %s", o.what, o.changed)
	}
	return o
}

// differs says what of a store is not as it was, or "".
func (w reading) differs(got reading) string {
	for _, c := range []struct {
		what      string
		want, got any
	}{
		{"what the lookups complain of", w.Unread, got.Unread}, {"timelines", w.Timelines, got.Timelines}, {"rows", w.Rows, got.Rows},
		{"counts", w.Counts, got.Counts}, {"secrets", w.Keys, got.Keys}, {"start line", w.Ready, got.Ready},
	} {
		if !reflect.DeepEqual(c.want, c.got) {
			return fmt.Sprintf("%s: %.300s, want %.300s", c.what, fmt.Sprint(c.got), fmt.Sprint(c.want))
		}
	}
	return ""
}

// read verifies and starts the store below dir, in random order, and if neither
// finds anything reads all of it.
func read(t *testing.T, r *rand.Rand, dir string, ids []string) (got reading) {
	t.Helper()
	config := filepath.Join(dir, "store.yaml")
	rig.EditFile(t, config, rig.Edits{"data": filepath.Join(dir, "data"), "keys": filepath.Join(dir, "keys")})
	steps := []func(*testing.T, string, *reading){verify, startAndStop}
	first := r.IntN(2)
	steps[first](t, config, &got)
	steps[1-first](t, config, &got)
	if got.Said != "" {
		return got
	}
	for _, id := range ids {
		tl, complaint := lookUp(t, config, id)
		got.Timelines, got.Unread = append(got.Timelines, tl), got.Unread+complaint
	}
	var err error
	if got.Rows, err = readRows(t, filepath.Join(dir, "data")); err != nil {
		got.Unread += err.Error()
	}
	got.Keys = secrets(t, filepath.Join(dir, "keys"))
	return got
}

// verify runs the command: it ends with 0 or 1, whatever it reads.
func verify(t *testing.T, config string, got *reading) {
	t.Helper()
	out := rig.Tacit(t, "store", "verify", "--json", "--config", config).Run(t)
	if out.Code != 0 && out.Code != 1 || crash.MatchString(out.Stderr) {
		t.Errorf("verify: exit %d: %.3000s", out.Code, out.Stderr)
	}
	if out.Code != 0 {
		got.Said = "verify: " + out.Stderr
		return
	}
	var report struct {
		Sound   bool
		Erased  int
		Refused json.RawMessage
	}
	if err := json.Unmarshal([]byte(out.Stdout), &report); err != nil || !report.Sound {
		t.Errorf("verify: exit 0 and %v: %s", err, out.Stdout)
	}
	got.Counts = fmt.Sprintf("%d erased, refused %s", report.Erased, report.Refused)
}

// startAndStop starts the store, which says what it finds by not starting, in its
// log, or in its counts, and stops it.
func startAndStop(t *testing.T, config string, got *reading) {
	t.Helper()
	p := rig.Tacit(t, "store", "--config", config).Start(t, "")
	line := ""
	rig.Eventually(t, "the store starts, or says why not", func() bool {
		line = startLine.FindString(p.Text())
		return line != "" || gone(p)
	})
	if line == "" {
		p.Kill() // it has ended: all that it printed is there then
		if text := p.Text(); crash.MatchString(text) || !strings.Contains(text, "error:") {
			t.Errorf("start: %.3000s", text)
		}
		got.Said += "start: " + p.Text()
		return
	}
	d := rig.Daemon{Process: p}
	damaged := d.Metric(t, "tacit_store_damaged_months")
	if _, code := p.Interrupt(t); code != 0 || crash.MatchString(p.Text()) {
		t.Errorf("stop: exit %d: %.3000s", code, p.Text())
	}
	warned := slices.DeleteFunc(warning.FindAllString(p.Text(), -1), func(line string) bool {
		return strings.Contains(line, "the edge cannot be reached") // as it should be
	})
	if len(warned) > 0 || damaged > 0 {
		got.Said += fmt.Sprintf("start: %v damaged months; %s", damaged, strings.Join(warned, "\n"))
	}
	got.Ready = vendorKey.FindString(line)
}

// What a store prints.
var (
	startLine = regexp.MustCompile(`(?m)^tacit store \S+ runs; .*\n`)
	vendorKey = regexp.MustCompile(`vendor_key [0-9a-f]+`)
	warning   = regexp.MustCompile(`(?m)^.*level=(WARN|ERROR).*$`)
)

// gone says whether a process has ended.
func gone(p *rig.Process) bool {
	process, err := os.FindProcess(p.PID())
	return err != nil || process.Signal(syscall.Signal(0)) != nil
}

// lookUp opens a timeline in a store that does not run.
func lookUp(t *testing.T, config, id string) (tl rig.Timeline, complaint string) {
	t.Helper()
	out := rig.Tacit(t, "lookup", id, "--json", "--config", config).Run(t)
	if out.Code == 0 {
		if err := json.Unmarshal([]byte(out.Stdout), &tl); err != nil {
			t.Fatal(err)
		}
		return tl, ""
	}
	if crash.MatchString(out.Stderr) {
		t.Errorf("lookup: %.3000s", out.Stderr)
	}
	if strings.Contains(out.Stderr, "no pages for this ID") {
		return tl, ""
	}
	return tl, out.Stderr
}

// isHash is a SHA-256, as the files of secrets have it.
var isHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// secrets reads the files of secrets: JSON as what it means, PEM without what
// stands around it. The hash that each begins with is the product's own means.
func secrets(t *testing.T, dir string) map[string]any {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		var object map[string]any
		switch block, _ := pem.Decode(b); {
		case json.Unmarshal(b, &object) == nil:
			for _, name := range slices.Collect(maps.Keys(object)) {
				if text, ok := object[name].(string); ok && isHash.MatchString(text) { // whatever a flipped bit calls it
					delete(object, name)
				}
			}
			if notes, ok := object["notes"].(map[string]any); ok && e.Name() == "daybook.json" {
				clear(notes) // keys that each lookup here has made for the notes of today
			}
			out[e.Name()] = object
		case block != nil:
			out[e.Name()] = string(block.Bytes)
		default:
			out[e.Name()] = string(b)
		}
	}
	return out
}
