package wire

import (
	"encoding/binary"
	"fmt"
)

// Bounds of a crate.
const (
	MaxCrateLen   = 512 << 10
	MaxCrateCount = 4096
)

const crateHeaderLen = 3

// CrateLen returns how long a crate of length n becomes when an envelope is
// added to it. Start with n = 0.
func CrateLen(n int, envelope []byte) int {
	if n == 0 {
		n = crateHeaderLen
	}
	return n + 4 + len(envelope)
}

// MarshalCrate packs envelopes into one crate. The caller keeps the result
// within MaxCrateLen with CrateLen.
func MarshalCrate(envelopes [][]byte) []byte {
	n := crateHeaderLen
	for _, e := range envelopes {
		n += 4 + len(e)
	}
	b := make([]byte, 0, n)
	b = append(b, Version)
	b = binary.BigEndian.AppendUint16(b, uint16(len(envelopes)))
	for _, e := range envelopes {
		b = binary.BigEndian.AppendUint32(b, uint32(len(e)))
		b = append(b, e...)
	}
	return b
}

// ParseCrate unpacks a crate. The envelopes point into b and are not looked
// at: each succeeds or fails alone. Errors wrap [ErrForm].
func ParseCrate(b []byte) ([][]byte, error) {
	if len(b) < crateHeaderLen || len(b) > MaxCrateLen || b[0] != Version {
		return nil, fmt.Errorf("parse crate of %d bytes: %w", len(b), ErrForm)
	}
	count := int(binary.BigEndian.Uint16(b[1:]))
	if count == 0 || count > MaxCrateCount {
		return nil, fmt.Errorf("parse crate: %w: %d envelopes", ErrForm, count)
	}
	b = b[crateHeaderLen:]
	out := make([][]byte, 0, count)
	for range count {
		if len(b) < 4 {
			return nil, fmt.Errorf("parse crate: %w: ends after %d of %d envelopes", ErrForm, len(out), count)
		}
		n := binary.BigEndian.Uint32(b)
		b = b[4:]
		if n > MaxEnvelopeLen || int(n) > len(b) {
			return nil, fmt.Errorf("parse crate: %w: envelope %d claims %d bytes", ErrForm, len(out), n)
		}
		out = append(out, b[:n:n])
		b = b[n:]
	}
	if len(b) != 0 {
		return nil, fmt.Errorf("parse crate: %w: %d bytes after the last envelope", ErrForm, len(b))
	}
	return out, nil
}
