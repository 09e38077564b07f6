package upkeep

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

func sealStream(t testing.TB, secret BackupSecret, plain []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	s, err := newSealer(&out, secret)
	if err != nil {
		t.Fatal(err)
	}
	for len(plain) > 0 { // in pieces that do not fit the chunks
		n := min(len(plain), 10_007)
		if _, err := s.Write(plain[:n]); err != nil {
			t.Fatal(err)
		}
		plain = plain[n:]
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func openStream(sealed []byte, secret BackupSecret) ([]byte, error) {
	o, err := newOpener(bytes.NewReader(sealed), secret)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(o)
}

func randomBytes(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(b) // never returns an error
	return b
}

func TestStreamRoundTrip(t *testing.T) {
	secret := BackupSecret{7}
	for _, n := range []int{0, 1, chunkLen - 1, chunkLen, chunkLen + 1, 3 * chunkLen, 3*chunkLen + 17} {
		plain := randomBytes(n)
		got, err := openStream(sealStream(t, secret, plain), secret)
		if err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %d come back, %v", n, len(got), err)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	plain := []byte("the same rows")
	if bytes.Equal(sealStream(t, BackupSecret{}, plain)[len(streamMagic):], sealStream(t, BackupSecret{}, plain)[len(streamMagic):]) {
		t.Error("two files of the same rows are the same bytes")
	}
}

// TestStreamRefuses changes a stream of four chunks in every way that somebody
// who holds the file can.
func TestStreamRefuses(t *testing.T) {
	const sealedChunk = chunkLen + 16
	head := len(streamMagic) + saltLen
	secret := BackupSecret{7}
	whole := sealStream(t, secret, randomBytes(3*chunkLen+100))
	chunk := func(i int) []byte { return whole[head+i*sealedChunk : min(len(whole), head+(i+1)*sealedChunk)] }
	join := func(parts ...[]byte) []byte { return bytes.Join(append([][]byte{whole[:head]}, parts...), nil) }
	flip := func(at int) []byte {
		b := bytes.Clone(whole)
		b[at] ^= 1
		return b
	}
	tests := map[string][]byte{
		"nothing":                  nil,
		"half a head":              whole[:20],
		"head only":                whole[:head],
		"another magic":            flip(0),
		"another salt":             flip(len(streamMagic)),
		"a flipped bit":            flip(head + 5),
		"a flipped bit in a tag":   flip(head + sealedChunk - 1),
		"a flipped last byte":      flip(len(whole) - 1),
		"cut in a chunk":           whole[:head+sealedChunk+9],
		"cut between chunks":       join(chunk(0), chunk(1)),
		"without its last chunk":   join(chunk(0), chunk(1), chunk(2)),
		"without its last byte":    whole[:len(whole)-1],
		"one byte more":            append(bytes.Clone(whole), 0),
		"its last chunk twice":     append(bytes.Clone(whole), chunk(3)...),
		"swapped chunks":           join(chunk(1), chunk(0), chunk(2), chunk(3)),
		"a chunk left out":         join(chunk(0), chunk(2), chunk(3)),
		"a chunk twice":            join(chunk(0), chunk(0), chunk(1), chunk(2), chunk(3)),
		"its last chunk only":      join(chunk(3)),
		"a chunk of another file":  join(sealStream(t, secret, randomBytes(2*chunkLen))[head:head+sealedChunk], chunk(1), chunk(2), chunk(3)),
		"another file's last part": join(chunk(0), sealStream(t, secret, randomBytes(chunkLen+5))[head+sealedChunk:]),
	}
	for name, b := range tests {
		if _, err := openStream(b, secret); !errors.Is(err, ErrBackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := openStream(whole, BackupSecret{8}); !errors.Is(err, ErrBackup) {
		t.Errorf("another secret: %v", err)
	}
	if got, err := openStream(whole, secret); err != nil || len(got) != 3*chunkLen+100 {
		t.Errorf("the unchanged stream: %d bytes, %v", len(got), err)
	}
}
