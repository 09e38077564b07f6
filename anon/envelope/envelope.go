// Package envelope seals what an agent sends so that a relay cannot read it,
// and seals the store's reply so that a relay cannot forge it.
//
// An envelope is sealed to a public key of the store with HPKE (RFC 9180) in
// base mode, DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256, export only; three
// secrets are exported from it:
//
//	K_body, commit, K_reply = Export("tacit/v1/body" | "tacit/v1/commit" | "tacit/v1/reply", 32)
//	info  = "tacit/v1" | version | u32 key id | partition | class | attempt
//	body  = AES-256-GCM(K_body, zero nonce, aad commit,
//	        kind 1 | batch ID 16 | length 4 | payload | zeros to 1, 4, 16 or 64 KiB)
//	reply = XChaCha20-Poly1305(K_reply, random nonce, aad attempt,
//	        status 1 | u32 day | batch ID 16 | length 2 | data | zeros) of 256 bytes with its nonce
//
// The nonce may be zero because K_body is used once. The body key is committed
// to: bytes on the wire have one meaning, and who keeps K_body can prove what
// was sent without being able to open anything else.
//
// No I/O. Keys and contents are never part of an error.
package envelope

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"

	"crypto/hpke"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Kind says what an envelope carries.
type Kind uint8

// The kinds. A relay cannot tell them apart.
const (
	Fragment Kind = 1
	Page     Kind = 2
	Erase    Kind = 3
	Grant    Kind = 4
	Note     Kind = 5
	Ask      Kind = 6
	Look     Kind = 7 // an engineer's question: of no host, and in no put
)

