package ingest

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/daybook"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/rollup"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// bench is an ingest over real rows, keys and a real server for the replies, to
// which a test gives groups of crates by hand, on days of its choice.
type bench struct {
	t        *testing.T
	data     string
	secrets  *secret.Box
	headroom uint64
	today    calendar.Today
	db       *db.DB
	replies  *nats.Subscription
	*Ingest
}

func newBench(t *testing.T, today schema.Day) *bench {
	t.Helper()
	dir := t.TempDir()
	box, err := secret.Open(filepath.Join(dir, "keys"), nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, data: filepath.Join(dir, "store"), secrets: box, today: calendar.On(today)}
	conn := connect(t)
	if b.replies, err = conn.SubscribeSync(wire.SubjectReply); err != nil {
		t.Fatal(err)
	}
	b.open(conn)
	t.Cleanup(func() {
		if err := b.db.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

func connect(t *testing.T) *nats.Conn {
	t.Helper()
	ns, err := server.NewServer(&server.Options{DontListen: true, NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	conn, err := nats.Connect("", nats.InProcessServer(ns))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func (b *bench) open(conn *nats.Conn) {
	b.t.Helper()
	today := func() calendar.Today { return b.today }
	rows, err := db.Open(db.Config{Dir: b.data, Secrets: b.secrets, Headroom: b.headroom, Now: func() time.Time { return b.today.Day.Time() }})
	if err != nil {
		b.t.Fatal(err)
	}
	b.db = rows
	ledger, err := pages.OpenLedger(b.secrets.Dir(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	eraser, err := pages.NewEraser(b.t.Context(), pages.EraserConfig{Rows: rows, Ledger: ledger, Dir: b.data, Today: today})
	keys, err2 := OpenKeyring(b.secrets, false, b.today)
	book, err3 := daybook.Open(daybook.Config{Dir: b.data, Secrets: b.secrets, Today: today})
	if err := errors.Join(err, err2, err3); err != nil {
		b.t.Fatal(err)
	}
	b.Ingest, err = New(Config{
		Conn: conn, DB: rows, Keyring: keys, Registry: registry.BaseSet(), Eraser: eraser, Book: book, Today: today,
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// restart closes all and opens it again, as a restart of the store does.
func (b *bench) restart() {
	b.t.Helper()
	if err := b.db.Close(); err != nil {
		b.t.Fatal(err)
	}
	b.open(b.cfg.Conn)
}

// parcel is a crate in memory.
type parcel struct {
	data        []byte
	acked, nakd int
}

func (p *parcel) Data() []byte                     { return p.data }
func (p *parcel) Ack() error                       { p.acked++; return nil }
func (p *parcel) NakWithDelay(time.Duration) error { p.nakd++; return nil }

// give processes one group of crates and returns the crates and the status of
// each envelope, in order; 0 is no answer.
func (b *bench) give(crates ...[]*envelope.Sealed) (parcels []*parcel, out []wire.Status) {
	b.t.Helper()
	var group []*crate
	var all []*envelope.Sealed
	for _, c := range crates {
		var bytes [][]byte
		for _, s := range c {
			bytes = append(bytes, s.Bytes)
		}
		all = append(all, c...)
		parcels = append(parcels, &parcel{data: wire.MarshalCrate(bytes)})
		group = append(group, b.newCrate(parcels[len(parcels)-1]))
	}
	b.process(b.t.Context(), group)
	out = make([]wire.Status, len(all))
	for _, r := range b.replied() {
		i := slices.IndexFunc(all, func(s *envelope.Sealed) bool { return s.Attempt == r.Attempt })
		if i < 0 {
			b.t.Fatal("a reply to nobody")
		}
		opened, err := envelope.OpenReply(all[i].ReplyKey, r.Attempt, r.Reply[:])
		if err != nil || opened.Day != b.today.Day {
			b.t.Fatalf("reply %+v, %v", opened, err)
		}
		out[i] = opened.Status
	}
	return parcels, out
}

// one gives each envelope in a crate of its own, all in one group.
func (b *bench) one(envelopes ...*envelope.Sealed) []wire.Status {
	b.t.Helper()
	var crates [][]*envelope.Sealed
	for _, s := range envelopes {
		crates = append(crates, []*envelope.Sealed{s})
	}
	_, out := b.give(crates...)
	return out
}

// replied returns what was published since it was last called.
func (b *bench) replied() (out []wire.Routed) {
	b.t.Helper()
	end := []byte("end")
	if err := b.cfg.Conn.Publish(wire.SubjectReply, end); err != nil {
		b.t.Fatal(err)
	}
	for {
		m, err := b.replies.NextMsg(10 * time.Second)
		if err != nil {
			b.t.Fatal(err)
		}
		if string(m.Data) == string(end) {
			return out
		}
		rs, err := wire.ParseReplies(m.Data)
		if err != nil {
			b.t.Fatal(err)
		}
		out = append(out, rs...)
	}
}

// key returns the key that a host seals to whose clock shows a day.
func (b *bench) key(on schema.Day) wire.Key {
	l := b.cfg.Keyring.List()
	if k, ok := l.Active(on); ok {
		return k
	}
	return l.Keys[len(l.Keys)-1] // the clock is ahead of all
}

// seal seals c to the key that a host has whose clock shows a day.
func (b *bench) seal(on schema.Day, c envelope.Content) *envelope.Sealed {
	b.t.Helper()
	id := [16]byte(c.Batch)
	if c.Kind == envelope.Page {
		copy(id[:], c.Payload)
	}
	s, err := envelope.Seal(b.key(on), wire.PartitionOf(id), wire.ClassNormal, c)
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

// content returns a batch of a kind and day that counts one use of a command. n
// tells two contents from each other.
func (b *bench) content(kind envelope.Kind, d schema.Day, n uint32) envelope.Content {
	b.t.Helper()
	batch := schema.NewBatchID()
	if kind == envelope.Fragment {
		plain, err := codec.EncodeFragment(codec.Fragment{
			Day: d, Release: 1, Facets: facets, First: codec.FirstToday, Values: []codec.Measure{{
				Metric: "tacit.command.used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: uint64(n), Sum: int64(n),
			}},
		})
		if err != nil {
			b.t.Fatal(err)
		}
		return envelope.Content{Kind: kind, Batch: batch, Payload: plain}
	}
	plain, err := codec.EncodePage(codec.Page{Batch: batch, Writer: schema.Writer(batch), Release: 1})
	p, err2 := page.Seal(page.NewRoot([16]byte(batch)), d, n, page.Build{Release: 1, Version: "0.1.0"}, plain)
	if err := errors.Join(err, err2); err != nil {
		b.t.Fatal(err)
	}
	return envelope.Content{Kind: kind, Batch: batch, Payload: p.Marshal()}
}

var facets = []codec.Pair{{Name: "service.version", Value: "0.1.0"}, {Name: "os.type", Value: "linux"}}

// counted returns how many pages and installations are kept, of all days from
// first to last.
func (b *bench) counted(first, last schema.Day) (n int) {
	b.t.Helper()
	for m := first.Month(); m <= last.Month(); m++ {
		err := b.db.Scan(b.t.Context(), m, db.Pages, nil, func(_, _ []byte) error { n++; return nil })
		if err != nil {
			b.t.Fatal(err)
		}
	}
	for d := first; d <= last; d++ {
		sums, err := rollup.Read(b.t.Context(), b.db, rollup.Tuple{Day: d, Release: 1, Facets: facets})
		if err != nil {
			b.t.Fatal(err)
		}
		n += int(sums.Installations.Today)
	}
	return n
}
