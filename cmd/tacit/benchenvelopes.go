package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsdial"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// benchEnvelopeReport is how fast sealed envelopes went through relay and store.
type benchEnvelopeReport struct {
	Kind      string  `json:"kind"`
	Bytes     int     `json:"bytes"` // of the sealed content
	Count     int     `json:"count"`
	PerSecond float64 `json:"per_second"` // as it was, the sender on the same machine
	// OnTwoCores is what two cores carry that do nothing else: the count over
	// half of the CPU seconds of relay and store.
	OnTwoCores float64 `json:"per_second_on_two_cores_by_cpu"`
	RelayMicro float64 `json:"relay_cpu_us"`
	StoreMicro float64 `json:"store_cpu_us"`
}

func (e *benchEnvelopeReport) print(row func(name, format string, args ...any)) {
	row(fmt.Sprintf("%ss of %s B a second (G5)", e.Kind, cli.Thousands(e.Bytes)), "%s on two cores; %s measured; %.0f µs relay, %.0f µs store",
		cli.Thousands(int(e.OnTwoCores)), cli.Thousands(int(e.PerSecond)), e.RelayMicro, e.StoreMicro)
}

// Of the connections that send sealed envelopes.
const (
	benchSenders  = 16
	benchUnderWay = 256 // envelopes without a reply, of one connection
)

// benchEnvelopes measures relay and store alone, with envelopes that were
// sealed before. Its relay and store are new ones.
func benchEnvelopes(ctx context.Context, env *cli.Env, o benchOptions, dir string, r *benchReport) error {
	if o.envelopes == 0 {
		return nil
	}
	edge, err := startBenchEdge(ctx, env, dir, "")
	if err != nil {
		return err
	}
	defer edge.end()
	senders, err := openSenders(ctx, edge)
	if err != nil {
		return err
	}
	defer senders.close()
	for _, kind := range []envelope.Kind{envelope.Fragment, envelope.Page} {
		o.shown.say("%s of one %s each", cli.Count(o.envelopes, "envelope"), kind)
		sealed, err := sealAll(senders.key, kind, o.envelopes)
		if err != nil {
			return err
		}
		report, err := senders.measure(ctx, edge, kind, sealed)
		if err != nil {
			return err
		}
		r.Envelopes = append(r.Envelopes, report)
	}
	return edge.end()
}

