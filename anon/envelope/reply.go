package envelope

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	replyPlainLen  = wire.ReplyLen - chacha20poly1305.NonceSizeX - chacha20poly1305.Overhead
	replyHeaderLen = 1 + 4 + 16 + 2
)

// MaxReplyData is the longest data that a reply carries.
const MaxReplyData = replyPlainLen - replyHeaderLen

// ErrReply says that a reply is not the store's answer to this attempt.
// Ignore it: anybody can send one.
var ErrReply = errors.New("reply is not authentic")

// Reply is the store's answer: it comes only after the outcome is on disk.
type Reply struct {
	Status wire.Status
	Day    schema.Day // the store's
	Batch  schema.BatchID
	Data   []byte // at most MaxReplyData bytes
}

// SealReply seals a reply to the attempt that was opened.
func SealReply(key [32]byte, attempt wire.Attempt, r Reply) ([wire.ReplyLen]byte, error) {
	var out [wire.ReplyLen]byte
	if len(r.Data) > MaxReplyData {
		return out, fmt.Errorf("seal reply: %d bytes of data, at most %d", len(r.Data), MaxReplyData)
	}
	plain := make([]byte, 0, replyPlainLen)
	plain = append(plain, byte(r.Status))
	plain = append(plain, r.Day.Bytes()...)
	plain = append(plain, r.Batch[:]...)
	plain = binary.BigEndian.AppendUint16(plain, uint16(len(r.Data)))
	plain = append(plain, r.Data...)
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return out, fmt.Errorf("seal reply: %w", err)
	}
	nonce := out[:chacha20poly1305.NonceSizeX]
	_, _ = rand.Read(nonce) // crypto/rand.Read never returns an error
	aead.Seal(nonce, nonce, plain[:replyPlainLen], attempt[:])
	return out, nil
}

// OpenReply opens the reply to an attempt. Errors wrap [ErrReply].
func OpenReply(key [32]byte, attempt wire.Attempt, b []byte) (Reply, error) {
	if len(b) != wire.ReplyLen {
		return Reply{}, fmt.Errorf("open reply of %d bytes: %w", len(b), ErrReply)
	}
	aead, err := chacha20poly1305.NewX(key[:])
	if err != nil {
		return Reply{}, fmt.Errorf("open reply: %w", err)
	}
	plain, err := aead.Open(nil, b[:chacha20poly1305.NonceSizeX], b[chacha20poly1305.NonceSizeX:], attempt[:])
	if err != nil {
		return Reply{}, fmt.Errorf("open reply: %w", ErrReply)
	}
	r := Reply{Status: wire.Status(plain[0]), Day: schema.Day(binary.BigEndian.Uint32(plain[1:]))}
	copy(r.Batch[:], plain[5:])
	n := int(binary.BigEndian.Uint16(plain[21:]))
	if r.Status < wire.Stored || r.Status > wire.Conflict || n > MaxReplyData {
		return Reply{}, fmt.Errorf("open reply: %w: status %d", ErrReply, plain[0])
	}
	r.Data = plain[replyHeaderLen : replyHeaderLen+n]
	return r, nil
}
