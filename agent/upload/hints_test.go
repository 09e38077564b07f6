package upload_test

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestForgedReplies: none of these ends a batch; the store's own word does.
func TestForgedReplies(t *testing.T) {
	t.Parallel() // it waits most of the time
	l := newLiar(t)
	random := make([]byte, wire.ReplyLen)
	_, _ = rand.Read(random)
	var earlier []byte
	l.say(func(g got, say func([]byte)) {
		earlier = g.reply(t, wire.Stored, today)
		say(earlier)
	})
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	h.flush(nil)

	forged := map[string]func(g got) []byte{
		"noise":               func(got) []byte { return random },
		"zeros":               func(got) []byte { return make([]byte, wire.ReplyLen) },
		"nothing":             func(got) []byte { return nil },
		"a replay":            func(got) []byte { return earlier },
		"a flipped bit":       func(g got) []byte { b := g.reply(t, wire.Stored, today); b[100] ^= 1; return b },
		"cut":                 func(g got) []byte { return g.reply(t, wire.Stored, today)[:wire.ReplyLen-1] },
		"another batch":       func(g got) []byte { g.Opened.Batch = schema.NewBatchID(); return g.reply(t, wire.Stored, today) },
		"the envelope itself": func(g got) []byte { return g.bytes },
		"a key of its own": func(g got) []byte {
			b, err := envelope.SealReply([32]byte{1}, g.outer.Attempt, envelope.Reply{Status: wire.Stored, Day: today, Batch: g.Batch})
			if err != nil {
				t.Error(err)
			}
			return b[:]
		},
	}
	for name, forge := range forged {
		t.Run(name, func(t *testing.T) {
			h := newHost(t, l.server.ClientURL(), brief)
			h.page()
			l.say(func(g got, say func([]byte)) { say(forge(g)) })
			if sum := h.flush(upload.ErrNoReply); sum.Replies != 0 {
				t.Errorf("counted as a reply: %+v", sum)
			}
			h.pending(1)
			if got := h.entries()[0].Outcome; got != "" {
				t.Errorf("outbox says %q", got)
			}
			l.say(func(g got, say func([]byte)) {
				for range 3 {
					say(forge(got{Opened: &envelope.Opened{Content: g.Content, ReplyKey: g.ReplyKey}, outer: g.outer, bytes: g.bytes}))
				}
				say(g.reply(t, wire.Stored, today))
			})
			h.config.Timeout = patience
			h.restart()
			h.flush(nil)
			h.pending(0)
		})
	}
}

func TestLater(t *testing.T) {
	t.Parallel() // it waits most of the time
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	said := false
	l.say(func(g got, say func([]byte)) {
		if said {
			say(g.reply(t, wire.Stored, today))
			return
		}
		said = true
		say(wire.Hint{Code: wire.Later, Wait: time.Second}.Marshal())
	})
	h.flush(nil)
	h.pending(0)
	sent := l.seen()
	if len(sent) != 2 || sent[1].at.Sub(sent[0].at) < time.Second {
		t.Errorf("sent %d times", len(sent))
	}
}

// TestMuchLater: a long wait is not spent in the round, where a user would wait
// too, and is kept all the same.
func TestMuchLater(t *testing.T) {
	l := newLiar(t)
	var ahead atomic.Int64
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) {
		c.Now = func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	})
	h.fragment()
	truth := l.put
	l.say(func(_ got, say func([]byte)) { say(wire.Hint{Code: wire.Later, Wait: time.Hour}.Marshal()) })
	h.flush(upload.ErrLater)
	l.say(truth)
	h.flush(upload.ErrLater)
	h.pending(1)
	if n := len(l.seen()); n != 1 {
		t.Errorf("sent %d times within the hour", n)
	}
	ahead.Store(int64(61 * time.Minute))
	h.flush(nil)
	h.pending(0)
}

// TestLaterForever: a relay that always says later holds, and deletes nothing.
func TestLaterForever(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.fragment()
	l.say(func(_ got, say func([]byte)) { say(wire.Hint{Code: wire.Later}.Marshal()) })
	h.flush(upload.ErrNoReply)
	h.pending(1)
	if n := len(l.seen()); n != 3 {
		t.Errorf("sent %d times, want the three tries of a round", n)
	}
}

