package wire

import (
	"encoding/binary"
	"fmt"
	"time"
)

// HintCode is what a relay says at once to a put. A hint is a stranger's word:
// it may hold, delay or re-seal, and never deletes.
type HintCode uint8

// The hints.
const (
	Queued HintCode = 1 // in the pool; the reply comes later
	Later  HintCode = 2 // over a quota or busy: send again after the given wait
	Off    HintCode = 3 // the site is off, or its decision is not known: hold
	Reseal HintCode = 4 // does not open, or its key is not known: fetch the key list and seal anew
)

// String returns the hint's name as documents write it.
func (c HintCode) String() string {
	switch c {
	case Queued:
		return "queued"
	case Later:
		return "later"
	case Off:
		return "off"
	case Reseal:
		return "reseal"
	}
	return fmt.Sprintf("hint %d", uint8(c))
}

// MaxLater bounds the wait that a relay may ask for.
const MaxLater = 24 * time.Hour

// Hint is a relay's plain answer to a put.
type Hint struct {
	Code HintCode
	Wait time.Duration // for Later: at least this long, whole seconds, at most MaxLater
}

const hintLen = 6

// Marshal returns the hint's six bytes.
func (h Hint) Marshal() []byte {
	return binary.BigEndian.AppendUint32([]byte{Version, byte(h.Code)}, uint32(h.Wait/time.Second))
}

// ParseHint reads a hint. Errors wrap [ErrForm].
func ParseHint(b []byte) (Hint, error) {
	if len(b) != hintLen || b[0] != Version {
		return Hint{}, fmt.Errorf("parse hint of %d bytes: %w", len(b), ErrForm)
	}
	h := Hint{Code: HintCode(b[1]), Wait: time.Duration(binary.BigEndian.Uint32(b[2:])) * time.Second}
	if h.Code < Queued || h.Code > Reseal || h.Wait > MaxLater {
		return Hint{}, fmt.Errorf("parse hint: %w: code %d, wait %v", ErrForm, h.Code, h.Wait)
	}
	return h, nil
}
