package gate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// peers are the names that are live.
type peers map[string]bool

func (p peers) Live(name string) bool { return p[name] }

// Source makes the two letters after a name its site and its network.
func (p peers) Source(name string, day schema.Day) (site int, network uint64) {
	if len(name) < 3 {
		return 0, 0
	}
	return int(name[1] - '0'), uint64(name[2]-'0') + uint64(day)<<32
}

// poolFunc is a pool that does what the test says.
type poolFunc func(pool.Item) error

func (f poolFunc) Add(it pool.Item) error { return f(it) }

func (f poolFunc) Later() time.Duration { return 17*time.Second + time.Millisecond }

func put(class wire.Class, bucket int) []byte {
	e := wire.Envelope{Class: class, Partition: 5, Attempt: wire.Attempt{9}, Body: make([]byte, wire.Buckets[bucket]+wire.SealLen)}
	return e.Marshal()
}

// judging returns a gate without a connection, for what it decides by itself.
func judging(p peers, q Quota, decide func() Decision, add poolFunc, now func() time.Time) *Gate {
	q = q.withDefaults()
	g := &Gate{cfg: Config{Peers: p, Pool: add, Decide: decide, Quota: q, Now: now}, ledger: newLedger(q, p)}
	g.keys.Store(&served{})
	return g
}

func TestJudge(t *testing.T) {
	good, user := put(wire.ClassNormal, 0), put(wire.ClassUser, 0)
	foreign := put(wire.ClassNormal, 0)
	foreign[0] = 2
	for name, c := range map[string]struct {
		data     []byte
		decision Decision
		full     error
		want     wire.HintCode
		reason   func(Stats) uint64
	}{
		"good":              {good, On, nil, wire.Queued, func(s Stats) uint64 { return s.Passed }},
		"another version":   {foreign, On, nil, wire.Reseal, func(s Stats) uint64 { return s.Refused.Form }},
		"cut":               {good[:len(good)-1], On, nil, wire.Reseal, func(s Stats) uint64 { return s.Refused.Form }},
		"too long":          {make([]byte, wire.MaxEnvelopeLen+1), On, nil, wire.Reseal, func(s Stats) uint64 { return s.Refused.Oversize }},
		"off":               {good, Off, nil, wire.Off, func(s Stats) uint64 { return s.Refused.Off }},
		"unknown":           {good, Unknown, nil, wire.Off, func(s Stats) uint64 { return s.Refused.Unknown }},
		"a decision of 200": {good, 200, nil, wire.Off, func(s Stats) uint64 { return s.Refused.Unknown }},
		"user while off":    {user, Off, nil, wire.Queued, func(s Stats) uint64 { return s.Passed }},
		"malformed and off": {good[:9], Off, nil, wire.Reseal, func(s Stats) uint64 { return s.Refused.Form }},
		"pool is full":      {good, On, pool.ErrFull, wire.Later, func(s Stats) uint64 { return s.Refused.Full }},
		"shut meanwhile":    {good, On, pool.ErrShut, wire.Off, func(s Stats) uint64 { return s.Refused.Off }},
		"next hop is away":  {good, On, pool.ErrStuck, wire.Later, func(s Stats) uint64 { return s.Refused.Full }},
		"share is full":     {good, On, pool.ErrShare, wire.Later, func(s Stats) uint64 { return s.Refused.Full }},
	} {
		t.Run(name, func(t *testing.T) {
			var got pool.Item
			g := judging(peers{"a": true}, Quota{}, func() Decision { return c.decision },
				func(it pool.Item) error { got = it; return c.full }, time.Now)
			h := g.judge("a", "_INBOX.a.1", c.data)
			if h.Code != c.want || c.reason(g.Stats()) != 1 {
				t.Errorf("hint %v, stats %+v, want %v", h, g.Stats(), c.want)
			}
			if _, err := wire.ParseHint(h.Marshal()); err != nil {
				t.Errorf("the hint has no form: %v", err)
			}
			if h.Code == wire.Later && h.Wait != 17*time.Second {
				t.Errorf("wait %v, want what the pool says", h.Wait)
			}
			if c.want == wire.Queued && (got.Peer != "a" || got.Inbox != "_INBOX.a.1" || got.Partition != 5 || got.Attempt != wire.Attempt{9} ||
				(got.Class == wire.ClassUser) != (name == "user while off")) {
				t.Errorf("the pool got %+v", got)
			}
		})
	}
}

