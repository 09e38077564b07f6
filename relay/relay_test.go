package relay

import (
	"bytes"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func TestPutToReply(t *testing.T) {
	r := start(t, config(t))
	store, consumer := crates(t, r, 0)
	e := envelope(3, wire.ClassNormal)
	began := time.Now()
	hint, inbox := put(t, agent(t, r), e.Marshal())
	if hint.Code != wire.Queued {
		t.Fatalf("hint %v, want queued", hint)
	}
	got := next(t, consumer)
	if len(got) != 1 || !bytes.Equal(got[0], e.Marshal()) {
		t.Fatalf("the crate has %d envelopes, want the one that was put", len(got))
	}
	if waited := time.Since(began); waited > 4*time.Second { // the rest is for a busy machine
		t.Errorf("the crate took %v, want at most 200 ms and a sync", waited)
	}
	other := envelope(3, wire.ClassNormal)
	reply := wire.Routed{Attempt: e.Attempt}
	_, _ = rand.Read(reply.Reply[:])
	if err := store.Publish(wire.SubjectReply, wire.MarshalReplies([]wire.Routed{{Attempt: other.Attempt}, reply, reply})); err != nil {
		t.Fatal(err)
	}
	m, err := inbox.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatalf("no reply: %v", err)
	}
	if !bytes.Equal(m.Data, reply.Reply[:]) || m.Header != nil {
		t.Errorf("reply of %d bytes with headers %v, want the store's %d bytes alone", len(m.Data), m.Header, wire.ReplyLen)
	}
	eventually(t, "one reply and two strays", func() bool {
		s := r.Stats().Forward
		return s.Replies == 1 && s.Strays == 2 && s.Waiting == 0
	})
	// The stream tells a store of a crate before it tells the relay that it is on disk.
	eventually(t, "one of each", func() bool {
		s := r.Stats()
		return s.Gate.Passed == 1 && s.Forward.Envelopes == 1 && s.Pool.Passed == 1 && s.Pool.Items == 0
	})
}

