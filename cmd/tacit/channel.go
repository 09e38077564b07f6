package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Names of credentials in DIR/keys, which a relay makes at its first start.
const (
	channelFile      = "channel"       // of agents, and of sites at an edge
	storeChannelFile = "store-channel" // of stores
	deskChannelFile  = "desk-channel"  // of engineers who ask the stores
)

// credential is a secret and the file that it lies in, "" for one from the
// configuration.
type credential struct{ secret, file string }

// openCredential returns the configured credential, or the one in the file,
// which it makes at the first start.
func openCredential(configured config.Secret, dir datadir.Dir, name string) (credential, error) {
	if configured != "" {
		return credential{secret: string(configured)}, nil
	}
	path := filepath.Join(dir.Keys(), name)
	b, err := durable.ReadOwnerFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		made := rand.Text()
		return credential{made, path}, durable.WriteFile(path, []byte(made+"\n"), durable.OwnerFile)
	}
	if err != nil {
		return credential{}, fmt.Errorf("read credential: %w", err)
	}
	var s config.Secret
	if err := s.UnmarshalText([]byte(strings.TrimSpace(string(b)))); err != nil {
		return credential{}, fmt.Errorf("read credential: %s %w", path, durable.ErrDamaged)
	}
	return credential{string(s), path}, nil
}
