package agent_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// send collects and sends until something is stored by it: the agent's own round
// may be quicker.
func (h *house) send(c *local.Caller) {
	h.t.Helper()
	eventually(h.t, "something is stored", patience, func() bool {
		h.collect()
		s, err := c.Send(h.t.Context())
		if err != nil {
			h.t.Fatalf("sent %+v, %v", s, err)
		}
		return s.Replies > 0
	})
}

// TestResetID: the agent goes on as another installation, with nothing of the one
// before.
func TestResetID(t *testing.T) {
	v, change := newVault(t)
	h := newHouse(t, change)
	c := h.start()
	decide(t, v.relay, wire.SwitchOn)
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().MaySend })
	h.send(c)
	was := h.Installation()
	wasFile := installationFile(t, h)
	h.collect() // some records wait
	waiting := h.Status().Spool.Records
	r, err := c.ResetID(t.Context())
	if err != nil || r.ID == was.ID || r.Installation != h.Installation() || r.Dropped < waiting || waiting == 0 {
		t.Errorf("%+v, %v; %d records waited", r, err, waiting)
	}
	is := installationFile(t, h)
	for name, same := range map[string]bool{
		"ID": is.ID == wasFile.ID, "hashing key": is.HashingKey == wasFile.HashingKey, "writer": is.Writer == wasFile.Writer,
	} {
		if same {
			t.Errorf("the %s is the old one", name)
		}
	}
	if is.Created != wasFile.Created || is.Remains {
		t.Errorf("%+v", is)
	}
	if entries, err := c.Outbox(t.Context()); err != nil || len(entries) != 0 || h.Status().Spool.Batches != 0 {
		t.Errorf("%d entries in the outbox, %v, status %+v", len(entries), err, h.Status())
	}
	eventually(t, "the new one knows the facts of the host, once", patience, func() bool { return h.told("os.type") == 1 })
	before := v.of(t, was)
	h.send(c)
	if v.of(t, r.Installation) == 0 || v.of(t, was) != before || before == 0 {
		t.Errorf("stored: %d of the new one, %d and %d of the old", v.of(t, r.Installation), v.of(t, was), before)
	}
	if proofs, err := c.OutboxVerify(t.Context()); err != nil || len(proofs) == 0 || !proofs[0].Proved {
		t.Errorf("%+v, %v", proofs, err)
	}
}

func installationFile(t *testing.T, h *house) *identity.Installation {
	t.Helper()
	in, err := identity.Open(identity.Config{Dir: h.config.Data.Agent()})
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// TestErase: at the word of a user who refused, the store erases, and this host
// is another one.
func TestErase(t *testing.T) {
	v, change := newVault(t)
	h := newHouse(t, change)
	c := h.start()
	decide(t, v.relay, wire.SwitchOn)
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().MaySend })
	h.send(c)
	was := h.Installation()
	if v.of(t, was) == 0 {
		t.Fatal("nothing is stored")
	}
	if none, err := c.Erasure(t.Context()); err != nil || none.State != local.ErasureNone {
		t.Errorf("%+v, %v", none, err)
	}
	decide(t, v.relay, wire.SwitchOff) // the site refuses, and so does the host
	if _, err := c.Participate(t.Context(), local.Participate{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection ends", patience, func() bool { return v.relay.Stats().Door.Connections == 0 })
	stored := v.of(t, was)
	e, err := c.Erase(t.Context())
	if err != nil || e.State != local.ErasureDone || e.Confirmed != 64 || e.Pages != stored || e.ForgottenBy == "" || e.Installation == nil {
		t.Fatalf("%+v, %v; %d pages were stored", e, err, stored)
	}
	if *e.Installation != h.Installation() || *e.Installation == was || v.of(t, was) != 0 {
		t.Errorf("%+v, %d pages are left", e, v.of(t, was))
	}
	eventually(t, "the connection ends", patience, func() bool { return v.relay.Stats().Door.Connections == 0 })
	if why := h.Why(); why.MaySend || why.MayListen {
		t.Errorf("an erasure lifts a refusal: %+v", why)
	}
	if later, err := c.Erasure(t.Context()); err != nil || later.State != local.ErasureDone || later.Pages != stored {
		t.Errorf("%+v, %v", later, err)
	}
}

// TestEraseOverARestart: the store is away; the next start goes on, although its
// user has refused meanwhile.
func TestEraseOverARestart(t *testing.T) {
	v, change := newVault(t)
	h := newHouse(t, change)
	c := h.start()
	decide(t, v.relay, wire.SwitchOn)
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().MaySend })
	h.send(c)
	was := h.Installation()
	v.mute(true)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	_, _ = c.Erase(ctx) // its user does not wait
	cancel()
	eventually(t, "this is another installation", patience, func() bool { return h.Installation() != was })
	if _, err := c.Participate(t.Context(), local.Participate{}); err != nil {
		t.Fatal(err)
	}
	h.stop()
	v.mute(false)
	again, err := agent.New(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	h.Agent = again
	if e := h.Erasure(); e.State != local.ErasureUnderWay || !strings.Contains(e.Reason, "no agent is running") {
		t.Errorf("before it is started: %+v", e)
	}
	h.start()
	eventually(t, "the erasure is done", patience, func() bool { return h.Erasure().State == local.ErasureDone })
	if v.of(t, was) != 0 {
		t.Error("pages are left")
	}
}

