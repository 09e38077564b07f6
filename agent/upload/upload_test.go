package upload_test

import (
	"bytes"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// openPage opens a page that the store has, with the installation ID.
func openPage(t *testing.T, g got, n uint32) codec.Page {
	t.Helper()
	p, err := page.Parse(g.Payload)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := root.Day(p.Day).Open(n, p)
	if err != nil {
		t.Fatal(err)
	}
	out, err := codec.DecodePage(plain)
	if err != nil {
		t.Fatal(err)
	}
	if p.Witness != root.EraseRight(p.Day, n).Witness() || g.outer.Partition != wire.PartitionOf(p.Tag) {
		t.Error("the page's witness or partition is not its own")
	}
	return out
}

func TestStored(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	onPage, inFragment := h.page(), h.fragment()
	sum := h.flush(nil)
	h.pending(0)
	want := upload.Summary{Sent: 2, Batches: 2, Replies: 2, Sizes: []int{wire.SentBucket, wire.SentBucket}, Kept: map[string]int{}}
	want.Bytes = 2 * (wire.HeaderLen + wire.SentBucket + wire.SealLen)
	if !reflect.DeepEqual(sum, want) {
		t.Errorf("summary %+v, want %+v", sum, want)
	}
	for _, g := range e.seen() {
		switch g.Kind {
		case envelope.Page:
			if got := openPage(t, g, 0); g.Batch != onPage || got.Batch != onPage || got.Records[0].Metric != "os.type" {
				t.Errorf("page %+v", got)
			}
		case envelope.Fragment:
			f, err := codec.DecodeFragment(g.Payload)
			if err != nil || g.Batch != inFragment || f.Values[0].Metric != "os.type" || g.outer.Partition != wire.PartitionOf(g.Batch) {
				t.Errorf("fragment %+v, %v", f, err)
			}
		}
	}
	for _, entry := range h.entries() {
		if err := entry.Verify(root); err != nil || entry.Outcome != "stored" || entry.Answered == 0 {
			t.Errorf("entry %d: %v, outcome %q", entry.Number, err, entry.Outcome)
		}
	}
	if again := h.flush(nil); again.Sent != 0 || len(e.seen()) != 2 {
		t.Errorf("sent %d more", again.Sent)
	}
}

// TestNoReply: the batch stays, goes again as the same page in another
// envelope, and a store that has it already says stored.
func TestNoReply(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url(), brief)
	id := h.page()
	e.answer(0, 0, false)
	h.flush(upload.ErrNoReply)
	if left := h.pending(1); left[0].ID != id {
		t.Error("another batch is pending")
	}
	eventually(t, "the envelope reaches the store", func() bool { return len(e.seen()) == 1 })
	e.answer(wire.Stored, today, false)
	h.restart() // the reply key of the first attempt is forgotten
	h.config.Timeout = patience
	h.restart()
	if sum := h.flush(nil); sum.Replies != 1 {
		t.Errorf("summary %+v", sum)
	}
	h.pending(0)
	sent := e.seen()
	if len(sent) != 2 {
		t.Fatalf("the store got %d envelopes", len(sent))
	}
	a, b := sent[0], sent[1]
	if !bytes.Equal(a.Payload, b.Payload) || a.Batch != b.Batch || a.outer.Partition != b.outer.Partition {
		t.Error("the resent page is another one")
	}
	if a.outer.Attempt == b.outer.Attempt || a.outer.Enc == b.outer.Enc || a.outer.Commit == b.outer.Commit || bytes.Equal(a.outer.Body, b.outer.Body) {
		t.Error("the resent envelope shows that it is one")
	}
}

// TestKeptToBeSeen: what the store refuses for good is not sent again, and
// stands in the outbox with what became of it.
func TestKeptToBeSeen(t *testing.T) {
	e := newEdge(t)
	for _, status := range []wire.Status{wire.BadForm, wire.Expired, wire.Erased, wire.Conflict} {
		h := newHost(t, e.url())
		h.page()
		e.answer(status, today, false)
		sum := h.flush(nil)
		if !reflect.DeepEqual(sum.Kept, map[string]int{status.String(): 1}) || sum.Replies != 1 {
			t.Errorf("%s: summary %+v", status, sum)
		}
		h.pending(0)
		entry := h.entries()[0]
		if entry.Outcome != status.String() || len(entry.Plain) == 0 {
			t.Errorf("%s: outbox says %q", status, entry.Outcome)
		}
		before := len(e.seen())
		if again := h.flush(nil); again.Sent != 0 || len(e.seen()) != before {
			t.Errorf("%s: sent again", status)
		}
	}
}

