package identity

import (
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/google/uuid"
)

// alphabet is Crockford's base 32; the five symbols after it are for the check
// character only (https://www.crockford.com/base32.html).
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" + "*~$=U"

const (
	spokenDigits = 26 // 128 bits, five a digit; the first is below 8
	checkModulus = 37
)

// The shape of a spoken ID.
const (
	SpokenLen   = spokenDigits + 1 // characters
	SpokenGroup = 4                // characters of each group; the last has three
)

// Errors of reading an ID. None repeats what was typed: it may be somebody's
// ID with one wrong letter, or something else that was pasted by mistake.
var (
	// ErrForm says that this is no ID in any of its forms.
	ErrForm = errors.New("not an installation ID")
	// ErrMistyped says that the check character does not fit: one character is
	// wrong or two are swapped.
	ErrMistyped = errors.New("mistyped: the check character does not fit")
)

// Spoken returns the ID as it is read out: 26 Crockford base 32 characters and
// a mod-37 check character, in groups of four.
func Spoken(id uuid.UUID) string {
	n := new(big.Int).SetBytes(id[:])
	digits := make([]byte, spokenDigits+1)
	digits[spokenDigits] = alphabet[checkValue(id)]
	base, rest := big.NewInt(32), new(big.Int)
	for i := spokenDigits - 1; i >= 0; i-- {
		n.DivMod(n, base, rest)
		digits[i] = alphabet[rest.Int64()]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && i%SpokenGroup == 0 {
			b.WriteByte('-')
		}
		b.WriteByte(d)
	}
	return b.String()
}

func checkValue(id uuid.UUID) int {
	n := new(big.Int).SetBytes(id[:])
	return int(n.Mod(n, big.NewInt(checkModulus)).Int64())
}

// Parse reads an ID in any of its forms: spoken or UUID, either case, with or
// without separators, braces or urn:uuid:, and with O, I and L for 0 and 1.
// Errors wrap [ErrForm] or [ErrMistyped]. A UUID has no check character: one
// that is mistyped is usually a valid other ID.
func Parse(s string) (uuid.UUID, error) {
	plain := strings.ToUpper(strings.TrimSpace(s))
	plain = strings.TrimPrefix(plain, "URN:UUID:")
	plain = strings.Map(dropSeparators, plain)
	switch len(plain) {
	case 32:
		return parseUUID(plain)
	case SpokenLen:
		return parseSpoken(plain)
	case spokenDigits:
		return uuid.Nil, fmt.Errorf("%w: %d characters, the check character at the end is missing", ErrForm, len(plain))
	}
	return uuid.Nil, fmt.Errorf("%w: %d characters; a spoken ID has %d, a UUID 32", ErrForm, len(plain), spokenDigits+1)
}

// IsSeparator says whether people put that between characters of what they spell.
func IsSeparator(r rune) bool { return strings.ContainsRune("-–—_ .:{}\t", r) }

func dropSeparators(r rune) rune {
	if IsSeparator(r) {
		return -1
	}
	return r
}

func parseUUID(s string) (uuid.UUID, error) {
	id, err := uuid.Parse(s)
	if err != nil {
		return uuid.Nil, fmt.Errorf("%w: a UUID has the digits 0-9 and a-f", ErrForm)
	}
	if id.Version() != 4 || id.Variant() != uuid.RFC4122 {
		return uuid.Nil, fmt.Errorf("%w: not a random (version 4) UUID", ErrForm)
	}
	return id, nil
}

// readAs maps letters that look like digits to them.
var readAs = strings.NewReplacer("O", "0", "I", "1", "L", "1")

func parseSpoken(s string) (uuid.UUID, error) {
	s = readAs.Replace(s)
	n, base := new(big.Int), big.NewInt(32)
	for i := range spokenDigits {
		v := strings.IndexByte(alphabet[:32], s[i])
		if v < 0 {
			return uuid.Nil, fmt.Errorf("%w: character %d is not one of an ID", ErrForm, i+1)
		}
		n.Mul(n, base).Add(n, big.NewInt(int64(v)))
	}
	var id uuid.UUID
	if n.BitLen() > 8*len(id) {
		return uuid.Nil, fmt.Errorf("%w: the first character is 0 to 7", ErrForm)
	}
	n.FillBytes(id[:])
	if alphabet[checkValue(id)] != s[spokenDigits] {
		return uuid.Nil, ErrMistyped
	}
	if id.Version() != 4 || id.Variant() != uuid.RFC4122 {
		return uuid.Nil, ErrMistyped // the check fits by chance of two mistakes; no ID looks like this
	}
	return id, nil
}
