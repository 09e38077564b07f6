package attack

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// canary is in an envelope that a site puts while the store is away, so that it
// must be found where envelopes are.
const canary = "kvarnfink-sealed-90315526"

// What a store's credential may ask the edge for.
const (
	askStream   = "$JS.API.STREAM.INFO.TACIT_CRATES"
	askConsumer = "$JS.API.CONSUMER.INFO.TACIT_CRATES.group-0"
	askNext     = "$JS.API.CONSUMER.MSG.NEXT.TACIT_CRATES.group-0"
)

// storeAway ends the store, so that what agents and rogues send meanwhile stays
// in the edge's stream, looks at all that anybody can ask the edge for, and at
// its disk after a power cut.
func (f *field) storeAway(t *testing.T) {
	f.Store.Interrupt(t)
	f.seen.add("the log of the store at first", []byte(f.Store.Text()))
	f.offer(t)
	c, _ := f.site.guest(t, siteStranger, f.site.credential)
	if m, err := c.Request("tacit.put", envelopeWith(canary), rig.Patience); err != nil || !bytes.Equal(m.Data, queued) {
		t.Fatalf("an envelope with a canary is answered %v, %v", m, err)
	}
	t.Run("RogueAgent", func(t *testing.T) { rogueAgent(t, f.edge, edgeRogue, edgeVictim) })
	t.Run("RogueStore", f.rogueStore)
	t.Run("Insider", f.insider)
	f.health(t, "while the store is away", "the edge", "the site")
	for _, a := range f.agents { // who heard that their replies are lost would stay away for up to 20 s
		a.wire.Cut()
	}
	f.Edge.Kill()
	f.seen.add("the log of the edge until kill -9", []byte(f.Edge.Text()))
	f.seen.files(t, "of the edge after kill -9", f.Edge.Data)
	f.Edge.Start(f.whole)
	f.Store.Start(f.whole)
	f.Store.WaitReady(t)
	f.Site.WaitReady(t)
	for _, a := range f.agents {
		a.wire.Mend()
	}
	f.arrives(t)
}

// insider reads with the store's credential what the stream holds.
func (f *field) insider(t *testing.T) {
	c, _ := f.edge.guest(t, storeRogue, f.forStores)
	var held []*nats.Msg
	rig.Eventually(t, "the canary is in the stream, and an envelope of each agent", func() bool {
		held = append(held, pull(t, c)...)
		found, envelopes := false, 0
		for _, m := range held {
			found = found || bytes.Contains(m.Data, []byte(canary))
			envelopes += int(binary.BigEndian.Uint16(m.Data[1:])) // after the version
		}
		return found && envelopes > len(f.agents)
	})
	for _, ask := range []string{askStream, askConsumer} {
		m, err := c.Request(ask, []byte(`{"subjects_filter":">","deleted_details":true}`), rig.Patience)
		if err != nil || !json.Valid(m.Data) {
			t.Fatalf("%s: %v", ask, err)
		}
		f.seen.add("the answer to "+ask, m.Data)
	}
	for i, m := range held {
		f.seen.add(fmt.Sprintf("stored message %d", i), m.Data)
		f.seen.add(fmt.Sprintf("the headers of stored message %d", i), fmt.Append(nil, m.Subject, " ", m.Reply, " ", m.Header))
		if bytes.Contains(m.Data, []byte(mark)) {
			t.Error("what a rogue said is in the stream")
		}
		if _, err := c.Request(m.Reply, []byte("-NAK"), rig.Patience); err != nil { // for the store
			t.Fatalf("give message %d back: %v", i, err)
		}
	}
	t.Logf("%d messages in the stream", len(held))
}

// pull takes what the stream has for the stores now.
func pull(t testing.TB, c *nats.Conn) (held []*nats.Msg) {
	t.Helper()
	in, err := c.SubscribeSync(c.NewInbox())
	if err == nil {
		err = c.PublishRequest(askNext, in.Subject, []byte(`{"batch":64,"no_wait":true}`))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer in.Unsubscribe() //nolint:errcheck // the connection is the test's own
	for {
		m, err := in.NextMsg(rig.Patience)
		if err != nil {
			t.Fatalf("pull: %v", err)
		}
		if m.Header.Get("Status") != "" { // there is no more
			return held
		}
		held = append(held, m)
	}
}

// reasons is what `why --json` says.
type reasons struct {
	State, By string
	Revision  uint64 `json:"site_revision"`
}

func why(t testing.TB, a *endpoint) (r reasons) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.ask(t, "why", "--json")), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// policyHolds has a rogue at the site tell everybody that it is off, in every
// way that it has, while the product's own agents listen: none of them believes
// it, and all still hear their administrator.
func (f *field) policyHolds(t *testing.T) {
	var before []reasons
	for _, a := range f.agents {
		rig.Eventually(t, a.who+" has heard the site's decision", func() bool { return why(t, a).Revision > 0 })
		before = append(before, why(t, a))
	}
	r := newRogue(t, f.site, siteRogue, f.site.credential)
	r.mayNotSay(refusal(), "tacit.policy", "tacit.policy.x", "tacit.get")
	for _, inbox := range falseInboxes {
		for _, subject := range agentSubjects {
			_ = r.conn.PublishRequest(subject, inbox, refusal()) // a client may refuse a wrong inbox
		}
	}
	if _, err := r.conn.Request("tacit.put", refusal(), rig.Patience); err != nil {
		t.Fatal(err)
	}
	f.arrives(t)
	for i, a := range f.agents {
		if now := why(t, a); now != before[i] || now.State != "on" {
			t.Errorf("%s said %+v, and after the rogue %+v", a.who, before[i], now)
		}
	}
}

// misconfigured starts agents with a wrong credential and a wrong fingerprint,
// and waits until each says so.
func (f *field) misconfigured(t *testing.T) {
	wrong := strings.Repeat("AB:", 31) + "AB"
	for _, c := range []struct {
		caller
		edits rig.Edits
		says  string
	}{
		{unknownAgent, rig.Edits{"credential": "not-the-channels"}, "credential"},
		{misledAgent, rig.Edits{"fingerprint": wrong}, "certificate"},
	} {
		a := f.start(t, c.caller, rig.Dir(t), c.edits)
		f.site.isCalledFrom(t, c.caller)
		rig.Eventually(t, c.who+" says what is wrong", func() bool { return strings.Contains(a.ask(t, "why"), c.says) })
		f.seen.add("why of "+c.who, []byte(a.ask(t, "why")))
		a.Interrupt(t)
		f.seen.add("the log of "+c.who, []byte(a.Text()))
		f.seen.files(t, "of "+c.who, a.dir)
	}
}

// commands keeps what users are told.
func (f *field) commands(t *testing.T) {
	for _, a := range f.agents {
		for _, args := range [][]string{{"why", "--json"}, {"preview"}, {"send"}, {"outbox", "list"}, {"outbox", "verify"}} {
			f.seen.printed("stdout of tacit-agent "+args[0], a.ask(t, args...), a.dir, a.id, a.spoken)
		}
	}
}