// TestRedate: the store's calendar counts, for this batch and the next.
func TestRedate(t *testing.T) {
	for name, kind := range map[string]envelope.Kind{"page": envelope.Page, "fragment": envelope.Fragment} {
		t.Run(name, func(t *testing.T) {
			e := newEdge(t)
			h := newHost(t, e.url())
			send := h.page
			if kind == envelope.Fragment {
				send = h.fragment
			}
			id := send()
			const ahead = 5
			e.answer(wire.Redate, today+ahead, true)
			sum := h.flush(nil)
			h.pending(0)
			sent := e.seen()
			if len(sent) != 2 || sum.Replies != 2 {
				t.Fatalf("the store got %d envelopes, summary %+v", len(sent), sum)
			}
			first, second := sent[0], sent[1]
			if first.Batch != id || second.Batch == id || second.Kind != kind {
				t.Error("the second batch is not a new one")
			}
			if kind == envelope.Page {
				checkRedatedPage(t, first, second, today+ahead)
			} else if f, err := codec.DecodeFragment(second.Payload); err != nil || f.Day != today+ahead {
				t.Errorf("a fragment of %s, %v", f.Day, err)
			}
			if outcomes := []string{h.entries()[0].Outcome, h.entries()[1].Outcome}; !slices.Equal(outcomes, []string{"redate", "stored"}) {
				t.Errorf("outbox says %q", outcomes)
			}
		})
	}
}

func checkRedatedPage(t *testing.T, first, second got, day schema.Day) {
	t.Helper()
	a, b := openPage(t, first, 0), openPage(t, second, 0)
	p, err := page.Parse(second.Payload)
	if err != nil || p.Day != day {
		t.Errorf("a page of %s, %v", p.Day, err)
	}
	if !reflect.DeepEqual(a.Records, b.Records) || b.Batch != second.Batch || a.Writer != b.Writer {
		t.Error("the new page holds something else")
	}
}

// TestEndlessRedate: a store that never has enough cannot keep a round going.
func TestEndlessRedate(t *testing.T) {
	t.Parallel() // it waits most of the time
	e := newEdge(t)
	h := newHost(t, e.url())
	h.fragment()
	e.answer(wire.Redate, today+1, false)
	h.flush(nil)
	h.pending(1)
	if n := len(e.seen()); n > 64 {
		t.Errorf("sent %d times in one round", n)
	}
}

// TestSiteOff: a relay's off ends the round and nothing else, whatever it told of
// the policy before.
func TestSiteOff(t *testing.T) {
	l := newLiar(t)
	h := newHost(t, l.server.ClientURL())
	h.page()
	l.tell([]byte{})
	l.say(func(_ got, say func([]byte)) { say(wire.Hint{Code: wire.Off}.Marshal()) })
	h.flush(upload.ErrSiteOff)
	h.pending(1)
	l.say(func(g got, say func([]byte)) { say(g.reply(t, wire.Stored, today)) })
	h.flush(nil)
	h.pending(0)
}

// TestPlaces: a silent store finds at most eight pages with a place, however
// often they are sent, and gets all of them when it speaks.
func TestPlaces(t *testing.T) {
	t.Parallel() // it waits most of the time
	e := newEdge(t)
	h := newHost(t, e.url(), brief)
	for range 20 {
		h.page()
	}
	e.answer(0, 0, false)
	for range 2 {
		h.flush(upload.ErrNoReply)
		placed := 0
		for _, p := range h.pending(20) {
			b, _, err := h.spool.Load(p.ID)
			if err != nil {
				t.Fatal(err)
			}
			if b.Page != nil {
				placed++
			}
		}
		if placed != 8 {
			t.Errorf("%d pages have a place, want 8", placed)
		}
		h.restart()
	}
	e.answer(wire.Stored, today, false)
	h.config.Timeout = patience
	h.restart()
	h.flush(nil)
	h.pending(0)
	tags := map[[16]byte]bool{}
	for _, g := range e.seen() {
		tags[[16]byte(g.Payload[:16])] = true
	}
	for n := range uint32(20) {
		if tag := root.Day(today).Tag(n); !tags[tag] {
			t.Errorf("no page has number %d: a lookup would stop there", n)
		}
	}
	if len(tags) != 20 {
		t.Errorf("%d pages have a tag, want 20", len(tags))
	}
}

func TestHangup(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	h.fragment()
	h.flush(nil)
	if n := e.relay.Stats().Door.Connections; n != 1 {
		t.Errorf("%d connections, want that it is kept", n)
	}
	h.up.Hangup()
	eventually(t, "the connection ends", func() bool { return e.relay.Stats().Door.Connections == 0 })
	h.fragment()
	h.flush(nil)
	if n := e.relay.Stats().Door.Accepted; n != 2 {
		t.Errorf("%d connections were made, want a new one", n)
	}
}

// TestRefusalEndsARound: the host says no while envelopes wait for their
// moment and while a reply is awaited.
func TestRefusalEndsARound(t *testing.T) {
	e := newEdge(t)
	e.answer(0, 0, false)
	h := newHost(t, e.url(), func(c *upload.Config) { c.Window = time.Minute })
	h.fragment()
	ended := make(chan error, 1)
	go func() {
		_, err := h.up.Flush(t.Context(), true)
		ended <- err
	}()
	eventually(t, "the envelope reaches the store", func() bool { return len(e.seen()) == 1 })
	h.on.Store(false)
	h.up.Hangup()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the round ended well")
		}
	case <-time.After(patience):
		t.Fatal("the round goes on")
	}
	h.pending(1)
	if n := e.relay.Stats().Door.Connections; n != 0 {
		eventually(t, "the connection ends", func() bool { return e.relay.Stats().Door.Connections == 0 })
	}
}
