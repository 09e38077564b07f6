package upload_test

import (
	"context"
	"net/url"
	"strconv"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// listeners returns how many subscriptions to the policy there are.
func (l *liar) listeners() int {
	l.t.Helper()
	z, err := l.server.Subsz(&server.SubszOptions{Subscriptions: true, Limit: 1000, Test: wire.SubjectPolicy})
	if err != nil {
		l.t.Fatal(err)
	}
	return len(z.Subs)
}

// listen runs Listen until the test ends, or the function that it returns was
// called.
func (h *host) listen() (stop func()) {
	ctx, cancel := context.WithCancel(h.t.Context())
	var running sync.WaitGroup
	running.Go(func() { h.up.Listen(ctx) })
	stop = func() { cancel(); running.Wait() }
	h.t.Cleanup(stop)
	return stop
}

func (l *liar) connected(want int) func() bool {
	return func() bool { conns, _ := l.guests(); return conns == want }
}

// TestListen: one connection, on which the policy is asked for and nothing
// else; it ends with Listen.
func TestListen(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	stop := h.listen()
	eventually(t, "the policy is heard", h.site.on)
	if conns, messages := l.guests(); conns != 1 || messages != 1 || !h.up.Connected() {
		t.Errorf("%d connections with %d messages, want 1 with 1", conns, messages)
	}
	h.fragment()
	h.flush(nil)
	if conns, _ := l.guests(); conns != 1 {
		t.Errorf("%d connections, want that the round uses the one there is", conns)
	}
	stop()
	eventually(t, "the connection ends", l.connected(0))
}

// TestListenObeysTheHost: no dial while the host refuses, the end of the
// connection at its word, and a dial at once when it allows one again.
func TestListenObeysTheHost(t *testing.T) {
	dead, dials := counter(t)
	refusing := newHost(t, dead)
	refusing.on.Store(false)
	refusing.listen()

	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.listen()
	eventually(t, "the connection", l.connected(1))
	h.on.Store(false)
	h.up.Changed()
	eventually(t, "the connection ends", l.connected(0))
	total := l.server.NumClients()
	h.on.Store(true)
	h.up.Changed()
	eventually(t, "the connection is made again", l.connected(1))
	if total != 1 || dials.Load() != 0 {
		t.Errorf("%d clients and %d dials while refused", total, dials.Load())
	}
}

// TestRelayIsKilled: the site's decision of meanwhile is heard from the relay
// that comes back, without anybody asking.
func TestRelayIsKilled(t *testing.T) {
	t.Parallel() // it waits most of the time
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.listen()
	eventually(t, "the policy is heard", h.site.on)
	u, err := url.Parse(l.server.ClientURL())
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		t.Fatal(err)
	}
	l.stop()
	eventually(t, "the end is noticed", func() bool { return !h.up.Connected() })
	h.fragment()
	h.flush(upload.ErrNoRelay)
	if h.up.Trouble() == "" {
		t.Error("nothing says what is wrong")
	}
	l.tell(policy(2, wire.SwitchOff))
	l.start(server.Options{Port: port})
	eventually(t, "the decision of meanwhile", h.site.off)
	if got := h.up.Trouble(); got != "" {
		t.Errorf("trouble %q", got)
	}
	h.pending(1)
}

// TestSeveralRelays: the one that is there is found among those that are not.
func TestSeveralRelays(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, "nats://127.0.0.1:1", func(c *upload.Config) {
		c.Relays = append(c.Relays, l.server.ClientURL(), "nats://127.0.0.1:2")
	})
	for range 5 {
		h.fragment()
		h.flush(nil)
		h.up.Hangup()
	}
	if got := h.up.Trouble(); got != "" {
		t.Errorf("trouble %q", got)
	}
}
