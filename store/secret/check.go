package secret

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
)

// What a plain file begins with, so that a flipped bit in a key is noticed: a
// hash of the rest, where programs that read such files look over it. A JSON
// object has it as its first member, PEM in a line before it (RFC 7468 section
// 2 allows text there).
const (
	jsonCheck, jsonChecked = `{"sha256":"`, `",`
	pemCheck, pemChecked   = "sha256 ", "\n"
	pemBegin               = "-----BEGIN "
	checkLen               = 2 * sha256.Size
)

var errChanged = errors.New("it is not what was written")

// checked returns the content of a plain file with its hash in front. What is
// neither an object with a member nor PEM stays as it is.
func checked(content []byte) []byte {
	switch {
	case bytes.HasPrefix(content, []byte(`{"`)):
		return append([]byte(jsonCheck+sum(content)+jsonChecked), content[1:]...)
	case bytes.HasPrefix(content, []byte(pemBegin)):
		return append([]byte(pemCheck+sum(content)+pemChecked), content...)
	}
	return content
}

// unchecked returns the content of a plain file, which has to be what its hash
// says. One without a hash was put there by hand and is taken as it is.
func unchecked(b []byte) ([]byte, error) {
	for _, form := range []struct{ begin, end, cut string }{{jsonCheck, jsonChecked, "{"}, {pemCheck, pemChecked, ""}} {
		said, found := bytes.CutPrefix(b, []byte(form.begin))
		if !found {
			continue
		}
		if len(said) < checkLen || !bytes.HasPrefix(said[checkLen:], []byte(form.end)) {
			return nil, errChanged
		}
		content := append([]byte(form.cut), said[checkLen+len(form.end):]...)
		if sum(content) != string(said[:checkLen]) {
			return nil, errChanged
		}
		return content, nil
	}
	return b, nil
}

func sum(content []byte) string {
	h := sha256.Sum256(content)
	return hex.EncodeToString(h[:])
}
