package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// secretsFile holds what a vendor and a site keep apart from the store when
// they run apart: the vendor's signing key and the channel's credential.
const secretsFile = "up.json"

type secrets struct {
	vendor     ed25519.PrivateKey
	credential string
}

type secretsJSON struct {
	Vendor     string `json:"vendor_seed"`
	Credential string `json:"credential"`
}

// openSecrets reads them, or makes them at the first start.
func openSecrets(dir string) (secrets, error) {
	path := filepath.Join(dir, secretsFile)
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		seed := make([]byte, ed25519.SeedSize)
		_, _ = rand.Read(seed) // crypto/rand.Read never returns an error
		f := secretsJSON{Vendor: hex.EncodeToString(seed), Credential: rand.Text()}
		if err := writeJSON(path, f, durable.OwnerFile); err != nil {
			return secrets{}, err
		}
		return f.open(path)
	}
	if err != nil {
		return secrets{}, fmt.Errorf("read secrets: %w", err)
	}
	var f secretsJSON
	if err := json.Unmarshal(b, &f); err != nil {
		return secrets{}, fmt.Errorf("read secrets: %s %w", path, durable.ErrDamaged)
	}
	return f.open(path)
}

func (f secretsJSON) open(path string) (secrets, error) {
	seed, err := hex.DecodeString(f.Vendor)
	if err != nil || len(seed) != ed25519.SeedSize || f.Credential == "" {
		return secrets{}, fmt.Errorf("read secrets: %s %w", path, durable.ErrDamaged)
	}
	return secrets{vendor: ed25519.NewKeyFromSeed(seed), credential: f.Credential}, nil
}

func writeJSON(path string, v any, mode fs.FileMode) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return durable.WriteFile(path, append(b, '\n'), mode)
}
