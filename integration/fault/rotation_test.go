package fault

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// keysGone is how many envelopes relays have refused because their key is gone.
const keysGone = `tacit_relay_refused_total{reason="key"}`

// TestKeysTurnUnderLoad rotates the store's keys while products report. One agent
// is at work all the time, one is away past it, and one is idle and connected, so
// that it knows the older list. Keys turn once plainly, once with every key of
// before destroyed under the running store, and once so while the store does not
// run and envelopes for it are in the broker. All the time the secrets are sealed
// under a passphrase. What was accepted is in the lookup and in the sums, once.
func TestKeysTurnUnderLoad(t *testing.T) {
	t.Parallel()
	rounds, r := figures.Size(t, 1, 20, 0), random(t)
	pass := filepath.Join(t.TempDir(), "passphrase")
	if err := os.WriteFile(pass, []byte("a long walk by the sea\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := rig.StartSplit(t, rig.Plan{
		Agents: 3, Site: rig.Edits{"quota.envelopes": 100_000}, Store: rig.Edits{"passphrase_file": pass},
	})
	ledgers := []*rig.Ledger{newLedger(), newLedger(), newLedger()}
	for range rounds {
		turnsRound(t, r, s, ledgers)
	}
	var c tally
	c.turned(t, s, ledgers)
	figures.Report(t, figures.Rotation, "%d with real daemons / %d / %d", rounds, c.lost, c.double)
}

func turnsRound(t *testing.T, r *rand.Rand, s *rig.Split, ledgers []*rig.Ledger) {
	t.Helper()
	busy, away, idle := s.Agents[0], s.Agents[1], s.Agents[2]
	taken(t, idle, ledgers[2])
	arrived(t, s, idle, ledgers[2])
	quiet(t, idle)
	offering(t, s.Agents[:2], ledgers, func() {
		s.Wires[1].Cut()
		turned(t, s)
		arrived(t, s, busy, ledgers[0]) // it was not held up
		turned(t, s, used(t, s)...)
		heard(t, s)
		resealed := s.Site.Metric(t, keysGone) + s.Edge.Metric(t, keysGone)
		ledgers[2].MustOffer(t, idle.Data, 20)
		arrived(t, s, idle, ledgers[2])
		if n := s.Site.Metric(t, keysGone) + s.Edge.Metric(t, keysGone); n == resealed {
			t.Error("no agent was told to seal anew: nothing is tested")
		}
		s.Store.Interrupt(t)
		time.Sleep(missed(r)) // meanwhile envelopes get into the broker
		turned(t, s, used(t, s)...)
		s.Store.Start(t)
		s.Store.WaitReady(t)
		heard(t, s)
		s.Wires[1].Mend()
		arrived(t, s, away, ledgers[1])
		arrived(t, s, busy, ledgers[0])
	})
	sealedAtRest(t, s)
}

// heard waits until the edge has the list of the store's keys of now. The site's
// relay asks for it when it needs it.
func heard(t *testing.T, s *rig.Split) {
	t.Helper()
	version := float64(listKeys(t, s).Version)
	rig.Eventually(t, "the edge has the list", func() bool { return s.Edge.Metric(t, "tacit_relay_key_list_version") >= version })
}

// offering lets a product report to each agent, at a moderate rate, while do is at
// work.
func offering(t *testing.T, agents []*rig.Daemon, ledgers []*rig.Ledger, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for i, a := range agents {
		wg.Go(func() {
			for ctx.Err() == nil {
				_, _ = ledgers[i].Offer(ctx, a.Data, atOnce) // nobody may be there
				time.Sleep(10 * pace)
			}
		})
	}
	do()
}

// storeKeys is what `tacit store keys` prints.
type storeKeys struct {
	Version        uint64
	Signed, Sealed bool
	Keys           []struct {
		ID    uint
		State string
	}
}

// listKeys lists them, and checks that the store's secrets are sealed.
func listKeys(t *testing.T, s *rig.Split) (k storeKeys) {
	t.Helper()
	rig.Tacit(t, "store", "keys", "list", "--json", "--config", s.Store.Config).JSON(t, &k)
	if !k.Sealed {
		t.Error("the store's secrets are not sealed")
	}
	return k
}

// used returns the keys that agents may have sealed to: all but the next one.
func used(t *testing.T, s *rig.Split) (ids []uint) {
	t.Helper()
	for _, k := range listKeys(t, s).Keys {
		if k.State != "next" {
			ids = append(ids, k.ID)
		}
	}
	if len(ids) == 0 {
		t.Fatal("no key is active")
	}
	return ids
}

// turned rotates the keys and destroys some.
func turned(t *testing.T, s *rig.Split, destroy ...uint) {
	t.Helper()
	before := listKeys(t, s)
	args := []string{"store", "keys", "rotate", "--json", "--config", s.Store.Config}
	for _, id := range destroy {
		args = append(args, "--destroy", fmt.Sprint(id))
	}
	var made struct{ ID uint }
	rig.Tacit(t, args...).JSON(t, &made)
	now, actives := listKeys(t, s), []uint(nil)
	for _, k := range now.Keys {
		if slices.Contains(destroy, k.ID) {
			t.Errorf("key %d was destroyed and is still %s", k.ID, k.State)
		}
		if k.State == "active" {
			actives = append(actives, k.ID)
		}
	}
	if !slices.Equal(actives, []uint{made.ID}) || now.Version <= before.Version {
		t.Errorf("key %d was made; active are %v, in list %d after %d", made.ID, actives, now.Version, before.Version)
	}
}

// arrived waits until the store has what an agent has accepted by now.
func arrived(t *testing.T, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) {
	t.Helper()
	rig.Eventually(t, "records are accepted", func() bool { return len(ledger.Accepted()) > 0 })
	owed := ledger.Accepted()
	defer hurry(t, agent.Data)()
	if lost := rig.Missing(await(t, ownCrates, s, agent, owed), owed); len(lost) > 0 {
		t.Fatalf("%d of %d records do not arrive: %s", len(lost), len(owed), agent.Text())
	}
}

// sealedAtRest looks at the store's secrets as whoever copies them does.
func sealedAtRest(t *testing.T, s *rig.Split) {
	t.Helper()
	files := 0
	for _, ending := range []string{"*.json", "*.key"} {
		names, _ := filepath.Glob(filepath.Join(secretsOf(t, s.Store), ending)) // the pattern is a good one
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(b, []byte("tacit sealed 01\n")) {
				t.Errorf("%s is not sealed", filepath.Base(name))
			}
			files++
		}
	}
	if files < 3 {
		t.Errorf("only %d secrets are there", files)
	}
}

// turned compares what the agents accepted with what the store has. It ends the
// agents and the store.
func (c *tally) turned(t *testing.T, s *rig.Split, ledgers []*rig.Ledger) {
	t.Helper()
	var want sums
	for i, a := range s.Agents {
		a.Kill()
		a.Start(t)
		settle(t, s, a, ledgers[i])
		quiet(t, a)
		a.Kill()
		want = want.plus(c.pages(t, ledgers[i], s.Lookup(t, a)))
	}
	s.Store.Interrupt(t)
	c.rollups(t, filepath.Join(s.Store.Data, "store"), want)
	got := rig.Tacit(t, "store", "keys", "list", "--data", s.Store.Data, "--keys", secretsOf(t, s.Store)).Run(t)
	if got.Code == 0 {
		t.Errorf("without the passphrase the keys are shown: %s", got.Stdout)
	}
}
