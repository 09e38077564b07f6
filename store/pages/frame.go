package pages

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// The file of a ledger:
//
//	header = "tacitel" | version 1 | ledger ID 16 | u64 frames before the first | their head 32
//	frame  = kind 1 | u32 month | u32 count | SHA-256(tombstones) 32 | head 32 | tombstone 16, count times
//	head   = SHA-256(head before | u32 month | u32 count | SHA-256(tombstones))
//
// A frame of a month that is forgotten keeps its first line only (kind 2), so
// that the chain holds; such frames at the beginning go and are counted in the
// header.
const (
	ledgerMagic     = "tacitel"
	ledgerVersion   = 1
	ledgerHeaderLen = len(ledgerMagic) + 1 + 16 + 8 + 32
	ledgerFrameLen  = 1 + 4 + 4 + 32 + 32

	wholeFrame     = 1
	forgottenFrame = 2

	maxFrameTombstones = 4096
	maxAppend          = 16 * maxFrameTombstones // tombstones in one write
	maxAppendLen       = maxAppend * (16 + ledgerFrameLen)
	zerosLen           = 16 // zeros in a row that no frame has
)

// frame is one month's part of an append.
type frame struct {
	number     uint64 // counts from 1
	month      schema.Month
	count      uint32
	body, head durable.Digest
	tombstones []Tombstone // nil: forgotten
}

// framesOf makes frames of sorted tombstones, to follow after a place.
func framesOf(all []Buried, after place) ([]frame, place) {
	var frames []frame
	for len(all) > 0 {
		n := 0
		f := frame{month: all[0].Month}
		for n < len(all) && n < maxFrameTombstones && all[n].Month == f.month {
			f.tombstones = append(f.tombstones, all[n].Tombstone)
			n++
		}
		all = all[n:]
		f.count, f.body = uint32(n), sha256.Sum256(f.bytes())
		after = f.follow(after)
		frames = append(frames, f)
	}
	return frames, after
}

// follow chains the frame to a place and returns the place after it.
func (f *frame) follow(after place) place {
	f.number, f.head = after.frames+1, f.next(after.head)
	return place{frames: f.number, head: f.head}
}

// next returns the head that the frame has after another.
func (f *frame) next(prev durable.Digest) durable.Digest {
	b := f.line(slices.Clone(prev[:]))
	return sha256.Sum256(b)
}

// line appends what the head is of.
func (f *frame) line(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(f.month))
	b = binary.BigEndian.AppendUint32(b, f.count)
	return append(b, f.body[:]...)
}

// bytes returns the tombstones as they lie on disk.
func (f *frame) bytes() []byte {
	b := make([]byte, 0, len(f.tombstones)*len(Tombstone{}))
	for _, t := range f.tombstones {
		b = append(b, t[:]...)
	}
	return b
}

func (f *frame) append(b []byte) []byte {
	kind := byte(wholeFrame)
	if f.tombstones == nil {
		kind = forgottenFrame
	}
	b = f.line(append(b, kind))
	b = append(b, f.head[:]...)
	return append(b, f.bytes()...)
}

func (l *Ledger) header() []byte {
	b := append([]byte(ledgerMagic), ledgerVersion)
	b = append(b, l.id[:]...)
	b = binary.BigEndian.AppendUint64(b, l.base.frames)
	return append(b, l.base.head[:]...)
}

// read reads a ledger of that many bytes. l.size is then the length of what is
// whole; what follows is torn.
func (l *Ledger) read(r io.ReaderAt, size int64) error {
	buf := bufio.NewReader(io.NewSectionReader(r, 0, size))
	err := l.readHeader(buf)
	if err == nil {
		l.at, l.size = l.base, int64(ledgerHeaderLen)
		err = l.readFrames(buf)
	}
	if errors.Is(err, ErrLedger) && size-l.size <= maxAppendLen {
		never, failed := neverWritten(r, l.size, size)
		if failed != nil || never {
			return failed
		}
	}
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

func (l *Ledger) readHeader(r io.Reader) error {
	var b [ledgerHeaderLen]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return cutShort(err)
	}
	rest, ok := bytes.CutPrefix(b[:], append([]byte(ledgerMagic), ledgerVersion))
	if !ok {
		return fmt.Errorf("%w: it does not begin as one", ErrLedger)
	}
	l.id = [16]byte(rest)
	l.base = place{frames: binary.BigEndian.Uint64(rest[16:]), head: durable.Digest(rest[24:])}
	return nil
}

func (l *Ledger) readFrames(r io.Reader) error {
	for {
		f, err := nextFrame(r, l.at)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		l.keep(&f)
		l.at = place{frames: f.number, head: f.head}
		l.size += f.len()
	}
}

// nextFrame reads the frame that follows after a place. Errors are io.EOF
// between frames, io.ErrUnexpectedEOF within one, wrap [ErrLedger], or are the
// reader's.
func nextFrame(r io.Reader, after place) (frame, error) {
	var b [ledgerFrameLen]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return frame{}, err
	}
	f := frame{
		number: after.frames + 1, month: schema.Month(binary.BigEndian.Uint32(b[1:])), count: binary.BigEndian.Uint32(b[5:]),
		body: durable.Digest(b[9:]), head: durable.Digest(b[9+sha256.Size:]),
	}
	if f.head != f.next(after.head) || f.count == 0 || f.count > maxFrameTombstones || b[0] != wholeFrame && b[0] != forgottenFrame {
		return frame{}, fmt.Errorf("%w: frame %d does not follow from the one before", ErrLedger, f.number)
	}
	if b[0] == forgottenFrame {
		return f, nil
	}
	body := make([]byte, int(f.count)*len(Tombstone{}))
	if _, err := io.ReadFull(r, body); err != nil {
		return frame{}, cutShort(err)
	}
	if sha256.Sum256(body) != f.body {
		return frame{}, fmt.Errorf("%w: frame %d is not what was written", ErrLedger, f.number)
	}
	for one := range slices.Chunk(body, len(Tombstone{})) {
		f.tombstones = append(f.tombstones, Tombstone(one))
	}
	return f, nil
}

// cutShort makes an end where more is expected one within a frame.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// len is the frame's length on disk.
func (f *frame) len() int64 { return int64(ledgerFrameLen + len(f.tombstones)*len(Tombstone{})) }

// neverWritten says whether what lies between two offsets was never written as a
// whole: zeros stand in it where hashes should, which the power cut of an append
// leaves, and no flipped bit.
func neverWritten(r io.ReaderAt, from, to int64) (bool, error) {
	b := make([]byte, to-from)
	if _, err := r.ReadAt(b, from); err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	if from == 0 { // the header has zeros of its own
		b = b[:min(len(b), len(ledgerMagic))]
		return len(bytes.Trim(b, "\x00")) == 0, nil
	}
	return bytes.Contains(b, make([]byte, zerosLen)), nil
}