// TestQuota uses up each quota, sees that a refusal by the pool costs nothing,
// and that a new day starts anew.
func TestQuota(t *testing.T) {
	now := time.Date(2026, 11, 21, 23, 30, 0, 0, time.UTC)
	var full error
	g := judging(peers{"a": true, "b": true}, Quota{Envelopes: 3, Bytes: 40 << 10, User: 2},
		func() Decision { return On }, func(pool.Item) error { return full }, func() time.Time { return now })
	say := func(peer string, class wire.Class, bucket int, want wire.HintCode) {
		t.Helper()
		h := g.judge(peer, "_INBOX."+peer+".1", put(class, bucket))
		if h.Code != want {
			t.Errorf("%s: %v, want %v", peer, h, want)
		}
		if full == nil && h.Code == wire.Later && (h.Wait < 30*time.Minute || h.Wait > 90*time.Minute) {
			t.Errorf("wait %v, want until the day has ended and at most an hour more", h.Wait)
		}
	}
	full = pool.ErrFull
	for range 5 {
		say("a", wire.ClassNormal, 0, wire.Later)
	}
	full = nil
	for range 3 {
		say("a", wire.ClassNormal, 0, wire.Queued)
	}
	say("a", wire.ClassNormal, 0, wire.Later)
	say("a", wire.ClassUser, 0, wire.Queued)
	say("a", wire.ClassUser, 3, wire.Queued)
	say("a", wire.ClassUser, 0, wire.Later)
	say("b", wire.ClassNormal, 2, wire.Queued)
	say("b", wire.ClassNormal, 2, wire.Queued)
	say("b", wire.ClassNormal, 2, wire.Later) // 48 KiB
	now = now.Add(time.Hour)
	say("a", wire.ClassNormal, 0, wire.Queued)
	say("a", wire.ClassUser, 0, wire.Queued)
}

// TestSums puts under many names: what counts by a site's credential and by the
// network holds for all of them together, until the day ends.
func TestSums(t *testing.T) {
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	g := judging(peers{"a11": true, "b11": true, "c12": true, "d21": true, "e01": true, "f03": true, "g03": true},
		Quota{Envelopes: 100, Bytes: 1 << 20, User: 100, Site: Sum{Envelopes: 3}, Network: Sum{Envelopes: 6, Bytes: 5 * 1200}},
		func() Decision { return On }, func(pool.Item) error { return nil }, func() time.Time { return now })
	say := func(peer string, class wire.Class, bucket int, want wire.HintCode) {
		t.Helper()
		if h := g.judge(peer, "_INBOX."+peer+".1", put(class, bucket)); h.Code != want {
			t.Errorf("%s: %v, want %v", peer, h, want)
		}
	}
	say("a11", wire.ClassNormal, 0, wire.Queued)
	say("b11", wire.ClassNormal, 0, wire.Queued)
	say("c12", wire.ClassUser, 0, wire.Queued) // the same credential, another network
	say("a11", wire.ClassNormal, 0, wire.Later)
	say("c12", wire.ClassUser, 0, wire.Later)
	say("d21", wire.ClassNormal, 0, wire.Queued)
	say("e01", wire.ClassNormal, 0, wire.Queued) // the channel's credential
	say("e01", wire.ClassNormal, 0, wire.Queued) // the network's fifth
	say("e01", wire.ClassNormal, 0, wire.Later)  // too many bytes
	say("f03", wire.ClassNormal, 1, wire.Queued)
	say("g03", wire.ClassNormal, 1, wire.Later)
	now = now.Add(24 * time.Hour)
	say("a11", wire.ClassNormal, 0, wire.Queued)
	say("g03", wire.ClassNormal, 1, wire.Queued)
}

