package codec

import (
	"bytes"
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// Small windows and one worker keep an agent small. The decoder, which is small,
// is made once and shared; a packer, of half a megabyte, is kept from page to page
// and goes when nothing is packed for a while.
var (
	packers = sync.Pool{New: func() any {
		return &packer{encoder: must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false),
			zstd.WithAllLitEntropyCompression(true)))} // times and values repeat nothing, but some bytes more often than others
	}}
	decoder = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxPlain), zstd.WithDecoderMaxWindow(MaxPlain), zstd.WithDecodeAllCapLimit(true)))
	})
)

// packer compresses one page at a time.
type packer struct {
	encoder *zstd.Encoder
	out     bytes.Buffer
}

// compress returns one frame. Each part of plain is a block of its own, with a
// code of its own: random bytes, names, indexes, times and values have little in
// common, and together they take a tenth more.
func compress(plain []byte, ends []int) []byte {
	p := packers.Get().(*packer)
	defer packers.Put(p)
	p.out.Reset()
	p.encoder.ResetContentSize(&p.out, int64(len(plain)))
	from := 0
	for _, end := range ends {
		must(p.encoder.Write(plain[from:end])) // into memory: it cannot fail
		if from = end; end < len(plain) {
			must(end, p.encoder.Flush())
		}
	}
	must(from, p.encoder.Close())
	return bytes.Clone(p.out.Bytes())
}

// aBlock is room for what the decoder writes before it sees that it is too much:
// it would make room anew, for more than all that came before.
const aBlock = 128<<10 + 64

// decompress makes no more room than the frame announces, and refuses one that
// announces more than most, which is MaxPlain or less, before it looks further. It
// makes none when it is given enough, which it overwrites.
func decompress(room, b []byte, most int) ([]byte, error) {
	size, ok := frameSize(b)
	if !ok || size > most {
		return nil, fmt.Errorf("decompress %d bytes: %w", len(b), ErrForm)
	}
	need := size
	if size > MaxPlain/2 {
		need += aBlock
	}
	if cap(room) < need {
		room = make([]byte, 0, need)
	}
	plain, err := decoder().DecodeAll(b, room[:0:need])
	if err != nil {
		return nil, fmt.Errorf("decompress %d bytes: %w", len(b), ErrForm)
	}
	return plain, nil
}

// smallFrame is the longest content that a frame need not announce.
const smallFrame = 255

// frameSize returns how many bytes a frame holds, or at most holds. It is false
// unless b is one frame of at most MaxPlain bytes, without a dictionary, with
// nothing behind it: a decoder would go on with the next one.
func frameSize(b []byte) (size int, ok bool) {
	var h zstd.Header
	rest, err := h.DecodeAndStrip(b)
	if err != nil || h.Skippable || h.DictionaryID != 0 || h.FrameContentSize > MaxPlain {
		return 0, false
	}
	if size = smallFrame; h.HasFCS {
		size = int(h.FrameContentSize)
	}
	for last := false; !last; {
		if len(rest) < 3 {
			return 0, false
		}
		head := int(rest[0]) | int(rest[1])<<8 | int(rest[2])<<16 // RFC 8878, 3.1.1.2
		length := head >> 3
		if head>>1&3 == 1 { // one byte, repeated
			length = 1
		}
		if last = head&1 != 0; len(rest)-3 < length {
			return 0, false
		}
		rest = rest[3+length:]
	}
	if h.HasCheckSum {
		return size, len(rest) == 4
	}
	return size, len(rest) == 0
}

// compressed says whether b begins as a frame does. No CBOR array begins so.
func compressed(b []byte) bool { return len(b) > 0 && b[0] == 0x28 }

// Plain returns what a page or a fragment holds, decompressed: the very bytes
// that the tripwire looks at. A fragment of form 1 is not compressed. Errors wrap
// [ErrForm].
func Plain(encoded []byte) ([]byte, error) {
	if !compressed(encoded) {
		return encoded, nil
	}
	return decompress(nil, encoded, MaxPlain)
}
