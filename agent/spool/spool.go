// Package spool keeps what was taken and not yet confirmed by the store: first
// records, then the batches they were gathered into, on disk, synced.
//
// It is one log of checksummed frames in numbered segments. An append is
// answered after its frame is synced; several that wait together share one
// sync. Gathering records into batches is one frame too (a cut), so that after
// a crash at any moment every record stands either in the log or in exactly
// one batch. A segment is reserved whole when it begins; zeros at its end are
// the end of the log. Bytes stay on disk until they are asked for: in memory is
// some tens of bytes a batch, and a run of records.
//
// What it promises when things go wrong:
//
//   - A power cut: what was answered is there, once. What was not may be there
//     or not.
//   - Full (bytes or days): the oldest segment goes, or the old batches, and
//     what was lost with them is counted in Stats.Dropped, for good. Days are
//     counted by a calendar that does not follow a clock that leaps by years.
//   - No space on the volume: Append fails with the system's error where a
//     segment would begin, the log stays as it was, and the caller's record was
//     not accepted. It goes on by itself when there is space again.
//   - A write or sync that fails: nothing is written behind it any more; a new
//     segment begins, and says where the one before it ended.
//   - A damaged segment is moved to the folder aside and counted; what can be
//     read of it goes on. The folder is bounded: the oldest goes, and is counted.
//   - A segment that is missing, or emptied: the next start counts it in
//     Stats.Aside and names it in the log; what it held is lost.
//
// It does not look into records, and it never leaves this host by itself.
package spool

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ErrPurged says that a cut came too late: what it is made of was removed.
// Drop its batches.
var ErrPurged = errors.New("the records were removed meanwhile")

// ErrClosed says that the spool was closed. Nothing was kept.
var ErrClosed = errors.New("spool is closed")

// Config says where the spool lies and how much it may keep.
type Config struct {
	Dir      string           // of the segments; owner only
	MaxBytes int64            // 0: 20 MiB
	MaxDays  int              // 0: 30 days; older batches are dropped and counted
	Disk     Disk             // nil: the operating system's
	Now      func() time.Time // nil: time.Now
	Logger   *slog.Logger     // nil: discard
}

// Batch is what one envelope will carry, before it is sealed.
type Batch struct {
	ID      schema.BatchID
	Kind    envelope.Kind
	Day     schema.Day // it was gathered on
	Records int        // how many records it stands for
	Urgent  bool       // it holds an error's report, and goes before those that do not
	Plain   []byte     // packed page, or fragment
	Page    *Assigned  // of a page, once it was sent for the first time
}

// Assigned is a page's place and its sealed bytes, frozen at first sending.
type Assigned struct {
	Day    schema.Day
	N      uint32
	Sealed []byte
}

// Cut gathers records into batches, in one step.
type Cut struct {
	Through uint64           // the last record, by sequence, that is in the batches
	Batches []Batch          // their Page is not looked at
	Ends    []schema.BatchID // batches that these replace
	State   []byte           // the gatherer's own state after the cut; nil: as before
}

// Stats counts. Nothing in it says what was spooled.
type Stats struct {
	Bytes   int64  // on disk
	Records int    // not yet gathered
	Batches int    // not yet confirmed
	Dropped uint64 // records lost to bounds, ever
	Aside   uint64 // segments that were damaged and set aside, or missing, ever
	Gone    uint64 // of these, missing, or removed since to make room for younger ones
}

// Spool is an open spool. Its methods are safe for concurrent use.
type Spool struct {
	config Config
	ops    chan *op
	done   chan struct{} // closed when the writer has ended
	begun  begun         // read at the start, then the writer's

	mu     sync.Mutex // guards what is below
	closed bool
	log    state
}

// Open opens the spool, making it at the first start. The caller holds the
// data directory's lock.
func Open(c Config) (*Spool, error) {
	if c.MaxBytes == 0 {
		c.MaxBytes = 20 << 20
	}
	if c.MaxDays == 0 {
		c.MaxDays = 30
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Disk == nil {
		c.Disk = osDisk{}
	}
	if err := c.Disk.MakeDir(c.Dir); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	if err := c.Disk.SyncDir(filepath.Dir(c.Dir)); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	s := &Spool{config: c, ops: make(chan *op, maxGroup), done: make(chan struct{})}
	if err := s.replay(); err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	w, err := s.newWriter()
	if err != nil {
		return nil, fmt.Errorf("open spool: %w", err)
	}
	go w.run()
	return s, nil
}

// Close syncs what waits and ends. Calls after it fail with [ErrClosed].
func (s *Spool) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.ops)
	s.mu.Unlock()
	<-s.done
	return nil
}

// Append keeps records, each as codec.EncodeRecord made it. When it returns
// nil they are synced, all of them.
func (s *Spool) Append(ctx context.Context, records ...[]byte) error {
	if len(records) == 0 {
		return nil
	}
	return s.do(ctx, &op{kind: kindRecords, records: records})
}

// maxUncut bounds what one cut is made of, so that its frame stays in bounds.
const maxUncut = 1 << 20

