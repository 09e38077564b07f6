package otlp

import (
	"encoding/binary"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// common reads what points of both kinds have, and says whether that was it.
func (h *histogram) common(p *point, f field) bool {
	switch f.tag {
	case pointStart:
		p.start = f.bits
	case pointTime:
		p.time = f.bits
	case histogramFlags:
		p.empty = f.bits&noValue != 0
	case histogramCount:
		h.count = f.bits
	case histogramSum:
		h.sum = f.double()
	default:
		return false
	}
	return true
}

// explicit reads a point of a histogram with bounds.
func (b *batch) explicit(p *point, h *histogram, message []byte) error {
	h.sum, h.min, h.max = math.NaN(), math.NaN(), math.NaN()
	return each(message, func(f field) error {
		if h.common(p, f) {
			return nil
		}
		switch f.tag {
		case explicitMin:
			h.min = f.double()
		case explicitMax:
			h.max = f.double()
		case explicitCount:
			return h.addCount(f.bits)
		case explicitBound:
			return h.addBound(f.double())
		case explicitCounts:
			return words(f.bytes, h.addCount)
		case explicitBounds:
			return words(f.bytes, func(bits uint64) error { return h.addBound(math.Float64frombits(bits)) })
		case explicitAttribute:
			return b.attribute(&p.attributes, f.bytes)
		}
		return nil
	})
}

// addCount keeps one more than is allowed, so that it is seen.
func (h *histogram) addCount(n uint64) error {
	if len(h.counts) <= maxCells {
		h.counts = append(h.counts, n)
	}
	return nil
}

func (h *histogram) addBound(v float64) error {
	if len(h.bounds) <= maxCells {
		h.bounds = append(h.bounds, v)
	}
	return nil
}

// words calls do with each word of a packed field.
func words(b []byte, do func(uint64) error) error {
	for ; len(b) >= 8; b = b[8:] {
		if err := do(binary.LittleEndian.Uint64(b)); err != nil {
			return err
		}
	}
	if len(b) > 0 {
		return errMalformed
	}
	return nil
}

// exponential reads a point of an exponential histogram. Values below 0 are none
// of a duration.
func (b *batch) exponential(p *point, h *histogram, message []byte) error {
	h.isExponential, h.sum, h.min, h.max = true, math.NaN(), math.NaN(), math.NaN()
	return each(message, func(f field) error {
		if h.common(p, f) {
			return nil
		}
		switch f.tag {
		case exponentialMin:
			h.min = f.double()
		case exponentialMax:
			h.max = f.double()
		case exponentialScale:
			h.scale = int64(int32(protowire.DecodeZigZag(f.bits)))
		case exponentialZero:
			h.zero = f.bits
		case exponentialUp:
			return h.upward(f.bytes)
		case exponentialAttribute:
			return b.attribute(&p.attributes, f.bytes)
		}
		return nil
	})
}

// upward reads the buckets above 0.
func (h *histogram) upward(message []byte) error {
	return each(message, func(f field) error {
		switch f.tag {
		case cellsOffset:
			h.offset = int64(int32(protowire.DecodeZigZag(f.bits)))
		case cellsCount:
			return h.addCount(f.bits)
		case cellsCounts:
			for rest := f.bytes; len(rest) > 0; {
				n, size := protowire.ConsumeVarint(rest)
				if size < 0 {
					return errMalformed
				}
				rest = rest[size:]
				if err := h.addCount(n); err != nil {
					return err
				}
			}
		}
		return nil
	})
}
