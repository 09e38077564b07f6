package anon

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// hashLen is the length of a hash in bytes; on a page it is twice as many
// hexadecimal digits.
const hashLen = 16

// field names a registered field: the value of a metric, or one label of it.
type field struct {
	metric string
	label  string // "": the metric's own value
}

// hash returns what stands in place of a text. The field and the year are in it:
// the same text in two fields, on two installations or in two years gives two
// hashes, which nobody can join.
func (t *Treatments) hash(of field, year uint32, text string) string {
	h := hmac.New(sha256.New, t.yearKey(year))
	h.Write(withLength(nil, of.metric))
	h.Write(withLength(nil, of.label))
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:hashLen])
}

// yearKey derives the key of a year, so that nothing has to be kept for it. The
// hashing key itself makes no hash: it is only derived from here, and the clone
// check's message begins with another word than these labels do.
func (t *Treatments) yearKey(year uint32) []byte {
	label := binary.BigEndian.AppendUint32([]byte("tacit/v1/hash"), year)
	key, err := hkdf.Expand(sha256.New, t.HashingKey[:], string(label), sha256.Size)
	if err != nil {
		panic("anon: internal error: " + err.Error()) // only for longer keys than HKDF makes
	}
	return key
}

// yearOf returns the calendar year of a record in UTC, whenever it is treated.
func yearOf(r *schema.Record) uint32 {
	return uint32(schema.DayOf(time.Unix(r.Time, 0)).Time().Year())
}

// withLength appends a name behind its length, so that no name and text together
// read as another name and text.
func withLength(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}
