package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// A segment is its magic and then frames:
//
//	length 4 | CRC-32C of type and payload 4 | type 1 | payload
const (
	magic          = "TACITSP1"
	frameHeaderLen = 4 + 4 + 1
	maxFrameLen    = 4 << 20
)

// Types of frames, on disk: never renumber.
const (
	kindRecords uint8 = 1 // the payload is one record
	kindCut     uint8 = 2
	kindAssign  uint8 = 3
	kindRelease uint8 = 4
	kindHead    uint8 = 5 // begins every segment
	kindMark    uint8 = 6 // follows every cut

	kindRotate uint8 = 255 // not on disk: begin a new segment
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errFrame   = errors.New("frame is damaged")
)

// headEntry carries what must outlive the segments before it.
type headEntry struct {
	_       struct{} `cbor:",toarray"`
	Next    uint64   // sequence of the next record
	Gather  []byte
	Dropped uint64
	Aside   uint64
}

type cutEntry struct {
	_       struct{} `cbor:",toarray"`
	Through uint64
	Batches []batchEntry
	Ends    [][]byte
	State   []byte
}

type batchEntry struct {
	_       struct{} `cbor:",toarray"`
	ID      []byte
	Kind    envelope.Kind
	Day     schema.Day
	Records int
	Plain   []byte
}

// markEntry says what a cut did, without its bytes. It stands behind the cut:
// when the cut cannot be read, its records must not be cut again, because their
// batches may be stored already.
type markEntry struct {
	_       struct{} `cbor:",toarray"`
	Through uint64
	Batches []markedBatch
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

func encodeCut(c *Cut) ([]byte, error) {
	e := cutEntry{Through: c.Through, State: c.State}
	for _, b := range c.Batches {
		e.Batches = append(e.Batches, batchEntry{ID: b.ID[:], Kind: b.Kind, Day: b.Day, Records: b.Records, Plain: b.Plain})
	}
	for _, id := range c.Ends {
		e.Ends = append(e.Ends, id[:])
	}
	return cbor.Marshal(e)
}

func encodeMark(c *Cut) ([]byte, error) {
	m := markEntry{Through: c.Through, State: c.State}
	for _, b := range c.Batches {
		m.Batches = append(m.Batches, markedBatch{ID: b.ID, Records: b.Records})
	}
	return cbor.Marshal(m)
}

func decodeCut(b []byte) (*cutEntry, error) {
	var e cutEntry
	if err := cbor.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("%w: not a cut", errFrame)
	}
	for _, batch := range e.Batches {
		if len(batch.ID) != len(schema.BatchID{}) {
			return nil, fmt.Errorf("%w: batch ID of %d bytes", errFrame, len(batch.ID))
		}
	}
	return &e, nil
}

func decodeAssign(b []byte) (*assignEntry, error) {
	var e assignEntry
	if err := cbor.Unmarshal(b, &e); err != nil {
		return nil, fmt.Errorf("%w: not an assignment", errFrame)
	}
	return &e, nil
}

func appendFrame(b []byte, kind uint8, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload)))
	sum := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, payload)
	b = binary.BigEndian.AppendUint32(b, sum)
	b = append(b, kind)
	return append(b, payload...)
}

// parseFrame reads the frame that b begins with. The payload points into b.
// Errors wrap errFrame.
func parseFrame(b []byte) (kind uint8, payload []byte, err error) {
	length, err := frameLen(b)
	if err != nil {
		return 0, nil, err
	}
	kind, payload = b[8], b[frameHeaderLen:]
	if length > len(payload) {
		return 0, nil, fmt.Errorf("%w: cut short", errFrame)
	}
	payload = payload[:length:length]
	sum := crc32.Update(crc32.Checksum([]byte{kind}, castagnoli), castagnoli, payload)
	if sum != binary.BigEndian.Uint32(b[4:]) {
		return 0, nil, fmt.Errorf("%w: checksum", errFrame)
	}
	return kind, payload, nil
}

// frameLen returns how long the payload is that a header announces.
func frameLen(header []byte) (int, error) {
	if len(header) < frameHeaderLen {
		return 0, fmt.Errorf("%w: cut short", errFrame)
	}
	length := binary.BigEndian.Uint32(header)
	if kind := header[8]; length > maxFrameLen || kind < kindRecords || kind > kindMark {
		return 0, fmt.Errorf("%w: kind %d, claims %d bytes", errFrame, kind, length)
	}
	return int(length), nil
}

// readFrame reads the frame at offset of a segment. Errors wrap errFrame, or
// are the system's.
func readFrame(r io.ReaderAt, offset int64) ([]byte, error) {
	b := make([]byte, frameHeaderLen)
	if _, err := r.ReadAt(b, offset); err != nil {
		return nil, err
	}
	length, err := frameLen(b)
	if err != nil {
		return nil, err
	}
	b = append(b, make([]byte, length)...)
	if _, err := r.ReadAt(b[frameHeaderLen:], offset+frameHeaderLen); err != nil {
		return nil, err
	}
	_, payload, err := parseFrame(b)
	return payload, err
}
