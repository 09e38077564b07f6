package sim_test

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"net"
	"os"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/sim/simnet"
	"github.com/tacit-telemetry/tacit/internal/natsguard"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// storeHost is a machine with a store on it, through all of its lives.
type storeHost struct {
	w     *world
	life  int
	clock clock
	store *store.Store // nil: the machine is down
	conn  *nats.Conn
	tell  context.CancelFunc
	told  chan struct{} // closed when the keys' teller has ended
}

func (w *world) newStore() *storeHost {
	s := &storeHost{w: w}
	s.begin()
	return s
}

// link returns the name of the way to the edge in this life.
func (s *storeHost) link() string { return fmt.Sprintf("%s-%d", linkStore, s.life) }

func (s *storeHost) dir(life int) string { return s.w.path(fmt.Sprintf("store-%d", life)) }

func (s *storeHost) keys(life int) string { return s.w.path(fmt.Sprintf("keys-%d", life)) }

// begin starts the store in the directories of this life.
func (s *storeHost) begin() {
	w := s.w
	w.apart()
	w.net.Link(s.link(), edgeAddress).Eager().Set(w.links[linkStore])
	came := make(chan struct{}, 1)
	var err error
	if s.conn, err = s.dial(came); err != nil {
		w.t.Fatal(err)
	}
	run := s.dir(s.life) + ".run"
	if err := os.MkdirAll(run, 0o755); err != nil {
		w.t.Fatal(err)
	}
	box, err := secret.Open(s.keys(s.life), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	s.store, err = store.New(w.ctx, store.Config{
		Dir: s.dir(s.life), Secrets: box, Vendor: store.NewVendor(w.vendor), RunDir: run, Conn: s.conn, Registry: registry.BaseSet(),
		GroupWait: 300 * time.Millisecond, Headroom: 1 << 20, Now: s.clock.now, Logger: w.logger("store"),
	})
	if err == nil {
		err = s.store.Start(w.ctx)
	}
	if err != nil {
		w.t.Fatalf("start the store: %v", err)
	}
	ctx, cancel := context.WithCancel(w.ctx)
	s.tell, s.told = cancel, make(chan struct{})
	go s.tellKeys(ctx, s.store, came)
}

// dial makes the store's connection to the edge, as its command does.
func (s *storeHost) dial(came chan struct{}) (*nats.Conn, error) {
	name := crand.Text()
	up := func(*nats.Conn) {
		select {
		case came <- struct{}{}:
		default:
		}
	}
	o := nats.GetDefaultOptions()
	o.Servers, o.User, o.Password, o.InboxPrefix = []string{"nats://" + s.link() + ":8472"}, name, storeCredential, wire.InboxPrefix(name)
	o.Name, o.CustomDialer, o.SkipHostLookup, o.IgnoreDiscoveredServers = "tacit", edgeDialer{}, true, true
	o.RetryOnFailedConnect, o.MaxReconnect, o.IgnoreAuthErrorAbort = true, -1, true
	o.ReconnectWait, o.ReconnectJitter, o.Timeout = time.Second, 0, 5*time.Second
	o.PingInterval, o.MaxPingsOut = 20*time.Second, 2
	o.ConnectedCB, o.ReconnectedCB = up, up
	o.AsyncErrorCB = func(*nats.Conn, *nats.Subscription, error) {}
	return o.Connect()
}

// edgeDialer dials in the simulated network.
type edgeDialer struct{}

// Dial implements [nats.CustomDialer].
func (edgeDialer) Dial(network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	c, err := simnet.Dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	return natsguard.New(c), nil
}

// tellKeys lets the store tell the edge its key list whenever the connection
// came up, as the store's command does.
func (s *storeHost) tellKeys(ctx context.Context, st *store.Store, came <-chan struct{}) {
	defer close(s.told)
	for {
		select {
		case <-ctx.Done():
			return
		case <-came:
			st.TellKeys()
		}
	}
}

// kill ends the store; what is on disk stays as it was.
func (s *storeHost) kill(d time.Duration) {
	if s.store == nil {
		return
	}
	synctest.Wait() // nobody is in the middle of writing
	s.w.link(linkStore).Set(simnet.Condition{Vanish: true})
	s.w.link(linkStore).Cut()
	life := s.life
	s.life++
	for _, name := range []func(int) string{s.dir, s.keys} {
		if err := copyTree(name(life), name(s.life)); err != nil {
			s.w.t.Fatal(err)
		}
	}
	s.stop()
	s.w.discard(s.dir(life))
	s.w.after(d, s.begin)
}

func (s *storeHost) stop() {
	if s.store == nil {
		return
	}
	s.tell()
	<-s.told
	if err := s.store.Stop(s.w.ctx); err != nil {
		s.w.t.Errorf("stop the store: %v", err)
	}
	s.conn.Close()
	s.store = nil
}
