package upload_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// newEraser returns an eraser on the host's files, through the host's relay.
func (h *host) newEraser(change ...func(*upload.EraserConfig)) *upload.Eraser {
	h.t.Helper()
	c := upload.EraserConfig{
		Relays: h.config.Relays, Credential: credential, Vendor: vendorPublic, Dir: h.dir, Timeout: h.config.Timeout, Logger: h.config.Logger,
	}
	for _, f := range change {
		f(&c)
	}
	e, err := upload.NewEraser(c)
	if err != nil {
		h.t.Fatal(err)
	}
	return e
}

// run runs an eraser until stop is called, or the test ends.
func run(t *testing.T, e *upload.Eraser) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); e.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

func order(t *testing.T, e *upload.Eraser, of page.Root) {
	t.Helper()
	if err := e.Order(of, today); err != nil {
		t.Fatal(err)
	}
	e.Wake()
}

// finished waits until nothing is left to erase.
func finished(t *testing.T, e *upload.Eraser) upload.Erasure {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	got := e.Wait(ctx)
	if got.Finished.IsZero() {
		t.Fatalf("not finished: %+v", got)
	}
	return got
}

// erased is the data of a reply.
func erased(pages, open uint32) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32((today+3).Bytes(), pages), open)
}

// say says what the store answers from now on, with data.
func (e *edge) say(status wire.Status, data []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.data = status, data
}

// TestErase: every page that was ever given a number is named, with the right to
// it, in envelopes that all look alike, while this host does not take part.
func TestErase(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	for range 20 {
		h.page()
	}
	for range 3 { // eight at a time
		h.flush(nil)
	}
	sent := len(e.seen())
	h.on.Store(false)
	h.up.Hangup()
	e.say(wire.Done, erased(2, 5))
	eraser := h.newEraser()
	if s := eraser.State(); !s.Ordered.IsZero() || eraser.Ordered(root) {
		t.Errorf("before anything was ordered: %+v", s)
	}
	run(t, eraser)
	order(t, eraser, root)
	got := finished(t, eraser)
	if got.Envelopes != 64 || got.Confirmed != 64 || got.Pages != 128 || got.Open != 320 || got.ForgottenBy != today+3 || len(got.Refused) != 0 || got.Trouble != "" {
		t.Errorf("%+v", got)
	}
	checkErasures(t, e.seen()[sent:], map[schema.Day]uint32{today: 20})
	eventually(t, "the connection ends", func() bool { return e.relay.Stats().Door.Connections == 0 })
	if !eraser.Ordered(root) || eraser.Ordered(page.NewRoot([16]byte{9})) {
		t.Error("it is not known who ordered it")
	}
	b, err := os.ReadFile(filepath.Join(h.dir, upload.ErasureFile))
	if err != nil || bytes.Contains(b, []byte("payload")) {
		t.Errorf("rights are kept that are used up: %v", err)
	}
}

// checkErasures wants the envelopes of one erasure.
func checkErasures(t *testing.T, envelopes []got, numbers map[schema.Day]uint32) {
	t.Helper()
	named := map[page.Erasure]bool{}
	var partitions []uint8
	sizes := map[int]bool{}
	for _, g := range envelopes {
		items, err := page.ParseErasures(g.Payload)
		if err != nil || g.Kind != envelope.Erase || g.outer.Class != wire.ClassUser {
			t.Fatalf("%s, class %d, %v", g.Kind, g.outer.Class, err)
		}
		sizes[len(g.bytes)] = true
		partitions = append(partitions, g.outer.Partition)
		for _, item := range items {
			if wire.PartitionOf(item.Tag) != g.outer.Partition {
				t.Error("a tag is in another partition")
			}
			named[item] = true
		}
	}
	if len(sizes) != 1 || slices.IsSorted(partitions) {
		t.Errorf("%d sizes, sorted %v", len(sizes), slices.IsSorted(partitions))
	}
	want := 0
	for d := today - 91; d <= today+1; d++ {
		for n := range numbers[d] + 16 {
			want++
			if !named[root.Erasure(d, n)] {
				t.Fatalf("%s number %d is not named", d, n)
			}
		}
	}
	if len(named) != want {
		t.Errorf("%d pages are named, want %d", len(named), want)
	}
}

// TestEraseGoesOn: what has no reply is sent again, by another process too, and
// what has is not.
func TestEraseGoesOn(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	e.say(0, nil)
	eraser := h.newEraser()
	stop := run(t, eraser)
	order(t, eraser, root)
	eventually(t, "all are sent", func() bool { return len(e.seen()) == 64 })
	stop()
	if got := eraser.State(); got.Confirmed != 0 || !got.Finished.IsZero() {
		t.Errorf("%+v", got)
	}
	first := e.seen()
	e.say(wire.Done, erased(1, 0))
	eraser = h.newEraser()
	stop = run(t, eraser)
	if got := finished(t, eraser); got.Confirmed != 64 || got.Pages != 64 {
		t.Errorf("%+v", got)
	}
	stop()
	batches := map[schema.BatchID]got{}
	for _, g := range first {
		batches[g.Batch] = g
	}
	for _, g := range e.seen()[64:] {
		was, ok := batches[g.Batch]
		if !ok || !bytes.Equal(was.Payload, g.Payload) || was.outer.Attempt == g.outer.Attempt {
			t.Fatal("what is sent again is not the same in another envelope")
		}
	}
	eraser = h.newEraser()
	run(t, eraser)
	if got := finished(t, eraser); got.Envelopes != 64 || len(e.seen()) != 128 {
		t.Errorf("a finished erasure is sent again: %+v, %d envelopes", got, len(e.seen()))
	}
}

