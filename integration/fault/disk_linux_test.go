package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// TestFullDisks gives agent, edge and store a small disk each, and fills one of
// them to the last byte, again and again, while products report. Who is on it
// says that it takes nothing, lives, or starts anew there or says why not, and
// goes on by itself when there is room. What was accepted is stored, once, and
// every batch has its reply.
func TestFullDisks(t *testing.T) {
	t.Parallel()
	if !testhost.Alone(t, testhost.Mounts, 30*time.Minute, rig.BinariesEnv(t)) {
		return
	}
	fills := figures.Size(t, 1, 10, 0)
	r, f := random(t), newFullDisks(t)
	var c tally
	ledger := newLedger()
	trickle(t, f.Agents[0].Data, ledger, func() {
		defer hurry(t, f.Agents[0].Data)()
		for n := range fills {
			for _, i := range r.Perm(len(f.parts)) {
				f.cycle(t, r, f.parts[i], ledger, n%2 == 1)
			}
		}
	})
	c.compare(t, f.Split, []*rig.Ledger{ledger}, ownCrates)
	for _, p := range f.parts {
		if text := p.text.String() + p.Text(); crash.MatchString(text) {
			f.crashes++
			t.Errorf("the %s printed:\n%.3000s", p.name, text)
		}
	}
	figures.Report(t, figures.FullDisk, "%d / %d / %d / %s; %d records accepted, %d lost, %d double",
		fills, f.crashes, f.lost, f.resumed(), c.accepted, c.lost, c.double)
}

// fullDisks is a split whose agent, edge and store have small disks.
type fullDisks struct {
	*rig.Split
	parts   []*part
	crashes int
	lost    int // batches without a reply
}

// part is who is on a disk.
type part struct {
	*rig.Daemon
	*testhost.Volume
	name    string
	full    func(t *testing.T) bool // whether it says that it takes nothing
	slowest time.Duration           // to resume
	text    strings.Builder         // what earlier processes printed
}

// Sizes of the disks. A store keeps 256 MiB free beside what it may write in the
// background, and has to have more to take anything.
const (
	agentDisk = "6m"
	edgeDisk  = "24m"
	storeDisk = "700m"
)

func newFullDisks(t *testing.T) *fullDisks {
	t.Helper()
	agent, edge, store := testhost.Mount(t, rig.Dir(t), agentDisk), testhost.Mount(t, rig.Dir(t), edgeDisk), testhost.Mount(t, rig.Dir(t), storeDisk)
	s := rig.StartSplit(t, rig.Plan{
		Agents: 1, Site: rig.Edits{"quota.envelopes": 100_000, "quota.bytes": "4GiB"},
		Agent: rig.Edits{"data": agent.Dir}, Edge: rig.Edits{"data": edge.Dir}, Store: rig.Edits{"data": store.Dir},
	})
	s.Agents[0].Data, s.Edge.Data, s.Store.Data = agent.Dir, edge.Dir, store.Dir
	f := &fullDisks{Split: s}
	f.parts = []*part{
		{Daemon: s.Agents[0], Volume: agent, name: "agent", full: f.agentRefuses},
		{Daemon: s.Edge, Volume: edge, name: "edge", full: func(t *testing.T) bool { return !ready(t, s.Edge) }},
		{Daemon: s.Store, Volume: store, name: "store", full: func(t *testing.T) bool { return !ready(t, s.Store) }},
	}
	return f
}

// agentRefuses says whether the agent says that a record is not accepted. It
// offers many, because a spool has room of its own for some.
func (f *fullDisks) agentRefuses(t *testing.T) bool {
	answers, err := rig.Offer(t.Context(), f.Agents[0].Data, slices.Repeat([]rig.Offered{rig.Took(1)}, 200)...)
	return err != nil && strings.Contains(err.Error(), "free space") || err == nil && !answers[0].Accepted()
}

// trickle lets one product report now and then while do is at work: a disk is
// full for long, and what waits meanwhile is not what is tested.
func trickle(t *testing.T, dir string, ledger *rig.Ledger, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() {
		for tick := time.NewTicker(2 * pace); ctx.Err() == nil; <-tick.C {
			_, _ = ledger.Offer(ctx, dir, atOnce) // nobody may be there, or take it
		}
	})
	do()
}