// sealAll seals n envelopes, on all cores.
func sealAll(key wire.Key, kind envelope.Kind, n int) ([]*envelope.Sealed, error) {
	out, errs := make([]*envelope.Sealed, n), make([]error, 4)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range errs {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n) && errs[w] == nil; i = next.Add(1) - 1 {
				out[i], errs[w] = sealOne(key, kind)
			}
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// sealOne seals a fragment, or the page of an installation of its own.
func sealOne(key wire.Key, kind envelope.Kind) (*envelope.Sealed, error) {
	c := envelope.Content{Kind: kind, Batch: schema.NewBatchID()}
	today, partition := schema.DayOf(time.Now()), wire.PartitionOf(c.Batch)
	if kind == envelope.Fragment {
		plain, err := codec.EncodeFragment(benchFragment(today))
		if err != nil {
			return nil, err
		}
		c.Payload = plain
		return envelope.Seal(key, partition, wire.ClassNormal, c)
	}
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never returns an error
	build := page.Build{Release: registry.Base().Release, Version: cli.Version}
	p, err := page.Seal(page.NewRoot(id), today, 0, build, make([]byte, page.Capacity))
	if err != nil {
		return nil, err
	}
	c.Payload = p.Marshal()
	return envelope.Seal(key, wire.PartitionOf(p.Tag), wire.ClassNormal, c)
}

// benchFragment is what a host tells when little happened.
func benchFragment(today schema.Day) codec.Fragment {
	return codec.Fragment{
		Day: today, Release: registry.Base().Release, First: codec.FirstToday,
		Facets: []codec.Pair{{Name: "service.version", Value: cli.Version}, {Name: "os.type", Value: "linux"}},
		Values: []codec.Measure{{
			Metric: "tacit.command.used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: 1, Sum: 1, Buckets: []uint64{},
		}},
	}
}

// senders are connections as agents make them.
type senders struct {
	key   wire.Key
	links []*sender
}

// sender is one connection.
type sender struct {
	conn  *nats.Conn
	inbox string
	came  chan *nats.Msg
}

func openSenders(ctx context.Context, edge *benchEdge) (*senders, error) {
	s := &senders{}
	for range benchSenders {
		l := &sender{came: make(chan *nats.Msg, 4*benchUnderWay)}
		name := rand.Text()
		l.inbox = wire.InboxPrefix(name)
		var err error
		l.conn, _, err = natsdial.Connect(ctx, natsdial.Target{
			Address: edge.address, TLS: certificate.Client(edge.fingerprint, nil), Name: name, Credential: edge.credential, Inbox: l.inbox,
		}, func() {})
		if err != nil {
			return nil, errors.Join(fmt.Errorf("connect to the relay: %w", err), s.close())
		}
		s.links = append(s.links, l)
		if _, err := l.conn.ChanSubscribe(l.inbox+".*", l.came); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	return s, errors.Join(s.fetchKey(ctx, edge))
}

// fetchKey asks for the store's key until the relay has it.
func (s *senders) fetchKey(ctx context.Context, edge *benchEdge) error {
	ctx, cancel := context.WithTimeout(ctx, benchPatience)
	defer cancel()
	for {
		m, err := s.links[0].conn.RequestWithContext(ctx, wire.SubjectGetKeys, nil)
		if err == nil && len(m.Data) > 0 {
			list, err := envelope.VerifyKeyList(edge.vendor, m.Data)
			if err != nil {
				return err
			}
			key, ok := list.Active(schema.DayOf(time.Now()))
			if !ok {
				return fmt.Errorf("%w: the store has no key for today", errBench)
			}
			s.key = key
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("fetch the store's key: %w", errors.Join(err, ctx.Err()))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (s *senders) close() error {
	for _, l := range s.links {
		l.conn.Close()
	}
	return nil
}

// measure sends the envelopes and waits for all replies.
func (s *senders) measure(ctx context.Context, edge *benchEdge, kind envelope.Kind, sealed []*envelope.Sealed) (benchEnvelopeReport, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*benchPatience)
	defer cancel()
	began, cpu := time.Now(), edge.cpu()
	errs := make([]error, len(s.links))
	var wg sync.WaitGroup
	for i, l := range s.links {
		part := sealed[i*len(sealed)/len(s.links) : (i+1)*len(sealed)/len(s.links)]
		wg.Go(func() { errs[i] = l.send(ctx, part) })
	}
	wg.Wait()
	took, now := time.Since(began), edge.cpu()
	if err := errors.Join(errs...); err != nil {
		return benchEnvelopeReport{}, err
	}
	n := float64(len(sealed))
	relay, store := now.relay-cpu.relay, now.store-cpu.store
	return benchEnvelopeReport{
		Kind: kind.String(), Bytes: len(sealed[0].Bytes) - wire.HeaderLen - wire.SealLen, Count: len(sealed),
		PerSecond: n / took.Seconds(), OnTwoCores: 2 * n / (relay + store), RelayMicro: relay / n * 1e6, StoreMicro: store / n * 1e6,
	}, nil
}

// send sends envelopes over one connection, a bounded number at a time, and
// checks every reply.
func (l *sender) send(ctx context.Context, sealed []*envelope.Sealed) error {
	open := map[wire.Attempt]*envelope.Sealed{}
	for next := 0; next < len(sealed) || len(open) > 0; {
		for next < len(sealed) && len(open) < benchUnderWay {
			if err := l.put(sealed[next]); err != nil {
				return err
			}
			open[sealed[next].Attempt] = sealed[next]
			next++
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %d envelopes have no reply", errBench, len(open))
		case m := <-l.came:
			if err := l.take(m, open); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *sender) put(s *envelope.Sealed) error {
	return l.conn.PublishMsg(&nats.Msg{Subject: wire.SubjectPut, Reply: l.inbox + "." + hex.EncodeToString(s.Attempt[:]), Data: s.Bytes})
}

// take looks at a hint or a reply.
func (l *sender) take(m *nats.Msg, open map[wire.Attempt]*envelope.Sealed) error {
	var a wire.Attempt
	if _, err := hex.Decode(a[:], []byte(strings.TrimPrefix(m.Subject, l.inbox+"."))); err != nil || open[a] == nil {
		return nil // of one that was answered twice
	}
	if len(m.Data) == wire.ReplyLen {
		reply, err := envelope.OpenReply(open[a].ReplyKey, a, m.Data)
		if err != nil || reply.Status != wire.Stored {
			return fmt.Errorf("%w: an envelope was answered %s: %w", errBench, reply.Status, err)
		}
		delete(open, a)
		return nil
	}
	hint, err := wire.ParseHint(m.Data)
	switch {
	case err != nil || hint.Code == wire.Queued:
		return err
	case hint.Code == wire.Later:
		return l.put(open[a]) // the pool is full; it moves on by itself
	}
	return fmt.Errorf("%w: the relay answered %s", errBench, hint.Code)
}
