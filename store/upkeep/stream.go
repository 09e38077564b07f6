package upkeep

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/chacha20poly1305"
)

// A backup is a stream of sealed chunks, as in STREAM (Hoang, Reyhanitabar,
// Rogaway, Vizár: Online Authenticated-Encryption and its Nonce-Reuse
// Misuse-Resistance, 2015): the nonce counts the chunks and marks the last one,
// so that a chunk that was changed, moved, doubled, left out or cut off does
// not open. The key is the file's own.
//
//	file  = "TACITBK1" | salt 32 | chunks
//	key   = HKDF-SHA256(secret, salt, "tacit/v1/backup")                     (RFC 5869)
//	chunk = XChaCha20-Poly1305(key, nonce zeros 15 | u64 counter | u8 last, plain of 64 KiB; the last one of less or as much)
const (
	streamMagic = "TACITBK1"
	saltLen     = 32
	chunkLen    = 64 << 10
	chunkLast   = 1
)

// BackupSecret is what the keys of all backup files of a store come from.
type BackupSecret [32]byte

// String hides the secret.
func (BackupSecret) String() string { return "upkeep.BackupSecret{hidden}" }

// GoString hides the secret.
func (s BackupSecret) GoString() string { return s.String() }

// chunks seals or opens one chunk after the other.
type chunks struct {
	aead  cipher.AEAD
	nonce [chacha20poly1305.NonceSizeX]byte
	count uint64
}

func newChunks(secret BackupSecret, salt []byte) (*chunks, error) {
	key, err := hkdf.Key(sha256.New, secret[:], salt, "tacit/v1/backup", chacha20poly1305.KeySize)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.NewX(key)
	return &chunks{aead: aead}, err
}

// next returns the nonce of the next chunk.
func (c *chunks) next(last bool) []byte {
	binary.BigEndian.PutUint64(c.nonce[len(c.nonce)-9:], c.count)
	c.nonce[len(c.nonce)-1] = 0
	if last {
		c.nonce[len(c.nonce)-1] = chunkLast
	}
	c.count++
	return c.nonce[:]
}

// sealer writes a stream. Close ends it; a stream that was not closed is cut
// off and never opens whole.
type sealer struct {
	to     io.Writer
	chunks *chunks
	plain  []byte // what waits, less than a chunk
	sealed []byte
}

// newSealer writes the head of a stream to w.
func newSealer(w io.Writer, secret BackupSecret) (*sealer, error) {
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // crypto/rand.Read never returns an error
	c, err := newChunks(secret, salt)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(append([]byte(streamMagic), salt...)); err != nil {
		return nil, err
	}
	return &sealer{to: w, chunks: c, plain: make([]byte, 0, chunkLen)}, nil
}

// Write implements [io.Writer].
func (s *sealer) Write(b []byte) (int, error) {
	total := len(b)
	for len(b) > 0 {
		if len(s.plain) == chunkLen { // more follows, so that it is not the last
			if err := s.flush(false); err != nil {
				return total - len(b), err
			}
		}
		n := min(len(b), chunkLen-len(s.plain))
		s.plain, b = append(s.plain, b[:n]...), b[n:]
	}
	return total, nil
}

func (s *sealer) flush(last bool) error {
	s.sealed = s.chunks.aead.Seal(s.sealed[:0], s.chunks.next(last), s.plain, nil)
	s.plain = s.plain[:0]
	_, err := s.to.Write(s.sealed)
	return err
}

// Close writes the last chunk. It does not close what it writes to.
func (s *sealer) Close() error { return s.flush(true) }

// opener reads a stream. It hands out nothing of a chunk that does not open,
// and [io.EOF] only after the last one.
type opener struct {
	from   io.Reader
	chunks *chunks
	sealed []byte
	opened []byte // the last chunk
	plain  []byte // of it, what was not yet read
	last   bool
}

// newOpener reads the head of a stream from r. Errors wrap [ErrBackup].
func newOpener(r io.Reader, secret BackupSecret) (*opener, error) {
	head := make([]byte, len(streamMagic)+saltLen)
	if _, err := io.ReadFull(r, head); err != nil || string(head[:len(streamMagic)]) != streamMagic {
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: its first bytes are not those of one", ErrBackup)
	}
	c, err := newChunks(secret, head[len(streamMagic):])
	if err != nil {
		return nil, err
	}
	return &opener{from: r, chunks: c, sealed: make([]byte, chunkLen+c.aead.Overhead()+1)}, nil
}

// Read implements [io.Reader].
func (o *opener) Read(b []byte) (int, error) {
	for len(o.plain) == 0 {
		if o.last {
			return 0, io.EOF
		}
		if err := o.open(); err != nil {
			return 0, err
		}
	}
	n := copy(b, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// open opens the next chunk. It reads one byte of the one after, which tells
// whether there is one.
func (o *opener) open() error {
	carried := 0
	if o.chunks.count > 0 {
		o.sealed[0] = o.sealed[len(o.sealed)-1]
		carried = 1
	}
	n, err := io.ReadFull(o.from, o.sealed[carried:])
	n += carried
	switch {
	case err == nil:
		n-- // the byte of the next one
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		o.last = true
	default:
		return err
	}
	number := o.chunks.count
	o.opened, err = o.chunks.aead.Open(o.opened[:0], o.chunks.next(o.last), o.sealed[:n], nil)
	if o.plain = o.opened; err != nil {
		return fmt.Errorf("%w: part %d of 64 KiB is damaged, cut off, or of another store's keys", ErrBackup, number+1)
	}
	return nil
}
