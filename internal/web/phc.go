package web

import (
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// cost is what one argon2id hash takes (RFC 9106).
type cost struct {
	memory  uint32 // KiB
	passes  uint32
	threads uint8
}

// usualCost lies above OWASP's minimum of 19 MiB and two passes.
var usualCost = cost{memory: 64 << 10, passes: 3, threads: 1}

// Lengths in bytes of what a new hash is made of.
const (
	saltLength = 16
	keyLength  = 32
)

// phc is a hashed password in the PHC string form:
//
//	$argon2id$v=19$m=65536,t=3,p=1$SALT$KEY
//
// with salt and key in base64 without padding.
type phc struct {
	cost
	salt, key []byte
}

var errPHC = errors.New("it is no argon2id hash")

// parsePHC takes only the one spelling of what it means, and no cost that
// would keep this machine busy: at most 256 MiB, 16 passes and 8 threads.
func parsePHC(text string) (phc, error) {
	var p phc
	parts := strings.Split(text, "$")
	if len(parts) != 6 || len(text) > 256 {
		return phc{}, errPHC
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.passes, &p.threads); err != nil {
		return phc{}, errPHC
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return phc{}, errPHC
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || p.String() != text {
		return phc{}, errPHC
	}
	switch {
	case p.threads < 1 || p.threads > 8, p.passes < 1 || p.passes > 16,
		p.memory < 8*uint32(p.threads) || p.memory > 256<<10,
		len(p.salt) < 8 || len(p.salt) > 64, len(p.key) < 16 || len(p.key) > 64:
		return phc{}, errPHC
	}
	return p, nil
}

// String is the PHC string.
func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.threads,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.key))
}

// derive does the work.
func derive(password string, salt []byte, c cost, length int) []byte {
	return argon2.IDKey([]byte(password), salt, c.passes, c.memory, c.threads, uint32(length))
}

// is says whether that is the password; it takes the full time either way.
func (p phc) is(password string) bool {
	return subtle.ConstantTimeCompare(derive(password, p.salt, p.cost, len(p.key)), p.key) == 1
}