// Uncut returns the oldest records that are in no batch yet, about a MiB at most
// and always one if there is any, the sequence of the last, and whether there
// are more. They are read from disk: one that got damaged there is an error until
// the next start, which sets its segment aside.
func (s *Spool) Uncut() (records [][]byte, through uint64, more bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var size int64
	for i := range s.log.runs {
		r := &s.log.runs[i]
		if size += r.bytes; size > maxUncut && i > 0 {
			return records, through, true, nil
		}
		b, err := s.read(r.at, r.bytes)
		if err != nil {
			return nil, 0, false, fmt.Errorf("read records: %w", err)
		}
		part, err := r.split(b)
		if err != nil {
			return nil, 0, false, fmt.Errorf("read records: %w", err)
		}
		records, through = append(records, part...), r.last
	}
	return records, through, false, nil
}

// Cut gathers records into batches. It is refused with [ErrPurged] when its
// records are no longer there, or what it replaces.
func (s *Spool) Cut(ctx context.Context, c Cut) error { return s.do(ctx, &op{kind: kindCut, cut: &c}) }

// Assign gives a page its place and its sealed bytes, before its first
// sending.
func (s *Spool) Assign(ctx context.Context, id schema.BatchID, a Assigned) error {
	return s.do(ctx, &op{kind: kindAssign, assign: &assignEntry{ID: id, Day: a.Day, N: a.N, Sealed: a.Sealed}})
}

// Release ends a batch with the store's answer.
func (s *Spool) Release(ctx context.Context, id schema.BatchID, status wire.Status) error {
	return s.do(ctx, &op{kind: kindRelease, release: &releaseEntry{ID: id, Status: status}})
}

// Purge removes every record and batch: the user's own order.
func (s *Spool) Purge(ctx context.Context) error {
	s.mu.Lock()
	cut := Cut{Through: s.log.next - 1}
	for id := range s.log.batches {
		cut.Ends = append(cut.Ends, id)
	}
	s.mu.Unlock()
	if err := s.Cut(ctx, cut); err != nil {
		return err
	}
	if err := s.do(ctx, &op{kind: kindRotate}); err != nil {
		return err
	}
	if err := s.purgeAside(); err != nil {
		return fmt.Errorf("purge spool: %w", err)
	}
	return nil
}

// State returns what the last cut left for the gatherer, or nil.
func (s *Spool) State() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.gather
}

// Pending returns the IDs and kinds of the batches that are not confirmed,
// oldest first, without their bytes.
func (s *Spool) Pending() []Batch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.pending()
}

// Load returns a pending batch with its bytes. It returns false for one that
// is not pending (any more).
func (s *Spool) Load(id schema.BatchID) (Batch, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.log.batches[id]
	if !ok {
		return Batch{}, false, nil
	}
	out := b.Batch
	var err error
	if out.Plain, err = s.read(b.plain, int64(b.length)); err != nil {
		return Batch{}, false, fmt.Errorf("load batch: %w", err)
	}
	if crc32.Checksum(out.Plain, castagnoli) != b.sum {
		return Batch{}, false, fmt.Errorf("load batch: %w: checksum", errFrame)
	}
	if b.assigned != nil {
		if out.Page, err = s.readAssigned(*b.assigned); err != nil {
			return Batch{}, false, fmt.Errorf("load batch: %w", err)
		}
	}
	return out, true, nil
}

func (s *Spool) readAssigned(at place) (*Assigned, error) {
	f, err := s.config.Disk.Open(s.path(at.segment))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	payload, err := readFrame(f, at.offset)
	if err != nil {
		return nil, err
	}
	a, err := decode[assignEntry](payload)
	if err != nil {
		return nil, err
	}
	return &Assigned{Day: a.Day, N: a.N, Sealed: a.Sealed}, nil
}

// read returns bytes of a segment.
func (s *Spool) read(at place, length int64) ([]byte, error) {
	f, err := s.config.Disk.Open(s.path(at.segment))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := make([]byte, length)
	_, err = io.ReadFull(io.NewSectionReader(f, at.offset, length), b)
	return b, err
}

// Stats counts what the spool holds.
func (s *Spool) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Stats{
		Bytes: s.log.bytes(), Records: int(s.log.records()), Batches: len(s.log.batches),
		Dropped: s.log.dropped, Aside: s.log.aside, Gone: s.log.gone,
	}
}

// Filled returns how many bytes of how many the spool takes on disk.
func (s *Spool) Filled() (used, bound int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.bytes(), s.config.MaxBytes
}

// do hands an operation to the writer and waits until it is synced.
func (s *Spool) do(ctx context.Context, o *op) error {
	o.done = make(chan error, 1)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return ErrClosed
	}
	select {
	case s.ops <- o:
		s.mu.Unlock()
	default:
		s.mu.Unlock()
		return fmt.Errorf("write spool: %w", ErrBusy)
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		// The frame may still be written: the caller must not count the record
		// as refused, and must not count it as accepted either.
		return ctx.Err()
	}
}

// ErrBusy says that more callers wait for the disk than the spool lets wait.
// Nothing was kept; try again.
var ErrBusy = errors.New("too many wait for the disk")
