package db

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
)

// Secret is S(m), from which the keys of month m and of every later month
// come, and of no earlier one. It is deleted with its month.
//
//	S(0) random        S(m+1) = X(S(m), "next")
//	IX(m) = X(S(m), "index")
//	WR(m) = X(S(m), "wrap")
//	DD(m) = X(S(m), "dedupe")
//	CK(m) = X(S(m), "check")[:16]
//	X(k, label) = HKDF-Expand-SHA256(k, "tacit/v1/" + label, 32)   (RFC 5869)
type Secret [32]byte

// Next returns S of the month after.
func (s Secret) Next() Secret { return Secret(s.expand("next")) }

// Keys returns the month's keys.
func (s Secret) Keys() MonthKeys {
	check := s.expand("check")
	return MonthKeys{Index: s.expand("index"), Wrap: s.expand("wrap"), Dedupe: s.expand("dedupe"), Check: [16]byte(check[:16])}
}

// String hides the secret.
func (Secret) String() string { return "db.Secret{hidden}" }

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// MonthKeys are the keys of one month.
type MonthKeys struct {
	Index  [32]byte // IX: makes row keys from tags
	Wrap   [32]byte // WR: seals values
	Dedupe [32]byte // DD: hashes the payloads of batches, which could be guessed from a plain hash
	Check  [16]byte // CK: lies beside the month and opens nothing; tells that these are its keys
}

// Known returns what the row of a batch keeps of its payload: the first 16 bytes
// of HMAC-SHA256(DD, payload).
func (k MonthKeys) Known(payload []byte) []byte { return k.sum(payload)[:16:16] }

// PutOff returns what the row of a batch keeps of its payload instead when the
// batch was not stored but is to come under another name: the other 16 bytes of
// the same HMAC, so that the rows look alike to who has no key.
func (k MonthKeys) PutOff(payload []byte) []byte { return k.sum(payload)[16:] }

func (k MonthKeys) sum(payload []byte) []byte {
	h := hmac.New(sha256.New, k.Dedupe[:])
	h.Write(payload)
	return h.Sum(nil)
}

// String hides the keys.
func (MonthKeys) String() string { return "db.MonthKeys{hidden}" }

// GoString hides the keys.
func (k MonthKeys) GoString() string { return k.String() }

func (s Secret) expand(label string) [32]byte {
	out, err := hkdf.Expand(sha256.New, s[:], "tacit/v1/"+label, 32)
	if err != nil {
		panic("db: internal error: " + err.Error()) // 32 bytes are within the bounds of RFC 5869
	}
	return [32]byte(out)
}
