package store

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// ErrOtherVendor says that a key is not the vendor's that this store, its
// relays and agents know. Sign with that one: agents refuse every other.
var ErrOtherVendor = errors.New("this is not the vendor key that the store was set up with")

// ErrVendorLost says that the vendor's key is gone from a store that had one.
// Put it back from a copy of the keys directory: relays and agents refuse the
// lists of every other.
var ErrVendorLost = errors.New("the vendor key that relays and agents know is gone")

// Vendor signs key lists. Agents and relays pin its public half.
type Vendor struct {
	Public  ed25519.PublicKey
	private ed25519.PrivateKey // nil: it lies elsewhere
}

// NewVendor returns a vendor who signs with that key.
func NewVendor(private ed25519.PrivateKey) *Vendor {
	return &Vendor{Public: private.Public().(ed25519.PublicKey), private: private}
}

// ParseVendor reads a signing key as PEM.
func ParseVendor(b []byte) (*Vendor, error) {
	private, err := ingest.ParseVendorKey(b)
	if err != nil {
		return nil, err
	}
	return NewVendor(private), nil
}

// OpenVendor returns the vendor of the secrets. Where neither half of the key is
// there, it makes one for a store that is to be in dir. For one that is there
// already the error wraps [ErrVendorLost], and nothing is made.
func OpenVendor(secrets *secret.Box, dir string) (*Vendor, error) {
	v, err := knownVendor(secrets)
	if v != nil || err != nil {
		return v, err
	}
	begun, err := db.Begun(dir, secrets)
	switch {
	case err != nil:
		return nil, fmt.Errorf("make vendor key: %w", err)
	case begun:
		path := filepath.Join(secrets.Dir(), ingest.VendorFile)
		return nil, fmt.Errorf("read vendor key: %s is missing: %w; fix: put it back from a copy of the keys directory; only where no copy is left, "+
			"make another with openssl genpkey -algorithm ed25519 -out %s, and replace vendor_key on every relay and agent (where the secrets are sealed, run tacit store keys seal before the start)",
			path, ErrVendorLost, path)
	}
	return makeVendor(secrets)
}

// knownVendor returns the vendor of the secrets, or nil when neither half of the
// key is there.
func knownVendor(secrets *secret.Box) (*Vendor, error) {
	private, public, err := ingest.ReadVendorKey(secrets)
	if err != nil || public == nil {
		return nil, err
	}
	return &Vendor{Public: public, private: private}, nil
}

func makeVendor(secrets *secret.Box) (*Vendor, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make vendor key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err == nil {
		err = secrets.Write(ingest.VendorFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	}
	if err != nil {
		return nil, fmt.Errorf("make vendor key: %w", err)
	}
	return NewVendor(private), nil
}

// adopt keeps the public half of a vendor whose key lies elsewhere. A store that
// has a vendor takes no other.
func adopt(secrets *secret.Box, have *Vendor, public ed25519.PublicKey) (*Vendor, error) {
	if have != nil && !have.Public.Equal(public) {
		return nil, ErrOtherVendor
	}
	if err := secrets.Write(ingest.VendorPublicFile, []byte(hex.EncodeToString(public))); err != nil {
		return nil, err
	}
	if have != nil {
		return have, nil
	}
	return &Vendor{Public: public}, nil
}

// Sign returns the signed list, or nil when the key lies elsewhere.
func (v *Vendor) Sign(l *wire.KeyList) []byte {
	if v.private == nil {
		return nil
	}
	return envelope.SignKeyList(v.private, l)
}

// SignBytes signs a list as a report carries it, if it is one.
func (v *Vendor) SignBytes(list []byte) ([]byte, error) {
	l, _, _, err := wire.ParseKeyList(slices.Concat(list, make([]byte, wire.SignatureLen)))
	if err != nil {
		return nil, fmt.Errorf("sign the key list: %w", err)
	}
	return v.Sign(l), nil
}
