package upkeep

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"

	"github.com/tacit-telemetry/tacit/store/db"
)

// digest is a SHA-256, written as hex.
type digest [sha256.Size]byte

// String returns 64 hex digits.
func (d digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText implements [encoding.TextMarshaler].
func (d digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *digest) UnmarshalText(b []byte) error {
	if len(b) != hex.EncodedLen(len(d)) {
		return errors.New("a digest of the wrong length")
	}
	_, err := hex.Decode(d[:], b)
	return err
}

// rowDigest adds up rows, or halves.
type rowDigest struct {
	hash hash.Hash
	rows int64
}

func newRowDigest() *rowDigest { return &rowDigest{hash: sha256.New()} }

func (r *rowDigest) sum() digest { return digest(r.hash.Sum(nil)) }

// row adds one row, in the form of a part.
func (r *rowDigest) row(b []byte) {
	r.hash.Write(b)
	r.rows++
}

// part adds the rows in a part, which must all be of half h.
func (r *rowDigest) part(part []byte, h db.Half) error {
	r.hash.Write(part)
	return eachRow(part, func(key, _ []byte) error {
		r.rows++
		if db.Table(key[0]).Half() != h {
			return fmt.Errorf("%w: a row of another half", ErrBackup)
		}
		return nil
	})
}

// half adds a half by its end.
func (r *rowDigest) half(e endPart) {
	r.hash.Write(e.Digest[:])
	r.rows += e.Rows
}
