package store_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// erasure returns an order to erase numbers of a day that are of one partition.
func (h *host) erasure(items ...page.Erasure) envelope.Content {
	return envelope.Content{Kind: envelope.Erase, Batch: schema.NewBatchID(), Payload: page.MarshalErasures(items)}
}

// order seals an order for the partition of its first tag.
func (h *host) order(class wire.Class, c envelope.Content) *envelope.Sealed {
	h.t.Helper()
	partition := uint8(0)
	if len(c.Payload) > 22 {
		partition = wire.PartitionOf([16]byte(c.Payload[6:]))
	}
	s, err := envelope.Seal(h.key, partition, class, c)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *host) right(d schema.Day, n uint32) page.Erasure { return page.NewRoot(h.id).Erasure(d, n) }

// done sends an order and returns how many pages the store says it has erased.
func (e *edge) done(s *envelope.Sealed) int {
	e.t.Helper()
	e.crate(wire.MarshalCrate([][]byte{s.Bytes}))
	return e.reply(s)
}

// reply waits for the reply to an order.
func (e *edge) reply(s *envelope.Sealed) int {
	e.t.Helper()
	for late := time.After(patience); ; {
		select {
		case r := <-e.replies:
			if r.Attempt != s.Attempt {
				continue
			}
			opened, err := envelope.OpenReply(s.ReplyKey, s.Attempt, r.Reply[:])
			if err != nil || opened.Status != wire.Done || len(opened.Data) != 12 {
				e.t.Fatalf("reply %s, %d bytes of data, %v", opened.Status, len(opened.Data), err)
			}
			if d := schema.Day(binary.BigEndian.Uint32(opened.Data)); d != today+3 {
				e.t.Errorf("brokers forget by %s", d)
			}
			return int(binary.BigEndian.Uint32(opened.Data[4:]))
		case <-late:
			e.t.Fatal("no reply")
		}
	}
}

func TestEraseOrders(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	host := newHost(t, start(t, h.config(e)))
	kept := host.seal(host.page(today, 0, used(time.Now(), "up")))
	e.send(kept)
	right := host.right(today, 0)
	apart := host.right(today, 1)
	for n := uint32(2); wire.PartitionOf(apart.Tag) == wire.PartitionOf(right.Tag); n++ {
		apart = host.right(today, n)
	}
	for name, bad := range map[string]*envelope.Sealed{
		"of no user":               host.order(wire.ClassNormal, host.erasure(right)),
		"of two partitions":        host.order(wire.ClassUser, host.erasure(right, apart)),
		"of nothing":               host.order(wire.ClassUser, host.erasure()),
		"cut off":                  host.order(wire.ClassUser, envelope.Content{Kind: envelope.Erase, Batch: schema.NewBatchID(), Payload: page.MarshalErasures([]page.Erasure{right})[:40]}),
		"in another one's own way": host.sealTo(host.key, (wire.PartitionOf(right.Tag)+1)%wire.Partitions, host.erasure(right)),
	} {
		if got := e.send(bad)[0]; got != wire.BadForm {
			t.Errorf("%s: %s", name, got)
		}
	}
	thief := *host // knows the tag and not the right
	stolen := right
	stolen.Right = page.EraseRight{}
	if n := e.done(thief.order(wire.ClassUser, host.erasure(stolen))); n != 0 {
		t.Errorf("without the right %d pages are erased", n)
	}
	order := host.order(wire.ClassUser, host.erasure(right))
	if n := e.done(order); n != 1 {
		t.Errorf("erased %d pages", n)
	}
	if n := e.done(order); n != 0 {
		t.Errorf("the same order again erases %d pages", n)
	}
	if got := e.send(kept)[0]; got != wire.Erased {
		t.Errorf("the page again: %s", got)
	}
	again := host.page(today, 0, used(time.Now(), "up")) // the same number from a restored snapshot: same tag, same right
	if got := e.send(host.seal(again))[0]; got != wire.Erased {
		t.Errorf("another page under the same tag and right: %s", got)
	}
	if got := e.send(host.seal(host.page(today, 30)))[0]; got != wire.Stored {
		t.Errorf("a page that was not named: %s", got)
	}
}

