package agent_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/schema"
)

func TestLife(t *testing.T) {
	h := newHouse(t)
	c := h.start()
	id, err := c.Installation(t.Context())
	if err != nil || id != h.Installation() || id.ID == "" || id.Spoken == "" {
		t.Errorf("%+v, %v", id, err)
	}
	for _, metric := range []string{"os.type", "os.version", "host.arch", "host.cpu.cores", "host.memory", "country", "service.version"} {
		if n := h.told(metric); n != 1 {
			t.Errorf("%s is told %d times", metric, n)
		}
	}
	h.stop()
	h.stop() // a second time is nothing
	if _, err := c.Why(t.Context()); !errors.Is(err, local.ErrNotRunning) {
		t.Errorf("%v, want that it does not run", err)
	}
	again, err := agent.New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.Agent = again
	if h.Installation() != id || h.told("os.type") != 1 {
		t.Error("a restart lost the installation, or what was taken")
	}
}

func TestCannotStart(t *testing.T) {
	h := newHouse(t)
	if err := os.RemoveAll(h.config.Data.Run()); err != nil {
		t.Fatal(err)
	}
	if err := h.Start(t.Context()); err == nil {
		t.Error("starts without a place for its socket")
	}
}

func TestCorruptInstallation(t *testing.T) {
	h := newHouse(t)
	h.stop()
	files, err := os.ReadDir(h.config.Data.Agent())
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if f.Type().IsRegular() {
			if err := os.WriteFile(filepath.Join(h.config.Data.Agent(), f.Name()), []byte("corrupt"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := agent.New(t.Context(), h.config); !errors.Is(err, identity.ErrCorrupt) {
		t.Errorf("%v, want that it is corrupt", err)
	}
}

// TestToldOnceADay: what holds is told once a day, and what is measured every
// time.
func TestToldOnceADay(t *testing.T) {
	h := newHouse(t)
	h.collect()
	h.collect()
	if facts, measured := h.told("os.type"), h.told("host.uptime"); facts != 1 || measured != 2 {
		t.Errorf("looked twice: the system is told %d times, the uptime %d times", facts, measured)
	}
	h.ahead.Store(int64(24 * time.Hour))
	h.collect()
	if n := h.told("os.type"); n != 2 {
		t.Errorf("told %d times on two days", n)
	}
}

// TestToldAfterARefusal: what was not taken is told when the host takes part.
func TestToldAfterARefusal(t *testing.T) {
	for name, purge := range map[string]bool{"off": false, "off and purged": true} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			if purge {
				h.collect()
			}
			if _, err := h.Participate(t.Context(), local.Participate{Purge: purge}); err != nil {
				t.Fatal(err)
			}
			h.collect()
			if st := h.Status().Spool; st.Batches+st.Records != 0 {
				t.Fatalf("%+v was kept while off", st)
			}
			if _, err := h.Participate(t.Context(), local.Participate{On: true}); err != nil {
				t.Fatal(err)
			}
			h.collect()
			if n := h.told("os.type"); n != 1 {
				t.Errorf("told %d times after on, want once", n)
			}
		})
	}
}

func TestGrace(t *testing.T) {
	r, toRelay := newRelay(t)
	h := newHouse(t, toRelay, func(c *agent.Config) { c.Grace, c.Timeout = time.Hour, 50*time.Millisecond })
	h.Hear(t.Context())
	h.collect()
	sent := h.Send(t.Context())
	if gate := r.Stats().Gate; sent.Sent != 0 || sent.Failed || !strings.Contains(sent.Reason, "in grace") || gate.Passed+gate.KeyLists != 0 {
		t.Errorf("%+v, and the relay saw %+v, want that it waits", sent, gate)
	}
	if p, err := h.Preview(); err != nil || p.Sends || len(p.Pages) == 0 {
		t.Errorf("preview says that it sends: %v, %v", p.Sends, err)
	}
	h.ahead.Store(int64(61 * time.Minute))
	if h.Send(t.Context()); r.Stats().Gate.Passed == 0 {
		t.Error("the grace does not end")
	}
}

