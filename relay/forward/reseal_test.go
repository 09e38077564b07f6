package forward

import (
	"bytes"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestRoutesOfGoneKeys: what is sealed to a key that is gone is waited for no
// more, and not begun to be.
func TestRoutesOfGoneKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoutes(8, time.Hour)
		item := func(n byte, key uint32, inbox string) pool.Item {
			return pool.Item{Attempt: wire.Attempt{n}, KeyID: key, Inbox: inbox}
		}
		all := []pool.Item{item(1, 4, "one"), item(2, 5, "two"), item(3, 4, "three"), item(4, 6, "four")}
		if sound, gone := r.add(all); len(sound) != 4 || len(gone) != 0 {
			t.Errorf("%d of 4 are waited for, %q not, while no key is known to be gone", len(sound), gone)
		}
		r.doom(wire.Attempt{4})
		if got := r.takeDoomed(); len(got) != 1 || got[0] != "four" {
			t.Errorf("doomed are %q, want four", got)
		}
		four := func(key uint32) bool { return key == 4 }
		if got := r.renew(four); len(got) != 2 || got[0] != "one" || got[1] != "three" {
			t.Errorf("told are %q, want those of key 4", got)
		}
		sound, gone := r.add([]pool.Item{item(5, 4, "five"), item(6, 6, "six")})
		if len(sound) != 1 || sound[0].Inbox != "six" || len(gone) != 1 || gone[0] != "five" {
			t.Errorf("%d are waited for and %q not, want six and five", len(sound), gone)
		}
		if r.doom(wire.Attempt{5}) {
			t.Error("what is not waited for can be doomed")
		}
		if waiting, _ := r.size(); waiting != 2 {
			t.Errorf("%d wait, want two and six", waiting)
		}
	})
}

// TestChainResealsLater has the next relay take an envelope, and say after a
// while that it has to be sealed anew: the agent hears of it when the site has
// the list that it will ask for, and the site asks at once.
func TestChainResealsLater(t *testing.T) {
	u := newUpstream(t, door.Config{})
	list := atomic.Pointer[string]{}
	old, fresh := "old", "fresh"
	list.Store(&old)
	if _, err := u.gate.Subscribe(wire.SubjectGetKeys, func(m *nats.Msg) { _ = m.Respond([]byte(*list.Load())) }); err != nil {
		t.Fatal(err)
	}
	var served atomic.Pointer[string]
	s := newSite(t, ChainConfig{Relays: []string{u.url()}, KeyList: func(b []byte) { got := string(b); served.Store(&got) }})
	eventually(t, "the old list is served", func() bool { got := served.Load(); return got != nil && *got == old })
	puts := make(chan *nats.Msg, 2)
	go func() {
		for range 2 {
			m := <-u.puts
			_ = m.Respond(wire.Hint{Code: wire.Queued}.Marshal())
			puts <- m
		}
	}()
	if left := s.chain.Forward(t.Context(), s.envelopes(2, wire.ClassNormal)); len(left) != 0 {
		t.Fatalf("%d came back", len(left))
	}
	m := <-puts
	list.Store(&fresh)
	reseal := wire.Hint{Code: wire.Reseal}.Marshal()
	if err := m.Respond(reseal); err != nil {
		t.Fatal(err)
	}
	got, err := s.heard.NextMsg(20 * time.Second)
	if err != nil || !bytes.Equal(got.Data, reseal) {
		t.Fatalf("the agent waits in vain: %v", err)
	}
	if *served.Load() != fresh {
		t.Error("the agent was sent for the old list")
	}
	if n := s.chain.Stats(); n.Resealed != 1 || n.Waiting != 1 {
		t.Errorf("%+v, want one told, and one still waiting", n)
	}
}

// TestChainResealsWhenCutOff ends the connection while the list is not there:
// nobody's hint is lost with it.
func TestChainResealsWhenCutOff(t *testing.T) {
	u := newUpstream(t, door.Config{})
	asked := make(chan struct{}, 1)
	if _, err := u.gate.Subscribe(wire.SubjectGetKeys, func(*nats.Msg) { asked <- struct{}{} }); err != nil { // never answers
		t.Fatal(err)
	}
	s := newSite(t, ChainConfig{Relays: []string{u.url()}})
	s.connected(t)
	<-asked
	u.answer(wire.Hint{Code: wire.Reseal})
	if left := s.chain.Forward(t.Context(), s.envelopes(1, wire.ClassNormal)); len(left) != 0 {
		t.Fatalf("%d came back", len(left))
	}
	u.stop()
	if m, err := s.heard.NextMsg(hintTimeout + 20*time.Second); err != nil || !bytes.Equal(m.Data, wire.Hint{Code: wire.Reseal}.Marshal()) {
		t.Errorf("the agent was not told: %v", err)
	}
}
