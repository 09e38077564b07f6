// Package page seals what support may open: one page at a time, under keys
// that only the installation ID gives.
//
// From the ID alone come a key for each day, and from a day's key the tag by
// which a store files a page and the key that opens it. Two pages of one
// installation have nothing in common that a store could see. A day key opens
// its day and no other, and gives no right to erase.
//
//	root     = HKDF-Extract-SHA256(salt "tacit/v1", ID)
//	X(k, l)  = HKDF-Expand-SHA256(k, "tacit/v1/" + l, 32)
//	D(d)     = X(root, "day" | u32 d)
//	tag(d,n) = HMAC-SHA256(X(D(d), "tag"), u32 n)[:16]
//	PK(d,n)  = X(X(D(d), "page"), "n" | u32 n)
//	e(d,n)   = HMAC-SHA256(X(root, "erase"), u32 d | u32 n)
//	w(d,n)   = SHA-256("tacit/v1/w" | e)[:16]
//	build    = u32 registry release | version of the agent 24, padded with zeros
//	outer    = tag | u32 d | w | build
//	page     = outer | XChaCha20-Poly1305(PK, aad "page" | outer, u32 length | plain | zeros)
//
// A support code is 95 random bits c, which open some days of one installation
// until its own day is over, because the store then destroys the grant:
//
//	code     = 19 Crockford base 32 digits of c | check, in groups of five; the check character is that of
//	           (c mod 37 + 19) mod 37 in "0…Z*~$=U", where an ID has that of its value mod 37
//	g        = HKDF-Extract-SHA256(salt "tacit/v1/grant", c as 12 bytes)
//	gt       = X(g, "tag")[:16]
//	grant    = gt | u32 x | XChaCha20-Poly1305(X(g, "seal"), aad "grant" | gt | u32 x, access)
//	access   = u8 days | u8 boxes | (u32 d | D(d)) days times | (u32 d | mb(d) | mk(d)) boxes times | zeros to 1,222 bytes
//	revoke   = gt | u32 x
//
// x is the last day on which the code opens, and boxes are those of its life. Who
// opens a history, by ID or code, leaves a note in its mailbox of the day:
//
//	mb(d)    = HMAC-SHA256(X(root, "mail"), u32 d)[:16]
//	mk(d)    = X(root, "mailkey" | u32 d)
//	note     = mb | u32 d | XChaCha20-Poly1305(mk, aad mb, u16 minute | u8 1 by ID, 2 by code | u8 length | ticket 24)
//	ask      = mb | u32 d | u16 notes to skip
//	notes    = u16 notes in the mailbox | at most two notes from their nonces on: the data of the reply
//
// A page is padded before it is sealed, so that it fills the envelope that
// agents send ([wire.SentBucket]): pages of one size tell nothing about how busy
// a host is, neither on the wire nor on the store's disk.
//
// HKDF is RFC 5869, HMAC RFC 2104; XChaCha20-Poly1305 takes a random 24-byte
// nonce, which stands before the sealed bytes (draft-irtf-cfrg-xchacha), so
// that a host restored from a snapshot cannot reuse one.
//
// No I/O. Nothing here is logged or printed by the types: they hide what they
// hold.
package page

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/tacit-telemetry/tacit/schema"
)

// Tag is what a store files a page under. Without the ID it is random bytes.
type Tag [16]byte

// Witness is the public half of an erase right: it lies beside the page, and
// who shows the right that it was made from may erase.
type Witness [16]byte

// EraseRight is the right to erase one page. It stays on the host.
type EraseRight [32]byte

// Root is what all keys of one installation come from. It is as secret as the
// installation ID.
type Root struct{ key []byte }

// NewRoot derives the root from the sixteen raw bytes of the installation ID.
func NewRoot(id [16]byte) Root {
	key, err := hkdf.Extract(sha256.New, id[:], []byte("tacit/v1"))
	if err != nil {
		panic("page: internal error: " + err.Error()) // only a FIPS-mode salt rule can fail
	}
	return Root{key: key}
}

// String hides the root.
func (Root) String() string { return "page.Root{hidden}" }

// GoString hides the root.
func (r Root) GoString() string { return r.String() }

// Day returns the keys of one day.
func (r Root) Day(d schema.Day) DayKeys {
	return newDayKeys(d, r.dayKey(d))
}

// dayKey returns D(d).
func (r Root) dayKey(d schema.Day) []byte { return expand(r.key, "day"+string(d.Bytes())) }

// newDayKeys derives what opens a day from its key.
func newDayKeys(d schema.Day, key []byte) DayKeys {
	return DayKeys{day: d, tags: expand(key, "tag"), pages: expand(key, "page")}
}

// EraseRight returns the right to erase the n-th page of day d.
func (r Root) EraseRight(d schema.Day, n uint32) EraseRight {
	return EraseRight(mac(expand(r.key, "erase"), append(d.Bytes(), u32(n)...)))
}

// String hides the right.
func (EraseRight) String() string { return "page.EraseRight{hidden}" }

// GoString hides the right.
func (e EraseRight) GoString() string { return e.String() }

// Witness returns the public half of the right.
func (e EraseRight) Witness() Witness {
	sum := sha256.Sum256(append([]byte("tacit/v1/w"), e[:]...))
	return Witness(sum[:16])
}

// DayKeys opens the pages of one day.
type DayKeys struct {
	day         schema.Day
	tags, pages []byte
}

// String hides the keys.
func (DayKeys) String() string { return "page.DayKeys{hidden}" }

// GoString hides the keys.
func (k DayKeys) GoString() string { return k.String() }

// Day returns the day that the keys are for.
func (k DayKeys) Day() schema.Day { return k.day }

// Tag returns the tag of the n-th page of the day.
func (k DayKeys) Tag(n uint32) Tag { return Tag(mac(k.tags, u32(n))[:16]) }

// key returns the key of the n-th page of the day.
func (k DayKeys) key(n uint32) []byte { return expand(k.pages, "n"+string(u32(n))) }

// expand is X of the package comment.
func expand(key []byte, label string) []byte {
	out, err := hkdf.Expand(sha256.New, key, "tacit/v1/"+label, 32)
	if err != nil {
		panic("page: internal error: " + err.Error()) // 32 bytes are within the bounds of RFC 5869
	}
	return out
}

func mac(key, msg []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(msg)
	return h.Sum(nil)
}

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }
