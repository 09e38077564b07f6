package fault

import (
	crand "crypto/rand"
	"encoding/hex"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestErasedStaysErased has a user erase what his host sent, while the store and
// the agent are killed at random moments, and then tries to bring it back: every
// envelope that ever left is sent again, the store is closed and merged, and a
// backup of before is restored.
func TestErasedStaysErased(t *testing.T) {
	t.Parallel()
	rounds := figures.Size(t, 1, 20, 20)
	r := random(t)
	s := rig.StartSplit(t, rig.Plan{Agents: 1, Plain: true, Site: rig.Edits{"quota.envelopes": 100_000}})
	agent, back := s.Agents[0], 0
	for range rounds {
		id := rig.ID(t, agent.Data)
		sent := sendPages(t, s, agent)
		backup := filepath.Join(t.TempDir(), "backup")
		upkeep(t, "store", "backup", "--config", s.Store.Config, "--out", backup)
		eraseUnderFire(t, r, s, agent)
		back += rows(t, s.Store.Data, s.Store.Config, id)
		replay(t, s, sent)
		back += rows(t, s.Store.Data, s.Store.Config, id)
		s.Store.Interrupt(t) // which merges what was written
		upkeep(t, "store", "verify", "--config", s.Store.Config)
		back += rows(t, s.Store.Data, s.Store.Config, id)
		back += restored(t, s, backup, id)
		s.Store.Start(t)
		s.Store.WaitReady(t)
	}
	if back > 0 {
		t.Errorf("%d pages came back", back)
	}
	figures.Report(t, figures.Erase, "%d / %d", rounds, back)
}

// sendPages lets the agent send some pages, and returns the envelopes.
func sendPages(t *testing.T, s *rig.Split, agent *rig.Daemon) [][]byte {
	t.Helper()
	ledger := new(rig.Ledger)
	for range 3 { // pages of their own
		ledger.MustOffer(t, agent.Data, 5)
		rig.Tacit(t, "send", "--data", agent.Data).Run(t)
	}
	ledger.CheckExact(t, settle(t, s, agent, ledger))
	var entries []struct{ Number int }
	rig.Tacit(t, "outbox", "--data", agent.Data, "--json").JSON(t, &entries)
	var out [][]byte
	for _, e := range entries {
		var one struct{ Envelope []byte }
		rig.Tacit(t, "outbox", "show", strconv.Itoa(e.Number), "--data", agent.Data, "--json").JSON(t, &one)
		out = append(out, one.Envelope)
	}
	if len(out) < 3 {
		t.Fatalf("only %d envelopes were sent: nothing is tested", len(out))
	}
	return out
}

// upkeep runs a command that must succeed.
func upkeep(t *testing.T, args ...string) {
	t.Helper()
	if got := rig.Tacit(t, args...).Run(t); got.Code != 0 {
		t.Fatalf("tacit %s: exit %d: %s%s", strings.Join(args, " "), got.Code, got.Stdout, got.Stderr)
	}
}

// eraseUnderFire orders to erase, kills the store and then the agent at random
// moments, and waits until all is confirmed.
func eraseUnderFire(t *testing.T, r *rand.Rand, s *rig.Split, agent *rig.Daemon) {
	t.Helper()
	var wg sync.WaitGroup
	wg.Go(func() { _, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/erase", nil) }) // it may not live to answer
	time.Sleep(time.Duration(r.Int64N(int64(time.Second))))                                         // a random moment of the erasure
	killed(t, r, s.Store)
	time.Sleep(time.Duration(r.Int64N(int64(time.Second) / 2)))
	killed(t, r, agent)
	wg.Wait()
	rig.Eventually(t, "all is erased", func() bool {
		var state struct{ State string }
		_, b, err := rig.API(t.Context(), agent.Data, http.MethodGet, "/v1/erase", nil)
		if err != nil || json.Unmarshal(b, &state) != nil {
			return false
		}
		if state.State == "none" { // the agent was killed before it took the order
			_, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/erase", nil)
		}
		return state.State == "done"
	})
}

// rows counts the pages that an ID opens in a store.
func rows(t *testing.T, data, config, id string) int {
	t.Helper()
	got := rig.Tacit(t, "lookup", id, "--config", config, "--data", data, "--json").Run(t)
	if got.Code == 1 && strings.Contains(got.Stderr, "no pages for this ID") {
		return 0
	}
	var tl rig.Timeline
	if err := json.Unmarshal([]byte(got.Stdout), &tl); err != nil || got.Code != 0 {
		t.Fatalf("lookup: exit %d, %v: %s", got.Code, err, got.Stderr)
	}
	return tl.Pages
}

// restored restores a backup of before beside the store, and counts.
func restored(t *testing.T, s *rig.Split, backup, id string) int {
	t.Helper()
	data := rig.Dir(t)
	upkeep(t, "store", "restore", backup, "--config", s.Store.Config, "--data", data)
	return rows(t, data, s.Store.Config, id)
}

// replay sends envelopes again, as whoever has recorded them can, and waits for
// what the store says to each.
func replay(t *testing.T, s *rig.Split, envelopes [][]byte) {
	t.Helper()
	name := crand.Text() // drawn for the connection, as agents do
	nc, err := nats.Connect("nats://"+s.Relay, nats.UserInfo(name, s.Credential), nats.CustomInboxPrefix("_INBOX."+name), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	answers, err := nc.SubscribeSync("_INBOX." + name + ".*")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range envelopes {
		const from, to = 7, 23 // of the attempt: version, key ID, partition and class come before it
		m := &nats.Msg{Subject: rig.Put, Reply: "_INBOX." + name + "." + hex.EncodeToString(e[from:to]), Data: e}
		if err := nc.PublishMsg(m); err != nil {
			t.Fatal(err)
		}
	}
	const replyLen = 256
	for replies := 0; replies < len(envelopes); {
		m, err := answers.NextMsg(rig.Patience)
		if err != nil {
			t.Fatalf("%d replies to %d envelopes: %v", replies, len(envelopes), err)
		}
		if len(m.Data) == replyLen {
			replies++
		}
	}
}
