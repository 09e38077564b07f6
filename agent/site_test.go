package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// decide is what the administrator's checkbox does.
func decide(t *testing.T, r *relay.Relay, s wire.Switch) {
	t.Helper()
	p := r.Policy()
	now := p.State().Policy
	_, err := p.Save(t.Context(), "a test", now.Revision, policy.Settings{CEIP: s, CSP: s, Level: schema.Standard}, now.Release)
	if err != nil {
		t.Fatal(err)
	}
}

// offer offers what a product would, and says whether it was taken.
func (h *house) offer() bool {
	h.t.Helper()
	answers, err := h.Take(h.t.Context(), []schema.Record{{
		Product: h.config.Product, Metric: "tacit.command.used", Value: schema.Number(1),
		Labels: []schema.Label{{Name: "command", Value: "up"}},
	}}, false)
	if err != nil {
		h.t.Fatal(err)
	}
	return answers[0].Accepted
}

// seldom leaves it to decisions and users when something is sent.
func seldom(c *agent.Config) {
	c.Interval, c.Window, c.Timeout = time.Hour, time.Millisecond, 50*time.Millisecond
}

// TestTheSiteDecides: off stops everything but the subscription, survives a
// restart, and on resumes; each within a second or two.
func TestTheSiteDecides(t *testing.T) {
	r, toRelay := newRelay(t)
	h := newHouse(t, toRelay, seldom)
	c := h.start()
	if !h.offer() {
		t.Fatal("not taken while the site is on by default")
	}
	if h.Send(t.Context()); r.Stats().Gate.Passed == 0 {
		t.Fatal("nothing passes while the site is on by default")
	}
	eventually(t, "the connection after the one without a reply is there, and has asked", patience, func() bool {
		s := r.Stats()
		return s.Door.Connections == 1 && s.Gate.Policies == s.Door.Accepted
	})

	decide(t, r, wire.SwitchOff)
	eventually(t, "the agent knows", patience, func() bool { return h.Why().SiteOff })
	checkOff(t, h, c, r)
	before := r.Stats().Gate
	h.stop()
	again, err := agent.New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.Agent = again
	c = h.start()
	eventually(t, "the connection of the new run", patience, func() bool { return r.Stats().Door.Connections == 1 })
	checkOff(t, h, c, r)
	if after := r.Stats().Gate; after != before {
		t.Errorf("requests came while off: %+v, before %+v", after, before)
	}

	decide(t, r, wire.SwitchOn)
	eventually(t, "records are taken", patience, h.offer)
	eventually(t, "envelopes pass again", patience, func() bool { return r.Stats().Gate.Passed > before.Passed })
	if why := h.Why(); why.Connection != "Connected to the relay." {
		t.Errorf("connection: %q", why.Connection)
	}
}

// checkOff checks what an agent does while its site is off.
func checkOff(t *testing.T, h *house, c *local.Caller, r *relay.Relay) {
	t.Helper()
	passed, dials := r.Stats().Gate.Passed, r.Stats().Door.Accepted
	if h.offer() {
		t.Error("a record was taken")
	}
	why, err := c.Why(t.Context())
	if err != nil || why.State != participation.Off || why.By != "site_policy" || !strings.Contains(why.Connection, "next word") {
		t.Errorf("%+v, %v", why, err)
	}
	sent, err := c.Send(t.Context())
	if err != nil || sent.Sent != 0 || sent.Reason != why.Reason {
		t.Errorf("%+v, %v", sent, err)
	}
	if p, err := c.Preview(t.Context()); err != nil || p.Sends {
		t.Errorf("preview sends: %v, %v", p.Sends, err)
	}
	if s := r.Stats(); s.Gate.Passed != passed || s.Door.Accepted != dials || s.Door.Connections != 1 {
		t.Errorf("%d more envelopes, %d dials, %d connections", s.Gate.Passed-passed, s.Door.Accepted-dials, s.Door.Connections)
	}
}

