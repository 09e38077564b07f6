package remote

import (
	"bytes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"
)

// status says what came of a question.
type status uint8

const (
	ok status = 1 + iota
	otherWord
	notLetIn
	ended
	tooMany
	unwritten // the audit log
	denied
	none
	busy
	trouble
)

// answer is what a store says.
type answer struct {
	status status
	data   []byte
}

const answerHeader = 1 + 4

// answerSizes are what an answer is padded to, in bytes. The last fits a message.
var answerSizes = [...]int{1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 768 << 10}

// maxData bounds the data of an answer, in bytes.
const maxData = 768<<10 - answerHeader

// seal seals an answer of at most maxData bytes under the question's key.
func (a answer) seal(replyKey [32]byte) ([]byte, error) {
	aead, err := answerAEAD(replyKey)
	if err != nil {
		return nil, err
	}
	if len(a.data) > maxData {
		return nil, fmt.Errorf("seal answer of %d bytes: %w", len(a.data), ErrForm)
	}
	size := answerSizes[0]
	for i := 1; size < answerHeader+len(a.data); i++ {
		size = answerSizes[i]
	}
	plain := make([]byte, 0, size)
	plain = append(plain, byte(a.status))
	plain = binary.BigEndian.AppendUint32(plain, uint32(len(a.data)))
	plain = append(plain, a.data...)[:size] // the rest is zero
	nonce := make([]byte, aead.NonceSize(), aead.NonceSize()+size+aead.Overhead())
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	return aead.Seal(nonce, nonce, plain, nil), nil
}

// openAnswer opens one. Errors wrap [ErrForm].
func openAnswer(replyKey [32]byte, b []byte) (answer, error) {
	aead, err := answerAEAD(replyKey)
	if err != nil {
		return answer{}, err
	}
	if len(b) < aead.NonceSize() {
		return answer{}, fmt.Errorf("open answer of %d bytes: %w", len(b), ErrForm)
	}
	plain, err := aead.Open(nil, b[:aead.NonceSize()], b[aead.NonceSize():], nil)
	if err != nil || len(plain) < answerHeader {
		return answer{}, fmt.Errorf("open answer of %d bytes: %w: it is not this store's", len(b), ErrForm)
	}
	n, rest := binary.BigEndian.Uint32(plain[1:]), plain[answerHeader:]
	if uint64(n) > uint64(len(rest)) || len(bytes.Trim(rest[n:], "\x00")) > 0 {
		return answer{}, fmt.Errorf("open answer: %w", ErrForm)
	}
	return answer{status: status(plain[0]), data: rest[:n]}, nil
}

// answerAEAD is of a key that is the answer's alone: the reply key itself seals
// replies of another form.
func answerAEAD(replyKey [32]byte) (cipher.AEAD, error) {
	key, err := hkdf.Expand(sha256.New, replyKey[:], label, chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive the answer's key: %w", err)
	}
	return chacha20poly1305.NewX(key)
}
