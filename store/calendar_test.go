package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

const years = 3652 // days: ten years

// hostClock is a clock that a test sets wrong by days.
type hostClock struct{ ahead atomic.Int64 }

func (c *hostClock) now() time.Time {
	return time.Now().Add(time.Duration(c.ahead.Load()) * 24 * time.Hour).Round(0)
}

// proven makes a data directory one in which a store ran until some days ago,
// for so long that nothing was in doubt.
func (h house) proven(t *testing.T, ago int) {
	t.Helper()
	if err := os.MkdirAll(h.data, 0o700); err != nil {
		t.Fatal(err)
	}
	at, ran := time.Now().AddDate(0, 0, -ago-9), time.Duration(0)
	c, err := calendar.Open(calendar.Config{Dir: h.data, Now: func() time.Time { return at.Add(ran) }, Ran: func() time.Duration { return ran }})
	if err != nil {
		t.Fatal(err)
	}
	for ; ran < 9*24*time.Hour; ran += 12 * time.Hour {
		c.Today()
	}
	if now := c.Today(); now != calendar.On(today-schema.Day(ago)) {
		t.Fatalf("nine days of running: %+v", now)
	}
	c.Close()
}

// unanswered wants the store to count n envelopes that it does not answer.
func unanswered(t *testing.T, s *store.Store, n uint64) {
	t.Helper()
	until(t, "the store counts what it does not answer", func() bool {
		stats, err := s.Stats()
		return err == nil && stats.Outcomes["clock"] >= n
	})
}

// sendOn sends envelopes, of which the store has to answer the first and none
// else, whatever day it names.
func sendOn(t *testing.T, e *edge, first *envelope.Sealed, rest ...*envelope.Sealed) wire.Status {
	t.Helper()
	all := [][]byte{first.Bytes}
	for _, s := range rest {
		all = append(all, s.Bytes)
	}
	e.crate(wire.MarshalCrate(all))
	select {
	case r := <-e.replies:
		opened, err := envelope.OpenReply(first.ReplyKey, first.Attempt, r.Reply[:])
		if r.Attempt != first.Attempt || err != nil {
			t.Fatalf("another reply than the first's: %v", err)
		}
		return opened.Status
	case <-time.After(patience):
		t.Fatal("no reply")
	}
	return 0
}

// TestAClockThatJumpsRefusesNothing sets a running store's clock wrong by ten
// years, and by what a stop would be: sound batches are stored all the same, no
// host is told a day, and when the clock is right again nothing of it is left.
func TestAClockThatJumpsRefusesNothing(t *testing.T) {
	t.Parallel()
	for _, ahead := range []int64{years, -years, -400, 91, -91} {
		e, h, c := newEdge(t), newHouse(t), new(hostClock)
		h.proven(t, 0)
		cfg := h.config(e)
		cfg.Now = c.now
		s := start(t, cfg)
		host := newHost(t, s)
		c.ahead.Store(ahead)
		late := host.seal(host.page(today+years+50, 0)) // of a host whose clock is wrong as well
		for n, content := range []envelope.Content{host.page(today, 0), host.fragment(today, 1), host.page(today-90, 0)} {
			if got := sendOn(t, e, host.seal(content), late); got != wire.Stored {
				t.Errorf("%d days: batch %d is answered %s", ahead, n, got)
			}
		}
		unanswered(t, s, 3)
		if err := s.Ready(); errors.Is(err, store.ErrClock) != (ahead != 91) {
			t.Errorf("%d days: ready: %v", ahead, err)
		}
		c.ahead.Store(0)
		if got := e.send(late, host.seal(host.page(today-91, 0)), host.seal(host.page(today, 1))); !slices.Equal(got, []wire.Status{wire.Redate, wire.Expired, wire.Stored}) {
			t.Errorf("%d days, and back: %v", ahead, got)
		}
		if err := s.Ready(); err != nil {
			t.Errorf("%d days, and back: %v", ahead, err)
		}
		stop(t, s)
	}
}

// TestAStoreThatRested works from its first second: hosts have a key to seal to,
// and what they send is stored.
func TestAStoreThatRested(t *testing.T) {
	t.Parallel()
	for _, ago := range []int{1, 92, 399} {
		e, h := newEdge(t), newHouse(t)
		h.proven(t, ago)
		s := start(t, h.config(e))
		host := newHost(t, s)
		if got := e.send(host.seal(host.page(today, 0)), host.seal(host.fragment(today, 1))); got[0] != wire.Stored || got[1] != wire.Stored {
			t.Errorf("after %d days: %v", ago, got)
		}
		if err := s.Ready(); err != nil {
			t.Errorf("after %d days: %v", ago, err)
		}
		stop(t, s)
	}
}

// TestAStartWithoutTheTime: a store starts on a machine that does not know the
// time yet, if it ran there before.
func TestAStartWithoutTheTime(t *testing.T) {
	t.Parallel()
	e, h, c := newEdge(t), newHouse(t), new(hostClock)
	h.proven(t, 0)
	cfg := h.config(e)
	cfg.Now = c.now
	c.ahead.Store(-int64(today))
	s := start(t, cfg)
	host := newHost(t, s)
	if got := sendOn(t, e, host.seal(host.page(today, 0))); got != wire.Stored || !errors.Is(s.Ready(), store.ErrClock) {
		t.Errorf("in 1970: %s, ready %v", got, s.Ready())
	}
	c.ahead.Store(0)
	if got := e.send(host.seal(host.page(today, 1))); got[0] != wire.Stored || s.Ready() != nil {
		t.Errorf("set right: %s, ready %v", got, s.Ready())
	}
	stop(t, s)
	if info, err := os.Stat(filepath.Join(h.data, calendar.File)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

// TestARepeatIsKnownOutsideTheWindow sends again what was stored, on a day on
// which it would no longer be taken: told that it is expired, a host whose clock
// is behind would send it under another name, and it would count twice.
func TestARepeatIsKnownOutsideTheWindow(t *testing.T) {
	t.Parallel()
	e, h, c := newEdge(t), newHouse(t), new(hostClock)
	h.proven(t, 0)
	cfg := h.config(e)
	cfg.Now = c.now
	s := start(t, cfg)
	host := newHost(t, s)
	contents := []envelope.Content{host.page(today-90, 0), host.fragment(today-90, 1)}
	for n, content := range contents {
		if got := sendOn(t, e, host.seal(content)); got != wire.Stored {
			t.Fatalf("batch %d is answered %s", n, got)
		}
	}
	stop(t, s)
	if err := os.Remove(filepath.Join(h.data, calendar.File)); err != nil {
		t.Fatal(err)
	}
	h.proven(t, -5) // five days later
	c.ahead.Store(5)
	start(t, cfg)
	for n, content := range contents {
		if got := sendOn(t, e, host.seal(content)); got != wire.Stored {
			t.Errorf("batch %d is answered %s when it comes again", n, got)
		}
		content.Payload = host.fragment(today-90, 2).Payload
		if n == 1 {
			if got := sendOn(t, e, host.seal(content)); got != wire.Expired {
				t.Errorf("another body under its name is answered %s", got)
			}
		}
	}
	if got := sendOn(t, e, host.seal(host.page(today-90, 1))); got != wire.Expired {
		t.Errorf("a new page of that day is answered %s", got)
	}
}