// TestCrashWhileBecomingAnother: whatever was done when the crash came, the next
// start has nothing of the old installation.
func TestCrashWhileBecomingAnother(t *testing.T) {
	for name, crash := range map[string]func(*testing.T, *house, *identity.Installation){
		"order written, nothing else": func(t *testing.T, h *house, in *identity.Installation) {
			e, err := upload.NewEraser(upload.EraserConfig{Relays: []string{"nats://127.0.0.1:1"}, Dir: h.config.Data.Agent()})
			if err == nil {
				err = e.Order(page.NewRoot(in.ID), schema.DayOf(time.Now()))
			}
			if err != nil {
				t.Fatal(err)
			}
		},
		"new installation, nothing removed": func(t *testing.T, h *house, _ *identity.Installation) {
			if _, err := identity.Reset(identity.Config{Dir: h.config.Data.Agent()}); err != nil {
				t.Fatal(err)
			}
		},
		"spool removed, not settled": func(t *testing.T, h *house, _ *identity.Installation) {
			if _, err := identity.Reset(identity.Config{Dir: h.config.Data.Agent()}); err != nil {
				t.Fatal(err)
			}
			if err := os.RemoveAll(filepath.Join(h.config.Data.Agent(), "spool")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.collect()
			was := installationFile(t, h)
			h.stop()
			crash(t, h, was)
			for range 2 {
				again, err := agent.New(t.Context(), h.config)
				if err != nil {
					t.Fatal(err)
				}
				h.Agent = again
				if h.Installation().ID == was.ID.String() || h.told("os.type") != 0 {
					t.Error("something of the old installation is left")
				}
				is := h.Installation()
				h.stop()
				if again, err = agent.New(t.Context(), h.config); err != nil {
					t.Fatal(err)
				}
				if h.Agent = again; h.Installation() != is {
					t.Error("and another one, and another one")
				}
				h.stop()
			}
		})
	}
}

func TestEraseNeedsARelay(t *testing.T) {
	h := newHouse(t)
	if _, err := h.Erase(t.Context()); !errors.Is(err, local.ErrNotRunning) {
		t.Errorf("without anybody to go on: %v", err)
	}
	c := h.start()
	was := h.Installation()
	_, err := c.Erase(t.Context())
	if p, ok := errors.AsType[*local.Problem](err); !ok || !strings.Contains(p.Message, "no relay") || p.Hint == "" {
		t.Errorf("%v", err)
	}
	if h.Installation() != was || h.told("os.type") != 1 {
		t.Error("and something has changed")
	}
	h.collect() // it goes on
}

// TestResetsUnderLoad resets again and again while everything else is asked.
func TestResetsUnderLoad(t *testing.T) {
	v, change := newVault(t)
	h := newHouse(t, change)
	c := h.start()
	decide(t, v.relay, wire.SwitchOn)
	eventually(t, "the site's word is heard", patience, func() bool { return h.Why().MaySend })
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for _, ask := range []func() error{
		func() error { _, err := c.Preview(t.Context()); return err },
		func() error { _, err := c.Why(t.Context()); return err },
		func() error { _, err := c.Outbox(t.Context()); return err },
		func() error { _, err := c.Installation(t.Context()); return err },
		func() error { _, err := c.Status(t.Context()); return err },
		func() error { _ = h.Collect(t.Context()); return nil }, // a reset may end it
		func() error { _, _ = h.Round(t.Context(), true); return nil },
	} {
		wg.Go(func() {
			for ctx.Err() == nil {
				if err := ask(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen := map[string]bool{}
	for range 8 {
		r, err := c.ResetID(t.Context())
		if err != nil || seen[r.ID] {
			t.Errorf("%+v, %v", r, err)
		}
		seen[r.ID] = true
	}
	cancel()
	wg.Wait()
	h.send(c)
	if v.of(t, h.Installation()) == 0 {
		t.Error("the last one sends nothing")
	}
}
