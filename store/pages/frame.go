package pages

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// What follows the past of a ledger (past.go), each time that something is erased:
//
//	frame = u32 month | u32 count | salt 16 | SHA-256(salt | tombstones) 32 | head 32 | tombstone 16, count times
//	head  = SHA-256(head before | u32 month | u32 count | SHA-256(salt | tombstones))
const (
	ledgerFrameLen = 4 + 4 + saltLen + 32 + 32
	saltLen        = 16

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
	salt       [saltLen]byte
	body, head durable.Digest
	tombstones []Tombstone
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
		_, _ = rand.Read(f.salt[:]) // crypto/rand.Read never returns an error
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
	return sha256.Sum256(append(b, f.body[:]...))
}

// line appends what a frame begins with.
func (f *frame) line(b []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(f.month))
	return binary.BigEndian.AppendUint32(b, f.count)
}

// bytes returns what the body is of.
func (f *frame) bytes() []byte {
	b := make([]byte, 0, saltLen+len(f.tombstones)*len(Tombstone{}))
	b = append(b, f.salt[:]...)
	for _, t := range f.tombstones {
		b = append(b, t[:]...)
	}
	return b
}

func (f *frame) append(b []byte) []byte {
	b = append(f.line(b), f.salt[:]...)
	b = append(append(b, f.body[:]...), f.head[:]...)
	return append(b, f.bytes()[saltLen:]...)
}

// read reads a ledger of that many bytes. l.size is then the length of what is
// whole; what follows is torn.
func (l *Ledger) read(r io.ReaderAt, size int64) error {
	buf := bufio.NewReader(io.NewSectionReader(r, 0, size))
	err := l.readPast(buf, size)
	if err == nil {
		l.at, l.size = l.base, l.begin
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
		number: after.frames + 1, month: schema.Month(binary.BigEndian.Uint32(b[:])), count: binary.BigEndian.Uint32(b[4:]),
		salt: [saltLen]byte(b[8:]), body: durable.Digest(b[8+saltLen:]), head: durable.Digest(b[8+saltLen+sha256.Size:]),
	}
	if f.head != f.next(after.head) || f.count == 0 || f.count > maxFrameTombstones {
		return frame{}, fmt.Errorf("%w: frame %d does not follow from the one before", ErrLedger, f.number)
	}
	body := make([]byte, saltLen+int(f.count)*len(Tombstone{}))
	copy(body, f.salt[:])
	if _, err := io.ReadFull(r, body[saltLen:]); err != nil {
		return frame{}, cutShort(err)
	}
	if sha256.Sum256(body) != f.body {
		return frame{}, fmt.Errorf("%w: frame %d is not what was written", ErrLedger, f.number)
	}
	for one := range slices.Chunk(body[saltLen:], len(Tombstone{})) {
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
