package agent_test

import (
	"crypto/ed25519"
	"encoding/binary"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// vault is a relay and, behind it, a store of the test's own: it remembers tags
// and forgets those that it is shown the right to.
type vault struct {
	t     *testing.T
	relay *relay.Relay
	key   *envelope.PrivateKey

	mu     sync.Mutex
	pages  map[page.Tag]page.Witness
	silent bool
}

func newVault(t *testing.T) (v *vault, change func(*agent.Config)) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v = &vault{t: t, pages: map[page.Tag]page.Witness{}}
	if v.key, err = envelope.NewPrivateKey(1, schema.DayOf(time.Now())-1); err != nil {
		t.Fatal(err)
	}
	var dials func(*agent.Config)
	v.relay, dials = newRelay(t, func(c *relay.Config) {
		c.KeyList = envelope.SignKeyList(private, &wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{v.key.Public()}})
		c.MaxWait, c.FlushEvery = 20*time.Millisecond, 5*time.Millisecond
	})
	v.consume()
	return v, func(c *agent.Config) {
		dials(c)
		c.Vendor, c.Window, c.Interval, c.Facts = public, time.Millisecond, time.Hour, time.Hour
	}
}

func (v *vault) consume() {
	nc, err := v.relay.StoreConn()
	if err != nil {
		v.t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		v.t.Fatal(err)
	}
	consumer, err := js.Consumer(v.t.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		v.t.Fatal(err)
	}
	running, err := consumer.Consume(func(m jetstream.Msg) {
		envelopes, err := wire.ParseCrate(m.Data())
		if err != nil {
			v.t.Error(err)
		}
		for _, b := range envelopes {
			if r, ok := v.take(b); ok {
				_ = nc.Publish(wire.SubjectReply, wire.MarshalReplies([]wire.Routed{r}))
			}
		}
		_ = m.Ack()
	})
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { running.Stop(); <-running.Closed() })
}

func (v *vault) take(b []byte) (r wire.Routed, ok bool) {
	e, err := wire.ParseEnvelope(b)
	if err != nil {
		v.t.Fatal(err)
	}
	o, err := envelope.Open(v.key, e)
	if err != nil {
		v.t.Error(err)
		return r, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.silent {
		return r, false
	}
	answer := envelope.Reply{Status: wire.Stored, Day: schema.DayOf(time.Now()), Batch: o.Batch}
	switch o.Kind {
	case envelope.Page:
		p, err := page.Parse(o.Payload)
		if err != nil {
			v.t.Error(err)
		}
		v.pages[p.Tag] = p.Witness
	case envelope.Erase:
		answer.Status, answer.Data = wire.Done, v.erase(o.Payload)
	}
	r.Attempt = e.Attempt
	r.Reply, err = envelope.SealReply(o.ReplyKey, e.Attempt, answer)
	return r, err == nil
}

func (v *vault) erase(payload []byte) []byte {
	items, err := page.ParseErasures(payload)
	if err != nil {
		v.t.Error(err)
	}
	n := uint32(0)
	for _, item := range items {
		if w, ok := v.pages[item.Tag]; ok && w == item.Right.Witness() {
			delete(v.pages, item.Tag)
			n++
		}
	}
	data := binary.BigEndian.AppendUint32((schema.DayOf(time.Now()) + 3).Bytes(), n)
	return binary.BigEndian.AppendUint32(data, uint32(len(items))-n)
}

// of counts the pages of an installation of today.
func (v *vault) of(t *testing.T, in local.Installation) (n int) {
	t.Helper()
	root := page.NewRoot(uuid.MustParse(in.ID))
	v.mu.Lock()
	defer v.mu.Unlock()
	for i := range uint32(32) {
		if _, ok := v.pages[root.Day(schema.DayOf(time.Now())).Tag(i)]; ok {
			n++
		}
	}
	return n
}

func (v *vault) mute(silent bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.silent = silent
}