// String returns the kind's name as documents write it.
func (k Kind) String() string {
	names := [...]string{"", "fragment", "page", "erase", "grant", "note", "ask", "look"}
	if int(k) < len(names) && k > 0 {
		return names[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Content is what an envelope carries, sealed.
type Content struct {
	Kind    Kind
	Batch   schema.BatchID
	Payload []byte // at most MaxPayload bytes
	Least   int    // the smallest bucket to pad to; 0: whatever fits
}

// MaxPayload is the longest payload that fits the largest bucket.
const MaxPayload = 64<<10 - wire.ContentHeaderLen

// Errors of opening. The store answers neither: it has no reply key.
var (
	// ErrUnknownKey says that the envelope is sealed to a key that is not
	// accepted (any more). The relay's hint is reseal.
	ErrUnknownKey = errors.New("key is not known")
	// ErrClosed says that the envelope does not open: damaged, tampered with,
	// or sealed to another store.
	ErrClosed = errors.New("envelope does not open")
	// ErrContent says that it opens, and what is inside does not have the form.
	ErrContent = errors.New("wrong form inside the envelope")
	// ErrTooLong says that the payload fits no bucket. Cut it.
	ErrTooLong = errors.New("payload does not fit an envelope")
)

// Sealed is an envelope ready to send, and the secrets its sender keeps.
type Sealed struct {
	Bytes    []byte
	Attempt  wire.Attempt
	BodyKey  [32]byte // opens Bytes and nothing else: kept in the outbox
	ReplyKey [32]byte // opens the reply: kept in memory
}

// String hides the keys.
func (Sealed) String() string { return "envelope.Sealed{hidden}" }

// GoString hides the keys.
func (s Sealed) GoString() string { return s.String() }

// secrets is the set of secrets exported from one HPKE context.
type secrets struct{ body, commit, reply [32]byte }

// exporter is what sender and recipient have in common.
type exporter interface {
	Export(context string, length int) ([]byte, error)
}

func exportAll(x exporter) (s secrets, err error) {
	for label, out := range map[string]*[32]byte{"body": &s.body, "commit": &s.commit, "reply": &s.reply} {
		b, err := x.Export("tacit/v1/"+label, 32)
		if err != nil {
			return secrets{}, err
		}
		copy(out[:], b)
	}
	return s, nil
}

// Seal seals c to the store's key as a new attempt: a resend is sealed anew
// and shares nothing visible with the first.
func Seal(key wire.Key, partition uint8, class wire.Class, c Content) (*Sealed, error) {
	plain, err := c.pad()
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	e := wire.Envelope{KeyID: key.ID, Partition: partition, Class: class}
	_, _ = rand.Read(e.Attempt[:]) // crypto/rand.Read never returns an error
	public, err := kem().NewPublicKey(key.Public[:])
	if err != nil {
		return nil, fmt.Errorf("seal envelope: store key %d: %w", key.ID, err)
	}
	enc, sender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.ExportOnly(), e.Info())
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	s, err := exportAll(sender)
	if err != nil {
		return nil, fmt.Errorf("seal envelope: %w", err)
	}
	copy(e.Enc[:], enc)
	e.Commit = s.commit
	e.Body = bodyAEAD(s.body).Seal(nil, zeroNonce[:], plain, s.commit[:])
	return &Sealed{Bytes: e.Marshal(), Attempt: e.Attempt, BodyKey: s.body, ReplyKey: s.reply}, nil
}

// Opened is an envelope's content and the key for the reply to it.
type Opened struct {
	Content
	ReplyKey [32]byte
}

// String hides the key and the content.
func (Opened) String() string { return "envelope.Opened{hidden}" }

// GoString hides the key and the content.
func (o Opened) GoString() string { return o.String() }

// Open opens an envelope with the store's private key. Errors wrap
// [ErrClosed] or [ErrContent].
func Open(key *PrivateKey, e *wire.Envelope) (*Opened, error) {
	recipient, err := hpke.NewRecipient(e.Enc[:], key.hpke, hpke.HKDFSHA256(), hpke.ExportOnly(), e.Info())
	if err != nil {
		return nil, fmt.Errorf("open envelope: %w", ErrClosed)
	}
	s, err := exportAll(recipient)
	if err != nil {
		return nil, fmt.Errorf("open envelope: %w", err)
	}
	// The commitment is compared before anything is decrypted, so that one
	// ciphertext cannot be opened to two meanings with two keys.
	if subtle.ConstantTimeCompare(s.commit[:], e.Commit[:]) != 1 {
		return nil, fmt.Errorf("open envelope: %w", ErrClosed)
	}
	c, err := OpenBody(s.body, e)
	if err != nil {
		return nil, err
	}
	return &Opened{Content: c, ReplyKey: s.reply}, nil
}

// OpenBody opens an envelope with its body key: what the outbox and an auditor
// do. Errors wrap [ErrClosed] or [ErrContent].
func OpenBody(bodyKey [32]byte, e *wire.Envelope) (Content, error) {
	plain, err := bodyAEAD(bodyKey).Open(nil, zeroNonce[:], e.Body, e.Commit[:])
	if err != nil {
		return Content{}, fmt.Errorf("open envelope: %w", ErrClosed)
	}
	return unpad(plain)
}

func (c *Content) pad() ([]byte, error) {
	bucket, ok := wire.BucketFor(len(c.Payload), c.Least)
	if !ok {
		return nil, fmt.Errorf("%d bytes: %w", len(c.Payload), ErrTooLong)
	}
	b := make([]byte, 0, bucket)
	b = append(b, byte(c.Kind))
	b = append(b, c.Batch[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(c.Payload)))
	b = append(b, c.Payload...)
	return b[:bucket], nil // the rest is zero
}

func unpad(plain []byte) (Content, error) {
	if len(plain) < wire.ContentHeaderLen { // of an envelope that was not parsed
		return Content{}, fmt.Errorf("open envelope: %w", ErrContent)
	}
	c := Content{Kind: Kind(plain[0])}
	copy(c.Batch[:], plain[1:])
	n := binary.BigEndian.Uint32(plain[17:])
	rest := plain[wire.ContentHeaderLen:]
	if c.Kind < Fragment || c.Kind > Look || uint64(n) > uint64(len(rest)) {
		return Content{}, fmt.Errorf("open envelope: %w", ErrContent)
	}
	for _, b := range rest[n:] {
		if b != 0 {
			return Content{}, fmt.Errorf("open envelope: %w: padding is not zero", ErrContent)
		}
	}
	c.Payload = rest[:n]
	return c, nil
}

// zeroNonce is safe for keys that seal one message.
var zeroNonce [12]byte

func bodyAEAD(key [32]byte) cipher.AEAD {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic("envelope: internal error: " + err.Error()) // 32 bytes are a valid key
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic("envelope: internal error: " + err.Error())
	}
	return aead
}
