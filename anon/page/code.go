package page

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/big"
	"strings"
)

// Letters of a support code: Crockford's base 32, and the five symbols after it
// for the check character only.
const (
	codeLetters  = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" + "*~$=U"
	codeBase     = 32
	codeModulus  = 37
	codeRotation = 19 // of the check alphabet: an ID has none
	codeDigits   = 19 // 95 bits, five a digit
)

// The shape of a support code as people read it out.
const (
	CodeLen   = codeDigits + 1 // characters
	CodeGroup = 5              // characters of each group
)

// Errors of reading a support code. None repeats what was typed.
var (
	// ErrCodeForm says that this is no support code.
	ErrCodeForm = errors.New("not a support code")
	// ErrCodeMistyped says that the check character does not fit: one character
	// is wrong or two neighbours are swapped.
	ErrCodeMistyped = errors.New("mistyped: the check character of the support code does not fit")
)

// Code is a support code: 95 random bits that its user reads out, and what a
// grant opens with. Nothing but the code leads to its grant.
type Code struct{ bits [12]byte }

// String hides the code.
func (Code) String() string { return "page.Code{hidden}" }

// GoString hides the code.
func (c Code) GoString() string { return c.String() }

// NewCode makes a code. Its check character is a letter or digit: the other
// symbols are hard to read out, and one code in seven is drawn again for it.
func NewCode() Code {
	for {
		var c Code
		_, _ = rand.Read(c.bits[:]) // crypto/rand.Read never returns an error
		c.bits[0] &= 0x7f
		if strings.IndexByte(codeLetters, c.check()) < codeBase {
			return c
		}
	}
}

// check returns the check character: the value of all other characters modulo 37
// in an alphabet that is an ID's, rotated. Any single mistake and any swap of
// neighbours changes it, the last two characters included.
func (c Code) check() byte {
	n := new(big.Int).SetBytes(c.bits[:])
	v := int(n.Mod(n, big.NewInt(codeModulus)).Int64())
	return codeLetters[(v+codeRotation)%codeModulus]
}

// Spoken returns the code as it is read out: four groups of five.
func (c Code) Spoken() string {
	n := new(big.Int).SetBytes(c.bits[:])
	var digits [CodeLen]byte
	digits[codeDigits] = c.check()
	base, rest := big.NewInt(codeBase), new(big.Int)
	for i := codeDigits - 1; i >= 0; i-- {
		n.DivMod(n, base, rest)
		digits[i] = codeLetters[rest.Int64()]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && i%CodeGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(d)
	}
	return b.String()
}

// ParseCode reads a code of [CodeLen] characters without separators, in upper
// case, with O, I and L for 0 and 1. Errors wrap [ErrCodeForm] or
// [ErrCodeMistyped], and name the group.
func ParseCode(s string) (Code, error) {
	if len(s) != CodeLen {
		return Code{}, fmt.Errorf("%w: %d characters, a support code has %d", ErrCodeForm, len(s), CodeLen)
	}
	s = strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(s)
	n, base := new(big.Int), big.NewInt(codeBase)
	for i := range codeDigits {
		v := strings.IndexByte(codeLetters[:codeBase], s[i])
		if v < 0 {
			return Code{}, fmt.Errorf("%w: group %d has a character that no code has", ErrCodeForm, i/CodeGroup+1)
		}
		n.Mul(n, base).Add(n, big.NewInt(int64(v)))
	}
	var c Code
	n.FillBytes(c.bits[:])
	switch {
	case strings.IndexByte(codeLetters, s[codeDigits]) < 0:
		return Code{}, fmt.Errorf("%w: group %d has a character that no code has", ErrCodeForm, CodeLen/CodeGroup)
	case c.check() != s[codeDigits]:
		return Code{}, ErrCodeMistyped
	}
	return c, nil
}

// secret is what tag and key of the code's grant come from.
func (c Code) secret() []byte {
	key, err := hkdf.Extract(sha256.New, c.bits[:], []byte("tacit/v1/grant"))
	if err != nil {
		panic("page: internal error: " + err.Error()) // only a FIPS-mode salt rule can fail
	}
	return key
}

// Tag returns what a store files the code's grant under.
func (c Code) Tag() Tag { return Tag(expand(c.secret(), "tag")[:16]) }
