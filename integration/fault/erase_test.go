package fault

import (
	crand "crypto/rand"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestErasedStaysErased has a user erase what his host sent in three months,
// while the store and the agent are killed at random moments, and the operator
// erase what another did. Then it tries to bring it back: every envelope that
// was recorded comes again, and some that were held up come for the first time;
// the store writes more, and merges; a backup of before is restored, an older
// copy of the directory is put back, and an older ledger. Rows are counted in
// Badger, without Tacit. A third installation keeps all.
func TestErasedStaysErased(t *testing.T) {
	t.Parallel()
	rounds := figures.Size(t, 1, 20, 0)
	r := random(t)
	s := rig.StartSplit(t, rig.Plan{Agents: 1, Plain: true, Site: rig.Edits{"quota.envelopes": 100_000}})
	back := 0
	for range rounds {
		e := fillErasable(t, s)
		eraseUnderFire(t, r, s, s.Agents[0])
		e.eraseByOperator(t)
		back += e.shown(t, s.Store.Data)
		replay(t, s, e.recorded)
		back += e.shown(t, s.Store.Data)
		back += e.merged(t)
		back += e.restored(t)
		e.refusesOlderLedger(t)
		back += e.putBack(t)
	}
	if back > 0 {
		t.Errorf("%d rows came back", back)
	}
	figures.Report(t, figures.Erase, "%d / %d", rounds, back)
}

// erasable is one round: who is erased, who is not, and what was there before.
type erasable struct {
	s                      *rig.Split
	keys                   string   // directory of the store's secrets
	user, operated, others string   // installations: erased from the host, by the operator, not at all
	recorded               [][]byte // what somebody on the way has of the two
	before                 pageRows
	backup, copied, ledger string // of before: a backup, the data directory, the ledger (or no file)
}

// pagesADay is how many pages each installation has on each day of its past, and
// held how many more are held up on their way until all is erased.
const pagesADay, held = 2, 1

// fillErasable lets the agent send some pages, adds others of its past and of two
// more installations, and keeps copies. The store runs in the end.
func fillErasable(t *testing.T, s *rig.Split) *erasable {
	t.Helper()
	e := &erasable{s: s, keys: secretsOf(t, s.Store), user: rig.ID(t, s.Agents[0].Data), operated: newInstallation(), others: newInstallation()}
	e.recorded = sendPages(t, s, s.Agents[0], new(rig.Ledger)) // of an installation that is new in each round
	days, send := past(), [][]byte(nil)
	ids := []string{strings.ReplaceAll(e.user, "-", ""), e.operated, e.others}
	for i, envelope := range sealAll(t, s, fillOrder{Installations: ids, Days: days, Pages: pagesADay + held}) {
		whose, n := i/(len(days)*(pagesADay+held)), i%(pagesADay+held)
		if n < pagesADay || whose == 2 {
			send = append(send, envelope)
		}
		if whose < 2 {
			e.recorded = append(e.recorded, envelope)
		}
	}
	replay(t, s, send)
	s.Store.Interrupt(t)
	e.before = e.read(t, s.Store.Data)
	for id, least := range map[string]int{e.user: len(days)*pagesADay + 3, e.operated: len(days) * pagesADay, e.others: len(days) * (pagesADay + held)} {
		if n := len(e.before.batches[id]); n < least || e.before.count(id, e.before.batches[id]) != 2*n {
			t.Fatalf("an installation has %d pages, want %d, and each is known: nothing is tested", n, least)
		}
	}
	e.keepCopies(t)
	s.Store.Start(t)
	s.Store.WaitReady(t)
	return e
}

// past returns a day of each of three months within the retention, and yesterday.
func past() []int64 {
	today := time.Now().Unix() / daySeconds
	return []int64{today - 80, today - 50, today - 20, today - 1}
}

// secretsOf returns where a store keeps its secrets.
func secretsOf(t *testing.T, store *rig.Daemon) string {
	t.Helper()
	text, err := os.ReadFile(store.Config)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if dir, ok := strings.CutPrefix(line, "keys: "); ok {
			return strings.TrimSpace(dir)
		}
	}
	t.Fatal("the store's configuration names no keys")
	return ""
}

func (e *erasable) read(t *testing.T, data string) pageRows {
	t.Helper()
	return readPages(t, data, e.keys, e.user, e.operated, e.others)
}

// keepCopies keeps what an operator may put back one day.
func (e *erasable) keepCopies(t *testing.T) {
	t.Helper()
	e.backup, e.copied, e.ledger = filepath.Join(t.TempDir(), "backup"), copied(t, e.s.Store.Data), filepath.Join(t.TempDir(), "ledger")
	upkeep(t, "store", "backup", "--config", e.s.Store.Config, "--out", e.backup)
	b, err := os.ReadFile(e.ledgerFile())
	if err == nil {
		err = os.WriteFile(e.ledger, b, 0o600)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // nothing was ever erased
		t.Fatal(err)
	}
}

func (e *erasable) ledgerFile() string { return filepath.Join(e.keys, "erased.log") }

// sendPages lets the agent send some pages, and returns the envelopes.
func sendPages(t *testing.T, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) [][]byte {
	t.Helper()
	taken(t, agent, ledger)
	for range 3 { // pages of their own
		ledger.MustOffer(t, agent.Data, 5)
		rig.Tacit(t, "send", "--data", agent.Data).Run(t)
	}
	ledger.CheckExact(t, settle(t, s, agent, ledger))
	quiet(t, agent)
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

// taken offers a record until one is accepted: an agent that has just begun has
// not heard its site's word.
func taken(t *testing.T, agent *rig.Daemon, ledger *rig.Ledger) {
	t.Helper()
	rig.Eventually(t, "a record is accepted", func() bool {
		answers, err := ledger.Offer(t.Context(), agent.Data, 1)
		return err == nil && answers[0].Accepted()
	})
}

// upkeep runs a command that must succeed.
func upkeep(t *testing.T, args ...string) {
	t.Helper()
	if got := rig.Tacit(t, args...).Run(t); got.Code != 0 {
		t.Fatalf("tacit %s: exit %d: %s%s", strings.Join(args, " "), got.Code, got.Stdout, got.Stderr)
	}
}

// replay sends envelopes, again or for the first time, as whoever has recorded
// them can, and waits for what the store says to each.
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