// ready says what /readyz says.
func ready(t *testing.T, d *rig.Daemon) bool {
	t.Helper()
	resp, err := http.Get(d.Told(t, "health"))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// cycle fills the disk of a part until it says so, has it start anew there or
// not, makes room, and waits until a new record is stored.
func (f *fullDisks) cycle(t *testing.T, r *rand.Rand, p *part, ledger *rig.Ledger, restart bool) {
	t.Helper()
	time.Sleep(time.Duration(r.Int64N(int64(time.Second) / 2))) // until a random moment
	began := time.Now()
	p.Fill(t)
	rig.Eventually(t, "the "+p.name+" says that it takes nothing", func() bool {
		p.Fill(t) // what it gave up is gone too
		return p.full(t)
	})
	said, runs := time.Since(began), true
	if restart {
		p.text.WriteString(p.Text())
		p.Kill()
		runs = f.startFull(t, p)
	}
	f.alive(t, p, runs)
	before := ledger.Accepted()
	p.Free(t)
	freed := time.Now()
	if !runs {
		p.Start(t)
	}
	f.resume(t, p, ledger)
	took := time.Since(freed)
	p.slowest = max(p.slowest, took)
	t.Logf("%s: said so after %v; restarted %v; a new record stored %v after there was room", p.name, said.Round(time.Millisecond), restart, took.Round(time.Millisecond))
	if !restart { // nothing was forgotten: it comes by itself
		f.lost += len(rig.Missing(f.settled(t, before), before))
	}
}

// startFull starts a part on its full disk, and says whether it runs. If not, it
// has to say why.
func (f *fullDisks) startFull(t *testing.T, p *part) bool {
	t.Helper()
	command := p.Command
	p.Process = command.Start(t, p.Dir)
	rig.Eventually(t, "the "+p.name+" starts, or says why not", func() bool {
		return strings.Contains(p.Text(), " runs; ") || gone(p.Process)
	})
	if !gone(p.Process) {
		return true
	}
	p.Kill() // it has ended: all that it printed is there then
	if text := p.Text(); !strings.Contains(text, "error:") || !strings.Contains(text, "space") {
		t.Errorf("on a full disk the %s ends and says: %.2000s", p.name, text)
	}
	return false
}

// alive counts a part that ended.
func (f *fullDisks) alive(t *testing.T, p *part, want bool) {
	t.Helper()
	if gone(p.Process) == want {
		f.crashes++
		t.Fatalf("on a full disk the %s ended:\n%.3000s", p.name, p.Text())
	}
}

// resume waits until a record that is accepted from now on is stored.
func (f *fullDisks) resume(t *testing.T, p *part, ledger *rig.Ledger) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*rig.Patience)
	defer cancel()
	seen := len(ledger.Accepted())
	for ctx.Err() == nil {
		if all := ledger.Accepted(); len(all) > seen {
			fresh := all[seen : seen+1]
			if len(rig.Missing(f.Lookup(t, f.Agents[0]), fresh)) == 0 {
				return
			}
		}
		f.alive(t, p, true)
		time.Sleep(10 * pace) // between two looks, which cost something
	}
	t.Fatalf("the %s does not go on after there is room:\n%.3000s", p.name, p.Text())
}

// settled waits until the records are stored, and returns the timeline.
func (f *fullDisks) settled(t *testing.T, values []int64) rig.Timeline {
	t.Helper()
	for end := time.Now().Add(ownCrates); ; time.Sleep(10 * pace) { // as above
		tl := f.Lookup(t, f.Agents[0])
		if len(rig.Missing(tl, values)) == 0 || time.Now().After(end) {
			return tl
		}
	}
}

// resumed says how long each took at most to go on.
func (f *fullDisks) resumed() string {
	var out []string
	for _, p := range f.parts {
		out = append(out, fmt.Sprintf("%s %.1f s", p.name, p.slowest.Seconds()))
	}
	return strings.Join(out, ", ")
}
