package linkage

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	mathrand "math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// envelopeLen is the length of an envelope as it goes over the wire; what is in
// it does not matter to a relay.
const envelopeLen = wire.HeaderLen + wire.SentBucket + wire.SealLen

// put is what the attacker sees at the door, or an envelope behind the pool.
type put struct {
	who  int // the connection; for what arrives, the truth that he guesses
	at   time.Time
	size int

	crate, place, of int       // of what arrives: in which crate, where in it, and of how many
	before           time.Time // when the crate before came
}

// watched is a real edge, watched on both sides.
type watched struct {
	t       *testing.T
	senders []*nats.Conn
	inboxes []string
	arrived chan []put
	crates  int
	sent    map[wire.Attempt]int // who
	door    []put                // in order
	behind  []put                // in order of arrival
}

// watch starts an edge with this pool, so many agents, and somebody who reads
// its crates.
func watch(t *testing.T, agents int, cfg relay.Config) *watched {
	t.Helper()
	const plenty = 1 << 40
	cfg.Dir, cfg.Listen, cfg.Credential = filepath.Join(t.TempDir(), "relay"), "127.0.0.1:0", credential
	cfg.Quota = gate.Quota{Envelopes: plenty, Bytes: plenty}
	r, err := relay.New(t.Context(), cfg)
	if err == nil {
		err = r.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Stop(context.Background()) })
	w := &watched{t: t, arrived: make(chan []put, 1<<12), sent: map[wire.Attempt]int{}}
	for range agents {
		w.join(r.Addr().String())
	}
	w.read(r)
	return w
}

func (w *watched) join(relay string) {
	w.t.Helper()
	name := rand.Text()
	inbox := wire.InboxPrefix(name)
	c, err := nats.Connect("nats://"+relay, nats.UserInfo(name, credential), nats.CustomInboxPrefix(inbox), nats.NoReconnect())
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(c.Close)
	w.senders, w.inboxes = append(w.senders, c), append(w.inboxes, inbox)
}

// read takes the crates as they come.
func (w *watched) read(r *relay.Relay) {
	w.t.Helper()
	conn, err := r.StoreConn()
	if err != nil {
		w.t.Fatal(err)
	}
	js, err := jetstream.New(conn)
	if err != nil {
		w.t.Fatal(err)
	}
	consumer, err := js.Consumer(w.t.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		w.t.Fatal(err)
	}
	consuming, err := consumer.Consume(func(m jetstream.Msg) {
		w.arrived <- unpack(m.Data())
		_ = m.Ack()
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(consuming.Stop)
}

// unpack reads a crate.
func unpack(b []byte) (out []put) {
	envelopes, err := wire.ParseCrate(b)
	if err != nil {
		return nil
	}
	now := time.Now()
	for i, e := range envelopes {
		out = append(out, put{at: now, size: len(e), place: i, of: len(envelopes), who: int(binary.BigEndian.Uint32(e[attemptAt:]))})
	}
	return out
}

// attemptAt is where the attempt stands in an envelope. The test writes into it
// who sent it, which is how it knows the truth; an agent's attempt is random.
var attemptAt = func() int {
	e := wire.Envelope{Attempt: wire.Attempt{0: 0xa5, 15: 0x5a}, Body: make([]byte, wire.SentBucket+wire.SealLen)}
	b := e.Marshal()
	for i := range b {
		if b[i] == 0xa5 {
			return i
		}
	}
	panic("an envelope has no attempt")
}()

// send puts one envelope and waits until the relay says that it is queued.
func (w *watched) send(who int) {
	w.t.Helper()
	e := wire.Envelope{KeyID: 7, Body: make([]byte, wire.SentBucket+wire.SealLen)}
	_, _ = rand.Read(e.Body)
	_, _ = rand.Read(e.Attempt[:])
	binary.BigEndian.PutUint32(e.Attempt[:], uint32(who))
	b := e.Marshal()
	m, err := w.senders[who].Request(wire.SubjectPut, b, patience)
	if err != nil {
		w.t.Fatal(err)
	}
	if h, err := wire.ParseHint(m.Data); err != nil || h.Code != wire.Queued {
		w.t.Fatalf("a put is answered %v, %v", h, err)
	}
	w.door = append(w.door, put{who: who, at: time.Now(), size: len(b)})
}

// take notes what has arrived, and waits for it when wait is set. It returns
// who is not in the pool any more.
func (w *watched) take(wait bool) (left []int) {
	w.t.Helper()
	for {
		var crate []put
		if wait {
			select {
			case crate = <-w.arrived:
			case <-time.After(patience):
				w.t.Fatal("nothing leaves the pool")
			}
		} else {
			select {
			case crate = <-w.arrived:
			default:
				return left
			}
		}
		wait = false
		before := time.Time{}
		if len(w.behind) > 0 {
			before = w.behind[len(w.behind)-1].at
		}
		for _, p := range crate {
			p.crate, p.before = w.crates, before
			w.behind, left = append(w.behind, p), append(left, p.who)
		}
		w.crates++
	}
}

// pause lets a random time pass, of this mean: agents send when they like.
func pause(random *mathrand.Rand, mean time.Duration) {
	time.Sleep(time.Duration(random.ExpFloat64() * float64(mean)))
}
