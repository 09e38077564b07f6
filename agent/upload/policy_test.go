package upload_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestPolicyFirst: nothing but the policy is asked for, and no envelope leaves,
// until the relay has told a policy on this very connection.
func TestPolicyFirst(t *testing.T) {
	for name, c := range map[string]struct {
		answer []byte // nil: none in time
		want   error
		hears  bool
	}{
		"on":                {policy(7, wire.SwitchOn), nil, true},
		"none":              {[]byte{}, nil, true},
		"off":               {policy(7, wire.SwitchOff), upload.ErrHeld, true},
		"held":              {policy(7, wire.Held), upload.ErrHeld, true},
		"too short":         {policy(7, wire.SwitchOn)[:24], upload.ErrHeld, false},
		"of another form":   {append([]byte{9}, policy(7, wire.SwitchOn)[1:]...), upload.ErrHeld, false},
		"no such switch":    {policy(7, wire.Switch(3)), upload.ErrHeld, false},
		"a hint":            {wire.Hint{Code: wire.Off}.Marshal(), upload.ErrHeld, false},
		"everything it has": {make([]byte, 1<<16), upload.ErrHeld, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			l.tell(c.answer)
			h := newHost(t, l.server.ClientURL())
			h.site.heard = []wire.Policy{{Revision: 1, CEIP: wire.SwitchOn}} // of an earlier connection
			h.fragment()
			h.flush(c.want)
			_, heard := h.site.last()
			if sent := len(l.seen()) > 0; sent != (c.want == nil) || sent != (l.asked.Load() > 0) {
				t.Errorf("%d envelopes and %d requests for keys", len(l.seen()), l.asked.Load())
			}
			if hears := len(h.site.heard) > 1 || h.site.none > 0; hears != c.hears || !heard {
				t.Errorf("heard %v and %d times none", h.site.heard, h.site.none)
			}
			if readable := h.up.Trouble() == ""; readable != c.hears {
				t.Errorf("trouble %q", h.up.Trouble())
			}
		})
	}
}

// TestNoAnswer: a relay that does not tell its policy is no reason to send, and
// is asked again.
func TestNoAnswer(t *testing.T) {
	l := newLiar(t)
	l.hush()
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	if _, err := h.up.Flush(t.Context(), true); err == nil || len(l.seen()) != 0 || l.asked.Load() != 0 {
		t.Errorf("%v, %d envelopes and %d requests for keys", err, len(l.seen()), l.asked.Load())
	}
	if got := h.up.Trouble(); got == "" {
		t.Error("nothing says what is wrong")
	}
	l.speak()
	h.flush(nil)
	h.pending(0)
	if got := h.up.Trouble(); got != "" {
		t.Errorf("trouble %q", got)
	}
}

// TestUnreadablePush holds the connection for good; another one is free of it.
func TestUnreadablePush(t *testing.T) {
	for name, push := range map[string][]byte{"empty": {}, "cut": policy(2, wire.SwitchOn)[:3], "noise": []byte("on, please")} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			h := newHost(t, l.server.ClientURL())
			h.fragment()
			h.flush(nil)
			l.push(push)
			eventually(t, "it is noticed", func() bool { return h.up.Trouble() != "" })
			l.decide(3, wire.SwitchOn)
			eventually(t, "what comes later is heard", func() bool { p, _ := h.site.last(); return p.Revision == 3 })
			h.fragment()
			h.flush(upload.ErrHeld)
			h.pending(1)
			h.up.Hangup()
			h.flush(nil)
			h.pending(0)
			if got := h.up.Trouble(); got != "" {
				t.Errorf("trouble %q", got)
			}
		})
	}
}

// TestCannotKeep: a policy that cannot be kept was not heard.
func TestCannotKeep(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	h.flush(nil)
	h.site.mu.Lock()
	h.site.err = errors.New("the disk is full")
	h.site.mu.Unlock()
	h.up.Hangup()
	h.fragment()
	h.flush(h.site.err)
	h.pending(1)
	if n := len(l.seen()); n != 1 {
		t.Errorf("%d envelopes were sent", n)
	}
}

// TestOvertaken: an answer that a push has overtaken says nothing.
func TestOvertaken(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	l.tell(nil)
	ended := make(chan error, 1)
	go func() { ended <- h.up.Hear(t.Context()) }()
	asker := <-l.polls
	l.push(policy(9, wire.SwitchOff))
	eventually(t, "the push is heard", func() bool { p, _ := h.site.last(); return p.Revision == 9 })
	if err := l.conn.Publish(asker, policy(8, wire.SwitchOn)); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if p, _ := h.site.last(); p.Revision != 9 {
		t.Errorf("the last that was heard is revision %d", p.Revision)
	}
}

