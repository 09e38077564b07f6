package attack

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"io"

	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
)

const (
	deepest     = 4       // layers of packing
	mostUnpack  = 8 << 20 // bytes of one layer
	shortestRun = 32      // characters of base64 or hex that are worth decoding
)

// unpacker finds what is packed inside bytes: compressed blocks, and runs of
// base64 and hex. Badger compresses its blocks, so that a name in a row would
// not be seen by who only looks at the file.
type unpacker struct {
	formats []format
}

type format struct {
	name  string
	magic []byte
	open  func(b []byte) (io.Reader, error)
}

func newUnpacker() *unpacker {
	snappy := func(b []byte) (io.Reader, error) { return s2.NewReader(bytes.NewReader(b)), nil }
	return &unpacker{formats: []format{
		{"zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, func(b []byte) (io.Reader, error) {
			return zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(mostUnpack))
		}},
		{"gzip", []byte{0x1f, 0x8b, 8}, func(b []byte) (io.Reader, error) { return gzip.NewReader(bytes.NewReader(b)) }},
		{"snappy", []byte("\xff\x06\x00\x00sNaPpY"), snappy},
		{"s2", []byte("\xff\x06\x00\x00S2sTwO"), snappy},
	}}
}

// each calls see with the bytes and with everything packed inside them.
func (u *unpacker) each(b []byte, see func(layer string, b []byte)) { u.layer("", b, deepest, see) }

func (u *unpacker) layer(name string, b []byte, deeper int, see func(string, []byte)) {
	see(name, b)
	if deeper == 0 {
		return
	}
	for _, f := range u.formats {
		for at := 0; ; at++ {
			next := bytes.Index(b[at:], f.magic)
			if next < 0 {
				break
			}
			at += next
			if inner := f.unpack(b[at:]); len(inner) > 0 {
				u.layer(name+" ▸ "+f.name, inner, deeper-1, see)
			}
		}
	}
	runs(b, isBase64, func(run []byte) {
		if inner := decodeBase64(run); len(inner) > 0 {
			u.layer(name+" ▸ base64", inner, deeper-1, see)
		}
	})
	runs(b, isHex, func(run []byte) {
		inner := make([]byte, len(run)/2)
		n, _ := hex.Decode(inner, run[:len(run)/2*2]) // isHex lets nothing else pass
		u.layer(name+" ▸ hex", inner[:n], deeper-1, see)
	})
}

// unpack returns as much as can be unpacked: what follows a packed block is
// not of its format.
func (f format) unpack(b []byte) []byte {
	r, err := f.open(b)
	if err != nil {
		return nil
	}
	if c, ok := r.(*zstd.Decoder); ok {
		defer c.Close()
	}
	out, _ := io.ReadAll(io.LimitReader(r, mostUnpack))
	return out
}

// runs calls see with every long run of bytes of a kind.
func runs(b []byte, kind func(byte) bool, see func(run []byte)) {
	start := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && kind(b[i]) {
			continue
		}
		if i-start >= shortestRun {
			see(b[start:i])
		}
		start = i + 1
	}
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

func isBase64(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '+' || c == '/' || c == '-' || c == '_'
}

func decodeBase64(run []byte) []byte {
	run = bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	out := make([]byte, len(run))
	n, _ := base64.RawStdEncoding.Decode(out, run) // what decodes before an end that does not fit is kept
	return out[:n]
}
