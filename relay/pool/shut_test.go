package pool

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestShut shuts a pool that holds envelopes: they are gone for good, but for
// what a user ordered.
func TestShut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{}
		p := New(Config{Next: h, MinPeers: 1, MaxWait: time.Minute, FlushEvery: time.Hour})
		defer run(p)()
		add(t, p, 10, "a")
		erase := Item{Peer: "a", Class: wire.ClassUser, Envelope: make([]byte, 100)}
		if err := p.Add(erase); err != nil {
			t.Fatal(err)
		}
		p.Shut(true)
		if err := p.Add(Item{Peer: "a"}); !errors.Is(err, ErrShut) {
			t.Errorf("add to a shut pool: %v", err)
		}
		if err := p.Add(erase); err != nil {
			t.Errorf("add what a user ordered: %v", err)
		}
		if s := p.Stats(); s.Shut != 10 || s.Items != 2 || s.Bytes != 200 {
			t.Errorf("stats %+v, want 10 dropped and 2 held", s)
		}
		p.Shut(false)
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := h.items(); len(got) != 2 {
			t.Errorf("%d left, want the 2 that the user ordered", len(got))
		}
	})
}

// TestShutCallsBack shuts a pool while its next hop takes its time.
func TestShutCallsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var slow forwarderFunc = func(ctx context.Context, items []Item) []Item {
			<-ctx.Done()
			return items
		}
		p := New(Config{Next: slow, MinPeers: 1, MaxWait: time.Second, FlushEvery: time.Hour})
		defer run(p)()
		add(t, p, 3, "a")
		time.Sleep(time.Second)
		synctest.Wait() // the three are on their way
		p.Shut(true)
		synctest.Wait()
		if s := p.Stats(); s.Shut != 3 || s.Items != 0 || s.Passed != 0 {
			t.Errorf("stats %+v, want 3 called back and dropped", s)
		}
	})
}

// TestRetry has the next hop come back in the middle of a long pause.
func TestRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &hop{down: true}
		p := New(Config{Next: h, MinPeers: 1, MaxWait: time.Second, FlushEvery: time.Second})
		defer run(p)()
		add(t, p, 3, "a")
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		h.set(false)
		p.Retry()
		synctest.Wait()
		if n := len(h.items()); n != 3 {
			t.Errorf("%d left at once, want all 3", n)
		}
	})
}

type forwarderFunc func(context.Context, []Item) []Item

func (f forwarderFunc) Forward(ctx context.Context, items []Item) []Item { return f(ctx, items) }