// TestReseal: the key is not known any more, so the list is fetched anew and
// the same batch sealed to the new key.
func TestReseal(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	id := h.fragment()
	l.say(func(g got, say func([]byte)) {
		if g.outer.KeyID == 1 {
			l.serve(l.keys.list(t, vendor, 6, today))
			say(wire.Hint{Code: wire.Reseal}.Marshal())
			return
		}
		say(g.reply(t, wire.Stored, today))
	})
	h.flush(nil)
	h.pending(0)
	sent := l.seen()
	if len(sent) != 2 || sent[1].outer.KeyID != 2 || sent[1].Batch != id || l.asked.Load() != 2 {
		t.Errorf("sent %d times, the list was fetched %d times", len(sent), l.asked.Load())
	}
}

// TestKeyLists: which lists are taken, and that nothing is sealed to another.
func TestKeyLists(t *testing.T) {
	_, stranger := vendorPair()
	for name, c := range map[string]struct {
		list func(l *liar) []byte
		want error
	}{
		"lower version":  {func(l *liar) []byte { return l.keys.list(t, vendor, 4, today) }, upload.ErrOldKeys},
		"another vendor": {func(l *liar) []byte { return l.keys.list(t, stranger, 9, today) }, envelope.ErrSignature},
		"no list":        {func(*liar) []byte { return []byte("none") }, wire.ErrForm},
		"same version":   {func(l *liar) []byte { return l.keys.list(t, vendor, 5, today) }, upload.ErrOldKeys},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			h := newHost(t, l.server.ClientURL())
			h.fragment()
			h.flush(nil) // the list of version 5 is known now
			known := readKeys(t, h)
			h.restart()
			h.fragment()
			l.serve(c.list(l))
			h.flush(c.want)
			h.pending(1)
			if len(l.seen()) != 1 {
				t.Error("an envelope was sent")
			}
			if readKeys(t, h) != known {
				t.Error("the list that is kept is another one")
			}
			l.serve(l.keys.list(t, vendor, 10, today))
			h.flush(nil)
			h.pending(0)
		})
	}
}

// TestAnyClockFindsAKey: a host whose clock is wrong must reach the store, which
// alone can say so.
func TestAnyClockFindsAKey(t *testing.T) {
	for name, start := range map[string]schema.Day{"behind": today + 40, "ahead": today - 60} {
		t.Run(name, func(t *testing.T) {
			l := newLiar(t)
			h := newHost(t, l.server.ClientURL())
			l.serve(l.keys.list(t, vendor, 9, start))
			h.fragment()
			h.flush(nil)
			h.pending(0)
		})
	}
}

func readKeys(t *testing.T, h *host) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "keys.list"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestNoVendorKey: nothing can be checked, so nothing is sent.
func TestNoVendorKey(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) { c.Vendor = nil })
	h.fragment()
	h.flush(envelope.ErrSignature)
	h.pending(1)
	if len(l.seen()) != 0 {
		t.Error("an envelope was sent")
	}
}

// TestMoments: with a window, every envelope has a moment of its own; a user
// who hurries has none.
func TestMoments(t *testing.T) {
	const window = 400 * time.Millisecond
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) { c.Window = window })
	for range 4 {
		h.page()
		h.fragment()
	}
	if _, err := h.up.Flush(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	h.pending(0)
	var at []time.Time
	for _, g := range l.seen() {
		at = append(at, g.at)
	}
	slices.SortFunc(at, time.Time.Compare)
	// Eight independent moments lie within a quarter of the window once in 1,900.
	if spread := at[len(at)-1].Sub(at[0]); spread < window/4 {
		t.Errorf("all envelopes left within %v of %v", spread, window)
	}
	h.page()
	h.fragment()
	start := time.Now()
	h.config.Window = time.Hour
	h.restart()
	h.flush(nil)
	if took := time.Since(start); took > patience {
		t.Errorf("a user waited %v", took)
	}
}

// TestHurryEndsARound: a round that spreads its envelopes over an hour ends
// when the user asks to send, also when it finds more to send meanwhile.
func TestHurryEndsARound(t *testing.T) {
	l, begun := newLiar(t), make(chan struct{})
	begin := sync.OnceFunc(func() { close(begun) })
	h := newHost(t, l.server.ClientURL(), func(c *upload.Config) {
		c.Window = time.Hour
		maySend := c.MaySend
		c.MaySend = func() bool { begin(); return maySend() }
	})
	more := sync.OnceFunc(func() { h.fragment() })
	l.say(func(g got, answer func([]byte)) {
		more()
		answer(g.reply(t, wire.Stored, today))
	})
	h.page()
	ended := make(chan error, 2)
	round := func(hurry bool) {
		_, err := h.up.Flush(t.Context(), hurry)
		ended <- err
	}
	go round(false)
	<-begun
	go round(true)
	for range 2 {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(patience):
			t.Fatal("a round goes on")
		}
	}
	h.pending(0)
}