// TestSentAgain: an attempt without a reply names the one that followed it.
func TestSentAgain(t *testing.T) {
	h := newHouse(t, func(c *agent.Config) {
		if err := c.Data.Make(); err != nil {
			t.Fatal(err)
		}
		o, err := outbox.Open(outbox.Config{Dir: filepath.Join(c.Data.Agent(), "outbox")})
		if err != nil {
			t.Fatal(err)
		}
		a, b := schema.NewBatchID(), schema.NewBatchID()
		for _, e := range []outbox.Entry{{Batch: a}, {Batch: b, Outcome: "stored"}, {Batch: a}, {Batch: a, Outcome: "stored"}, {Batch: schema.NewBatchID()}} {
			if _, err := o.Add(e); err != nil {
				t.Fatal(err)
			}
		}
	})
	entries, err := h.Outbox()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Outcome)
	}
	if want := []string{"no reply; sent again as 3", "stored", "no reply; sent again as 4", "stored", "no reply yet"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestSendFails: what could not be sent although this host takes part is said to
// have failed.
func TestSendFails(t *testing.T) {
	r, toRelay := newRelay(t)
	h := newHouse(t, toRelay)
	h.Hear(t.Context())
	if sent := h.Send(t.Context()); sent.Failed {
		t.Errorf("nothing waits: %+v", sent)
	}
	h.collect()
	stopRelay(t, r)
	eventually(t, "sending fails", patience, func() bool {
		sent := h.Send(t.Context())
		return sent.Failed && sent.Replies == 0 && sent.Reason != ""
	})
}

func TestUnsetClock(t *testing.T) {
	const unset = int64(time.Hour)
	dials, toCounter := counter(t)
	near := newHouse(t, toCounter)
	near.ahead.Store(-time.Now().UnixNano() + unset)
	near.start()
	near.Hear(t.Context())
	if n := dials.Load(); n != 0 {
		t.Errorf("%d dials", n)
	}
	h := newHouse(t)
	h.ahead.Store(-time.Now().UnixNano() + unset)
	h.collect()
	if sent := h.Send(t.Context()); sent.Sent != 0 || !strings.Contains(sent.Reason, "clock") {
		t.Errorf("%+v", sent)
	}
	h.ahead.Store(0)
	if n := h.told("os.type"); n != 1 {
		t.Errorf("what was taken before the clock was set is told %d times", n)
	}
}

func TestDoNotTrack(t *testing.T) {
	t.Setenv("DO_NOT_TRACK", "1")
	dials, toCounter := counter(t)
	h := newHouse(t, toCounter, func(c *agent.Config) { c.Interval = 10 * time.Millisecond })
	c := h.start()
	sent, err := c.Send(t.Context())
	if err != nil || sent.Sent != 0 || sent.Reason == "" {
		t.Errorf("%+v, %v", sent, err)
	}
	if st := h.Status(); st.Spool.Records != 0 || st.Spool.Batches != 0 || dials.Load() != 0 {
		t.Errorf("%+v after %d dials", st.Spool, dials.Load())
	}
	if why, err := c.Why(t.Context()); err != nil || why.By != "do_not_track" || why.MaySend || why.MayCollect {
		t.Errorf("%+v, %v", why, err)
	}
}

// TestOffClosesTheConnection watches from the relay: within a second of the
// word, whoever says it, and until it is taken back.
func TestOffClosesTheConnection(t *testing.T) {
	for name, refuse := range map[string]func(t *testing.T, h *house){
		"by the local API": func(t *testing.T, h *house) {
			if _, err := local.NewCaller(h.config.Data.Run()).Participate(t.Context(), local.Participate{}); err != nil {
				t.Fatal(err)
			}
		},
		"by another process": func(t *testing.T, h *house) {
			other, err := participation.New(participation.Config{Dir: h.config.Data.Agent()})
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Off(t.Context(), "a test"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			r, toRelay := newRelay(t)
			h := newHouse(t, toRelay, func(c *agent.Config) { c.Interval, c.Window = 10*time.Millisecond, time.Millisecond })
			c := h.start()
			eventually(t, "a connection", patience, func() bool { return r.Stats().Door.Connections == 1 })
			refuse(t, h)
			eventually(t, "the connection is closed", patience, func() bool { return r.Stats().Door.Connections == 0 })
			dials := r.Stats().Door.Accepted
			if sent, err := c.Send(t.Context()); err != nil || sent.Sent != 0 || sent.Reason == "" {
				t.Errorf("%+v, %v", sent, err)
			}
			if again := r.Stats().Door.Accepted; again != dials {
				t.Errorf("%d dials after the refusal", again-dials)
			}
			if _, err := c.Participate(t.Context(), local.Participate{On: true}); err != nil {
				t.Fatal(err)
			}
			eventually(t, "a connection again", patience, func() bool { return r.Stats().Door.Connections == 1 })
		})
	}
}

// TestPurge: with off, nothing is left of what was taken and what was sent.
func TestPurge(t *testing.T) {
	r, toRelay := newRelay(t)
	h := newHouse(t, toRelay, func(c *agent.Config) { c.Timeout = 50 * time.Millisecond })
	h.Hear(t.Context())
	h.collect()
	if sent := h.Send(t.Context()); sent.Sent == 0 || r.Stats().Gate.Passed == 0 {
		t.Fatalf("nothing was sent: %+v", sent)
	}
	proofs, err := h.OutboxVerify()
	if err != nil || len(proofs) == 0 || slices.ContainsFunc(proofs, func(p local.Proof) bool { return !p.Proved }) {
		t.Errorf("proofs %+v, %v", proofs, err)
	}
	h.collect()
	why, err := h.Participate(t.Context(), local.Participate{Purge: true})
	if err != nil || why.MaySend || why.MayCollect {
		t.Errorf("%+v, %v", why, err)
	}
	entries, err := h.Outbox()
	if st := h.Status().Spool; err != nil || len(entries) != 0 || st.Records != 0 || st.Batches != 0 {
		t.Errorf("%d entries and %+v are left, %v", len(entries), st, err)
	}
}

// TestRefusalsAreCounted: what the outbox has of the store's refusals is in the
// status, also after a restart; what it took is not.
func TestRefusalsAreCounted(t *testing.T) {
	h := newHouse(t, func(c *agent.Config) {
		if err := c.Data.Make(); err != nil {
			t.Fatal(err)
		}
		o, err := outbox.Open(outbox.Config{Dir: filepath.Join(c.Data.Agent(), "outbox")})
		if err != nil {
			t.Fatal(err)
		}
		for _, outcome := range []string{"stored", "redate", "", "erased", "erased", "conflict"} {
			if _, err := o.Add(outbox.Entry{Outcome: outcome}); err != nil {
				t.Fatal(err)
			}
		}
	})
	if got := h.Status().StoreRefused; !maps.Equal(got, map[string]int{"erased": 2, "conflict": 1}) {
		t.Errorf("got %v", got)
	}
}
