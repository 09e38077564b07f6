//go:build linux

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/bench/crowd"
	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/schema"
)

// The builds that the crowd runs.
const (
	soundBuild = "1.5.0"
	leakyBuild = "1.6.0"
	lateBuild  = "1.6.1"
)

// keeper is who looks after a store that a crowd fills, by the commands and by
// nothing else.
type keeper struct {
	s     *rig.Split
	crowd *crowd.Crowd
	pages int // that the crowd sends

	first, last  schema.Day            // of sending
	sound, leaky []*crowd.Installation // whom support may be asked about
	late         *crowd.Installation   // sends after all others; of a build of its own
	old          string                // ID that the host had before its user erased
	sent         map[string]map[schema.Day]int

	// What was ordered, and how many pages went for good by it.
	erased       map[*crowd.Installation]bool
	byHost       int // pages that the host's user erased
	recalls      []recall
	gone, called int

	older, newer backup

	dir   string // for files
	costs []string
}

// openKeeper starts a store, an edge whose quota a crowd is not over at once, a
// site and an agent.
func openKeeper(t *testing.T, pages int) *keeper {
	t.Helper()
	k := &keeper{
		pages: pages, dir: t.TempDir(), last: schema.DayOf(time.Now()), late: crowd.New(lateBuild),
		sent: map[string]map[schema.Day]int{}, erased: map[*crowd.Installation]bool{},
	}
	k.first = k.last - 80 // and over the whole of two months, whatever day it is
	k.s = rig.StartSplit(t, rig.Plan{Agents: 1, Edge: rig.Edits{"quota.envelopes": 1 << 30, "quota.bytes": "1024GiB"}})
	var err error
	k.crowd, err = crowd.Open(t.Context(), crowd.Relay{
		Address: k.s.Edge.Told(t, "listens on"), Fingerprint: k.s.Edge.Told(t, "certificate"),
		Credential: readLine(t, k.s.Edge.Told(t, "credential in")), VendorKey: k.s.VendorKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.crowd.Close)
	k.sound = []*crowd.Installation{crowd.New(soundBuild), crowd.New(soundBuild), crowd.New(soundBuild)}
	k.leaky = []*crowd.Installation{crowd.New(leakyBuild)}
	return k
}

func readLine(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// ordered is how a command went.
type ordered struct {
	rig.Result
	took time.Duration
	peak int // MiB, files that it maps included
}

// longest is what any command may take on a million pages.
const longest = 20 * time.Minute

// command returns a command about the store.
func (k *keeper) command(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(ctx, rig.Binary(t, "tacit"), append(args, "--config", k.s.Store.Config)...)
	c.Env = append(os.Environ(), "GOMEMLIMIT=") // of the test's own is not the command's
	return c
}

// order runs a command to its end.
func (k *keeper) order(t *testing.T, in string, args ...string) (o ordered) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	c := k.command(ctx, t, args...)
	c.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	began := time.Now()
	if err := c.Start(); err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	peak, err := attend(c.Process.Pid, ended)
	if err != nil && !errors.As(err, new(*exec.ExitError)) {
		t.Fatalf("%v: %v", args, err)
	}
	o = ordered{rig.Result{Stdout: out.String(), Stderr: errs.String(), Code: c.ProcessState.ExitCode()}, time.Since(began), peak}
	k.note(strings.Join(args[:min(len(args), 3)], " "), o)
	return o
}

// note keeps what a command cost, for the table at the end.
func (k *keeper) note(what string, o ordered) {
	what = strings.ReplaceAll(what, k.dir, "…")
	k.costs = append(k.costs, fmt.Sprintf("%-44s %8.2f s  %5d MiB  exit %d", what, o.took.Seconds(), o.peak, o.Code))
}

// must runs a command that must do what it is asked for, without a word on
// stderr, and decodes what it prints.
func (k *keeper) must(t *testing.T, into any, args ...string) {
	t.Helper()
	o := k.order(t, "", append(args, "--json")...)
	if o.Code != 0 || o.Stderr != "" {
		t.Fatalf("%v: exit %d: %s", args, o.Code, o.Stderr)
	}
	if err := json.Unmarshal([]byte(o.Stdout), into); err != nil {
		t.Fatalf("%v: %v in %s", args, err, o.Stdout)
	}
}

// refused wants that a command does nothing, and says what is wrong and what to
// do about it.
func (k *keeper) refused(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	o := k.order(t, "", args...)
	if o.Code != code || o.Stdout != "" || !strings.HasPrefix(o.Stderr, "error: ") || !strings.Contains(o.Stderr, "\nhint: ") ||
		!strings.Contains(o.Stderr, says) {
		t.Errorf("%v: exit %d, want %d and %q: %s%s", args, o.Code, code, says, o.Stdout, o.Stderr)
	}
}

// has looks an installation up, and wants what it told and remains, in full and
// once. Nothing remains: nobody is to be known by that ID.
func (k *keeper) has(t *testing.T, id string, remains []crowd.Value) {
	t.Helper()
	o := k.order(t, id+"\n", "lookup", "-", "--json")
	if len(remains) == 0 {
		if o.Code != 1 || o.Stdout != "" || !strings.Contains(o.Stderr, "no pages for this ID") {
			t.Errorf("lookup of somebody whose pages are gone: exit %d: %s%s", o.Code, o.Stdout, o.Stderr)
		}
		return
	}
	var shown struct {
		Records []struct{ Value int64 }
		Pages   int
		Damaged int `json:"damaged_pages"`
	}
	if err := json.Unmarshal([]byte(o.Stdout), &shown); o.Code != 0 || err != nil {
		t.Fatalf("lookup: exit %d, %v: %s", o.Code, err, o.Stderr)
	}
	var got, want []int64
	for _, r := range shown.Records {
		got = append(got, r.Value)
	}
	for _, v := range remains {
		want = append(want, v.Number)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) || shown.Pages != len(want) || shown.Damaged != 0 {
		t.Errorf("lookup shows %d records on %d pages, %d damaged; want these %d", len(got), shown.Pages, shown.Damaged, len(want))
	}
}

// stop ends the store as its operator does.
func (k *keeper) stop(t *testing.T) {
	t.Helper()
	k.costs = append(k.costs, k.memory())
	if took, code := k.s.Store.Interrupt(t); code != 0 {
		t.Fatalf("the store ended after %v with %d: %s", took, code, k.s.Store.Text())
	}
}

// report prints what everything cost.
func (k *keeper) report(t *testing.T) {
	t.Logf("%d pages; each command with its time and memory, mapped files included:\n%s", k.pages, strings.Join(k.costs, "\n"))
}

// memory says how much the running store has had.
func (k *keeper) memory() string {
	return fmt.Sprintf("%-44s %18d MiB", "the store itself", highest(k.s.Store.PID()))
}

// attend looks at a process's memory until it ends, and returns the most, in MiB,
// and how it ended.
func attend(pid int, ended <-chan error) (peak int, err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return peak, err
		case <-tick.C:
			peak = max(peak, highest(pid))
		}
	}
}

// highest returns the most memory that a process has had so far, in MiB, mapped
// files included; 0 when it has ended.
func highest(pid int) (mib int) {
	b, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	for line := range strings.Lines(string(b)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &mib); err == nil {
			return mib >> 10
		}
	}
	return 0
}
