package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// sink takes what a backup holds, as it comes. What it takes is not to be used
// before the whole backup was read without an error.
type sink struct {
	head func(headPart) error
	rows func(ctx context.Context, m schema.Month, h db.Half, part []byte) error // the part is the callee's until the next
	end  func(ctx context.Context, m schema.Month, h db.Half, e endPart) error
}

// reading is a backup that is being read.
type reading struct {
	parts io.Reader
	sink  sink
	out   Backed

	closing closePart
	buf     []byte
	all     *rowDigest
}

// readBackup reads a backup to its end. Errors wrap [ErrBackup], or are the
// reader's or the sink's.
func readBackup(ctx context.Context, r io.Reader, key BackupSecret, s sink) (Backed, closePart, error) {
	opened, err := newOpener(r, key)
	if err != nil {
		return Backed{}, closePart{}, err
	}
	b := reading{parts: opened, sink: s, all: newRowDigest()}
	if err := b.run(ctx); err != nil {
		return Backed{}, closePart{}, err
	}
	if n, err := opened.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		return Backed{}, closePart{}, errors.Join(fmt.Errorf("%w: something follows after its end", ErrBackup), err)
	}
	return b.out, b.closing, nil
}

func (b *reading) run(ctx context.Context) error {
	if err := b.head(); err != nil {
		return err
	}
	for {
		kind, err := b.next()
		if err != nil {
			return err
		}
		switch kind {
		case partHalf:
			err = b.half(ctx)
		case partClose:
			return b.close()
		default:
			err = fmt.Errorf("%w: a part of kind %q out of place", ErrBackup, kind)
		}
		if err != nil {
			return err
		}
	}
}

// next reads a part into buf.
func (b *reading) next() (kind byte, err error) {
	kind, b.buf, err = readPart(b.parts, b.buf)
	if errors.Is(err, errPart) {
		err = fmt.Errorf("%w: %w", ErrBackup, err)
	}
	return kind, err
}

// json reads the part in buf as v.
func (b *reading) json(v any) error {
	if err := json.Unmarshal(b.buf, v); err != nil {
		return fmt.Errorf("%w: a part does not have its form", ErrBackup)
	}
	return nil
}

func (b *reading) head() error {
	kind, err := b.next()
	if err != nil {
		return err
	}
	var h headPart
	if kind != partHead {
		return fmt.Errorf("%w: it does not begin with its head", ErrBackup)
	}
	if err := b.json(&h); err != nil {
		return err
	}
	if h.Form != backupForm {
		return fmt.Errorf("%w: it has form %d and this version reads %d", ErrBackup, h.Form, backupForm)
	}
	b.out = Backed{Day: h.Day, Months: h.Months}
	if _, err := time.Parse(time.DateOnly, h.Day); err != nil {
		return fmt.Errorf("%w: its day does not have the form", ErrBackup)
	}
	return b.sink.head(h)
}

// half reads a half of a month to its end.
func (b *reading) half(ctx context.Context) error {
	m, h, err := b.which()
	if err != nil {
		return err
	}
	for rows := newRowDigest(); ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		kind, err := b.next()
		if err != nil {
			return err
		}
		switch kind {
		case partRows:
			if err := rows.part(b.buf, h); err != nil {
				return err
			}
			if err := b.sink.rows(ctx, m, h, b.buf); err != nil {
				return err
			}
		case partEnd:
			return b.end(ctx, m, h, rows)
		default:
			return fmt.Errorf("%w: a part of kind %q among rows", ErrBackup, kind)
		}
	}
}

// which reads what half the part in buf begins.
func (b *reading) which() (schema.Month, db.Half, error) {
	var p halfPart
	if err := b.json(&p); err != nil {
		return 0, 0, err
	}
	m, err := schema.ParseMonth(p.Month)
	i := slices.IndexFunc(halves[:], func(h db.Half) bool { return h.String() == p.Half })
	if err != nil || i < 0 || !slices.Contains(b.out.Months, p.Month) {
		return 0, 0, fmt.Errorf("%w: it holds a half that its head does not name", ErrBackup)
	}
	return m, halves[i], nil
}

func (b *reading) end(ctx context.Context, m schema.Month, h db.Half, rows *rowDigest) error {
	var e endPart
	if err := b.json(&e); err != nil {
		return err
	}
	if e.Rows != rows.rows || e.Digest != rows.sum() {
		return fmt.Errorf("%w: %s of %s are not what its end says", ErrBackup, h, m)
	}
	b.all.half(e)
	if e.Broken != "" {
		b.out.Findings = append(b.out.Findings, Finding{Month: m.String(), Half: h.String(), What: e.Broken, Fix: fixOlder})
	}
	return b.sink.end(ctx, m, h, e)
}

func (b *reading) close() error {
	if err := b.json(&b.closing); err != nil {
		return err
	}
	if b.closing.Rows != b.all.rows || b.closing.Digest != b.all.sum() {
		return fmt.Errorf("%w: its end says other rows than it holds", ErrBackup)
	}
	b.out.Rows, b.out.Digest = b.closing.Rows, b.closing.Digest.String()
	return nil
}
