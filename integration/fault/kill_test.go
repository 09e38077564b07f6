package fault

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestNothingAcceptedIsLost ends `tacit up` at random moments of its life, from
// exec on, while products report. At the end every record that was answered
// "accepted" is in the timeline, once.
func TestNothingAcceptedIsLost(t *testing.T) {
	all := kills(t)
	some := max(1, all/4)
	for _, c := range []struct {
		name  string
		times int
		live  func(t *testing.T, r *rand.Rand, dir string)
		end   func(*testing.T, *rig.Process)
		after func(t *testing.T, dir string)
	}{
		{"kill", all, live, kill, nothing},
		{"Ctrl-C", some, live, interrupt, nothing},
		{"kill, and the relay's stream is gone", some, untilUnderWay, kill, removeStream},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, dir := random(t), rig.Dir(t)
			ledger := report(t, dir, func() {
				for range c.times {
					p := rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
					c.live(t, r, dir)
					c.end(t, p)
					c.after(t, dir)
				}
			})
			tl := finish(t, dir)
			t.Logf("%d records accepted, %d in the timeline on %d pages", len(ledger.Accepted()), len(tl.Records), tl.Pages)
			if len(ledger.Accepted()) < 10 {
				t.Fatalf("only %d records were accepted: nothing was tested", len(ledger.Accepted()))
			}
			ledger.CheckExact(t, tl)
		})
	}
}

// longestLife is some start-ups and rounds of sending long, so that a process
// is ended in all of them.
const longestLife = 3 * time.Second / 2

// live lets a process live until a random moment.
func live(_ *testing.T, r *rand.Rand, _ string) {
	time.Sleep(time.Duration(r.Int64N(int64(longestLife))))
}

// untilUnderWay lets a process live until an envelope is on its way: sent, and
// known to nobody but the relay, which holds it for a moment.
func untilUnderWay(t *testing.T, r *rand.Rand, dir string) {
	t.Helper()
	before := -1
	for deadline := time.Now().Add(rig.Patience); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		all, open := outbox(t, dir)
		if before < 0 {
			before = all
		}
		if open > before {
			time.Sleep(time.Duration(r.Int64N(int64(20 * time.Millisecond))))
			return
		}
	}
	t.Fatal("no envelope gets under way")
}

// outbox returns the number of the newest entry, and of the newest without a
// reply; -1 while nobody answers.
func outbox(t *testing.T, dir string) (newest, open int) {
	t.Helper()
	_, b, err := rig.API(t.Context(), dir, http.MethodGet, "/v1/outbox", nil)
	if err != nil {
		return -1, -1
	}
	var entries []struct {
		Number  int
		Outcome string
	}
	if err := json.Unmarshal(b, &entries); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		newest = max(newest, e.Number)
		if e.Outcome == "no reply yet" {
			open = max(open, e.Number)
		}
	}
	return newest, open
}

func kill(_ *testing.T, p *rig.Process) { p.Kill() }

func interrupt(t *testing.T, p *rig.Process) { p.Interrupt(t) }

func nothing(*testing.T, string) {}

// removeStream leaves the site's decision: a relay that lost that holds.
func removeStream(t *testing.T, dir string) {
	if err := os.RemoveAll(filepath.Join(dir, "relay", "stream")); err != nil {
		t.Fatal(err)
	}
}

// writers is how many products report at the same time, and pace how often
// each does: enough to be cut off at any step, and not so much that the spool's
// bound is reached.
const (
	writers = 4
	pace    = 20 * time.Millisecond
	atOnce  = 3 // records
)

// report lets products report to whatever runs on dir while do is at work, and
// returns what was accepted.
func report(t *testing.T, dir string, do func()) *rig.Ledger {
	t.Helper()
	ledger := new(rig.Ledger)
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range writers {
		wg.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					_, _ = ledger.Offer(ctx, dir, atOnce) // nobody may be there
				}
			}
		})
	}
	do()
	return ledger
}