// TestErasedInItsGroup: a page and the order to erase it in one crate, in either
// order, leave nothing.
func TestErasedInItsGroup(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	for _, orderFirst := range []bool{false, true} {
		host := newHost(t, s)
		kept, order := host.seal(host.page(today, 0)), host.order(wire.ClassUser, host.erasure(host.right(today, 0)))
		crate := [][]byte{kept.Bytes, order.Bytes}
		if orderFirst {
			slices.Reverse(crate)
		}
		e.crate(wire.MarshalCrate(crate))
		if n := e.reply(order); n != 1 {
			t.Errorf("order first %v: erased %d pages", orderFirst, n)
		}
		if _, err := timeline(t, h, host.id); err == nil {
			t.Errorf("order first %v: the page is still there", orderFirst)
		}
	}
}

// eraseByID is what an operator's command does.
func eraseByID(t *testing.T, h house, id uuid.UUID) lookup.Erased {
	t.Helper()
	src, err := lookup.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run})
	if err != nil {
		t.Fatal(err)
	}
	out, err := lookup.Erase(t.Context(), src.Held, src, lookup.SubjectOf(id), time.Now())
	if err := src.Close(); err != nil {
		t.Error(err)
	}
	if err != nil || out.ForgottenBy != today+3 {
		t.Errorf("erase: %+v, %v", out, err)
	}
	return out
}

func TestEraseByID(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	var sent []*envelope.Sealed
	hosts := []*host{newHost(t, s), newHost(t, s), newHost(t, s)}
	for _, host := range hosts {
		for _, d := range []schema.Day{today - 80, today - 1, today, today + 1} {
			for _, n := range []uint32{0, 1, 9, 25} { // with gaps
				sent = append(sent, host.seal(host.page(d, n, used(d.Time(), "up"))))
			}
		}
	}
	e.send(sent...)
	check := func(how string, want ...int) {
		t.Helper()
		for i, host := range hosts {
			got := 0
			if history, err := timeline(t, h, host.id); err == nil {
				got = history.Pages
			}
			if got != want[i] {
				t.Errorf("%s: host %d has %d pages, want %d", how, i, got, want[i])
			}
		}
	}
	check("before", 16, 16, 16)
	if n := eraseByID(t, h, hosts[0].id); n.Pages != 16 {
		t.Errorf("over the socket %d pages are erased", n.Pages)
	}
	check("over the socket", 0, 16, 16)
	for i, got := range e.send(sent...) { // late replays of everything
		want := wire.Stored
		if i < 16 {
			want = wire.Erased
		}
		if got != want {
			t.Errorf("replay of envelope %d: %s", i, got)
		}
	}
	stop(t, s)
	if n := eraseByID(t, h, hosts[1].id); n.Pages != 16 {
		t.Errorf("with nobody running %d pages are erased", n.Pages)
	}
	if n := eraseByID(t, h, hosts[1].id); n.Pages != 0 {
		t.Errorf("again: %d pages", n.Pages)
	}
	check("with nobody running", 0, 0, 16)
	settled(t, h, "with nobody running")
	start(t, h.config(e))
	e.send(sent...)
	check("after a restart and replays", 0, 0, 16)
}