// TestFirstLook: the site's word comes before the first look at the host, also
// when the relay comes later than the agent.
func TestFirstLook(t *testing.T) {
	address := testhost.FreeAddress(t)
	comesBack := func(c *relay.Config) { c.Listen = address }
	r, toRelay := newRelay(t, comesBack)
	h := newHouse(t, toRelay)
	h.start()
	if n := h.told("os.type"); n != 1 {
		t.Errorf("the first look was told %d times", n)
	}
	early := newHouse(t, toRelay)
	stopRelay(t, r)
	early.start()
	if n := early.Status().Spool.Records; n != 0 || early.offer() {
		t.Errorf("%d records are kept before the site's first word", n)
	}
	newRelay(t, comesBack)
	eventually(t, "the look after the first word", patience, func() bool {
		kept := early.Status().Spool // records soon become batches
		return kept.Records > 0 || kept.Batches > 0
	})
	if n := early.told("os.type"); n != 1 {
		t.Errorf("told %d times", n)
	}
}

// TestRolledBack: a relay whose disk came back from before a decision holds its
// agents, and cannot bring a yes back.
func TestRolledBack(t *testing.T) {
	for name, c := range map[string]struct {
		lost wire.Switch
		want participation.State
	}{
		"before an off": {wire.SwitchOff, participation.Off}, // nothing is asked for, so the older word is not even heard
		"before an on":  {wire.SwitchOn, participation.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			var config relay.Config
			r, toRelay := newRelay(t, func(c *relay.Config) {
				c.Listen = testhost.FreeAddress(t)
				config = *c
			})
			h := newHouse(t, toRelay, seldom)
			h.start()
			if h.Send(t.Context()); r.Stats().Gate.Passed == 0 {
				t.Fatal("nothing passes while the site is on by default")
			}
			files := []string{filepath.Join(config.Dir, "policy", "policy.log"), config.Witness}
			before := read(t, files)
			decide(t, r, c.lost)
			eventually(t, "the agent knows", patience, func() bool { return h.Why().Revision == r.Policy().Wire().Revision })
			stopRelay(t, r)
			write(t, files, before)
			back := startRelay(t, config)
			if p := back.Policy().Wire(); p.CEIP != wire.SwitchOn || p.Revision >= h.Why().Revision {
				t.Fatalf("the relay is not rolled back: %+v", p)
			}
			eventually(t, "a connection", patience, func() bool { return back.Stats().Door.Connections == 1 })
			eventually(t, "the agent holds", patience, func() bool { return h.Why().State == c.want })
			if sent := h.Send(t.Context()); sent.Sent != 0 || sent.Reason != h.Why().Reason {
				t.Errorf("%+v", sent)
			}
			if why := h.Why(); why.By != "site_policy" || why.State != c.want || back.Stats().Gate.Passed != 0 {
				t.Errorf("%+v", why)
			}
			decide(t, back, wire.SwitchOn)
			decide(t, back, wire.SwitchOn) // a revision that was not told before it was lost
			eventually(t, "what waits goes", patience, func() bool { return back.Stats().Gate.Passed > 0 })
		})
	}
}

func read(t *testing.T, paths []string) (out [][]byte) {
	t.Helper()
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

func write(t *testing.T, paths []string, content [][]byte) {
	t.Helper()
	for i, path := range paths {
		if err := os.WriteFile(path, content[i], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestConnectionIsExplained without an address.
func TestConnectionIsExplained(t *testing.T) {
	_, toRelay := newRelay(t)
	h := newHouse(t, toRelay, func(c *agent.Config) { c.Credential = "another channel's" })
	if got := h.Why().Connection; got != "There is no connection now." {
		t.Errorf("before the first dial: %q", got)
	}
	h.Hear(t.Context())
	if why := h.Why(); !strings.Contains(why.Connection, "credential") || strings.Contains(why.Connection, "127.0.0.1") || why.MaySend {
		t.Errorf("%+v", why)
	}
	why, err := h.Participate(t.Context(), local.Participate{})
	if err != nil || !strings.Contains(why.Connection, "none is made") {
		t.Errorf("%+v, %v", why, err)
	}
	if got := newHouse(t).Why().Connection; !strings.Contains(got, "no relay") {
		t.Errorf("without a relay: %q", got)
	}
}
