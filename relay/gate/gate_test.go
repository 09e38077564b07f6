package gate

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// peers are the names that are live.
type peers map[string]bool

func (p peers) Live(name string) bool { return p[name] }

// poolFunc is a pool that does what the test says.
type poolFunc func(pool.Item) error

func (f poolFunc) Add(it pool.Item) error { return f(it) }

func put(class wire.Class, bucket int) []byte {
	e := wire.Envelope{Class: class, Partition: 5, Attempt: wire.Attempt{9}, Body: make([]byte, wire.Buckets[bucket]+wire.SealLen)}
	return e.Marshal()
}

// judging returns a gate without a connection, for what it decides by itself.
func judging(p peers, q Quota, decide func() Decision, add poolFunc, now func() time.Time) *Gate {
	q = q.withDefaults()
	return &Gate{cfg: Config{Peers: p, Pool: add, Decide: decide, Quota: q, Now: now}, ledger: newLedger(q, p.Live)}
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
			if h.Code == wire.Later && (h.Wait < 10*time.Second || h.Wait > 30*time.Second) {
				t.Errorf("wait %v, want 10 to 30 s", h.Wait)
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

// TestLedgerIsBounded lets many short connections pass on one day.
func TestLedgerIsBounded(t *testing.T) {
	live := peers{}
	l := newLedger(Quota{}.withDefaults(), live.Live)
	for i := range 20000 {
		name := fmt.Sprint(i)
		live[name] = true
		delete(live, fmt.Sprint(i-10))
		l.charge(name, wire.ClassNormal, 1)
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
