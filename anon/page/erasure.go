package page

import (
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Erasure names a page and shows the right to erase it.
type Erasure struct {
	Day   schema.Day
	Tag   Tag
	Right EraseRight
}

// String hides the erasure.
func (Erasure) String() string { return "page.Erasure{hidden}" }

// GoString hides the erasure.
func (e Erasure) GoString() string { return e.String() }

// Erasure returns what erases the n-th page of day d.
func (r Root) Erasure(d schema.Day, n uint32) Erasure {
	return Erasure{Day: d, Tag: r.Day(d).Tag(n), Right: r.EraseRight(d, n)}
}

const erasureLen = 4 + 16 + 32

// MaxErasures is how many fit one envelope.
const MaxErasures = (64<<10 - wire.ContentHeaderLen - 2) / erasureLen

// MarshalErasures returns the payload of an envelope of erasures, which is
//
//	u16 count | (u32 day | tag 16 | erase right 32), count times
//
// All tags are of the envelope's partition. At most MaxErasures.
func MarshalErasures(es []Erasure) []byte {
	b := make([]byte, 0, 2+len(es)*erasureLen)
	b = binary.BigEndian.AppendUint16(b, uint16(len(es)))
	for _, e := range es {
		b = append(b, e.Day.Bytes()...)
		b = append(b, e.Tag[:]...)
		b = append(b, e.Right[:]...)
	}
	return b
}

// ParseErasures reads what MarshalErasures returned. Errors wrap [ErrForm].
func ParseErasures(b []byte) ([]Erasure, error) {
	if len(b) < 2 || len(b) != 2+int(binary.BigEndian.Uint16(b))*erasureLen {
		return nil, fmt.Errorf("parse erasures of %d bytes: %w", len(b), ErrForm)
	}
	es := make([]Erasure, binary.BigEndian.Uint16(b))
	for i := range es {
		one := b[2+i*erasureLen:]
		es[i].Day = schema.Day(binary.BigEndian.Uint32(one))
		copy(es[i].Tag[:], one[4:])
		copy(es[i].Right[:], one[20:])
	}
	return es, nil
}
