package fault

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// spoolDir is where the spool lies on a volume.
const spoolDir = "/spool"

// history is what somebody did with a spool, by his own book: the volume's
// changes, and between them what he ordered and what he was told.
type history struct {
	t       *testing.T
	r       *rand.Rand
	disk    *volume
	config  spool.Config
	spool   *spool.Spool
	now     time.Time
	records int // made so far
	cuts    int
	bounded bool  // so small that records are dropped
	book    *book // at the end
}

// open starts the process.
func (h *history) open() {
	h.t.Helper()
	var err error
	if h.spool, err = spool.Open(h.config); err != nil {
		h.t.Fatalf("open: %v", err)
	}
}

// restart ends the process without a word, and starts it again: nothing of what
// it wrote is lost by that, and nothing synced.
func (h *history) restart() {
	if err := h.spool.Close(); err != nil {
		h.t.Fatal(err)
	}
	h.disk.mu.Lock()
	h.disk.fail = nil
	h.disk.mu.Unlock()
	h.open()
}

// newHistory makes a random history.
func newHistory(t *testing.T, r *rand.Rand, bounded bool, steps int) *history {
	h := &history{t: t, r: r, disk: newVolume(), bounded: bounded, book: newBook(), now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC)}
	h.config = spool.Config{Dir: spoolDir, Disk: h.disk, MaxBytes: 512 << 10, Now: func() time.Time { return h.now }}
	if bounded {
		h.config.MaxBytes = 64 << 10
	}
	h.open()
	for range steps {
		h.step()
	}
	if err := h.spool.Close(); err != nil {
		t.Fatal(err)
	}
	return h
}

// step does one thing.
func (h *history) step() {
	if h.r.IntN(8) == 0 {
		h.breakDisk()
	}
	switch n := h.r.IntN(20); {
	case n < 8:
		h.append(h.offers())
	case n < 10:
		h.appendTogether()
	case n < 14:
		h.cut()
	case n < 15:
		h.replace()
	case n < 16:
		h.assign()
	case n < 19:
		h.release()
	default:
		h.restart()
	}
}

// breakDisk lets the next operations of the disk of some kind fail, up to three,
// and truncating as well.
func (h *history) breakDisk() {
	kinds := []string{"write", "sync", "sync", "create", "syncdir"}
	kind, left := kinds[h.r.IntN(len(kinds))], 1+h.r.IntN(3)
	h.disk.mu.Lock()
	defer h.disk.mu.Unlock()
	h.disk.fail = func(op string) error {
		if left == 0 || op != kind && op != "truncate" {
			return nil
		}
		left--
		return errDisk
	}
}

// order does something between two entries of the book: that it was ordered,
// and what came of it.
func (h *history) order(ordered func(*book), do func(context.Context) error, confirmed func(*book)) error {
	h.tell(ordered)
	err := do(h.t.Context())
	if err == nil {
		h.tell(confirmed)
	}
	return err
}

func (h *history) tell(f func(*book)) {
	h.disk.tell(func() { f(h.book) })
}

// record returns the next record, as long as records are.
func (h *history) record() []byte {
	h.records++
	long := 20 + h.r.IntN(300)
	if h.r.IntN(12) == 0 {
		long = 6000
	}
	return fmt.Appendf(nil, "%d:%s", h.records, strings.Repeat("x", long))
}

// number reads the number of a record.
func number(record []byte) (n int) {
	_, _ = fmt.Sscanf(string(record), "%d:", &n)
	return n
}

// offers returns up to four records.
func (h *history) offers() (records [][]byte) {
	for range 1 + h.r.IntN(4) {
		records = append(records, h.record())
	}
	return records
}

func (h *history) append(records [][]byte) {
	_ = h.order(
		func(b *book) { b.offer(records) },
		func(ctx context.Context) error { return h.spool.Append(ctx, records...) },
		func(b *book) { b.confirm(records) })
}

func (h *history) appendTogether() {
	var wg sync.WaitGroup
	for range 4 {
		records := h.offers()
		wg.Go(func() { h.append(records) })
	}
	wg.Wait()
}

// cut gathers what waits into up to three batches.
func (h *history) cut() {
	kept, through, _, err := h.spool.Uncut()
	if err != nil {
		h.t.Fatal(err)
	}
	h.cuts++
	c := spool.Cut{Through: through, State: fmt.Appendf(nil, "state %d", h.cuts)}
	for part := range slices.Chunk(kept, max(1, (len(kept)+2)/3)) {
		c.Batches = append(c.Batches, h.batch(part, len(part)))
	}
	h.doCut(c)
}

// separator stands between the records of a batch's bytes.
var separator = []byte{'\n'}

func (h *history) batch(records [][]byte, n int) spool.Batch {
	return spool.Batch{
		ID: schema.NewBatchID(), Kind: envelope.Page, Day: schema.DayOf(h.now), Records: n,
		Urgent: h.r.IntN(2) == 0, Plain: bytes.Join(records, separator),
	}
}

func (h *history) doCut(c spool.Cut) {
	_ = h.order(
		func(b *book) { b.orderCut(c) },
		func(ctx context.Context) error { return h.spool.Cut(ctx, c) },
		func(b *book) { b.confirmCut(c) })
}

// some returns a random batch that is pending, as it is loaded.
func (h *history) some() (spool.Batch, bool) {
	pending := h.spool.Pending()
	if len(pending) == 0 {
		return spool.Batch{}, false
	}
	b, ok, err := h.spool.Load(pending[h.r.IntN(len(pending))].ID)
	if err != nil || !ok {
		h.t.Fatalf("load a pending batch: %v, %v", ok, err)
	}
	return b, true
}

// replace makes a new batch of another's content, as a redate does.
func (h *history) replace() {
	b, ok := h.some()
	if !ok {
		return
	}
	fresh := h.batch([][]byte{b.Plain}, b.Records)
	h.doCut(spool.Cut{Batches: []spool.Batch{fresh}, Ends: []schema.BatchID{b.ID}})
}

func (h *history) assign() {
	b, ok := h.some()
	if !ok {
		return
	}
	a := spool.Assigned{Day: b.Day, N: h.r.Uint32(), Sealed: fmt.Appendf(nil, "sealed %d", h.r.Uint32())}
	_ = h.order(
		func(k *book) { k.orderAssign(b.ID, a) },
		func(ctx context.Context) error { return h.spool.Assign(ctx, b.ID, a) },
		func(k *book) { k.confirmAssign(b.ID, a) })
}

func (h *history) release() {
	b, ok := h.some()
	if !ok {
		return
	}
	_ = h.order(
		func(k *book) { k.batches[b.ID].releaseOrdered = true },
		func(ctx context.Context) error { return h.spool.Release(ctx, b.ID, wire.Stored) },
		func(k *book) { k.batches[b.ID].released = true })
}
