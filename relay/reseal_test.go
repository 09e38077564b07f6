package relay

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// listOf is a list of a version with some keys.
func listOf(version uint64, ids ...uint32) []byte {
	l := wire.KeyList{Version: version, Suite: wire.SuiteX25519}
	for _, id := range ids {
		l.Keys = append(l.Keys, wire.Key{ID: id, Start: 20000})
	}
	return append(l.Marshal(), make([]byte, wire.SignatureLen)...)
}

// told returns the hint that comes to an inbox.
func told(t *testing.T, inbox *nats.Subscription) wire.Hint {
	t.Helper()
	m, err := inbox.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatalf("a sender waits in vain: %v", err)
	}
	h, err := wire.ParseHint(m.Data)
	if err != nil {
		t.Fatalf("%d bytes: %v", len(m.Data), err)
	}
	return h
}

// TestDestroyedKeyIsToldAtOnce has an edge hear that a key is destroyed while
// envelopes that are sealed to it are in the stream: their senders are told, and
// those of others are not.
func TestDestroyedKeyIsToldAtOnce(t *testing.T) {
	t.Parallel()
	r := start(t, config(t))
	store, consumer := crates(t, r, 0)
	a := agent(t, r)
	gone, stays := envelope(1, wire.ClassNormal), envelope(1, wire.ClassNormal)
	stays.KeyID = 9 // of a list that is not here yet
	_, lost := put(t, a, gone.Marshal())
	_, kept := put(t, a, stays.Marshal())
	for n := 0; n < 2; {
		n += len(next(t, consumer))
	}
	if err := r.SetKeyList(listOf(2, 7, 9)); err != nil {
		t.Fatal(err)
	}
	if s := r.Stats().Forward; s.Resealed != 0 || s.Waiting != 2 {
		t.Errorf("%+v after a list that destroys nothing", s)
	}
	if err := store.PublishRequest(wire.SubjectKeys, store.NewInbox(), listOf(3, 9)); err != nil {
		t.Fatal(err)
	}
	if h := told(t, lost); h.Code != wire.Reseal {
		t.Errorf("the sender hears %v, want reseal", h.Code)
	}
	if s := r.Stats().Forward; s.Resealed != 1 || s.Waiting != 1 {
		t.Errorf("%+v, want one told and one waiting", s)
	}
	replies := make([]wire.Routed, 2)
	for i, e := range []wire.Envelope{gone, stays} {
		replies[i].Attempt = e.Attempt
		_, _ = rand.Read(replies[i].Reply[:])
	}
	if err := store.Publish(wire.SubjectReply, wire.MarshalReplies(replies)); err != nil {
		t.Fatal(err)
	}
	if m, err := kept.NextMsg(20 * time.Second); err != nil || !bytes.Equal(m.Data, replies[1].Reply[:]) {
		t.Errorf("the other one's reply did not come: %v", err)
	}
	eventually(t, "the late reply is a stray", func() bool { return r.Stats().Forward.Strays == 1 })
	if _, err := lost.NextMsg(0); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("the sender is told twice: %v", err)
	}
}

// TestDestroyedKeyInThePool destroys a key while an envelope that is sealed to
// it waits among others: it does not go on, and its sender is told.
func TestDestroyedKeyInThePool(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.MinPeers, cfg.MaxWait = 8, time.Second
	r := start(t, cfg)
	_, consumer := crates(t, r, 0)
	a := agent(t, r)
	gone, stays := envelope(1, wire.ClassNormal), envelope(1, wire.ClassNormal)
	stays.KeyID = 9
	_, inbox := put(t, a, gone.Marshal())
	put(t, a, stays.Marshal())
	if err := r.SetKeyList(listOf(2, 9)); err != nil {
		t.Fatal(err)
	}
	if h := told(t, inbox); h.Code != wire.Reseal {
		t.Errorf("the sender hears %v, want reseal", h.Code)
	}
	if got := next(t, consumer); len(got) != 1 || !bytes.Equal(got[0], stays.Marshal()) {
		t.Errorf("%d went on, want the other one alone", len(got))
	}
	eventually(t, "the pool is empty", func() bool { return r.Stats().Pool.Items == 0 })
}

// TestDestroyedKeyDownTheChain destroys a key two relays away: the sender is
// told, and has the new list when it asks for it then.
func TestDestroyedKeyDownTheChain(t *testing.T) {
	t.Parallel()
	c := newThree(t)
	_, consumer := crates(t, c.edge, 0)
	a := agent(t, c.site)
	e := envelope(3, wire.ClassNormal)
	_, inbox := put(t, a, e.Marshal())
	next(t, consumer)
	list := listOf(2, 9)
	began := time.Now()
	if err := c.edge.SetKeyList(list); err != nil {
		t.Fatal(err)
	}
	if h := told(t, inbox); h.Code != wire.Reseal {
		t.Errorf("the sender hears %v, want reseal", h.Code)
	}
	t.Logf("told after %v", time.Since(began))
	if got := askKeys(t, a); !bytes.Equal(got, list) {
		t.Error("the sender is given the old list, and would seal to the same key again")
	}
	if h, _ := put(t, a, e.Marshal()); h.Code != wire.Reseal {
		t.Errorf("%v for the destroyed key at the site, want reseal", h.Code)
	}
	for name, r := range map[string]*Relay{"site": c.site, "middle": c.middle, "edge": c.edge} {
		if s := r.Stats().Forward; s.Waiting != 0 || s.Resealed != 1 {
			t.Errorf("%s: %+v, want one told and none waiting", name, s)
		}
	}
}
