package relay

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	edgeCredential  = "the edge's channel"
	storeCredential = "a store's credential"
)

// chain is an edge, a site's relay before it, and a store behind it, each as
// its own process would be: over TLS, with pinned certificates.
type chain struct {
	edgeConfig, siteConfig Config
	edge, site             *Relay
	pins                   map[*Relay]certificate.Fingerprint
}

func newChain(t *testing.T) *chain {
	t.Helper()
	c := &chain{edgeConfig: config(t), siteConfig: siteConfig(t)}
	c.edgeConfig.Credential, c.edgeConfig.StoreCredential = edgeCredential, storeCredential
	c.edgeConfig.KeyList, c.siteConfig.KeyList = nil, nil
	edgePin, sitePin := secured(t, &c.edgeConfig), secured(t, &c.siteConfig)
	c.edgeConfig.Listen = testhost.FreeAddress(t)
	c.edge = start(t, c.edgeConfig)
	c.siteConfig.Next = &Next{Relays: []string{"tls://" + c.edgeConfig.Listen}, Fingerprint: edgePin, Credential: edgeCredential}
	c.site = start(t, c.siteConfig)
	c.pins = map[*Relay]certificate.Fingerprint{c.edge: edgePin, c.site: sitePin}
	c.connected(t)
	return c
}

