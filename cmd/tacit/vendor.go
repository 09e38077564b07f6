package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// vendorFile holds the vendor's signing key, as PEM (PKCS #8), which openssl
// reads and writes: openssl genpkey -algorithm ed25519.
const vendorFile = "vendor.key"

// openVendor returns the vendor's key in the directory of keys, which it makes
// at the first start.
func openVendor(keys string) (ed25519.PrivateKey, error) {
	path := filepath.Join(keys, vendorFile)
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return makeVendor(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read vendor key: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("read vendor key: %s %w", path, durable.ErrDamaged)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("read vendor key: %s %w", path, durable.ErrDamaged)
	}
	vendor, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("read vendor key: %s holds a key of another kind than Ed25519", path)
	}
	return vendor, nil
}

func makeVendor(path string) (ed25519.PrivateKey, error) {
	_, vendor, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make vendor key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(vendor)
	if err != nil {
		return nil, fmt.Errorf("make vendor key: %w", err)
	}
	b := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return vendor, durable.WriteFile(path, b, durable.OwnerFile)
}
