package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"

	"github.com/dgraph-io/badger/v4"

	"github.com/tacit-telemetry/tacit/schema"
)

const (
	// maxExtras bounds how many rows that the sorted part does not list are held
	// in memory until the tails are asked for them, give or take a chunk.
	maxExtras = 1 << 16
	// compareRows is how many rows of pages are compared in one transaction.
	compareRows = 4096
)

// Report is what Verify found in a month.
type Report struct {
	Pages, Sums Findings
}

// Sound says whether all is as it should be.
func (r Report) Sound() bool { return r.Pages.sound() && r.Sums.sound() }

// Findings are what Verify found in a half.
type Findings struct {
	Rows     int64 // listed and as they should be
	Missing  int64 // listed and not there: lost
	Changed  int64 // there with another value; for the sums, one when their digest differs
	Torn     int64 // entries of the manifest itself that are damaged
	Unlisted int64 // there and not listed: the manifest lost entries, or a deletion was cut short
	// Trouble says why the half could not be compared. The counts are 0 then,
	// but for what the manifest says of a half whose directory is gone: Missing
	// and Torn. nil: it was compared.
	Trouble error
}

func (f Findings) sound() bool {
	return f.Trouble == nil && f.Missing+f.Changed+f.Torn+f.Unlisted == 0
}

// Verify compares the rows of a month with its manifests, one by one, while
// others read and write. progress, which may be nil, is told now and then how
// many rows of how many are done. It takes a third of a byte of memory for each
// row, and 32 bytes for each entry of a tail where the disk is too full to merge
// it. That a half which lost rows has them all again is noted in it
// ([DB.Damaged]). The error is the context's or that of a store that is closed:
// whatever else goes wrong is in the report.
func (d *DB) Verify(ctx context.Context, m schema.Month, progress func(done, total int64)) (Report, error) {
	var r Report
	for _, part := range []struct {
		half Half
		to   *Findings
	}{{PagesHalf, &r.Pages}, {SumsHalf, &r.Sums}} {
		*part.to = d.verifyHalf(ctx, placeKey{m, part.half}, progress)
		if ctx.Err() != nil {
			return Report{}, fmt.Errorf("verify month %s: %w", m, ctx.Err())
		}
	}
	return r, nil
}

func (d *DB) verifyHalf(ctx context.Context, k placeKey, progress func(done, total int64)) (f Findings) {
	h, done, err := d.use(k.month, k.half, false)
	defer done()
	switch {
	case errors.Is(err, errGone):
		var unread error
		f.Missing, f.Torn, unread = listedIn(ctx, halfPath(d.cfg.Dir, k.month, k.half))
		err = errors.Join(err, unread)
	case err == nil && h != nil:
		f, err = d.compare(ctx, h, newMeter(progress), nil)
	}
	f.Trouble = err
	d.learn(k, h, f)
	return f
}

// learn notes what a whole compare found, or that it found nothing: only then is
// a loss made good. h is nil when there is no half, or none that opens.
func (d *DB) learn(k placeKey, h *half, f Findings) {
	switch {
	case f.sound():
		if err := d.mend(h); err != nil { // it is tried again by the next one
			d.log.Warn("note that nothing is lost any more", slog.String("month", k.month.String()), slog.String("half", k.half.String()), slog.Any("error", err))
			return
		}
		d.note(k, func(h *harm) { h.lossy = false })
	case f.Missing+f.Changed+f.Torn > 0 || errors.Is(f.Trouble, ErrDamaged):
		d.note(k, func(h *harm) { h.lossy = true })
	}
}

// mend has the half forget that it lost something.
func (d *DB) mend(h *half) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	if h == nil || h.count.lost == 0 {
		return nil
	}
	if h.readOnly {
		return ErrFull
	}
	if err := d.disk.room(d.disk.headroom + d.needs()); err != nil {
		return err
	}
	return h.mend()
}

// meter tells how far something is.
type meter struct {
	tell        func(done, total int64)
	done, total int64
}

func newMeter(tell func(done, total int64)) *meter {
	if tell == nil {
		tell = func(_, _ int64) {}
	}
	return &meter{tell: tell}
}

func (m *meter) step() {
	m.done++
	if m.done%4096 == 0 {
		m.tell(m.done, max(m.done, m.total))
	}
}

// comparison compares the rows of one half.
type comparison struct {
	half   *half
	list   *list
	found  Findings
	digest digest
	extras map[[16]byte]extra    // rows that the sorted part does not list
	late   map[[16]byte][16]byte // what the tails say last of a half that is only read, of rows not yet seen
	each   func(row, value []byte) error
}

// extra is a row, and what the manifest should say of it.
type extra struct {
	row []byte
	say [16]byte
}