// TestEraseTwice: an order while an earlier one is not confirmed adds to it.
func TestEraseTwice(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	e.say(0, nil)
	eraser := h.newEraser()
	run(t, eraser)
	order(t, eraser, root)
	eventually(t, "all are sent", func() bool { return len(e.seen()) == 64 })
	e.say(wire.Done, erased(1, 0))
	order(t, eraser, page.NewRoot([16]byte{9}))
	if got := finished(t, eraser); got.Envelopes != 128 || got.Confirmed != 128 {
		t.Errorf("%+v", got)
	}
	for range 3 {
		order(t, eraser, root)
		if got := finished(t, eraser); got.Envelopes != 64 {
			t.Errorf("after a finished one: %+v", got)
		}
	}
}

func TestEraseBound(t *testing.T) {
	h := newHost(t, "nats://"+unused(t))
	eraser := h.newEraser()
	for range 16 {
		order(t, eraser, root)
	}
	if err := eraser.Order(root, today); !errors.Is(err, upload.ErrUnderWay) {
		t.Errorf("%v", err)
	}
	if got := h.newEraser().State(); got.Envelopes != 1024 {
		t.Errorf("%+v", got)
	}
}

// TestManyPages: a host that sent much and is old still sends envelopes of one
// size.
func TestManyPages(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	e.say(wire.Done, nil)
	eraser := h.newEraser()
	if err := eraser.Order(root, today-399); err != nil {
		t.Fatal(err)
	}
	run(t, eraser)
	finished(t, eraser)
	seen := e.seen()
	size, days := len(seen[0].bytes), map[schema.Day]bool{}
	for _, g := range seen {
		if len(g.bytes) != size {
			t.Errorf("%d and %d bytes", len(g.bytes), size)
		}
		items, err := page.ParseErasures(g.Payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, item := range items {
			days[item.Day] = true
		}
	}
	if len(days) != 401 || len(seen) != 64 || size <= 4096+wire.HeaderLen+wire.SealLen {
		t.Errorf("%d days in %d envelopes of %d bytes", len(days), len(seen), size)
	}
}

// TestEraseHints: a stranger's word delays and never ends it.
func TestEraseHints(t *testing.T) {
	for name, tt := range map[string]struct {
		first   []byte
		trouble string
	}{
		"off":              {wire.Hint{Code: wire.Off}.Marshal(), "does not let the erasure pass"},
		"later":            {wire.Hint{Code: wire.Later, Wait: time.Hour}.Marshal(), "asks to wait"},
		"noise":            {[]byte("noise"), "did not answer in time"},
		"a forged reply":   {make([]byte, wire.ReplyLen), "did not answer in time"},
		"queued, silence":  {wire.Hint{Code: wire.Queued}.Marshal(), "did not answer in time"},
		"reseal, for ever": {wire.Hint{Code: wire.Reseal}.Marshal(), "did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLiar(t)
			l.say(func(_ got, say func([]byte)) { say(tt.first) })
			h := newHost(t, l.server.ClientURL())
			eraser := h.newEraser(func(c *upload.EraserConfig) { c.Timeout = 2 * time.Second })
			run(t, eraser)
			order(t, eraser, root)
			eventually(t, "it is said why", func() bool { return strings.Contains(eraser.State().Trouble, tt.trouble) })
			if got := eraser.State(); got.Confirmed != 0 {
				t.Errorf("%+v", got)
			}
			l.say(func(g got, say func([]byte)) { say(g.reply(t, wire.Done, today)) })
			eraser.Wake() // its user asks again
			finished(t, eraser)
		})
	}
}

func TestEraseRefused(t *testing.T) {
	e := newEdge(t)
	h := newHost(t, e.url())
	e.say(wire.BadForm, nil)
	eraser := h.newEraser()
	run(t, eraser)
	order(t, eraser, root)
	if got := finished(t, eraser); got.Confirmed != 0 || got.Refused["bad-form"] != 64 {
		t.Errorf("%+v", got)
	}
}

func TestEraseNowhere(t *testing.T) {
	h := newHost(t, "nats://"+unused(t))
	if err := h.newEraser(func(c *upload.EraserConfig) { c.Relays = nil }).Order(root, today); !errors.Is(err, upload.ErrNowhere) {
		t.Errorf("%v", err)
	}
	eraser := h.newEraser()
	stop := run(t, eraser)
	order(t, eraser, root)
	eventually(t, "it is said why", func() bool { return strings.Contains(eraser.State().Trouble, "Nothing takes a connection") })
	stop()
	path := filepath.Join(h.dir, upload.ErasureFile)
	for _, content := range []string{"", "{", `{"form":1,"unsent":[{"payload":"AAA="}]}`, `{"form":2}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := upload.NewEraser(upload.EraserConfig{Dir: h.dir})
		if !errors.Is(err, durable.ErrDamaged) || !strings.Contains(err.Error(), upload.ErasureFile) {
			t.Errorf("%q: %v", content, err)
		}
	}
}