// TestNetworksAreBounded brings envelopes from ever new networks.
func TestNetworksAreBounded(t *testing.T) {
	l := newLedger(Quota{Envelopes: 1, Network: Sum{Envelopes: 2}}, peers{})
	for n := range uint64(maxNetworks) + 10 {
		l.charge(bill{peer: "a", network: n + 1, bytes: 1})
	}
	if n := len(l.networks); n != maxNetworks+1 || l.networks[otherwise].envelopes != 10 {
		t.Errorf("%d networks, want %d and one for the %d others", n, maxNetworks, l.networks[otherwise].envelopes)
	}
}

// TestLedgerIsBounded lets many short connections pass on one day.
func TestLedgerIsBounded(t *testing.T) {
	live := peers{}
	l := newLedger(Quota{}.withDefaults(), live)
	for i := range 20000 {
		name := fmt.Sprint(i)
		live[name] = true
		delete(live, fmt.Sprint(i-10))
		b, _ := l.allows(1, name, wire.ClassNormal, 1)
		l.charge(b)
	}
	if n := len(l.used); n > firstPrune {
		t.Errorf("%d connections are kept, ten live", n)
	}
	if l.used["19999"].envelopes != 1 {
		t.Error("a live connection was forgotten")
	}
}

func TestPeerOf(t *testing.T) {
	p := peers{"live": true, "": true}
	for reply, want := range map[string]string{
		"_INBOX.live.Ab9":       "live",
		"_INBOX.live.Ab9.x-y_z": "live",
		"_INBOX.dead.Ab9":       "",
		"_INBOX.live":           "",
		"_INBOX.live.":          "",
		"_INBOX.live.a..b":      "",
		"_INBOX.live.*":         "",
		"_INBOX.live.>":         "",
		"_INBOX.live.a b":       "",
		"_INBOX.live.ä":         "",
		"_INBOX..a":             "",
		"_INBOX.live." + strings.Repeat("a", 300): "",
		"tacit.put":      "",
		"":               "",
		"x_INBOX.live.a": "",
	} {
		got, ok := peerOf(reply, p)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, want %q", reply, got, want)
		}
	}
}

func FuzzPeerOf(f *testing.F) {
	f.Add("_INBOX.live.a.b")
	f.Add("_INBOX.live.*")
	f.Fuzz(func(t *testing.T, reply string) {
		name, ok := peerOf(reply, peers{"live": true})
		if ok && (name != "live" || !strings.HasPrefix(reply, "_INBOX.live.") || strings.ContainsAny(reply, "*> \t\r\n")) {
			t.Errorf("%q was taken as an inbox of %q", reply, name)
		}
	})
}

// FuzzPut: whatever somebody puts, there is one hint of right form, and only an
// envelope gets into the pool, as it came.
func FuzzPut(f *testing.F) {
	f.Add(put(wire.ClassNormal, 0))
	f.Add(put(wire.ClassUser, 1))
	f.Add([]byte{wire.Version})
	f.Fuzz(func(t *testing.T, data []byte) {
		var got []pool.Item
		g := judging(peers{"a": true}, Quota{}, func() Decision { return On },
			func(it pool.Item) error { got = append(got, it); return nil }, time.Now)
		h := g.judge("a", "_INBOX.a.1", data)
		back, err := wire.ParseHint(h.Marshal())
		if err != nil || back != h {
			t.Errorf("hint %v has no form: %v", h, err)
		}
		_, bad := wire.ParseEnvelope(data)
		if (bad == nil) != (h.Code == wire.Queued) || (h.Code == wire.Queued) != (len(got) == 1) {
			t.Errorf("%v for %d bytes, form %v, %d in the pool", h, len(data), bad, len(got))
		}
		if len(got) == 1 && (string(got[0].Envelope) != string(data) || got[0].Partition >= wire.Partitions) {
			t.Error("the pool got something else")
		}
	})
}

func TestLaterFitsItsForm(t *testing.T) {
	for _, wait := range []time.Duration{-time.Hour, 0, time.Millisecond, 90 * time.Second, 48 * time.Hour} {
		h, err := wire.ParseHint(later(wait).Marshal())
		if err != nil || h.Wait < time.Second {
			t.Errorf("later(%v) is %v: %v", wait, h.Wait, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a gate between nothing was made")
	}
	g := &Gate{}
	if err := g.SetKeyList([]byte{1, 2}); !errors.Is(err, wire.ErrForm) {
		t.Errorf("a list of wrong form: %v", err)
	}
}
