package wire

import (
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
)

// Suite names the fixed cryptographic suite of a key list.
type Suite uint8

// SuiteX25519 is HPKE base mode with DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// export only, and AES-256-GCM for the body.
const SuiteX25519 Suite = 1

// Life of a store key, counted from its start day.
const (
	KeyActiveDays   = 30 // agents seal to it
	KeyAcceptedDays = 90 // the store opens with it; then it is destroyed
)

// KeyListContext stands before the list where it is signed, so that the
// signature means a key list and nothing else.
const KeyListContext = "tacit/v1/keylist"

// SignatureLen is the length of the Ed25519 signature that ends a key list.
const SignatureLen = 64

// MaxKeys bounds a key list.
const MaxKeys = 64

// Key is one public key of the store.
type Key struct {
	ID     uint32
	Start  schema.Day
	Public [32]byte
}

// KeyList is what agents seal to: the same bytes for everyone, signed by the
// vendor key that agents pin.
type KeyList struct {
	Version uint64 // counts up; an agent refuses a lower one than it has seen
	Suite   Suite
	Keys    []Key
}

const keyListHeaderLen, keyLen = 1 + 1 + 8 + 2, 4 + 4 + 32

// Marshal returns the list without its signature. What is signed is
// [KeyListContext] and these bytes.
func (l *KeyList) Marshal() []byte {
	b := make([]byte, 0, keyListHeaderLen+len(l.Keys)*keyLen+SignatureLen)
	b = append(b, Version, byte(l.Suite))
	b = binary.BigEndian.AppendUint64(b, l.Version)
	b = binary.BigEndian.AppendUint16(b, uint16(len(l.Keys)))
	for _, k := range l.Keys {
		b = binary.BigEndian.AppendUint32(b, k.ID)
		b = append(b, k.Start.Bytes()...)
		b = append(b, k.Public[:]...)
	}
	return b
}

// ParseKeyList splits a signed key list into the list, its signed bytes and
// the signature, which it does not check. Errors wrap [ErrForm].
func ParseKeyList(b []byte) (list *KeyList, signed, signature []byte, err error) {
	if len(b) < keyListHeaderLen+keyLen+SignatureLen || b[0] != Version {
		return nil, nil, nil, fmt.Errorf("parse key list of %d bytes: %w", len(b), ErrForm)
	}
	count := int(binary.BigEndian.Uint16(b[10:]))
	if count > MaxKeys || len(b) != keyListHeaderLen+count*keyLen+SignatureLen {
		return nil, nil, nil, fmt.Errorf("parse key list: %w: %d keys in %d bytes", ErrForm, count, len(b))
	}
	l := &KeyList{Suite: Suite(b[1]), Version: binary.BigEndian.Uint64(b[2:]), Keys: make([]Key, count)}
	for i := range l.Keys {
		one := b[keyListHeaderLen+i*keyLen:]
		l.Keys[i].ID = binary.BigEndian.Uint32(one)
		l.Keys[i].Start = schema.Day(binary.BigEndian.Uint32(one[4:]))
		copy(l.Keys[i].Public[:], one[8:])
	}
	end := len(b) - SignatureLen
	return l, b[:end], b[end:], nil
}

// Active returns the key that an agent seals to on day: of the keys that have
// started, the one that started last, less than KeyActiveDays ago. It
// returns false when there is none; then nothing can be sent.
func (l *KeyList) Active(day schema.Day) (Key, bool) {
	var best Key
	found := false
	for _, k := range l.Keys {
		if k.Start <= day && day < k.Start+KeyActiveDays && (!found || k.Start > best.Start) {
			best, found = k, true
		}
	}
	return best, found
}
