package otlp

import (
	"encoding/binary"
	"errors"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// errMalformed says that a body is not what it is called. It has no details, so
// that nothing of the body gets anywhere.
var errMalformed = errors.New("the body is not an OTLP request in its content type")

// Wire types, as they stand in a tag.
const (
	isVarint  = uint64(protowire.VarintType)
	isFixed64 = uint64(protowire.Fixed64Type)
	isBytes   = uint64(protowire.BytesType)
)

// Tags of the fields that are read, number and wire type. A field that comes in
// another wire type than its own is none of these.
const (
	// Of requests, and of what holds a resource or a scope: the same for all three
	// signals.
	inRequest, inResource, resourceScopes, inScope, scopeItems = 1<<3 | isBytes, 1<<3 | isBytes, 2<<3 | isBytes, 1<<3 | isBytes, 2<<3 | isBytes

	resourceAttribute                                 = 1<<3 | isBytes
	pairKey, pairValue                                = 1<<3 | isBytes, 2<<3 | isBytes
	valueText, valueBool, valueInt                    = 1<<3 | isBytes, 2<<3 | isVarint, 3<<3 | isVarint
	spanName, spanStart, spanEnd                      = 5<<3 | isBytes, 7<<3 | isFixed64, 8<<3 | isFixed64
	spanAttribute, spanEvent                          = 9<<3 | isBytes, 11<<3 | isBytes
	eventTime, eventTitle, eventAttribute             = 1<<3 | isFixed64, 2<<3 | isBytes, 3<<3 | isBytes
	logTime, logAttribute, logObserved, logEvent      = 1<<3 | isFixed64, 6<<3 | isBytes, 11<<3 | isFixed64, 12<<3 | isBytes
	metricName, metricUnit                            = 1<<3 | isBytes, 3<<3 | isBytes
	metricGauge, metricSum                            = 5<<3 | isBytes, 7<<3 | isBytes
	metricHistogram, metricExponential, metricSummary = 9<<3 | isBytes, 10<<3 | isBytes, 11<<3 | isBytes
	dataPoint, dataTemporality, dataMonotonic         = 1<<3 | isBytes, 2<<3 | isVarint, 3<<3 | isVarint
	pointStart, pointTime                             = 2<<3 | isFixed64, 3<<3 | isFixed64
	numberDouble, numberInt, numberAttribute          = 4<<3 | isFixed64, 6<<3 | isFixed64, 7<<3 | isBytes
	numberFlags                                       = 8<<3 | isVarint
	histogramCount, histogramSum                      = 4<<3 | isFixed64, 5<<3 | isFixed64
	explicitCounts, explicitCount                     = 6<<3 | isBytes, 6<<3 | isFixed64
	explicitBounds, explicitBound                     = 7<<3 | isBytes, 7<<3 | isFixed64
	explicitAttribute, explicitMin, explicitMax       = 9<<3 | isBytes, 11<<3 | isFixed64, 12<<3 | isFixed64
	exponentialAttribute, exponentialScale            = 1<<3 | isBytes, 6<<3 | isVarint
	exponentialZero, exponentialUp                    = 7<<3 | isFixed64, 8<<3 | isBytes
	exponentialMin, exponentialMax                    = 12<<3 | isFixed64, 13<<3 | isFixed64
	cellsOffset, cellsCounts, cellsCount              = 1<<3 | isVarint, 2<<3 | isBytes, 2<<3 | isVarint
	histogramFlags                                    = 10<<3 | isVarint
	noValue                                           = 1 // of flags: the point has none
)

// field is one field of a message: its bytes, or its bits.
type field struct {
	tag   uint64
	bytes []byte
	bits  uint64
}

func (f field) double() float64 { return math.Float64frombits(f.bits) }

// each calls do with each field of a message, in order, until one fails.
func each(message []byte, do func(field) error) error {
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return errMalformed
		}
		message = message[n:]
		if n = protowire.ConsumeFieldValue(number, kind, message); n < 0 {
			return errMalformed
		}
		f := field{tag: protowire.EncodeTag(number, kind)}
		switch kind {
		case protowire.BytesType:
			f.bytes, _ = protowire.ConsumeBytes(message)
		case protowire.Fixed64Type:
			f.bits = binary.LittleEndian.Uint64(message)
		case protowire.VarintType:
			f.bits, _ = protowire.ConsumeVarint(message)
		}
		if err := do(f); err != nil {
			return err
		}
		message = message[n:]
	}
	return nil
}

// only calls do with the bytes of each field of a tag.
func only(message []byte, tag uint64, do func([]byte) error) error {
	return each(message, func(f field) error {
		if f.tag != tag {
			return nil
		}
		return do(f.bytes)
	})
}

// count counts the fields of a tag.
func count(message []byte, tag uint64) (n uint64, err error) {
	err = only(message, tag, func([]byte) error { n++; return nil })
	return n, err
}
