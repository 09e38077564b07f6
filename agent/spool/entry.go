package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// headEntry carries what must outlive the segments before it. It begins every
// segment, and is written once more when segments or batches are dropped: that
// they go and that they are counted is one frame.
type headEntry struct {
	_       struct{} `cbor:",toarray"`
	First   uint32   // the oldest segment that still counts
	Ended   int64    // where the segment before this one ended; what it holds beyond was never answered
	Next    uint64   // sequence of the next record
	At      int64    // by the spool's calendar, Unix seconds
	Gather  []byte
	Dropped uint64
	Aside   uint64
	Gone    uint64
	Ends    []schema.BatchID // that were dropped
}

// cutEntry is the first part of a cut's payload: its length (4 bytes), itself,
// and then the bytes of all batches, each of which is read alone.
type cutEntry struct {
	_       struct{} `cbor:",toarray"`
	Through uint64
	At      int64 // by the spool's calendar, Unix seconds
	Batches []batchEntry
	Ends    []schema.BatchID
	State   []byte
}

type batchEntry struct {
	_       struct{} `cbor:",toarray"`
	ID      schema.BatchID
	Kind    envelope.Kind
	Day     schema.Day
	Records int
	Urgent  bool
	Len     uint32
	Sum     uint32 // CRC-32C of the bytes
}

// markEntry says what a cut did, without its bytes. It is written when the cut
// is synced and before its caller is told: when the cut cannot be read any more,
// its records must not be cut again, because their batches may be stored
// already. A cut without a mark was torn before anybody acted on it.
type markEntry struct {
	_       struct{} `cbor:",toarray"`
	Through uint64
	Batches []markedBatch
	Ends    []schema.BatchID
	State   []byte
}

type markedBatch struct {
	_       struct{} `cbor:",toarray"`
	ID      schema.BatchID
	Records int
}

type assignEntry struct {
	_      struct{} `cbor:",toarray"`
	ID     schema.BatchID
	Day    schema.Day
	N      uint32
	Sealed []byte
}

type releaseEntry struct {
	_      struct{} `cbor:",toarray"`
	ID     schema.BatchID
	Status wire.Status
}

// encodeCut appends the payload of a cut.
func encodeCut(b []byte, c *Cut, at int64) ([]byte, error) {
	e := cutEntry{Through: c.Through, At: at, Ends: c.Ends, State: c.State}
	for _, x := range c.Batches {
		e.Batches = append(e.Batches, batchEntry{
			ID: x.ID, Kind: x.Kind, Day: x.Day, Records: x.Records, Urgent: x.Urgent,
			Len: uint32(len(x.Plain)), Sum: crc32.Checksum(x.Plain, castagnoli),
		})
	}
	entry, err := cbor.Marshal(e)
	if err != nil {
		return b, err
	}
	b = binary.BigEndian.AppendUint32(b, uint32(len(entry)))
	b = append(b, entry...)
	for _, x := range c.Batches {
		b = append(b, x.Plain...)
	}
	return b, nil
}

// decodeCut reads the payload of a cut, and where in it the first batch's bytes
// begin.
func decodeCut(b []byte) (e *cutEntry, plain int64, err error) {
	if len(b) < 4 || uint64(binary.BigEndian.Uint32(b)) > uint64(len(b)-4) {
		return nil, 0, fmt.Errorf("%w: not a cut", errFrame)
	}
	length := int(binary.BigEndian.Uint32(b))
	e = &cutEntry{}
	if err := cbor.Unmarshal(b[4:4+length], e); err != nil {
		return nil, 0, fmt.Errorf("%w: not a cut", errFrame)
	}
	left := uint64(len(b) - 4 - length)
	for _, x := range e.Batches {
		if uint64(x.Len) > left || x.Records < 0 {
			return nil, 0, fmt.Errorf("%w: not a cut", errFrame)
		}
		left -= uint64(x.Len)
	}
	return e, int64(4 + length), nil
}

// mark returns the mark of a cut that was read.
func (e *cutEntry) mark() *markEntry {
	m := &markEntry{Through: e.Through, Ends: e.Ends, State: e.State}
	for _, b := range e.Batches {
		m.Batches = append(m.Batches, markedBatch{ID: b.ID, Records: b.Records})
	}
	return m
}

// decode reads the payload of a frame that is one entry. Bytes are copied.
func decode[E any](b []byte) (*E, error) {
	e := new(E)
	if err := cbor.Unmarshal(b, e); err != nil {
		return nil, fmt.Errorf("%w: %T", errFrame, e)
	}
	return e, nil
}
