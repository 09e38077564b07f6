package client_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/local"
)

// userAgent answers what a user asks for.
type userAgent struct {
	*taker
	before int // records that were there when it had to send
}

func (userAgent) Installation() local.Installation {
	return local.Installation{ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8", Spoken: "1DEYW-10"}
}

func (a *userAgent) Send(context.Context) local.Sent {
	a.before = len(a.records())
	return local.Sent{Sent: 3, Batches: 2, Replies: 1, Reason: "the relay does not answer"}
}

func TestUser(t *testing.T) {
	dir := runDir(t)
	a := &userAgent{taker: new(taker)}
	c := newClient(t, dir)
	if _, err := c.Installation(t.Context()); !errors.Is(err, client.ErrNoAgent) {
		t.Errorf("without an agent: %v", err)
	}
	if _, err := c.SendNow(t.Context()); !errors.Is(err, client.ErrNoAgent) {
		t.Errorf("without an agent: %v", err)
	}
	serve(t, dir, local.Handler(a))
	in, err := c.Installation(t.Context())
	if want := (client.Installation{ID: "6ba7b810-9dad-41d1-80b4-00c04fd430c8", Spoken: "1DEYW-10"}); in != want || err != nil {
		t.Errorf("%+v, %v", in, err)
	}
	c.Counter("menu.used").Add(1)
	sent, err := c.SendNow(t.Context())
	if want := (client.Sent{Envelopes: 3, Batches: 2, Replies: 1, Reason: "the relay does not answer"}); sent != want || err != nil {
		t.Errorf("%+v, %v", sent, err)
	}
	if a.before != 1 {
		t.Errorf("%d records were handed over before it sent, want 1", a.before)
	}
}

// TestUserDoesNotHang: whoever asks says for how long.
func TestUserDoesNotHang(t *testing.T) {
	dir := runDir(t)
	blackHole(t, dir, false)
	c := newClient(t, dir)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := c.Installation(ctx); err == nil {
		t.Error("a black hole answers")
	}
	if _, err := c.SendNow(ctx); err == nil {
		t.Error("a black hole sends")
	}
}
