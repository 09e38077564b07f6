package policy

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// pushing runs Push until the test ends, and returns what it tells.
func pushing(t *testing.T, p *Policy, publish func([]byte) error) <-chan wire.Policy {
	t.Helper()
	told := make(chan wire.Policy, 100)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.Push(ctx, func(b []byte) error {
			if err := publish(b); err != nil {
				return err
			}
			got, err := wire.ParsePolicy(b)
			if err != nil {
				t.Error(err)
			}
			told <- got
			return nil
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	return told
}

func published([]byte) error { return nil }

// wait returns what is told next.
func wait(t *testing.T, told <-chan wire.Policy, within time.Duration) wire.Policy {
	t.Helper()
	select {
	case got := <-told:
		return got
	case <-time.After(within):
		t.Fatalf("nothing was told within %v", within)
		return wire.Policy{}
	}
}

// The bounds that are promised, with room for a machine that is busy.
const (
	atOnce   = 500 * time.Millisecond
	bySecond = 2 * time.Second
)

func TestPush(t *testing.T) {
	s := newSite(t)
	p := s.open()
	told := pushing(t, p, published)
	if got := wait(t, told, atOnce); got != p.Wire() {
		t.Errorf("at start %+v", got)
	}
	for _, v := range []Settings{off, on, off} {
		if saved := s.save(p, v); wait(t, told, atOnce) != saved.Policy {
			t.Error("a Save was not told")
		}
	}
	other := s.open()
	if saved := s.save(other, on); wait(t, told, bySecond) != saved.Policy || p.Wire() != saved.Policy {
		t.Error("another process's Save was not told")
	}
	whole := s.read(s.log())
	s.edit(func(b []byte) []byte { return bytes.Replace(b, []byte("anna"), []byte("enna"), 1) })
	if got := wait(t, told, bySecond); got.CEIP != wire.Held || got.CSP != wire.Held || got.Revision != other.Wire().Revision {
		t.Errorf("a damaged log is told as %+v", got)
	}
	s.put(s.log(), whole)
	if got := wait(t, told, bySecond); got != other.Wire() {
		t.Errorf("the right log again is told as %+v", got)
	}
	if len(told) > 0 {
		t.Errorf("told %d times more than it changed", len(told))
	}
}

func TestPushBeats(t *testing.T) {
	s := newSite(t)
	s.c.Heartbeat = 10 * time.Millisecond
	p := s.open()
	told := pushing(t, p, published)
	for range 5 {
		if got := wait(t, told, bySecond); got != p.Wire() {
			t.Errorf("%+v", got)
		}
	}
}

// TestPushTriesAgain: a connection that was down gets what it missed.
func TestPushTriesAgain(t *testing.T) {
	s := newSite(t)
	p := s.open()
	times := 0
	told := pushing(t, p, func([]byte) error {
		if times++; times < 3 {
			return errors.New("the connection is down")
		}
		return nil
	})
	if got := wait(t, told, 2*bySecond); got != p.Wire() {
		t.Errorf("%+v", got)
	}
}
