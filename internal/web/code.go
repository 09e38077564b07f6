package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
	"time"
)

// codeLife is how long a one-time code is good for.
const codeLife = time.Hour

// Crockford's base32: no I, L, O or U.
const codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// codeLength characters of five bits make 140 bits, in groups of four.
const (
	codeLength = 28
	codeGroup  = 4
)

// newCode draws a one-time code as people type it.
func newCode() string {
	var b strings.Builder
	for i, r := range random(codeLength) {
		if i > 0 && i%codeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(codeAlphabet[r&31])
	}
	return b.String()
}

// hashCode is what is kept of a code. It reads what was typed with small
// letters, other gaps, and the letters that look like digits.
func hashCode(typed string) [sha256.Size]byte {
	if len(typed) > 4*codeLength {
		typed = ""
	}
	plain := strings.NewReplacer("-", "", " ", "", "\t", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(typed))
	return sha256.Sum256([]byte(plain))
}

// code is a one-time code that was given out.
type code struct {
	hash    [sha256.Size]byte
	expires time.Time
	roles   []Role // of the account that it is for
}

func makeCode(now time.Time) (string, code) {
	text := newCode()
	return text, code{hash: hashCode(text), expires: now.Add(codeLife)}
}

func (c code) is(hash [sha256.Size]byte) bool {
	return subtle.ConstantTimeCompare(c.hash[:], hash[:]) == 1
}
