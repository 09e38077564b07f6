package ingest

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// Names of the vendor's key among the secrets: the signing key as PEM (PKCS #8),
// which openssl reads and writes (openssl genpkey -algorithm ed25519), or, when
// that lies elsewhere, its public half as 64 hex digits.
const (
	VendorFile       = "vendor.key"
	VendorPublicFile = "vendor-public.key"
)

// ParseVendorKey reads the vendor's signing key as PEM.
func ParseVendorKey(b []byte) (ed25519.PrivateKey, error) {
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, errors.New("it is no PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("it is no PKCS #8 key") // the library's text may quote it
	}
	private, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, errors.New("it is a key of another kind than Ed25519")
	}
	return private, nil
}

// ReadVendorKey returns the vendor's key of the secrets: the public half alone when
// the other lies elsewhere, nothing when neither is there.
func ReadVendorKey(box *secret.Box) (private ed25519.PrivateKey, public ed25519.PublicKey, err error) {
	b, err := box.Read(VendorFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		public, err = readVendorPublic(box)
		return nil, public, err
	case err != nil:
		return nil, nil, fmt.Errorf("read vendor key: %w", err)
	}
	if private, err = ParseVendorKey(b); err != nil {
		return nil, nil, fmt.Errorf("read vendor key: %s in %s %w: %w", VendorFile, box.Dir(), durable.ErrDamaged, err)
	}
	return private, private.Public().(ed25519.PublicKey), nil
}

func readVendorPublic(box *secret.Box) (ed25519.PublicKey, error) {
	b, err := box.Read(VendorPublicFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read vendor key: %w", err)
	}
	public, err := hex.DecodeString(string(b))
	if err != nil || envelope.CheckVendor(public) != nil {
		return nil, fmt.Errorf("read vendor key: %s in %s %w", VendorPublicFile, box.Dir(), durable.ErrDamaged)
	}
	return public, nil
}

// CheckKeyring says whether the private keys among the secrets can be read, which a
// store needs to start.
func CheckKeyring(box *secret.Box) error {
	b, err := box.Read(keyringName)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read store keys: %s is missing: %w", filepath.Join(box.Dir(), keyringName), ErrKeysLost)
	}
	if err != nil {
		return fmt.Errorf("read store keys: %w", err)
	}
	if _, err := parseRing(b); err != nil {
		return fmt.Errorf("read store keys: %s in %s %w: %w", keyringName, box.Dir(), durable.ErrDamaged, err)
	}
	return nil
}