func TestKeyList(t *testing.T) {
	r := start(t, config(t))
	a := agent(t, r)
	ask := func() []byte {
		m, err := a.Request(wire.SubjectGetKeys, nil, 20*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return m.Data
	}
	if !bytes.Equal(ask(), keyList()) {
		t.Error("the key list is not served as it is")
	}
	if err := r.SetKeyList([]byte("no list")); err == nil {
		t.Error("a list of wrong form was taken")
	}
	newer := keyList()
	newer[len(newer)-1] = 1
	if err := r.SetKeyList(newer); !errors.Is(err, ErrOldKeys) {
		t.Errorf("another list of the same version: %v", err)
	}
	newer[9]++ // the version's last byte
	if err := r.SetKeyList(newer); err != nil || !bytes.Equal(ask(), newer) {
		t.Errorf("the new key list is not served: %v", err)
	}
}

func TestGroups(t *testing.T) {
	cfg := config(t)
	cfg.Groups = 2
	r := start(t, cfg)
	_, low := crates(t, r, 0)
	_, high := crates(t, r, 1)
	a := agent(t, r)
	first, last := envelope(31, wire.ClassNormal), envelope(32, wire.ClassNormal)
	put(t, a, first.Marshal())
	put(t, a, last.Marshal())
	if got := next(t, low); len(got) != 1 || !bytes.Equal(got[0], first.Marshal()) {
		t.Error("group 0 did not get partition 31")
	}
	if got := next(t, high); len(got) != 1 || !bytes.Equal(got[0], last.Marshal()) {
		t.Error("group 1 did not get partition 32")
	}
}

// TestStopKeepsQueued stops a relay whose pool would wait for hours, and finds
// what it had queued in the stream of the next one.
func TestStopKeepsQueued(t *testing.T) {
	cfg := config(t)
	cfg.MinPeers, cfg.MaxWait, cfg.FlushEvery = 8, time.Hour, time.Hour
	r := start(t, cfg)
	a := agent(t, r)
	want := map[string]bool{}
	for i := range 20 {
		e := envelope(uint8(i), wire.ClassNormal)
		if h, _ := put(t, a, e.Marshal()); h.Code != wire.Queued {
			t.Fatalf("hint %v, want queued", h)
		}
		want[string(e.Marshal())] = true
	}
	began := time.Now()
	stop(t, r)
	if took := time.Since(began); took > stopWithin {
		t.Errorf("stop took %v, want at most %v", took, stopWithin)
	}
	if s := r.Stats().Pool; s.Passed != 20 || s.Thin != 20 || s.Items != 0 {
		t.Errorf("pool after stop %+v, want 20 passed, all thin", s)
	}
	cfg.MaxStore = 32 << 20 // less than the stream on disk was made with
	again := start(t, cfg)
	_, consumer := crates(t, again, 0)
	for _, e := range next(t, consumer) {
		delete(want, string(e))
	}
	if len(want) != 0 {
		t.Errorf("%d of 20 queued envelopes are gone", len(want))
	}
}

func TestQuotaAndDecision(t *testing.T) {
	cfg := siteConfig(t)
	cfg.Quota = gate.Quota{Envelopes: 2, User: 1}
	r := start(t, cfg)
	a := agent(t, r)
	say := func(c *nats.Conn, class wire.Class) wire.HintCode {
		e := envelope(0, class)
		h, _ := put(t, c, e.Marshal())
		return h.Code
	}
	steps := []struct {
		site  wire.Switch
		class wire.Class
		want  wire.HintCode
	}{
		{wire.SwitchOn, wire.ClassNormal, wire.Queued},
		{wire.SwitchOff, wire.ClassNormal, wire.Off},
		{wire.SwitchOff, wire.ClassUser, wire.Queued},
		{wire.SwitchOff, wire.ClassUser, wire.Later},
		{wire.SwitchOn, wire.ClassNormal, wire.Queued},
		{wire.SwitchOn, wire.ClassNormal, wire.Later},
	}
	for i, s := range steps {
		decide(t, r, s.site, s.site)
		if got := say(a, s.class); got != s.want {
			t.Errorf("step %d: %v, want %v", i, got, s.want)
		}
	}
	if got := say(agent(t, r), wire.ClassNormal); got != wire.Queued {
		t.Errorf("another connection: %v, want queued", got)
	}
}

func TestMalformed(t *testing.T) {
	r := start(t, config(t))
	a := agent(t, r)
	for name, data := range map[string][]byte{
		"empty": nil, "short": {1, 2, 3}, "oversize": make([]byte, wire.MaxEnvelopeLen+1),
	} {
		if h, _ := put(t, a, data); h.Code != wire.Reseal {
			t.Errorf("%s: %v, want reseal", name, h)
		}
	}
	e := envelope(0, wire.ClassNormal)
	if err := a.Publish(wire.SubjectPut, e.Marshal()); err != nil {
		t.Fatal(err)
	}
	for _, inbox := range []string{"tacit.put", "_INBOX.someone-else-altogether.1", wire.SubjectPolicy} {
		if err := a.PublishRequest(wire.SubjectPut, inbox, e.Marshal()); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "four puts of strangers", func() bool { return r.Stats().Gate.Refused.Stranger == 4 })
	if s := r.Stats().Gate; s.Passed != 0 || s.Refused.Form != 2 || s.Refused.Oversize != 1 {
		t.Errorf("gate %+v, want two of wrong form and one oversize", s)
	}
}

func TestStoppedAndTwice(t *testing.T) {
	began := time.Now()
	r := start(t, config(t))
	t.Logf("started in %v", time.Since(began))
	if err := r.Start(t.Context()); err == nil {
		t.Error("a second Start was taken")
	}
	began = time.Now()
	stop(t, r)
	t.Logf("stopped in %v", time.Since(began))
	stop(t, r)
	if _, err := r.StoreConn(); err == nil {
		t.Error("a stopped relay gave a connection")
	}
}