// compare compares a half's rows with its manifest. each, which may be nil,
// gets the rows that are as they should be, and ends it with an error.
func (d *DB) compare(ctx context.Context, h *half, meter *meter, each func(row, value []byte) error) (Findings, error) {
	if !h.readOnly {
		if err := h.manifest.merge(ctx); err != nil {
			return Findings{}, err
		}
	}
	h.manifest.reading.RLock()
	defer h.manifest.reading.RUnlock()
	l, err := openList(ctx, h.manifest.path+manifestExt)
	if err != nil {
		return Findings{}, fmt.Errorf("read its manifest: %w", err)
	}
	c := &comparison{half: h, list: l, extras: map[[16]byte]extra{}, late: map[[16]byte][16]byte{}, each: each}
	meter.total = int64(l.head.entries)
	if h.readOnly { // its tails were not merged, and nobody adds to them
		_, err = h.manifest.eachInTails(func(e entry) error { c.late[e.Row] = e.Say; return nil })
	}
	if err == nil {
		err = c.run(ctx, d, meter)
	}
	if err = errors.Join(err, l.close()); err != nil {
		return Findings{}, err
	}
	return c.found, nil
}

func (c *comparison) run(ctx context.Context, d *DB, meter *meter) error {
	each := func(row, value []byte) error {
		meter.step()
		return c.row(row, value)
	}
	for from := []byte{0}; from != nil; {
		err := c.half.view(func(txn *badger.Txn) (err error) {
			if c.half.kind == SumsHalf { // rows and digest of one moment
				from, err = chunk(ctx, txn, nil, from, math.MaxInt, each)
				return errors.Join(err, c.sums(txn))
			}
			from, err = chunk(ctx, txn, nil, from, compareRows, each)
			return err
		})
		if err != nil {
			return err
		}
		if len(c.extras) >= maxExtras {
			if err := c.settle(d); err != nil {
				return err
			}
		}
	}
	return c.finish(d)
}

// row compares one row.
func (c *comparison) row(row, value []byte) error {
	e := entryOf(row, value)
	if Table(row[0]).changes() {
		e.Say = sayChanges
		c.digest = c.digest.plus(hashOf(row, value))
	}
	at, say, ok, err := c.list.find(e.Row)
	last, late := c.late[e.Row]
	switch {
	case err != nil:
		return err
	case late && last == sayGone:
		c.found.Unlisted++
		return c.give(row, value)
	case late:
		say = last
		delete(c.late, e.Row)
	case !ok:
		c.extras[e.Row] = extra{bytes.Clone(row), e.Say}
		return c.give(row, value)
	}
	if ok {
		c.list.mark(at)
	}
	if say != e.Say {
		c.found.Changed++
		return nil
	}
	c.found.Rows++
	return c.give(row, value)
}

func (c *comparison) give(row, value []byte) error {
	if c.each == nil {
		return nil
	}
	return c.each(row, value)
}

// sums compares the rows that change with the digest of the last transaction
// before the one that reads.
func (c *comparison) sums(txn *badger.Txn) error {
	var b []byte
	item, err := txn.Get(countRow)
	if err == nil {
		b, err = item.ValueCopy(nil)
	}
	if err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
		return err
	}
	count, err := parseCounted(b)
	if err == nil && count.digest != c.digest {
		c.found.Changed++
	}
	return err
}

// settle looks for the rows that the sorted part does not list in the tails:
// they were committed since. What is committed in this moment is waited for.
func (c *comparison) settle(d *DB) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	torn, err := c.half.manifest.eachInTails(func(e entry) error {
		if want, ok := c.extras[e.Row]; ok && e.Say != sayGone {
			delete(c.extras, e.Row)
			if want.say == e.Say {
				c.found.Rows++
			} else {
				c.found.Changed++
			}
		}
		return nil
	})
	c.found.Torn = int64(torn)
	for _, x := range c.extras {
		_, there, err := c.half.get(x.row)
		if err != nil {
			return err
		}
		if there { // else it was being deleted
			c.found.Unlisted++
		}
	}
	clear(c.extras)
	return err
}

// finish counts what nobody saw.
func (c *comparison) finish(d *DB) error {
	if err := c.settle(d); err != nil {
		return err
	}
	c.found.Torn += int64(c.list.torn + c.list.head.torn)
	_, err := c.half.manifest.eachInTails(func(e entry) error {
		if e.Say != sayGone {
			return nil
		}
		at, _, ok, err := c.list.find(e.Row)
		if ok {
			c.list.mark(at)
		}
		return err
	})
	err = errors.Join(err, c.overdue())
	c.found.Missing += c.list.unseen()
	return err
}

// overdue counts the rows that tails list and that nobody saw.
func (c *comparison) overdue() error {
	for name, say := range c.late {
		at, _, ok, err := c.list.find(name)
		if err != nil {
			return err
		}
		if ok { // it is not missed twice
			c.list.mark(at)
		}
		if say != sayGone {
			c.found.Missing++
		}
	}
	return nil
}

// eachInTails calls each for every entry that is not merged yet.
func (m *manifest) eachInTails(each func(entry) error) (torn uint64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.tails {
		var stop error
		n, err := t.each(func(e entry) {
			if stop == nil {
				stop = each(e)
			}
		})
		if err := errors.Join(err, stop); err != nil {
			return torn, err
		}
		torn += n
	}
	return torn, nil
}
