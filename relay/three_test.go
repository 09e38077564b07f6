package relay

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// three are a site's relay, one in the middle and an edge, over real
// connections, each with a credential of its own.
type three struct {
	site, middle, edge *Relay
	edgeConfig         Config
}

func newThree(t *testing.T) *three {
	t.Helper()
	c := &three{edgeConfig: config(t)}
	plenty := gate.Quota{Envelopes: 1 << 20, Bytes: 1 << 40}
	c.edgeConfig.Quota = plenty
	c.edgeConfig.Sites = []string{"the middle's own"}
	c.edgeConfig.Listen = testhost.FreeAddress(t)
	c.edge = start(t, c.edgeConfig)
	middle := config(t)
	middle.Quota = plenty
	middle.Credential, middle.KeyList = "the middle's channel", nil
	middle.Next = &Next{Relays: []string{"nats://" + c.edgeConfig.Listen}, Credential: "the middle's own"}
	c.middle = start(t, middle)
	site := siteConfig(t)
	site.Quota = plenty
	site.KeyList = nil
	site.Next = &Next{Relays: []string{"nats://" + c.middle.Addr().String()}, Credential: "the middle's channel"}
	c.site = start(t, site)
	decide(t, c.site, wire.SwitchOn, wire.SwitchOn)
	eventually(t, "all are ready", func() bool { return c.site.Ready() == nil && c.middle.Ready() == nil && c.edge.Ready() == nil })
	return c
}

// TestThreeRelays follows an envelope and its reply through three relays, and
// has the last one die while another envelope waits for its reply there.
func TestThreeRelays(t *testing.T) {
	t.Parallel()
	c := newThree(t)
	store, consumer := crates(t, c.edge, 0)
	a := agent(t, c.site)
	e := envelope(3, wire.ClassNormal)
	hint, inbox := put(t, a, e.Marshal())
	if hint.Code != wire.Queued {
		t.Fatalf("%v, want queued", hint)
	}
	if got := next(t, consumer); len(got) != 1 || !bytes.Equal(got[0], e.Marshal()) {
		t.Fatal("the store did not get the envelope alone")
	}
	reply := wire.Routed{Attempt: e.Attempt}
	_, _ = rand.Read(reply.Reply[:])
	if err := store.Publish(wire.SubjectReply, wire.MarshalReplies([]wire.Routed{reply})); err != nil {
		t.Fatal(err)
	}
	if m, err := inbox.NextMsg(20 * time.Second); err != nil || !bytes.Equal(m.Data, reply.Reply[:]) {
		t.Fatalf("the reply did not come back: %v", err)
	}
	eventually(t, "the key list comes down", func() bool {
		key, err := a.Request(wire.SubjectGetKeys, nil, time.Second) // one that a relay could not pass on has no answer
		return err == nil && bytes.Equal(key.Data, keyList())
	})

	lost := envelope(4, wire.ClassNormal)
	_, inbox = put(t, a, lost.Marshal())
	next(t, consumer)
	began := time.Now()
	stop(t, c.edge)
	m, err := inbox.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatal("a sender whose reply was lost two relays on waits in vain")
	}
	if h, err := wire.ParseHint(m.Data); err != nil || h.Code != wire.Later || h.Wait < time.Second || h.Wait > time.Minute {
		t.Errorf("it hears %v, %v, want later", h, err)
	}
	t.Logf("told after %v", time.Since(began))
	if s := c.site.Stats().Forward; s.Away != 1 || s.Waiting != 0 || s.Upstream != forward.Connected {
		t.Errorf("%+v, want that one was told, by a site that is connected still", s)
	}
	if _, err := inbox.NextMsg(100 * time.Millisecond); err == nil {
		t.Error("it is told twice")
	}
	closed(t, c)
}

// closed sees the chain fail closed while its end is away: agents are asked to
// come later, and nothing is dropped.
func closed(t *testing.T, c *three) {
	t.Helper()
	a := agent(t, c.site)
	queued := uint64(0)
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		e := envelope(0, wire.ClassNormal)
		h, _ := put(t, a, e.Marshal())
		if h.Code == wire.Later {
			break
		}
		if queued++; h.Code != wire.Queued || time.Now().After(end) {
			t.Fatalf("%v after %d envelopes, want later", h, queued)
		}
	}
	if held := c.site.Stats().Pool.Items + c.middle.Stats().Pool.Items; uint64(held) != queued {
		t.Errorf("%d are held of %d that were queued", held, queued)
	}
	c.edge = start(t, c.edgeConfig)
	_, consumer := crates(t, c.edge, 0)
	for end := time.Now().Add(30 * time.Second); c.middle.Stats().Pool.Items > 0; time.Sleep(10 * time.Millisecond) { // it dials after growing pauses
		if time.Now().After(end) {
			t.Fatal("what waited in the middle does not go on")
		}
	}
	if len(next(t, consumer)) == 0 {
		t.Error("an empty crate came")
	}
}
