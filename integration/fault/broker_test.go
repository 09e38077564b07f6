package fault

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// mendTime is longer than the edge takes to see that a damaged stream gives out
// nothing, and then the stream to give it to a store.
const mendTime = 8 * time.Minute

// damages is how often a broker is damaged over one set of directories.
const damages = 20

// TestBrokerIsNotTrusted damages the edge's broker in the middle of a run, while
// what no store has seen is in it: its directory is wiped, or one bit of it
// flips, after the edge was killed or under the running edge. Nothing that the
// agents accepted is lost, or counts twice.
func TestBrokerIsNotTrusted(t *testing.T) {
	t.Parallel()
	r, times := random(t), figures.Size(t, 3, 30, 200)
	held := 0
	var ways []int // that come next
	var c tally
	for left := times; left > 0; left -= damages {
		s := fleet(t)
		ledgers := reportToAll(t, s.Agents, func(ledgers []*rig.Ledger) {
			for range min(left, damages) {
				if len(ways) == 0 {
					ways = r.Perm(4)
				}
				held += damaged(t, r, s, ledgers, ways[0]&1 != 0, ways[0]&2 != 0)
				ways = ways[1:]
			}
		})
		c.compare(t, s, ledgers, mendTime)
	}
	if held == 0 {
		t.Error("nothing was in the broker: nothing was tested")
	}
	figures.Report(t, figures.Broker, "%d / %d envelopes / %d of %d records", times, held, c.accepted-c.lost, c.accepted)
}

// damaged ends the store, lets the broker fill, and damages it. It returns how
// many envelopes were in it that no store had seen.
func damaged(t *testing.T, r *rand.Rand, s *rig.Split, ledgers []*rig.Ledger, running, wipes bool) int {
	t.Helper()
	dir := brokerDir(s.Edge.Data)
	s.Store.Kill()
	seen, least := readBroker(t, dir).last, 1+r.IntN(8)
	moment, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for moment.Err() == nil && readBroker(t, dir).after(seen) < least {
		time.Sleep(pace / 5) // between two looks
	}
	if !running {
		s.Edge.Kill()
	}
	held, what := readBroker(t, dir).after(seen), "wiped"
	if wipes {
		wipe(t, dir)
	} else {
		what = flipBit(t, r, dir)
	}
	t.Logf("the edge runs: %t; in the broker: %d envelopes; %s", running, held, what)
	switch {
	case !running:
		s.Edge.Start(t)
	case wipes && (figures.Run(t) == "test" || r.IntN(2) == 0):
		// A store that reads when the stream begins anew notices it half a minute
		// later, when heartbeats are missing. One that comes then reads at once.
		rig.Eventually(t, "the stream is begun anew", func() bool { return s.Edge.Metric(t, "tacit_relay_discarded_total") > 0 })
	}
	s.Store.Start(t)
	if wipes && figures.Run(t) != "test" && r.IntN(4) == 0 {
		sentAgain(t, s, ledgers)
		return held
	}
	// Nobody may know that a bit flipped: agents send again when their patience
	// ends, or after a restart. After a loss that is known they are asked to, some
	// seconds later.
	for _, a := range s.Agents {
		a.Kill()
		a.Start(t)
	}
	return held
}

// sentAgain waits until the store has all that the agents accepted so far, which
// nobody restarts: they hear that the broker lost it.
func sentAgain(t *testing.T, s *rig.Split, ledgers []*rig.Ledger) {
	t.Helper()
	for i, a := range s.Agents {
		owed := ledgers[i].Accepted()
		if lost := rig.Missing(await(t, ownCrates, s, a, owed), owed); len(lost) > 0 {
			t.Fatalf("after the broker was wiped, %d of %d records are not sent again", len(lost), len(owed))
		}
	}
}

// brokerDir is where a relay on this data directory has its broker.
func brokerDir(data string) string { return filepath.Join(data, "relay", "stream") }

// TestBrokerOfUpIsNotTrusted does the same to `tacit up`, in which the store
// takes everything out at once: it is damaged while an envelope is on its way.
func TestBrokerOfUpIsNotTrusted(t *testing.T) {
	t.Parallel()
	r, rounds := random(t), figures.Size(t, 1, 30, 200)
	times, held := 0, 0
	var c tally
	for left := rounds; left > 0; left -= damages / 4 {
		dir, ledger := rig.Dir(t), newLedger()
		report(t, dir, ledger, func() {
			p := startUp(t, dir)
			for range min(left, damages/4) {
				for way := range 4 {
					held += underWay(t, r, dir)
					p = damagedUp(t, r, dir, p, way&1 != 0, way&2 != 0)
					times++
				}
			}
			p.Kill()
		})
		tl := finish(t, dir)
		c.rollups(t, filepath.Join(dir, "store"), c.pages(t, ledger, tl))
	}
	figures.Report(t, figures.Broker, "%d in up / %d envelopes on their way / %d of %d records", times, held, c.accepted-c.lost, c.accepted)
}

func startUp(t *testing.T, dir string) *rig.Process {
	t.Helper()
	return rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
}

// damagedUp damages the broker of an `up`, and returns the one that runs then.
func damagedUp(t *testing.T, r *rand.Rand, dir string, p *rig.Process, running, wipes bool) *rig.Process {
	t.Helper()
	if !running {
		p.Kill()
	}
	if wipes {
		wipe(t, brokerDir(dir))
	} else {
		t.Log("up runs: ", running, "; ", flipBit(t, r, brokerDir(dir)))
	}
	if !running {
		return startUp(t, dir)
	}
	return p
}

// underWay waits until an envelope is on its way: sent, and known to nobody but
// the relay, which holds it for a moment. It returns how many are.
func underWay(t *testing.T, r *rand.Rand, dir string) (open int) {
	t.Helper()
	before := -1
	rig.Eventually(t, "an envelope gets under way", func() bool {
		entries := outbox(t, dir)
		if before < 0 {
			before = len(entries)
			return false
		}
		open = 0
		for _, e := range entries[min(before, len(entries)):] {
			if e.Outcome == "no reply yet" {
				open++
			}
		}
		return open > 0
	})
	time.Sleep(time.Duration(r.Int64N(int64(20 * time.Millisecond))))
	return open
}

type sent struct {
	Number  int
	Outcome string
}

// outbox returns what was sent; nothing while nobody answers.
func outbox(t *testing.T, dir string) (entries []sent) {
	t.Helper()
	_, b, err := rig.API(t.Context(), dir, http.MethodGet, "/v1/outbox", nil)
	if err == nil {
		err = json.Unmarshal(b, &entries)
		if err != nil {
			t.Fatal(err)
		}
	}
	return entries
}
