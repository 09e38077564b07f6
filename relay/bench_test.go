package relay

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// BenchmarkEnvelopes brings envelopes over eight connections through an edge,
// with its syncs, to a store that confirms and answers at once, and back to the
// reply. What the eight and the store need is in the figures too.
func BenchmarkEnvelopes(b *testing.B) {
	for bucket, size := range wire.Buckets[:2] {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) { benchmarkEnvelopes(b, bucket) })
	}
}

func benchmarkEnvelopes(b *testing.B, bucket int) {
	cfg := benchConfig(b)
	r, err := New(b.Context(), cfg)
	if err != nil {
		b.Fatal(err)
	}
	if err := r.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var store sync.WaitGroup
	defer func() {
		cancel()
		store.Wait()
		if err := r.Stop(context.Background()); err != nil {
			b.Error(err)
		}
	}()
	store.Go(func() { answer(ctx, b, r) })
	const conns = 8
	b.ResetTimer()
	var all sync.WaitGroup
	for i := range conns {
		n := b.N / conns
		if i < b.N%conns {
			n++
		}
		all.Go(func() { send(b, r, fmt.Sprintf("bench-connection-number-%02d", i), n, bucket) })
	}
	all.Wait()
	b.StopTimer()
	s := r.Stats()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "envelopes/s")
	b.ReportMetric(float64(s.Forward.Envelopes)/float64(max(1, s.Forward.Crates)), "envelopes/crate")
}

func benchConfig(b *testing.B) Config {
	return Config{
		Dir: b.TempDir() + "/relay", Listen: "127.0.0.1:0", Credential: credential, KeyList: keyList(),
		MinPeers: 8, MaxWait: 500 * time.Millisecond, FlushEvery: 50 * time.Millisecond, MaxStore: 1 << 30,
		Quota: gate.Quota{Envelopes: 1 << 40, Bytes: 1 << 60},
	}
}

// send puts n envelopes, as many at a time as a site does, and waits for all
// replies. A refusal ends it.
func send(b *testing.B, r *Relay, name string, n, bucket int) {
	c, err := dial(r, name, credential, nats.FlusherTimeout(5*time.Second))
	if err != nil {
		b.Error(err)
		return
	}
	defer c.Close()
	window, replies := make(chan struct{}, 512), make(chan struct{}, n)
	again := make(chan []byte, n)
	inbox := c.NewInbox()
	var mu sync.Mutex
	waiting := map[string]struct{}{}
	if _, err := c.Subscribe(inbox+".*", func(m *nats.Msg) {
		mu.Lock()
		defer mu.Unlock()
		_, ok := waiting[m.Subject]
		switch {
		case !ok:
		case len(m.Data) == wire.ReplyLen:
			delete(waiting, m.Subject)
			<-window
			replies <- struct{}{}
		case wire.HintCode(m.Data[1]) != wire.Queued:
			again <- m.Data
		}
	}); err != nil {
		b.Error(err)
		return
	}
	put := func(i int, data []byte) {
		subject := fmt.Sprintf("%s.%d", inbox, i)
		mu.Lock()
		waiting[subject] = struct{}{}
		mu.Unlock()
		if err := c.PublishRequest(wire.SubjectPut, subject, data); err != nil {
			b.Error(err)
		}
	}
	for i := range n {
		window <- struct{}{}
		e := envelope(uint8(i%wire.Partitions), wire.ClassNormal)
		e.Body = make([]byte, wire.Buckets[bucket]+wire.SealLen)
		put(i, e.Marshal())
	}
	for done := 0; done < n; {
		select {
		case <-replies:
			done++
		case no := <-again:
			h, err := wire.ParseHint(no)
			b.Errorf("an envelope was refused: %v, %v", h, err)
			return
		case <-time.After(20 * time.Second):
			b.Errorf("%d of %d replies", done, n)
			return
		}
	}
}

// answer is a store without a disk: it confirms crates and answers what is in
// them, until ctx ends.
func answer(ctx context.Context, b *testing.B, r *Relay) {
	nc, err := r.StoreConn()
	if err != nil {
		b.Error(err)
		return
	}
	js, err := jetstream.New(nc)
	if err != nil {
		b.Error(err)
		return
	}
	consumer, err := js.Consumer(b.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		b.Error(err)
		return
	}
	messages, err := consumer.Messages(jetstream.PullMaxMessages(64))
	if err != nil {
		b.Error(err)
		return
	}
	defer messages.Stop()
	for {
		m, err := messages.Next(jetstream.NextContext(ctx))
		if err != nil {
			return
		}
		list, err := wire.ParseCrate(m.Data())
		if err != nil {
			b.Error(err)
		}
		var replies []wire.Routed
		for _, one := range list {
			e, err := wire.ParseEnvelope(one)
			if err != nil {
				b.Error(err)
				continue
			}
			replies = append(replies, wire.Routed{Attempt: e.Attempt})
		}
		for i := 0; i < len(replies); i += 1024 {
			if err := nc.Publish(wire.SubjectReply, wire.MarshalReplies(replies[i:min(i+1024, len(replies))])); err != nil {
				return
			}
		}
		if err := m.Ack(); err != nil {
			return
		}
	}
}
