package spool

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// A segment is its magic, then frames, then zeros that wait to be written over:
//
//	length 4 | CRC-32C of type and payload 4 | type 1 | payload
const (
	magic          = "TACITSP1"
	magicRewritten = "TACITSPR" // of a segment that was damaged: its frames stand elsewhere than they did
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
	kindMark    uint8 = 6 // follows every cut that made batches
)

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	errFrame   = errors.New("frame is damaged")
)

// beginFrame appends the header of a frame that endFrame fills in when the
// payload stands behind it.
func beginFrame(b []byte, kind uint8) []byte {
	return append(b, 0, 0, 0, 0, 0, 0, 0, 0, kind)
}

// endFrame fills in the header of the frame that begins at start and ends with b.
func endFrame(b []byte, start int) []byte {
	binary.BigEndian.PutUint32(b[start:], uint32(len(b)-start-frameHeaderLen))
	binary.BigEndian.PutUint32(b[start+4:], crc32.Checksum(b[start+8:], castagnoli))
	return b
}

func appendFrame(b []byte, kind uint8, payload []byte) []byte {
	start := len(b)
	return endFrame(append(beginFrame(b, kind), payload...), start)
}

// parseFrame reads the frame that b begins with. The payload points into b.
// Errors wrap errFrame.
func parseFrame(b []byte) (kind uint8, payload []byte, err error) {
	length, ok := frameLen(b)
	if !ok {
		return 0, nil, fmt.Errorf("%w: no header", errFrame)
	}
	end := frameHeaderLen + length
	if end > len(b) {
		return 0, nil, fmt.Errorf("%w: cut short", errFrame)
	}
	if crc32.Checksum(b[8:end], castagnoli) != binary.BigEndian.Uint32(b[4:]) {
		return 0, nil, fmt.Errorf("%w: checksum", errFrame)
	}
	return b[8], b[frameHeaderLen:end:end], nil
}

// frameLen returns how long the payload is that a header announces, and whether
// it can be one.
func frameLen(header []byte) (int, bool) {
	if len(header) < frameHeaderLen || header[8] < kindRecords || header[8] > kindMark {
		return 0, false
	}
	length := binary.BigEndian.Uint32(header)
	return int(length), length <= maxFrameLen
}

// readFrame reads the frame at offset of a segment. Errors wrap errFrame, or
// are the system's.
func readFrame(r io.ReaderAt, offset int64) ([]byte, error) {
	b := make([]byte, frameHeaderLen)
	if _, err := r.ReadAt(b, offset); err != nil {
		return nil, err
	}
	length, ok := frameLen(b)
	if !ok {
		return nil, fmt.Errorf("%w: no header", errFrame)
	}
	b = append(b, make([]byte, length)...)
	if _, err := r.ReadAt(b[frameHeaderLen:], offset+frameHeaderLen); err != nil {
		return nil, err
	}
	_, payload, err := parseFrame(b)
	return payload, err
}