// secured gives a relay its own certificate.
func secured(t *testing.T, cfg *Config) certificate.Fingerprint {
	t.Helper()
	cert, err := certificate.Own(filepath.Join(t.TempDir(), "tls"), nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	cfg.TLS = certificate.Server(cert)
	return certificate.Of(cert)
}

func (c *chain) connected(t *testing.T) {
	t.Helper()
	eventually(t, "both relays are ready", func() bool { return c.edge.Ready() == nil && c.site.Ready() == nil })
}

// dial connects over TLS to one of the relays.
func (c *chain) dial(t *testing.T, r *Relay, credential string) *nats.Conn {
	t.Helper()
	nc, err := dial(r, rand.Text(), credential, nats.SetCustomDialer(&certificate.Dialer{TLS: certificate.Client(c.pins[r], nil)}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	return nc
}

// TestChain follows an envelope through two relays to a store from outside,
// and its reply back, over TLS.
func TestChain(t *testing.T) {
	c := newChain(t)
	store := c.dial(t, c.edge, storeCredential)
	js, err := jetstream.New(store)
	if err != nil {
		t.Fatal(err)
	}
	consumer, err := js.Consumer(t.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		t.Fatal(err)
	}
	e := envelope(3, wire.ClassNormal)
	hint, inbox := put(t, c.dial(t, c.site, credential), e.Marshal())
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
	eventually(t, "each relay counts one envelope and one reply", func() bool {
		a, b := c.site.Stats(), c.edge.Stats()
		return a.Forward.Envelopes == 1 && a.Forward.Replies == 1 && a.Forward.Upstream == forward.Connected &&
			b.Forward.Envelopes == 1 && b.Forward.Replies == 1 && b.Forward.Upstream == forward.Stream && b.Door.Stores == 1
	})
	if _, err := c.site.StoreConn(); err == nil {
		t.Error("a relay without a stream gave a store's connection")
	}
}

// TestChainTellsKeys has the store tell its key list: each relay down to the
// agents serves it, and none serves what the vendor did not sign.
func TestChainTellsKeys(t *testing.T) {
	right, wrong := vendors(t)
	cfg := config(t)
	cfg.KeyList, cfg.StoreCredential, cfg.VendorKey = nil, storeCredential, right.Public().(ed25519.PublicKey)
	edge := start(t, cfg)
	store, err := dial(edge, rand.Text(), storeCredential)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	list := signedBy(right, 5)
	for _, b := range [][]byte{signedBy(wrong, 9), list, []byte("noise")} {
		if err := store.Publish(wire.SubjectKeys, b); err != nil {
			t.Fatal(err)
		}
	}
	a := agent(t, edge)
	eventually(t, "the edge serves the list", func() bool { return bytes.Equal(askKeys(t, a), list) })
	eventually(t, "the others are refused", func() bool { return edge.Stats().Keys.Refused == 2 })

	below := config(t)
	below.KeyList, below.VendorKey = nil, cfg.VendorKey
	below.Next = &Next{Relays: []string{"nats://" + edge.Addr().String()}, Credential: credential}
	site := start(t, below)
	b := agent(t, site)
	eventually(t, "the relay before it serves it too", func() bool { return bytes.Equal(askKeys(t, b), list) })
}

// TestEdgeAwayAndBack stops the edge while an agent puts: what the site had
// queued waits and leaves when the edge is back.
func TestEdgeAwayAndBack(t *testing.T) {
	c := newChain(t)
	a := c.dial(t, c.site, credential)
	stop(t, c.edge)
	eventually(t, "the site notices", func() bool {
		err := c.site.Ready()
		return err != nil && strings.Contains(err.Error(), "away") && !strings.Contains(err.Error(), "127.0.0.1")
	})
	for range 3 {
		e := envelope(0, wire.ClassNormal)
		if h, _ := put(t, a, e.Marshal()); h.Code != wire.Queued {
			t.Fatalf("%v while the edge is away, want queued", h)
		}
	}
	eventually(t, "they came back to the pool", func() bool { return c.site.Stats().Pool.Returned >= 3 })
	c.edge = start(t, c.edgeConfig)
	c.connected(t)
	eventually(t, "all three are in the stream", func() bool { return c.edge.Stats().Forward.Envelopes == 3 })
	if s := c.site.Stats(); s.Pool.Items != 0 || s.Forward.Envelopes != 3 {
		t.Errorf("%d wait, %d were passed on", s.Pool.Items, s.Forward.Envelopes)
	}
}

// TestOffInTheMiddle unticks the site's box while its next relay is away: what
// waited never arrives there.
func TestOffInTheMiddle(t *testing.T) {
	c := newChain(t)
	a := c.dial(t, c.site, credential)
	stop(t, c.edge)
	eventually(t, "the site notices", func() bool { return c.site.Ready() != nil })
	normal, user := envelope(0, wire.ClassNormal), envelope(0, wire.ClassUser)
	for _, e := range []wire.Envelope{normal, user} {
		if h, _ := put(t, a, e.Marshal()); h.Code != wire.Queued {
			t.Fatalf("%v, want queued", h)
		}
	}
	decide(t, c.site, wire.SwitchOff, wire.SwitchOff)
	c.edge = start(t, c.edgeConfig)
	_, consumer := crates(t, c.edge, 0)
	if got := next(t, consumer); len(got) != 1 || !bytes.Equal(got[0], user.Marshal()) {
		t.Errorf("%d arrived, want what the user ordered alone", len(got))
	}
	eventually(t, "nothing waits", func() bool { return c.site.Stats().Pool.Items == 0 })
	if s := c.site.Stats().Pool; s.Shut != 1 {
		t.Errorf("pool %+v, want one dropped", s)
	}
}

// TestStopsWhileAway stops a site whose next relay is away, or says nothing at
// all: in time and in order, and without an address in what it logs.
func TestStopsWhileAway(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close() //nolint:errcheck // a test's
	for _, address := range []string{"127.0.0.1:1", silent.Addr().String()} {
		var log bytes.Buffer
		cfg := siteConfig(t)
		cfg.Next = &Next{Relays: []string{"nats://" + address}, Credential: edgeCredential}
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		r, err := New(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		e := envelope(0, wire.ClassNormal)
		put(t, agent(t, r), e.Marshal())
		began := time.Now()
		err = r.Stop(context.Background())
		if took := time.Since(began); took > stopWithin+200*time.Millisecond {
			t.Errorf("stop took %v", took)
		}
		if said := log.String(); err != nil || !strings.Contains(said, "1 envelopes were not taken") || strings.Contains(said, address) {
			t.Errorf("stop says %v and logs %s, want how many were not passed on", err, said)
		}
	}
}
