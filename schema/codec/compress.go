package codec

import (
	"fmt"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// The encoder and decoder are made once and shared: EncodeAll and DecodeAll
// may be called at the same time. Small windows and one worker keep an agent
// small.
var (
	encoder = sync.OnceValue(func() *zstd.Encoder {
		return must(zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithWindowSize(128<<10), zstd.WithEncoderCRC(false)))
	})
	decoder = sync.OnceValue(func() *zstd.Decoder {
		return must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxMemory(MaxPlain), zstd.WithDecoderMaxWindow(MaxPlain)))
	})
)

func compress(plain []byte) []byte { return encoder().EncodeAll(plain, nil) }

// decompress refuses anything that would grow beyond MaxPlain.
func decompress(b []byte) ([]byte, error) {
	plain, err := decoder().DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("decompress %d bytes: %w", len(b), ErrForm)
	}
	return plain, nil
}

// Plain returns what a packed page holds, decompressed: the very bytes that
// the tripwire looks at. Errors wrap [ErrForm].
func Plain(packed []byte) ([]byte, error) { return decompress(packed) }
