package db

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of a row, in bytes. Badger ends at keys of 65,000, and puts values of
// 1 MiB into another log.
const (
	MaxKeyLen   = 1 << 10
	MaxValueLen = 256 << 10
)

// Commit writes a group and returns when it is on disk and listed in the
// manifest. A group that is too large for one transaction is split between
// batches, never within one. A group without batches makes sure that earlier
// ones are listed.
//
// Errors wrap [ErrFull] and [ErrTooBig], and name the month; [Failed] tells in
// which half. After an error any whole batches of the group may be on disk: commit
// it again, without those that are (the batch rows tell).
func (d *DB) Commit(ctx context.Context, g Group) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	parts, err := split(g.Batches)
	if err == nil {
		err = d.write(ctx, g.Month, parts)
	}
	if err != nil {
		return fmt.Errorf("commit to month %s: %w", g.Month, err)
	}
	return nil
}

// Failed says whether an error of [DB.Commit] is of half h. When it is not, all
// that the group has in that half is on disk and listed.
func Failed(err error, h Half) bool {
	of := func(h Half) bool { return errors.Is(err, &halfError{half: h}) }
	return err != nil && (of(h) || !slices.ContainsFunc(halves[:], of))
}

// halfError is an error of one half of a month.
type halfError struct {
	half Half
	err  error
}

func (e *halfError) Error() string { return fmt.Sprintf("%s: %v", e.half, e.err) }

func (e *halfError) Unwrap() error { return e.err }

// Is says whether target is of the same half.
func (e *halfError) Is(target error) bool {
	t, ok := target.(*halfError)
	return ok && t.half == e.half
}

// split sorts batches by the half that they lie in.
func split(batches []Batch) (map[Half][]Batch, error) {
	parts := map[Half][]Batch{}
	for _, b := range batches {
		h, err := b.half()
		if err != nil {
			return nil, err
		}
		parts[h] = append(parts[h], b)
	}
	return parts, nil
}

// write commits to both halves at once: each waits for the disk most of the
// time. Callers hold writer.
func (d *DB) write(ctx context.Context, m schema.Month, parts map[Half][]Batch) error {
	if len(parts) == 1 {
		for h, batches := range parts {
			return d.writeHalf(ctx, m, h, batches)
		}
	}
	var errs [len(halves)]error
	var both sync.WaitGroup
	for i, h := range halves {
		both.Go(func() { errs[i] = d.writeHalf(ctx, m, h, parts[h]) })
	}
	both.Wait()
	return errors.Join(errs[:]...)
}

func (d *DB) writeHalf(ctx context.Context, m schema.Month, kind Half, batches []Batch) error {
	if err := d.writeTo(ctx, m, kind, batches); err != nil {
		return &halfError{kind, err}
	}
	return nil
}

func (d *DB) writeTo(ctx context.Context, m schema.Month, kind Half, batches []Batch) error {
	writes := len(batches) > 0
	h, done, err := d.use(m, kind, writes)
	if err != nil || h == nil {
		return err
	}
	defer done()
	if writes {
		if err := d.disk.room(d.disk.headroom + d.needs() + sizeOf(batches)); err != nil {
			return err
		}
	}
	if err := h.commit(ctx, batches); err != nil {
		return err
	}
	if h.manifest.full() {
		select {
		case d.due <- struct{}{}:
		default: // it is told already
		}
	}
	return nil
}

// sizeOf returns how many bytes the rows have.
func sizeOf(batches []Batch) (n uint64) {
	for _, b := range batches {
		for i := range b {
			n += uint64(len(b[i].Key) + len(b[i].Value))
		}
	}
	return n
}

func (h *half) commit(ctx context.Context, batches []Batch) error {
	s := newStage(h)
	for _, b := range batches {
		if err := s.take(ctx, b); err != nil {
			return err
		}
	}
	if err := s.write(ctx); err != nil {
		return err
	}
	return h.manifest.flush()
}
