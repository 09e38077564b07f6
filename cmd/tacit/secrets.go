package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/secret"
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
func openSecrets(box *secret.Box) (secrets, error) {
	path := filepath.Join(box.Dir(), secretsFile)
	b, err := box.Read(secretsFile)
	if errors.Is(err, fs.ErrNotExist) {
		return makeSecrets(box, path)
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

func makeSecrets(box *secret.Box, path string) (secrets, error) {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // crypto/rand.Read never returns an error
	f := secretsJSON{Vendor: hex.EncodeToString(seed), Credential: rand.Text()}
	b, err := json.MarshalIndent(f, "", "  ")
	if err == nil {
		err = box.Write(secretsFile, append(b, '\n'))
	}
	if err != nil {
		return secrets{}, fmt.Errorf("make secrets: %w", err)
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

// passphrase returns how the store's secrets open: by the file that
// --passphrase-file or passphrase_file names, else by the credential that the
// service manager gives (LoadCredentialEncrypted= in a systemd unit), else nil:
// they are plain.
func passphrase(file string) secret.Passphrase {
	if file != "" {
		return secret.FromFile(file)
	}
	dir := os.Getenv("CREDENTIALS_DIRECTORY")
	if dir == "" {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, secret.CredentialName)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return secret.FromCredentials(dir)
}
