package certificate

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Fingerprint is the SHA-256 of a certificate's DER bytes. The zero Fingerprint
// is none.
type Fingerprint [sha256.Size]byte

// ErrFingerprint says that a text is no fingerprint. Copy it again from where
// the relay printed it, or from what
// `openssl x509 -noout -fingerprint -sha256 -in certificate.pem` prints after
// the equals sign.
var ErrFingerprint = errors.New("want the 64 hex digits of a SHA-256 fingerprint, with a colon between all pairs or none")

// ParseFingerprint reads what String writes, in any case, with colons or
// without, and with white space around it. Errors wrap [ErrFingerprint] and do
// not repeat the text.
func ParseFingerprint(s string) (Fingerprint, error) {
	var f Fingerprint
	digits := strings.TrimSpace(s)
	if len(digits) == 3*len(f)-1 {
		for i := 2; i < len(digits); i += 3 {
			if digits[i] != ':' {
				return Fingerprint{}, fmt.Errorf("read fingerprint: %w", ErrFingerprint)
			}
		}
		digits = strings.ReplaceAll(digits, ":", "")
	}
	if len(digits) != 2*len(f) {
		return Fingerprint{}, fmt.Errorf("read fingerprint of %d characters: %w", len(strings.TrimSpace(s)), ErrFingerprint)
	}
	if _, err := hex.Decode(f[:], []byte(digits)); err != nil || f.IsZero() {
		return Fingerprint{}, fmt.Errorf("read fingerprint: %w", ErrFingerprint)
	}
	return f, nil
}

// Of returns the fingerprint of a certificate; none of one without content.
func Of(c tls.Certificate) Fingerprint {
	if len(c.Certificate) == 0 {
		return Fingerprint{}
	}
	return sha256.Sum256(c.Certificate[0])
}

// IsZero says that there is no fingerprint.
func (f Fingerprint) IsZero() bool { return f == Fingerprint{} }

// String returns the fingerprint as openssl prints it, "AB:CD:…", and "" for
// none.
func (f Fingerprint) String() string {
	if f.IsZero() {
		return ""
	}
	pairs := make([]string, len(f))
	for i, b := range f {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// MarshalText returns what String does.
func (f Fingerprint) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads what ParseFingerprint does, and nothing as none.
func (f *Fingerprint) UnmarshalText(b []byte) (err error) {
	if len(bytes.TrimSpace(b)) == 0 {
		*f = Fingerprint{}
		return nil
	}
	*f, err = ParseFingerprint(string(b))
	return err
}
