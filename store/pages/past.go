package pages

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// The file of a ledger is its past, written as a whole, and frames that were
// appended since:
//
//	past  = "tacitel" | version 2 | ledger ID 16 | u64 frames before the first head | head 32 of the last frame of the past
//	        | u32 eras | u32 months
//	        | (u32 newest month | u32 heads), for each era | head 32, for each frame of the eras
//	        | (u32 month | u64 its last frame | u32 count | tombstone 16, count times, sorted), for each month
//	        | SHA-256 of all that 32
//
// A frame is what one order to erase has in one month: the pages of one
// installation. Its tombstones go into the past, among all others of their month,
// and its head stays, by which marks are compared. The salt that the head was made
// with is gone then, so that nobody can try which tombstones it was made of.
const (
	ledgerMagic     = "tacitel"
	ledgerVersion   = 2
	ledgerFixedLen  = len(ledgerMagic) + 1 + 16 + 8 + 32 + 4 + 4
	ledgerHeaderLen = ledgerFixedLen + sha256.Size // of a ledger without a past
	eraLen          = 4 + 4
	monthLen        = 4 + 8 + 4
)

// era is a run of frames whose heads are kept until all of its months are
// forgotten.
type era struct {
	month schema.Month // the newest that one of them is of
	heads uint32
}

// header returns the part of the past that has a fixed length.
func (l *Ledger) header() []byte {
	b := append([]byte(ledgerMagic), ledgerVersion)
	b = append(b, l.id[:]...)
	b = binary.BigEndian.AppendUint64(b, l.first)
	b = append(b, l.base.head[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(l.eras)))
	return binary.BigEndian.AppendUint32(b, uint32(len(l.months)))
}

// writePast writes l as one that has nothing but a past. heads calls each for
// every head that it keeps.
func (l *Ledger) writePast(w io.Writer, heads func(each func(durable.Digest) error) error) error {
	sum := sha256.New()
	out := bufio.NewWriter(io.MultiWriter(w, sum))
	_, _ = out.Write(l.header()) // Flush returns the first error of a bufio.Writer
	for _, e := range l.eras {
		b := binary.BigEndian.AppendUint32(nil, uint32(e.month))
		_, _ = out.Write(binary.BigEndian.AppendUint32(b, e.heads))
	}
	err := heads(func(h durable.Digest) error {
		_, err := out.Write(h[:])
		return err
	})
	if err != nil {
		return err
	}
	for _, m := range slices.Sorted(maps.Keys(l.months)) {
		in := l.months[m]
		b := binary.BigEndian.AppendUint32(nil, uint32(m))
		b = binary.BigEndian.AppendUint64(b, in.last)
		_, _ = out.Write(binary.BigEndian.AppendUint32(b, uint32(len(in.sorted))))
		for _, t := range in.sorted {
			_, _ = out.Write(t[:])
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err = w.Write(sum.Sum(nil))
	return err
}

// readPast reads the past from the beginning of a file of that many bytes. Errors
// are io.ErrUnexpectedEOF when not even the beginning is there, wrap [ErrLedger],
// or are the reader's.
func (l *Ledger) readPast(r io.Reader, size int64) error {
	sum := sha256.New()
	in := io.TeeReader(r, sum)
	var b [ledgerFixedLen]byte
	if _, err := io.ReadFull(in, b[:]); err != nil {
		return cutShort(err)
	}
	rest, ok := cutMagic(b[:])
	if !ok {
		return fmt.Errorf("%w: it does not begin as one", ErrLedger)
	}
	l.id, l.first = [16]byte(rest), binary.BigEndian.Uint64(rest[16:])
	l.base = place{frames: l.first, head: durable.Digest(rest[24:])}
	eras, months := binary.BigEndian.Uint32(rest[56:]), binary.BigEndian.Uint32(rest[60:])
	l.begin = int64(ledgerHeaderLen)
	err := l.readEras(in, eras, size)
	for ; err == nil && months > 0; months-- {
		err = l.readMonth(in, size)
	}
	var want durable.Digest
	if err == nil {
		_, err = io.ReadFull(r, want[:])
	}
	switch {
	case isCut(err) && l.begin == int64(ledgerHeaderLen) && eras == 0 && months == 0:
		return io.ErrUnexpectedEOF // the first append was torn
	case isCut(err):
		return fmt.Errorf("%w: its past is cut off", ErrLedger)
	case err == nil && durable.Digest(sum.Sum(nil)) != want:
		return fmt.Errorf("%w: its past is not what was written", ErrLedger)
	}
	return err
}

func cutMagic(b []byte) ([]byte, bool) {
	n := len(ledgerMagic)
	return b[n+1:], string(b[:n]) == ledgerMagic && b[n] == ledgerVersion
}

// isCut says whether a reader ended too early.
func isCut(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

func (l *Ledger) readEras(r io.Reader, count uint32, size int64) error {
	var heads int64
	for range count {
		var b [eraLen]byte
		if _, err := io.ReadFull(r, b[:]); err != nil {
			return err
		}
		e := era{month: schema.Month(binary.BigEndian.Uint32(b[:])), heads: binary.BigEndian.Uint32(b[4:])}
		l.eras = append(l.eras, e)
		heads += int64(e.heads)
		l.begin += eraLen
	}
	l.heads = l.begin - sha256.Size
	l.begin += heads * sha256.Size
	l.base.frames += uint64(heads)
	if l.begin > size {
		return io.ErrUnexpectedEOF
	}
	_, err := io.CopyN(io.Discard, r, heads*sha256.Size)
	return err
}

func (l *Ledger) readMonth(r io.Reader, size int64) error {
	var b [monthLen]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return err
	}
	m, count := schema.Month(binary.BigEndian.Uint32(b[:])), int64(binary.BigEndian.Uint32(b[12:]))
	l.begin += monthLen + count*int64(len(Tombstone{}))
	if l.begin > size {
		return io.ErrUnexpectedEOF
	}
	in := &buried{sorted: make([]Tombstone, count), last: binary.BigEndian.Uint64(b[4:])}
	for i := range in.sorted {
		if _, err := io.ReadFull(r, in.sorted[i][:]); err != nil {
			return err
		}
		if i > 0 && compareTombstones(in.sorted[i-1], in.sorted[i]) >= 0 {
			return fmt.Errorf("%w: month %s is not in order", ErrLedger, m)
		}
	}
	if l.months[m] != nil {
		return fmt.Errorf("%w: month %s is there twice", ErrLedger, m)
	}
	l.months[m] = in
	l.count += int(count)
	return nil
}