// TestOffStopsARound: at the site's word, envelopes that wait for their moment
// stay, the wait for a reply ends, the connection stays, and nothing is asked
// for on it until the site says on.
func TestOffStopsARound(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) { c.Window = 8 * time.Second })
	l.say(func(got, func([]byte)) {}) // no reply
	for range 8 {
		h.fragment()
	}
	ended := make(chan error, 1)
	go func() {
		_, err := h.up.Flush(t.Context(), false)
		ended <- err
	}()
	eventually(t, "the first envelope", func() bool { return len(l.seen()) > 0 })
	start := time.Now()
	l.decide(2, wire.SwitchOff)
	if err := <-ended; !errors.Is(err, upload.ErrHeld) {
		t.Errorf("the round ended with %v", err)
	}
	if took := time.Since(start); took > 4*time.Second { // the rest is for a busy machine
		t.Errorf("took %v, a second is promised", took)
	}
	h.pending(8)
	sent := len(l.seen())
	conns, messages := l.guests()
	h.flush(upload.ErrHeld)
	if err := h.up.Hear(t.Context()); err != nil {
		t.Error(err)
	}
	if c, m := l.guests(); c != 1 || conns != 1 || m != messages {
		t.Errorf("%d connections with %d messages while off, want 1 with none", c, m-messages)
	}
	l.say(func(g got, say func([]byte)) { say(g.reply(t, wire.Stored, today)) })
	l.decide(3, wire.SwitchOn)
	eventually(t, "the yes is heard", h.site.on)
	h.flush(nil)
	h.pending(0)
	if polled := l.polled.Load(); polled != 1 || len(l.seen()) != sent+8 {
		t.Errorf("the policy was asked for %d times, %d envelopes were sent", polled, len(l.seen()))
	}
}

// TestNothingIsAskedWhileOff: a connection that begins while the site is off
// carries the subscription only, and the push that says on is enough.
func TestNothingIsAskedWhileOff(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.site.heard = []wire.Policy{{Revision: 1, CEIP: wire.SwitchOff, CSP: wire.SwitchOff}}
	h.fragment()
	if err := h.up.Hear(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.flush(upload.ErrHeld)
	eventually(t, "the connection", func() bool { conns, _ := l.guests(); return conns == 1 })
	if _, messages := l.guests(); messages != 0 {
		t.Errorf("%d messages came while the site is off", messages)
	}
	eventually(t, "the subscription to the policy", func() bool { return l.listeners() == 1 })
	l.decide(2, wire.SwitchOn)
	eventually(t, "the yes is heard", h.site.on)
	h.flush(nil)
	h.pending(0)
	if n := l.polled.Load(); n != 0 {
		t.Errorf("the policy was asked for %d times", n)
	}
}

// TestRefusedProgrammes: a batch with something of a programme that does not
// take part stays, and keeps no other from going.
func TestRefusedProgrammes(t *testing.T) {
	l := newLiar(t)
	refused := map[schema.BatchID]bool{}
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) {
		c.MayGo = func(b spool.Batch) (bool, error) { return !refused[b.ID], nil }
	})
	for range 20 { // more than pages may be under way
		refused[h.page()] = true
	}
	h.page()
	h.fragment()
	if sum := h.flush(nil); sum.Sent != 2 || sum.Batches != 2 {
		t.Errorf("summary %+v", sum)
	}
	h.pending(20)
	clear(refused)
	h.flush(nil)
	h.pending(0)
}

// TestRefusedOnTheWay: a programme that is refused after its batch was chosen,
// while the connection is made on which that is heard, keeps the batch here.
func TestRefusedOnTheWay(t *testing.T) {
	l := newLiar(t)
	var asked atomic.Int64
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) {
		c.MayGo = func(spool.Batch) (bool, error) { return asked.Add(1) == 1, nil }
	})
	h.fragment()
	if sum := h.flush(nil); sum.Sent != 0 || sum.Batches != 0 {
		t.Errorf("summary %+v", sum)
	}
	h.pending(1)
	if n := len(h.entries()); n != 0 {
		t.Errorf("the outbox says that %d were sent", n)
	}
}
