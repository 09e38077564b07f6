package envelope

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hpke"
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// kem is the key encapsulation of the one suite that ships.
func kem() hpke.KEM { return hpke.DHKEM(ecdh.X25519()) }

// PrivateKey is one private key of the store.
type PrivateKey struct {
	ID    uint32
	Start schema.Day
	hpke  hpke.PrivateKey
}

// String hides the key.
func (k *PrivateKey) String() string { return fmt.Sprintf("envelope.PrivateKey{%d, hidden}", k.ID) }

// GoString hides the key.
func (k *PrivateKey) GoString() string { return k.String() }

// NewPrivateKey makes a key that is active from day start.
func NewPrivateKey(id uint32, start schema.Day) (*PrivateKey, error) {
	k, err := kem().GenerateKey()
	if err != nil {
		return nil, fmt.Errorf("make store key: %w", err)
	}
	return &PrivateKey{ID: id, Start: start, hpke: k}, nil
}

// ParsePrivateKey reads a key from its 32 raw bytes (RFC 7748).
func ParsePrivateKey(id uint32, start schema.Day, raw []byte) (*PrivateKey, error) {
	k, err := kem().NewPrivateKey(raw)
	if err != nil {
		return nil, fmt.Errorf("read store key %d: not a private key of the suite", id)
	}
	return &PrivateKey{ID: id, Start: start, hpke: k}, nil
}

// Bytes returns the key's 32 raw bytes, for the file it is kept in.
func (k *PrivateKey) Bytes() ([]byte, error) { return k.hpke.Bytes() }

// Public returns the public half, as a key list carries it.
func (k *PrivateKey) Public() wire.Key {
	out := wire.Key{ID: k.ID, Start: k.Start}
	copy(out.Public[:], k.hpke.PublicKey().Bytes())
	return out
}

// keyListContext stands before what is signed, so that the vendor's signature
// means a key list and nothing else.
const keyListContext = "tacit/v1/keylist"

// ErrSignature says that the key list is not signed by the pinned vendor key.
// Do not use it: somebody between agent and store has made it.
var ErrSignature = errors.New("signature is not the vendor's")

// SignKeyList returns the signed list: the same bytes for every agent.
func SignKeyList(vendor ed25519.PrivateKey, l *wire.KeyList) []byte {
	b := l.Marshal()
	return append(b, ed25519.Sign(vendor, append([]byte(keyListContext), b...))...)
}

// VerifyKeyList reads a signed list. Errors wrap [wire.ErrForm] or
// [ErrSignature].
func VerifyKeyList(vendor ed25519.PublicKey, b []byte) (*wire.KeyList, error) {
	l, signed, signature, err := wire.ParseKeyList(b)
	if err != nil {
		return nil, err
	}
	// The library panics on a key of another length, such as none.
	if CheckVendor(vendor) != nil || !ed25519.Verify(vendor, append([]byte(keyListContext), signed...), signature) {
		return nil, fmt.Errorf("key list %d: %w", l.Version, ErrSignature)
	}
	if l.Suite != wire.SuiteX25519 {
		return nil, fmt.Errorf("key list %d: %w: suite %d is not known to this version", l.Version, wire.ErrForm, l.Suite)
	}
	return l, nil
}