// settled wants the ledger to say nothing any more about which tombstones came
// together: there is nothing left to settle.
func settled(t *testing.T, h house, how string) {
	t.Helper()
	read := func() []byte {
		b, err := os.ReadFile(filepath.Join(h.keys, pages.LedgerFile))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	before := read()
	l, err := pages.OpenLedger(h.keys, nil)
	if err == nil {
		err = l.Settle()
	}
	if err != nil || l.Tombstones() == 0 || !bytes.Equal(before, read()) {
		t.Errorf("%s: the ledger of %d tombstones is not settled, %v", how, l.Tombstones(), err)
	}
}

// TestTheOrderLeavesNoTrace: nothing that the store keeps holds a tag, a right or
// the ID.
func TestTheOrderLeavesNoTrace(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	e.send(host.seal(host.page(today, 0)))
	right := host.right(today, 0)
	e.done(host.order(wire.ClassUser, host.erasure(right)))
	stop(t, s)
	settled(t, h, "a store that has stopped")
	needles := map[string][]byte{"tag": right.Tag[:], "right": right.Right[:], "ID": host.id[:]}
	for _, dir := range []string{h.data, h.keys} {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			for name, needle := range needles {
				if strings.Contains(string(b), string(needle)) {
					t.Errorf("%s holds the %s", filepath.Base(path), name)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, n, _, err := pages.CheckLedger(h.keys); n != 1 || err != nil {
		t.Errorf("%d tombstones, %v", n, err)
	}
}

// TestAnOrderThatFailsHoldsUpNobody: a damaged month leaves the order without an
// answer, and the pages beside it in the crate are stored and answered.
func TestAnOrderThatFailsHoldsUpNobody(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	old := today - 40
	e.send(host.seal(host.page(old, 0)))
	stop(t, s)
	manifest := filepath.Join(h.data, old.Month().String(), "pages", "MANIFEST")
	if err := os.WriteFile(manifest, []byte("garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, h.config(e))
	kept, order := host.seal(host.page(today, 0)), host.order(wire.ClassUser, host.erasure(host.right(old, 0)))
	e.crate(wire.MarshalCrate([][]byte{order.Bytes, kept.Bytes}))
	if got := e.await(kept); got[0] != wire.Stored {
		t.Errorf("the page beside it: %s", got[0])
	}
	until(t, "the crate is acknowledged", func() bool { return e.pending() == 0 })
	if stats, err := s.Stats(); err != nil || stats.Outcomes["trouble"] == 0 || stats.Outcomes["done"] != 0 || len(e.replies) != 0 {
		t.Errorf("%+v, %v, %d replies more", stats.Outcomes, err, len(e.replies))
	}
}

// TestEraseReachesWhatIsNotShown: days that are over stay on disk until their
// month is, or a clock is believed. An order to erase finds them there, numbers
// past the first sixteen as well.
func TestEraseReachesWhatIsNotShown(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	hosts := []*host{newHost(t, s), newHost(t, s), newHost(t, s)}
	for _, host := range hosts {
		var sent []*envelope.Sealed
		for n := range uint32(21) {
			sent = append(sent, host.seal(host.page(today-80, n)))
		}
		e.send(sent...)
	}
	stop(t, s)
	cfg := h.config(e)
	cfg.RetentionDays = 30
	s = start(t, cfg)
	for i, how := range []string{"over the socket", "with nobody running"} {
		if i == 1 {
			stop(t, s)
		}
		if _, err := timeline(t, h, hosts[i].id); !errors.Is(err, lookup.ErrNothing) {
			t.Errorf("%s: a day that is over is shown: %v", how, err)
		}
		if n := eraseByID(t, h, hosts[i].id); n.Pages != 21 {
			t.Errorf("%s %d of 21 pages are erased", how, n.Pages)
		}
		if n := eraseByID(t, h, hosts[i].id); n.Pages != 0 {
			t.Errorf("%s, again: %d pages", how, n.Pages)
		}
	}
	start(t, h.config(e)) // 90 days again
	for i, want := range []int{0, 0, 21} {
		got := 0
		if history, err := timeline(t, h, hosts[i].id); err == nil {
			got = history.Pages
		}
		if got != want {
			t.Errorf("host %d has %d pages on disk, want %d", i, got, want)
		}
	}
}
