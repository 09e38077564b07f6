package upload_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

var request = upload.Request{Kind: envelope.Ask, Tag: [16]byte{0x7f, 1}, Payload: []byte("what a user asks")}

// TestRequest: it leaves as a user's own, of the size that all have, for the
// partition of its tag, stands in the outbox, and is in no spool.
func TestRequest(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	e.data = []byte("notes")
	e.answer(wire.Notes, today, true)
	r, err := h.up.Ask(t.Context(), request)
	if err != nil || r.Status != wire.Notes || string(r.Data) != "notes" {
		t.Fatalf("%+v, %v", r, err)
	}
	g := e.seen()[0]
	if g.outer.Class != wire.ClassUser || g.outer.Partition != 0x7f&63 || g.Kind != envelope.Ask || !bytes.Equal(g.Payload, request.Payload) ||
		len(g.bytes) != wire.HeaderLen+wire.SentBucket+wire.SealLen {
		t.Errorf("the store gets %+v of %d bytes", g.outer, len(g.bytes))
	}
	h.pending(0)
	entries := h.entries()
	if len(entries) != 1 || entries[0].Outcome != "notes" || entries[0].Verify(root) != nil {
		t.Errorf("the outbox has %+v", entries)
	}
}

// TestRequestAgain: without a reply it goes again under the same batch ID.
func TestRequestAgain(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url(), brief, func(c *upload.Config) { c.Tries = 2 })
	e.answer(0, 0, false)
	if _, err := h.up.Ask(t.Context(), request); !errors.Is(err, upload.ErrNoReply) {
		t.Errorf("%v, want ErrNoReply", err)
	}
	eventually(t, "both attempts reach the store", func() bool { return len(e.seen()) == 2 })
	if a, b := e.seen()[0], e.seen()[1]; a.Batch != b.Batch || a.outer.Attempt == b.outer.Attempt {
		t.Error("the second attempt is another request, or the same attempt")
	}
}

// TestRequestWhileOff: nothing leaves, and what is under way ends with a refusal.
func TestRequestWhileOff(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	h.on.Store(false)
	if _, err := h.up.Ask(t.Context(), request); !errors.Is(err, upload.ErrHeld) {
		t.Errorf("refused: %v", err)
	}
	h.on.Store(true)
	e.answer(0, 0, false)
	ended := make(chan error, 1)
	go func() {
		_, err := h.up.Ask(context.Background(), request)
		ended <- err
	}()
	eventually(t, "it reaches the store", func() bool { return len(e.seen()) == 1 })
	h.on.Store(false)
	h.up.Changed()
	if err := <-ended; err == nil {
		t.Error("it was answered")
	}
	if n := len(e.seen()); n != 1 {
		t.Errorf("%d envelopes left", n)
	}
}

// TestRequestMuchLater: what a relay says of what users ask holds that, and not the
// batches.
func TestRequestMuchLater(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	truth := l.put
	l.say(func(_ got, say func([]byte)) { say(wire.Hint{Code: wire.Later, Wait: time.Hour}.Marshal()) })
	for range 2 {
		if _, err := h.up.Ask(t.Context(), request); !errors.Is(err, upload.ErrLater) {
			t.Errorf("%v, want ErrLater", err)
		}
	}
	if n := len(l.seen()); n != 1 {
		t.Errorf("asked %d times within the hour", n)
	}
	l.say(truth)
	h.fragment()
	h.flush(nil)
	h.pending(0)
}
