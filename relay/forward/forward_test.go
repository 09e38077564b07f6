package forward

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// edge starts the real server that a relay embeds, and a forwarder on it.
func edge(t *testing.T, cfg Config) (*Forward, *door.Door) {
	t.Helper()
	d, err := door.New(door.Config{
		StreamDir: filepath.Join(t.TempDir(), "stream"), Listen: netip.MustParseAddrPort("127.0.0.1:0"), Credential: "c",
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	t.Cleanup(func() {
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
		cancel()
	})
	if err := d.Start(ctx); err != nil {
		t.Fatal(err)
	}
	if cfg.Edge, err = d.Conn(door.RoleForward); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Edge.Close)
	if cfg.Agents, err = d.Conn(door.RoleGate); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Agents.Close)
	cfg.Files = d
	f, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Start(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return f, d
}

func items(n, size int) []pool.Item {
	out := make([]pool.Item, n)
	for i := range out {
		out[i] = pool.Item{Inbox: "_INBOX.x.1", Partition: uint8(i % wire.Partitions), Envelope: make([]byte, size)}
		_, _ = rand.Read(out[i].Attempt[:])
	}
	return out
}

// TestStream compares what the server says it made with the protocol.
func TestStream(t *testing.T) {
	f, _ := edge(t, Config{MaxBytes: 8 << 20, Groups: 3})
	s, err := f.js.Stream(t.Context(), wire.StreamCrates)
	if err != nil {
		t.Fatal(err)
	}
	c := s.CachedInfo().Config
	if c.Retention != jetstream.InterestPolicy || c.Discard != jetstream.DiscardNew || c.Storage != jetstream.FileStorage ||
		c.MaxBytes != 8<<20 || c.MaxAge != 48*time.Hour || c.MaxMsgSize != 1<<20 || !c.DenyDelete || !c.DenyPurge ||
		c.Duplicates != time.Hour || c.MaxMsgs > 0 || c.MaxMsgsPerSubject > 0 || c.PersistMode != jetstream.DefaultPersistMode {
		t.Errorf("stream %+v", c)
	}
	if n := s.CachedInfo().State.Consumers; n != 3 {
		t.Errorf("%d consumers, want one a group before the first crate", n)
	}
	for group := range 3 {
		consumer, err := f.js.Consumer(t.Context(), wire.StreamCrates, wire.CrateConsumer(group))
		if err != nil {
			t.Fatal(err)
		}
		c := consumer.CachedInfo().Config
		if c.AckPolicy != jetstream.AckExplicitPolicy || c.MaxDeliver != -1 || c.MaxAckPending != 64 ||
			c.FilterSubject != wire.CrateSubject(group) || c.DeliverSubject != "" || c.InactiveThreshold != 0 {
			t.Errorf("consumer %d %+v", group, c)
		}
	}
}

// TestFullStream fills the stream: what was acknowledged stays, the rest comes
// back, and when a store has confirmed there is room again.
func TestFullStream(t *testing.T) {
	f, d := edge(t, Config{MaxBytes: 1 << 20})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	all := items(30, 64<<10)
	left := f.Forward(ctx, all)
	if len(left) == 0 || len(left) == len(all) {
		t.Fatalf("%d of %d envelopes came back from a stream of 1 MiB", len(left), len(all))
	}
	if s := f.Stats(); s.Retries != 0 || s.Refused == 0 || s.Refused > parallel || int(s.Envelopes)+len(left) != len(all) {
		t.Errorf("stats %+v with %d back, want no second try of what the stream refused", s, len(left))
	}
	nc, err := d.Conn(door.RoleStore)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	store, err := js.Consumer(ctx, wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		t.Fatal(err)
	}
	stored := confirm(ctx, t, store, len(all)-len(left))
	for len(left) > 0 && ctx.Err() == nil {
		before := len(left)
		left = f.Forward(ctx, left)
		stored += confirm(ctx, t, store, before-len(left))
	}
	if stored != len(all) {
		t.Errorf("the store has %d envelopes, want %d", stored, len(all))
	}
}

// confirm reads and confirms crates until it has n envelopes.
func confirm(ctx context.Context, t *testing.T, c jetstream.Consumer, n int) (got int) {
	t.Helper()
	for got < n {
		m, err := c.Next(jetstream.FetchMaxWait(20 * time.Second))
		if err != nil {
			t.Fatalf("after %d of %d: %v", got, n, err)
		}
		list, err := wire.ParseCrate(m.Data())
		if err := errors.Join(err, m.DoubleAck(ctx)); err != nil {
			t.Fatal(err)
		}
		got += len(list)
	}
	return got
}

// TestSilence takes the stream's side away: the same crate is tried again, and
// then its envelopes come back.
func TestSilence(t *testing.T) {
	f, _ := edge(t, Config{MaxBytes: 8 << 20})
	f.cfg.Edge.Close()
	all := items(3, 100)
	if left := f.Forward(t.Context(), all); len(left) != len(all) {
		t.Errorf("%d of %d came back", len(left), len(all))
	}
	if s := f.Stats(); s.Retries != publishTries-1 || s.Refused != 1 || s.Crates != 0 {
		t.Errorf("stats %+v, want %d more tries", s, publishTries-1)
	}
	f.subs = nil // closed with the connection
}

func TestPack(t *testing.T) {
	for name, c := range map[string]struct {
		items, size, groups, crates int
	}{
		"one":              {1, 1000, 1, 1},
		"none":             {0, 0, 1, 0},
		"many small":       {4096, 10, 1, 1},
		"one too many":     {4097, 10, 1, 2},
		"large":            {20, 64 << 10, 1, 3},
		"a group each":     {64, 100, 64, 64},
		"two groups":       {64, 100, 2, 2},
		"unequal, but all": {64, 100, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			in := items(c.items, c.size)
			crates := pack(in, c.groups)
			if len(crates) != c.crates {
				t.Errorf("%d crates, want %d", len(crates), c.crates)
			}
			out := 0
			for _, cr := range crates {
				list, err := wire.ParseCrate(cr.message().Data)
				if err != nil {
					t.Fatal(err)
				}
				out += len(list)
				for _, it := range cr.items {
					if wire.GroupOf(it.Partition, c.groups) != cr.group {
						t.Errorf("partition %d is in a crate of group %d", it.Partition, cr.group)
					}
				}
			}
			if out != len(in) {
				t.Errorf("%d envelopes came out of %d", out, len(in))
			}
		})
	}
}

func TestRoutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoutes(3, time.Hour)
		a := func(n byte) wire.Attempt { return wire.Attempt{n} }
		want := func(n byte, inbox string) {
			t.Helper()
			if got, ok := r.take(a(n)); got != inbox || ok != (inbox != "") {
				t.Errorf("route %d: %q, want %q", n, got, inbox)
			}
		}
		add := func(n byte, inbox string) { r.add([]pool.Item{{Attempt: a(n), Inbox: inbox}}) }
		add(1, "one")
		want(1, "one")
		want(1, "") // once
		add(2, "two")
		add(3, "three")
		add(2, "two again")
		add(4, "four")
		add(5, "five") // one too many: the oldest, three, goes
		want(3, "")
		want(2, "two again")
		time.Sleep(time.Hour)
		want(4, "") // too old
		add(6, "six")
		if waiting, forgotten := r.size(); waiting != 1 || forgotten != 3 {
			t.Errorf("%d wait and %d were forgotten, want 1 and 3", waiting, forgotten)
		}
	})
}
